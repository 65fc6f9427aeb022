"""Reading again what is in doubt, and letting what was read decide.

Events go before follow-ups. Many contacts at once are read by pages of a search, the others one by one, a few at a
time. What was read is applied with the rereads it settles in one transaction; what could not be read is postponed, and
set aside for an operator when patience ends, so that it never keeps the rest waiting.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.errors import InvocoError, MissingScope, QuotaUsed, Reconnect, SkipRecord, TryAgain
from invoco.domain.ids import NewId
from invoco.domain.ports import Source, Store
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.quota import Priority
from invoco.sync.noticed import FEW
from invoco.sync.outcomes import Settled, settle
from invoco.sync.rereading import Answer, read_abreast, read_changed_contacts

_DUE = 500
"""Rereads looked at in one round."""
_ROUND, _CALM_ROUND = 2_000, 250
"""Milliseconds after which no further call of a round is begun, and newer rereads are looked for: in a round of events,
and in one of anything else, for which events must not wait."""
_AT_ONCE = 100
"""Answers in one transaction, so that no event waits long to be shown."""
_MANY_CONTACTS = 12
"""From here on contacts are read by pages."""
_PATIENCE, _PATIENCE_WITH_UNREADABLE = 10, 3
"""Failed reads after which a reread is given up; what was read and makes no sense will seldom make some later."""
_FIRST_WAIT, _LONGEST_WAIT = 5_000, 600_000
_DAY = 86_400_000


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """What one round did."""

    read: int = 0
    changed: int = 0
    postponed: int = 0
    held: int = 0
    """Deletions that wait for approval."""
    events: bool = False
    """Whether it was about events."""
    follow_ups: int = 0
    """How many follow-ups were read."""


async def confirm(
    source: Source, store: Store, *, connection: Connection, clock: Clock, new_id: NewId, follow_ups: int = _DUE
) -> Confirmed:
    """Read what is due, one round; with nothing read nothing is due but follow-ups that were not allowed.

    Args:
        source: to read from.
        store: what the answers change.
        connection: whose rereads are read.
        clock: tells what is due.
        new_id: makes ids.
        follow_ups: how many of the least urgent are allowed.

    Raises:
        TryAgain: every read of the round failed: HighLevel is out of reach, and no reread is blamed for it.
        Reconnect: the credentials are refused; a scope that is missing only sets aside what needs it.
    """
    due = await _due(store, connection, now=milliseconds(clock), follow_ups=follow_ups)
    if not due:
        return Confirmed()
    answers = await _read(source, due, clock=clock)
    _raise_if_out_of_reach(answers)
    now = milliseconds(clock)
    settled = [
        await _kept(store, connection, answers[begin : begin + _AT_ONCE], now=now, new_id=new_id)
        for begin in range(0, len(answers), _AT_ONCE)
    ]
    failed = sum(answer.error is not None for answer in answers)
    return Confirmed(
        read=len(answers) - failed,
        changed=sum(each.changed for each in settled),
        held=sum(each.held for each in settled),
        postponed=failed,
        events=due[0].urgency <= Priority.EVENT,
        follow_ups=len(answers) if due[0].urgency > Priority.RECONCILE else 0,
    )


async def _kept(store: Store, connection: Connection, answers: Sequence[Answer], *, now: int, new_id: NewId) -> Settled:
    """Apply what was read, and postpone what was not."""
    failed = [_postponed(answer.reread, answer.error, now=now) for answer in answers if answer.error is not None]
    told = [answer for answer in answers if answer.error is None]
    async with store.transaction(durable=False) as session:  # HighLevel can be asked again
        if len(answers) <= FEW:
            session.brief()
        settled = await settle(session, connection, told, now=now, new_id=new_id)
        if failed:
            await session.rereads.put(connection.id, failed)
    return settled


async def _due(store: Store, connection: Connection, *, now: int, follow_ups: int) -> list[Reread]:
    """Those of the most urgent kind alone: the others wait until none of these does."""
    async with store.reading() as session:
        session.brief()
        due = await session.rereads.due(connection.id, now=now, limit=_DUE, follow_ups=follow_ups)
    return [reread for reread in due if max(reread.urgency, Priority.EVENT) == max(due[0].urgency, Priority.EVENT)]


async def _read(source: Source, due: Sequence[Reread], *, clock: Clock) -> list[Answer]:
    contacts = [reread for reread in due if _fits_a_page(reread)]
    paged = await read_changed_contacts(source, contacts, clock=clock) if len(contacts) >= _MANY_CONTACTS else []
    asked = {(answer.reread.subject, answer.reread.subject_id) for answer in paged}
    rest = [reread for reread in due if (reread.subject, reread.subject_id) not in asked]
    lasts = _ROUND if due[0].urgency <= Priority.EVENT else _CALM_ROUND
    return paged + await read_abreast(source, rest, clock=clock, until=milliseconds(clock) + lasts)


def _fits_a_page(reread: Reread) -> bool:
    """Whether the search may know it: a deletion shows in no page, and where the index was doubted it is not asked."""
    is_news = reread.cause is Cause.EVENT and not (reread.deleted or reread.gone or reread.attempts)
    return is_news and reread.subject is Subject.CONTACT


def _raise_if_out_of_reach(answers: Sequence[Answer]) -> None:
    errors = [answer.error for answer in answers if answer.error is not None]
    for error in errors:
        if isinstance(error, Reconnect) and not isinstance(error, MissingScope):
            raise error
    if errors and len(errors) == len(answers) and all(isinstance(error, TryAgain) for error in errors):
        raise errors[0]


def _postponed(reread: Reread, error: InvocoError, *, now: int) -> Reread:
    """Later, ever later, and in the end never: then an operator decides."""
    told = replace(reread, reason=error.message, cure=error.cure)
    if isinstance(error, QuotaUsed):
        return replace(told, due_at=min(now + _LONGEST_WAIT, (now // _DAY + 1) * _DAY))
    attempts = reread.attempts + 1
    if attempts >= (_PATIENCE_WITH_UNREADABLE if isinstance(error, SkipRecord) else _PATIENCE):
        return replace(told, attempts=attempts, failed_at=now)
    return replace(told, attempts=attempts, due_at=now + min(_LONGEST_WAIT, _FIRST_WAIT * 2**reread.attempts))
