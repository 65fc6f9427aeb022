"""How rereads are read: contacts by the page where many wait, everything else by id, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from invoco.domain.errors import InvocoError
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Source, SourcePage
from invoco.domain.rereads import Reread, Subject
from invoco.highlevel.clock import Clock, instant, milliseconds
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Contact

_ABREAST = 8
"""Calls of one location under way at once (facts 7, safe practice)."""
_MOST_PAGES = 20


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What reading one subject gave: a page of its records, nothing because it is gone, or an error."""

    reread: Reread
    page: SourcePage | None = None
    error: InvocoError | None = None
    read_at: int
    """When it was asked for: what happened later may not be in it."""


async def read_abreast(source: Source, rereads: Sequence[Reread], *, clock: Clock, until: int) -> list[Answer]:
    """Read each by itself; an error of one is its own. What is not begun by `until` (milliseconds) is left out."""
    turns = asyncio.Semaphore(_ABREAST)
    sources = {urgency: source.at_priority(Priority(urgency)) for urgency in {each.urgency for each in rereads}}

    async def one(reread: Reread) -> Answer | None:
        async with turns:
            at = milliseconds(clock)
            if at > until:
                return None
            try:
                page = await _page(sources[reread.urgency], reread)
            except InvocoError as error:
                return Answer(reread=reread, error=error, read_at=at)
            return Answer(reread=reread, page=page, read_at=at)

    answers = await asyncio.gather(*(one(reread) for reread in rereads))
    return [answer for answer in answers if answer is not None]


async def read_changed_contacts(source: Source, rereads: Sequence[Reread], *, clock: Clock) -> list[Answer]:
    """The contacts that a search tells in a state that is new enough; those it does not tell so are left out.

    The search lags behind (facts 4.4): a contact that was changed again since is not settled by an older row.
    """
    wanted = {reread.subject_id: reread for reread in rereads}
    at = milliseconds(clock)
    source = source.at_priority(Priority.EVENT)
    answers: list[Answer] = []
    cursor, since = None, min(reread.since for reread in rereads)
    for _ in range(_MOST_PAGES):
        try:
            page = await source.changed_contacts(since, cursor)
        except InvocoError:
            break
        for contact in page.records:
            reread = wanted.get(contact.id)
            if reread is not None and _instant(contact) >= reread.since:
                del wanted[contact.id]
                answers.append(Answer(reread=reread, page=SourcePage.of([contact]), read_at=at))
        cursor = page.cursor
        if cursor is None or not wanted:
            break
    return answers


async def _page(source: Source, reread: Reread) -> SourcePage | None:
    subject_id = reread.subject_id
    match reread.subject:
        case Subject.CONTACT:
            return _alone(await source.contact(subject_id))
        case Subject.APPOINTMENT:
            return _alone(await source.appointment(subject_id))
        case Subject.LOST_TASK:
            return _alone(await source.find_task(subject_id, title=reread.hint))
        case Subject.TASKS:
            return await source.tasks_of(subject_id)
        case Subject.NOTES:
            return await source.notes_of_one(subject_id)
        case _:
            return await _whole_list(source, RecordKind(reread.subject.value))


def _alone(record: object) -> SourcePage | None:
    return None if record is None else SourcePage.of([record])


async def _whole_list(source: Source, kind: RecordKind) -> SourcePage:
    page = await source.page(kind, None)
    records, malformed = list(page.records), list(page.malformed)
    while page.cursor is not None:
        page = await source.page(kind, page.cursor)
        records += page.records
        malformed += page.malformed
    return SourcePage.of(records, malformed)


def _instant(contact: Contact) -> int:
    try:
        return instant(contact.date_updated) if contact.date_updated else 0
    except ValueError:
        return 0
