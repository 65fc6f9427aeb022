"""The commands about what is sent, found and in conflict."""

from typing import Any

import pytest
from msgspec.structs import replace

from invoco.domain.changes import Change
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Base, Conflict, Deviation, Finding, WriteState
from invoco.highlevel.records import Contact

HERE = "location-of-the-tests"
CONTACT = RecordKind.CONTACT
THEIRS = Contact(id="c1", first_name="Ada", name="Ada", city="Rome")
OURS = Contact(id="c1", first_name="Grace", name="Grace", city="Rome")


async def written(_invoco, session):
    """A contact was changed here, which HighLevel refused, and another, which waits."""
    for record_id in ("c1", "c2"):
        ours, theirs = replace(OURS, id=record_id), replace(THEIRS, id=record_id)
        await session.contacts.put(HERE, [ours])
        await session.bases.put(HERE, [Base(kind=CONTACT, record_id=record_id, contact_id=record_id, theirs=theirs)])
        change = Change(
            kind=CONTACT, action="update", location_id=HERE, record_id=record_id, contact_id=record_id,
            operation_id="update-contact", body={"firstName": "Grace"}, before=theirs, after=ours, at=1000,
            actor="api:shop", event_id="e1", read_at=2000,
        )  # fmt: skip
        await session.journal.record([change], send=True)
    (write,) = await session.outbox.waiting_of(HERE, "c1")
    await session.outbox.settle(HERE, [write.id], WriteState.FAILED, at=7, reason="It was refused.", cure="Mend it.")


@pytest.fixture
def parted(terminal):
    """The command line after that, with a finding and a conflict."""

    async def find(invoco, session):
        await written(invoco, session)
        whose: Any = {"location_id": HERE, "kind": CONTACT, "record_id": "c1", "contact_id": "c1", "field": "firstName"}
        finding = Finding(
            id="f1", deviation=Deviation.CUT, wished="Grace Brewster", got="Grace", message="HighLevel kept less.",
            found_at=1000, **whose,
        )  # fmt: skip
        conflict = Conflict(id="x1", base="Bo", theirs="Ada", ours="Grace", theirs_at=500, found_at=1000, **whose)
        await session.findings.put([finding])
        await session.conflicts.put([conflict])

    terminal.prepare(find)
    return terminal


def failed_id(terminal):
    """The id of the write that failed."""
    return str(terminal.answers("outbox", "list", "--state", "failed")["writes"][0]["id"])


def test_nothing_is_left(terminal):
    """A sentence says so everywhere."""
    assert "Nothing is to be sent" in terminal.says("outbox", "list")
    assert "Nothing has failed: " in terminal.says("outbox", "list", "--state", "failed")
    assert "Nothing has failed." in terminal.says("outbox", "retry")
    assert "as it was written" in terminal.says("findings", "list")
    assert "No finding was closed yet." in terminal.says("findings", "list", "--closed")
    assert "None was open." in terminal.says("findings", "close", "--all")
    assert "No field waits for a choice." in terminal.says("conflicts", "list")
    assert "No conflict is settled yet." in terminal.says("conflicts", "list", "--settled")


def test_what_is_to_be_sent_is_listed(parted):
    """What failed with its reason and its advice."""
    told = parted.says("outbox", "list", "acme")
    answer = parted.answers("outbox", "list", "--state", "waiting")

    assert all(word in told for word in ("failed", "update-contact", "contacts c1", "api:shop", "refused", "Mend it."))
    assert "In all: 1 failed, 1 waiting." in told
    assert answer["counts"] == {"failed": 1, "waiting": 1}
    assert [(write["record_id"], write["state"]) for write in answer["writes"]] == [("c2", "waiting")]


def test_an_unknown_state_is_told(parted):
    """With those that there are."""
    assert "choose of waiting, failed" in parted("outbox", "list", "--state", "sent").output


def test_what_failed_is_sent_again(parted):
    """It waits then."""
    assert "1 will be sent" in parted.says("outbox", "retry")
    assert parted.answers("outbox", "list")["counts"] == {"waiting": 2}
    assert parted.answers("outbox", "retry") == []


def test_what_failed_is_dropped(parted):
    """The record is as HighLevel has it."""
    id_ = failed_id(parted)

    assert "contacts c1 is as HighLevel has it again" in parted.says("outbox", "drop", id_)
    assert isinstance(parted("outbox", "drop", id_).exception, FixInput)
    assert parted.answers("why", "c1", "firstName")["value"] == "Ada"


def test_what_cannot_be_taken_back_says_why(parted):
    """Here: something newer waits."""

    async def write(_invoco, session):
        change = Change(
            kind=CONTACT, action="update", location_id=HERE, record_id="c1", operation_id="update-contact", at=2000
        )
        await session.journal.record([change], send=True)

    parted.prepare(write)
    id_ = failed_id(parted)

    assert "Nothing was changed here. Something newer" in parted.says("outbox", "drop", id_)


def test_dropping_answers_machines(parted):
    """What was dropped and what became of the record."""
    answer = parted.answers("outbox", "drop", failed_id(parted))

    assert (len(answer["dropped"]), answer["is_as_in_highlevel"], answer["reason"]) == (1, True, None)


def test_findings_are_listed_and_shown(parted):
    """Both values, and what to do."""
    listed, shown = parted.says("findings", "list"), parted.says("findings", "show", "f1")

    assert all(word in listed for word in ("f1", "cut", "contacts c1", "firstName", "HighLevel kept less.", "Open: 1"))
    assert all(word in shown for word in ("Grace Brewster", "too long", "1970-01-01T00:00:01.000Z"))
    assert parted.answers("findings", "list")["open"] == {"cut": 1}
    assert parted.answers("findings", "show", "f1")["wished"] == "Grace Brewster"


