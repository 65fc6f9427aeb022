"""The commands with which an operator looks after connections: settings, failures, webhooks, reliability."""

import pytest
from msgspec.structs import replace

from invoco.domain.connections import SetAside
from invoco.domain.deletions import DeletionPolicy
from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.schedules import Job, Modes, Run
from invoco.domain.sync_ports import Unannounced
from invoco.highlevel.clock import milliseconds
from invoco.highlevel.records import Contact

HERE = "location-of-the-tests"


@pytest.fixture
def failed(terminal):
    """An unreadable contact, an unreadable tag, and a read that was given up."""

    async def fail(_invoco, session):
        rows = [
            SetAside(location_id=HERE, kind=kind, record_id=id_, reason="Expected `str`", raw=raw, run_id=None, at=at)
            for kind, id_, raw, at in (("contacts", "c1", b'{"tags":1}', 3), ("tags", "t1", b"{}", 2))
        ]
        await session.imports.set_aside(rows)
        reread = Reread(
            subject=Subject.NOTES, subject_id="c2", since=1, asked_at=1, due_at=1, urgency=1, cause=Cause.EVENT,
            attempts=10, failed_at=4, reason="HighLevel answered 500.", cure="Wait.",
        )  # fmt: skip
        await session.rereads.put(HERE, [reread])

    terminal.prepare(fail)
    return terminal


