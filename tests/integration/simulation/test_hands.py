"""What people and bad luck do to a twin."""

from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random

import pytest

from invoco.domain.kinds import RecordKind
from invoco.sandbox import TwinSettings, build_twin
from invoco.sandbox.webhooks import Chaos
from invoco.simulation.hands import Hands
from invoco.simulation.script import ACTS
from invoco.simulation.timeless import LoopClock
from invoco.simulation.world import OWN_ACTS

BAD_LUCK = {"fault", "calm", "trouble_webhooks", "lag", "quota"}
PEOPLE = sorted(set(ACTS) - set(OWN_ACTS) - BAD_LUCK)
TRIES = 12
"""How often an act is tried: some of them do nothing now and then, such as a tag that is there already."""


@asynccontextmanager
async def handled(template):
    """Hands in a copy of an account, in which somebody was deleted."""
    settings = TwinSettings(data=template.twin)
    async with build_twin(settings, clock=LoopClock(), keys=template.keys) as twin:
        hands = Hands(twin, twin.accounts.keys()["locations"][0]["id"])
        await hands.count()
        for act in ("create_contact", "create_task", "write_note", "book_appointment", "delete_contact"):
            await hands.do(act, Random(act))
        yield hands, twin


async def everything(twin, here):
    """All records of the location."""
    async with twin.database.reading() as session:
        return {
            kind: {record.id: record.to_wire() for record in await session.shelf(kind).page(here)}
            for kind in RecordKind
        }


@pytest.mark.parametrize("act", PEOPLE)
def test_people_change_records(timelessly, templates, tmp_path, act):
    """Whatever they do leaves a trace."""

    async def work():
        async with handled(templates[2].copied(tmp_path)) as (hands, twin):
            states = [await everything(twin, hands._here)]
            for number in range(TRIES):
                await hands.do(act, Random(f"{act} {number}"))
                states.append(await everything(twin, hands._here))
            return hands.refused, any(before != after for before, after in pairwise(states))

    refused, changed = timelessly(work())

    assert (True, True) == (refused < TRIES, changed)


def test_records_are_remembered(timelessly, templates, tmp_path):
    """Also those that are gone."""

    async def work():
        async with handled(templates[0].copied(tmp_path)) as (hands, twin):
            await hands.do("vanish_contacts", Random(1))
            alive = (await everything(twin, hands._here))[RecordKind.CONTACT]
            return set(alive), hands.ever[RecordKind.CONTACT]

    alive, ever = timelessly(work())

    assert alive < ever


def test_who_came_back_is_remembered(timelessly, templates, tmp_path):
    """For nothing but a comparison can tell of it."""

    async def work():
        async with handled(templates[0].copied(tmp_path)) as (hands, _):
            await hands.do("restore_contact", Random(1))
            return hands.restored

    assert 1 == len(timelessly(work()))


def test_nothing_to_choose(timelessly, templates, tmp_path):
    """Where nobody is left an act is refused."""

    async def work():
        async with handled(templates[0].copied(tmp_path)) as (hands, twin):
            await twin.backstage.vanish(hands._here, share=1.0, seed=1, events=False)
            for act in sorted(
                set(PEOPLE) - {"create_contact", "edit_definition", "restore_contact", "vanish_contacts"}
            ):
                await hands.do(act, Random(1))
            return hands.refused

    assert timelessly(work()) > 10


def test_bad_luck_and_its_end(timelessly, templates, tmp_path):
    """Faults, lag and lost webhooks come; calm ends them, and remembers what hit."""

    async def work():
        async with handled(templates[0].copied(tmp_path)) as (hands, twin):
            for number in range(TRIES):
                for act in ("fault", "trouble_webhooks", "lag", "quota"):
                    await hands.do(act, Random(f"{act} {number}"))
            assert twin.settings.limits != twin.limiter.limits
            troubled = (bool(twin.switchboard.hits()), twin.subscription.chaos != Chaos())
            await hands.do("calm", Random(1))
            assert twin.settings.limits == twin.limiter.limits
            return troubled, twin.switchboard.hits(), twin.subscription.chaos, set(hands.troubles)

    troubled, hits, chaos, remembered = timelessly(work())

    assert ((True, True), {}, Chaos()) == (troubled, hits, chaos)
    assert len(remembered) > 3


@pytest.mark.parametrize(("fault", "unreliable"), [("flicker", True), ("malformed", True), ("520", False)])
def test_searches_that_leave_rows_out(timelessly, templates, tmp_path, fault, unreliable):
    """Only where such a fault has hit, polls cannot have seen everything."""

    async def work():
        async with handled(templates[0].copied(tmp_path)) as (hands, _):
            before = hands.unreliable
            hands.troubles[fault] += 1
            return before, hands.unreliable

    assert (False, unreliable) == timelessly(work())
