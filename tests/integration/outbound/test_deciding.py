"""What an operator decides about writes and conflicts leaves both sides equal."""

import pytest

from invoco.domain.conflicts import ConflictRule
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import WriteState
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.highlevel.clock import milliseconds
from invoco.service.agreements import Agreements
from invoco.service.conflicts import ConflictService
from invoco.service.outbox import OutboxService

CONTACT = RecordKind.CONTACT
ACTOR = "api:test"


class Nobody:
    """Jobs that are woken by the test itself."""

    async def wake(self, *_arguments, **_options):
        """Do nothing."""


def services(pair):
    """Outbox and conflicts."""
    shared = {"jobs": Nobody(), "agreements": Agreements(pair.store, clock=pair.twin.clock), "clock": pair.twin.clock}
    return OutboxService(pair.store, **shared), ConflictService(pair.store, **shared)


async def in_conflict(pair):
    """A contact whose city both sides changed; its id."""
    pair.rules(default=ConflictRule.ASK)
    contact_id = next(iter(await pair.mine()))
    await pair.theirs.contacts.update(pair.here, contact_id, {"city": "Rome"}, actor=ACTOR)
    await pair.ours.contacts.update(pair.here, contact_id, {"city": "Paris", "website": "a.example"}, actor=ACTOR)
    await reread(pair, contact_id)
    await pair.send()
    return contact_id


async def reread(pair, contact_id):
    """Let Invoco read the contact."""
    now = milliseconds(pair.twin.clock)
    asked = Reread(
        subject=Subject.CONTACT, subject_id=contact_id, since=now, asked_at=now, due_at=now, urgency=1,
        cause=Cause.EVENT,
    )  # fmt: skip
    async with pair.store.transaction() as session:
        await session.rereads.ask(pair.here, [asked])
    await pair.reread()


@pytest.mark.parametrize(("take", "city"), [("highlevel", "Rome"), ("invoco", "Paris"), ("Oslo", "Oslo")])
async def test_a_conflict_is_decided(pair, take, city):
    """Both sides have the chosen value, and nothing is left."""
    contact_id = await in_conflict(pair)
    _, conflicts = services(pair)
    (conflict,) = await conflicts.page(pair.connection)
    there = (await pair.there())[contact_id]
    assert (there.city, there.website) == ("Rome", "a.example")
    await conflicts.resolve(conflict.id, take)
    await pair.send()

    assert ((await pair.mine())[contact_id].city, (await pair.there())[contact_id].city) == (city, city)
    left = await pair.left()
    assert (left["bases"], left["conflicts"], left["outbox"].get("waiting")) == (0, [], None)
    assert (await pair.drift()).drift == 0


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_what_is_dropped_leaves_both_sides_equal(pair, is_deleted):
    """A contact that was changed here, or deleted with what belonged to it."""
    outbox, _ = services(pair)
    contact_id = next(iter(await pair.mine()))
    if is_deleted:
        await pair.ours.contacts.delete(pair.here, contact_id, actor=ACTOR)
    else:
        await pair.ours.contacts.update(pair.here, contact_id, {"city": "Paris"}, actor=ACTOR)
    async with pair.store.transaction() as session:
        (write,) = await session.outbox.waiting_of(pair.here, contact_id)
        await session.outbox.settle(pair.here, [write.id], WriteState.FAILED, at=1, reason="?")
    dropped = await outbox.drop(pair.connection, write.id)

    assert dropped.given_way
    assert (await pair.left())["bases"] == 0
    assert (await pair.drift()).drift == 0