def test_findings_are_closed(parted):
    """One, or all."""
    assert "name one ID" in parted("findings", "close").output
    assert parted.answers("findings", "close", "f1") == {"closed": 1}
    assert "f1" in parted.says("findings", "list", "--closed")
    assert parted.answers("findings", "close", "--all") == {"closed": 0}


def test_conflicts_are_listed_and_shown(parted):
    """Both values, the one before, when and who."""
    listed, shown = parted.says("conflicts", "list"), parted.says("conflicts", "show", "x1")

    assert all(word in listed for word in ("x1", "contacts c1", "firstName", "Bo", "Ada", "Grace"))
    assert all(word in shown for word in ("acme", "Bo", "Ada", "00.500Z", "Grace", "01.000Z", "api:shop", "open"))
    answer = parted.answers("conflicts", "show", "x1")
    assert (answer["base"], answer["highlevel"], answer["invoco"]) == ("Bo", "Ada", "Grace")
    assert answer["ours_by"]["actor"] == "api:shop"


@pytest.mark.parametrize(("take", "value", "is_sent"), [("highlevel", "Ada", False), ("Emmy", "Emmy", True)])
def test_a_conflict_is_resolved(parted, take, value, is_sent):
    """With the side's value, or another."""
    told = parted.says("conflicts", "resolve", "x1", "--take", take)
    (settled,) = parted.answers("conflicts", "list", "--settled")

    assert (f"firstName is {value}." in told, "HighLevel is told" in told) == (True, is_sent)
    assert (settled["chosen"], settled["settled_by"]) == (value, "cli")
    assert value in parted.says("conflicts", "list", "--settled")
    assert "settled by" in parted.says("conflicts", "show", "x1")
    assert parted.answers("why", "c1", "firstName")["value"] == value


def test_a_conflict_of_a_record_that_is_gone_is_settled(parted):
    """And said so."""

    async def remove(_invoco, session):
        await session.contacts.delete(HERE, ["c1"])

    parted.prepare(remove)

    assert "nothing to choose" in parted.says("conflicts", "resolve", "x1", "--take", "invoco")


def test_resolving_answers_machines(parted):
    """The conflict, and whether HighLevel is told."""
    answer = parted.answers("conflicts", "resolve", "x1", "--take", "invoco")

    assert (answer["state"], answer["chosen"], answer["is_sent"], answer["is_gone"]) == (
        "settled",
        "Grace",
        True,
        False,
    )


def test_rules_for_conflicts_are_shown_and_set(terminal):
    """Per field, and for all others."""
    arguments = ("--default", "newest", "--field", "phone=invoco", "--field", "customFields=ask")

    assert "HighLevel's value is taken" in terminal.says("connections", "conflicts")
    assert terminal.answers("connections", "conflicts", "acme", *arguments)["conflicts"] == {
        "default": "newest", "fields": {"phone": "invoco", "customFields": "ask"},
    }  # fmt: skip
    told = terminal.says("connections", "conflicts", "--field", "phone=default")
    assert ("phone" in told, "customFields" in told, "written later" in told) == (False, True, True)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--default", "mine"), "'mine' is no rule"),
        (("--field", "phone"), "is not FIELD=RULE"),
        (("--field", "phone=mine"), "'mine' is no rule"),
    ],
)
def test_a_rule_that_is_none_is_told(terminal, arguments, why):
    """Nothing is set then."""
    assert why in terminal("connections", "conflicts", *arguments).output
    assert isinstance(terminal("connections", "conflicts", "--field", "shoe=ask").exception, FixInput)
    assert terminal.answers("connections", "conflicts")["conflicts"] == {"default": "highlevel", "fields": {}}


def test_history_of_a_contact(parted):
    """When, who, by what, which field from what to what."""
    told = parted.says("history", "c1")
    answer = parted.answers("history", "c1", "--limit", "1")

    assert all(word in told for word in ("Grace (c1)", "01.000Z", "api:shop", "event e1", "firstName: Ada → Grace"))
    assert answer["happenings"][0]["changes"][0] == {"field": "firstName", "before": "Ada", "after": "Grace"}


def test_history_of_a_contact_to_which_nothing_happened(terminal):
    """A sentence says so; its former id is told."""

    async def arrive(_invoco, session):
        await session.contacts.put(HERE, [Contact(id="h1", name="Ada")])
        await session.aliases.put(HERE, CONTACT, {"c1": "h1"})

    terminal.prepare(arrive)
    told = terminal.says("history", "c1")

    assert "Nothing has happened to Ada (h1)" in told
    assert "its id here was c1" in told


def test_why_a_field_has_its_value(parted):
    """Who, when, by what, what was before, and what is open of it."""
    told = parted.says("why", "c1", "firstName")

    assert all(
        word in told for word in ("Grace", "Ada", "api:shop", "01.000Z", "e1", "02.000Z", "Finding f1", "Conflict x1")
    )
    assert "since the contact arrived" in parted.says("why", "c1", "city")
    assert parted.answers("why", "c1", "firstName")["happening"]["event_id"] == "e1"


def test_long_values_are_cut(terminal):
    """A table stays readable; what is no text is told as JSON."""

    async def arrive(_invoco, session):
        contact = Contact(id="c1", source="x" * 300, tags=["vip"])
        await session.contacts.put(HERE, [contact])

    terminal.prepare(arrive)

    assert "x…" in terminal.says("why", "c1", "source")
    assert '["vip"]' in terminal.says("why", "c1", "tags")
    assert "(empty)" in terminal.says("why", "c1", "city")