@pytest.fixture
def received(terminal):
    """A webhook of each kind, and a change of which none told."""

    async def receive(invoco, session):
        now = milliseconds(invoco.clock)
        await session.inbox.append([
            Delivery(
                webhook_id=id_, type=type_, location_id=HERE, at=now - 500, received_at=now, body=b'{"id": "c1"}',
                state=state, reason=reason,
            )
            for id_, type_, state, reason in (
                ("w1", "ContactUpdate", DeliveryState.DONE, None),
                ("w2", "ContactUpdate", DeliveryState.DONE, None),
                ("w2", "ContactUpdate", DeliveryState.DONE, None),
                ("w3", "NoteCreate", DeliveryState.DONE, None),
                ("w4", "", DeliveryState.REJECTED, "The body is no JSON."),
            )
        ])  # fmt: skip
        missed = Unannounced(
            kind=RecordKind.CONTACT, record_id="c9", event_type="ContactUpdate", changed_at=now - 500, found_at=now
        )
        await session.runs.note_unannounced(HERE, [missed])
        await session.runs.count_up("webhooks.too large", by=3, day=now // 86_400_000)

    terminal.prepare(receive)
    return terminal


def test_a_connection_is_shown_with_its_copy(terminal):
    """State, modes, policies, and how the copy stands."""

    async def fill(_invoco, session):
        await session.contacts.put(HERE, [Contact(id="c1")])
        await session.runs.put(Run(id="r", location_id=HERE, job=Job.POLL, started_at=1, compared=7, finished_at=2))
        await session.runs.put(Run(id="q", location_id=HERE, job=Job.POLL, started_at=3))

    terminal.prepare(fill)
    told = terminal.says("connections", "show", "acme")
    answer = terminal.answers("connections", "show")

    assert all(
        word in told for word in ("connected", "webhooks, a poll every 5 min", "30 3 * * *", "contacts.readonly")
    )
    assert all(word in told for word in ("1 contacts", "7 compared", "not finished", "never", "wait for approval"))
    assert (answer["id"], answer["figures"]["records"]["contacts"], answer["figures"]["drift_age"]) == (HERE, 1, None)


def test_a_connection_without_modes_says_so(terminal):
    """And an empty copy says what to do."""

    async def switch_off(invoco, session):
        connection = replace(
            await session.connections.get(HERE),
            modes=Modes(realtime=False, poll_every=None, batch_at=None),
            deletion={RecordKind.TAG: DeletionPolicy()},
        )
        await session.connections.put(connection)
        await session.runs.move(HERE, "verified", {"at": milliseconds(invoco.clock), "drift": 0, "skipped": []})

    terminal.prepare(switch_off)
    told = terminal.says("connections", "show")

    assert all(word in told for word in ("none", "run `invoco import`", "tags: archive", " s ago"))


def test_deletion_policies_are_shown_and_set(terminal):
    """For one kind; the brake for all."""
    before = terminal.says("connections", "deletion", "acme")
    policy = ("--kind", "contacts", "--policy", "delete", "--after-days", "30")
    answer = terminal.answers("connections", "deletion", "acme", *policy, "--mass-share", "0.2", "--mass-least", "5")
    after = terminal.says("connections", "deletion")

    assert ("archive" in before, "More than 20 within an hour, if more than 5.0% of a kind" in before) == (True, True)
    assert answer["deletion"]["contacts"] == {"action": "delete", "after_days": 30}
    assert answer["mass_deletion"] == {"share": 0.2, "least": 5}
    assert "delete, archived for 30 days first" in after


@pytest.mark.parametrize(
    "options",
    [
        ("--kind", "contacts"),
        ("--policy", "leave"),
        ("--after-days", "3"),
        ("--kind", "contacts", "--policy", "burn"),
        ("--kind", "people", "--policy", "leave"),
    ],
)
def test_half_a_policy_is_a_usage_error(terminal, options):
    """Nothing is changed."""
    assert terminal("connections", "deletion", *options).exit_code == 2


def test_failures_are_one_list(failed):
    """Newest first, with advice; the raw record for machines."""
    told = failed.says("failures", "list")
    answer = failed.answers("failures", "list", "acme")

    assert all(word in told for word in ("HighLevel answered 500.", "Wait.", "10", "Expected `str`"))
    assert [(each["kind"], each["id"], each["problem"]) for each in answer] == [
        ("notes", "c2", "given_up"), ("contacts", "c1", "unreadable"), ("tags", "t1", "unreadable"),
    ]  # fmt: skip
    assert [each["raw"] for each in answer] == [None, {"tags": 1}, {}]
    assert {"kind", "id", "reason", "at", "raw", "advice", "attempts", "problem"} == set(answer[0])


def test_a_failure_is_shown(failed):
    """With what HighLevel sent."""
    assert all(word in failed.says("failures", "show", "c1") for word in ("unreadable", '{"tags":1}', "correct it"))
    assert failed.answers("failures", "show", "c2", "--kind", "notes")[0]["reason"] == "HighLevel answered 500."


def test_a_failure_is_tried_again(failed):
    """What cannot be read alone is told apart."""
    assert "1 will be read again" in failed.says("failures", "retry", "c1")
    answer = failed.answers("failures", "retry", "--all", "--connection", "acme")

    assert [[each["id"] for each in answer[name]] for name in ("asked", "waiting")] == [["c2"], ["t1"]]
    assert "1 cannot be read alone" in failed.says("failures", "retry", "--all")


def test_a_failure_is_dropped(failed):
    """One, or all of a kind."""
    assert "1 forgotten." in failed.says("failures", "drop", "c1")
    assert [each["id"] for each in failed.answers("failures", "drop", "--all", "--kind", "tags")] == ["t1"]
    assert [each["id"] for each in failed.answers("failures", "list")] == ["c2"]


@pytest.mark.parametrize("arguments", [(), ("c1", "--all")])
@pytest.mark.parametrize("command", ["retry", "drop"])
def test_either_one_failure_or_all(failed, command, arguments):
    """Neither and both are usage errors."""
    assert failed("failures", command, *arguments).exit_code == 2


def test_an_unknown_failure_is_told(failed):
    """The error names the command that lists them."""
    assert isinstance(failed("failures", "show", "c9").exception, FixInput)


def test_reliability_per_type(received):
    """Received, copies, delays, missed and loss."""
    answer = received.answers("reliability", "acme", "--since", "1h")
    told = received.says("reliability")

    assert (answer["received"], answer["duplicates"], answer["missed"], answer["loss_percent"]) == (4, 1, 1, 20.0)
    assert answer["types"]["ContactUpdate"] == {
        "received": 2, "duplicates": 1, "delay_p50_ms": 500, "delay_p99_ms": 500, "missed": 1, "loss_percent": 33.333,
    }  # fmt: skip
    assert all(word in told for word in ("Webhooks of the last 7d", "33.33 %", "500 ms", "loss 20.00 %"))


def test_reliability_of_nothing(terminal):
    """A sentence says so."""
    assert "No event came and none was missed." in terminal.says("reliability")
    assert terminal.answers("reliability")["loss_percent"] == 0


def test_a_change_without_a_webhook_has_no_delay(terminal):
    """Only what was missed is known of its type."""

    async def miss(invoco, session):
        now = milliseconds(invoco.clock)
        found = Unannounced(
            kind=RecordKind.NOTE, record_id="n1", event_type="NoteCreate", changed_at=now - 1, found_at=now
        )
        await session.runs.note_unannounced(HERE, [found])

    terminal.prepare(miss)

    assert "100.00 %" in terminal.says("reliability")


def test_an_unreadable_duration_is_a_usage_error(terminal):
    """It says how to write one."""
    assert terminal("reliability", "--since", "yesterday").exit_code == 2


def test_webhooks_are_listed(received):
    """Newest first; of one state, so many."""
    told = received.says("webhooks", "list")
    rejected = received.answers("webhooks", "list", "--state", "rejected", "--limit", "1")

    assert all(word in told for word in ("w1", "NoteCreate", "The body is no JSON."))
    assert [(each["id"], each["state"], each["copies"]) for each in rejected] == [("w4", "rejected", 1)]


def test_an_unknown_state_is_a_usage_error(terminal):
    """All states are named."""
    outcome = terminal("webhooks", "list", "--state", "lost")

    assert (outcome.exit_code, "rejected" in outcome.stderr) == (2, True)


def test_a_webhook_is_shown_with_its_body(received):
    """As it was signed."""
    assert all(word in received.says("webhooks", "show", "w2") for word in ("ContactUpdate", '{"id": "c1"}', "done"))
    assert received.answers("webhooks", "show", "w2")["body"] == '{"id": "c1"}'
    assert isinstance(received("webhooks", "show", "w9").exception, FixInput)


def test_the_status_of_webhooks(received):
    """The address to enter in HighLevel, states, and what was refused."""
    told = received.says("webhooks", "status")
    answer = received.answers("webhooks", "status")

    assert "http://127.0.0.1:8080/webhooks/highlevel" in told
    assert answer["states"] == {"waiting": 0, "done": 3, "kept": 0, "rejected": 1}
    assert answer["counters"] == {"too large": 3}


def test_no_webhooks_yet(terminal):
    """The list says where to find the address."""
    assert "invoco webhooks status" in terminal.says("webhooks", "list")
    assert "Nothing was refused" in terminal.says("webhooks", "status")
