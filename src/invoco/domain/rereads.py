"""Rereads: what must be read from HighLevel again before it can be trusted."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Subject(StrEnum):
    """What one reread asks HighLevel for; lists are named like their `RecordKind`."""

    CONTACT = "contact"
    """One contact, by its id."""
    TASKS = "tasks"
    """All tasks of a contact, by the contact's id."""
    NOTES = "notes"
    """All notes of a contact, by the contact's id."""
    APPOINTMENT = "appointment"
    """One appointment, by its id."""
    LOST_TASK = "lost_task"
    """A task whose contact is not known (facts 8.2, i332), by its own id; `hint` is its title."""
    LOCATION = "locations"
    USERS = "users"
    TAGS = "tags"
    BUSINESSES = "businesses"
    """The whole list; the id is empty."""


class Cause(StrEnum):
    """How a change was noticed."""

    EVENT = "event"
    POLL = "poll"
    RECONCILE = "reconcile"
    RETRY = "retry"
    """An operator asked for it again."""
    SENT = "sent"
    """It was read after it had been written."""


class Reread(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be read again; there is at most one per subject and id."""

    subject: Subject
    subject_id: str
    since: int
    """The newest instant at which it is known to have changed: an answer of an older state settles nothing."""
    asked_at: int
    due_at: int
    """Not to be read before."""
    urgency: int
    """A `highlevel.quota.Priority`; the smaller goes first."""
    cause: Cause
    event_id: str | None = None
    """The webhook that asked last."""
    run_id: str | None = None
    """The run that asked last."""
    deleted: bool = False
    """Whether an event said that it was deleted; together with one read that finds nothing that is proof enough."""
    missed: bool = False
    """Whether a comparison did not find the record."""
    gone: int = 0
    """How many reads in a row found nothing."""
    hint: str | None = None
    follow_up: bool = False
    """Whether the tasks and notes of a contact are to be read after it."""
    attempts: int = 0
    """Reads that failed."""
    failed_at: int | None = None
    """Set when it is given up: it waits for an operator."""
    reason: str | None = None
    """What went wrong last."""
    cure: str | None = None


def may_be_gone(reread: Reread) -> bool:
    """Whether anything speaks for the end of the record: an event, a comparison, a read that found nothing."""
    told = reread.deleted or reread.missed or reread.gone > 0
    return told and reread.subject in {Subject.CONTACT, Subject.APPOINTMENT}


def merged(held: Reread | None, asked: Reread) -> Reread:
    """One reread in place of two of the same subject: the sooner, the more urgent; failures are forgotten."""
    if held is None:
        return asked
    return msgspec.structs.replace(
        asked,
        since=max(held.since, asked.since),
        asked_at=min(held.asked_at, asked.asked_at),
        due_at=_due_at(held, asked),
        urgency=min(held.urgency, asked.urgency),
        cause=Cause.EVENT if Cause.EVENT in {held.cause, asked.cause} else asked.cause,
        event_id=asked.event_id or held.event_id,
        run_id=asked.run_id or held.run_id,
        deleted=held.deleted or asked.deleted,
        missed=held.missed or asked.missed,
        gone=held.gone,
        hint=asked.hint or held.hint,
        follow_up=held.follow_up or asked.follow_up,
    )


def _due_at(held: Reread, asked: Reread) -> int:
    """The sooner; yet a deletion keeps its moment, in which a mass of them would show."""
    if held.failed_at is not None:
        return asked.due_at
    if held.deleted != asked.deleted:
        return held.due_at if held.deleted else asked.due_at
    return min(held.due_at, asked.due_at)
