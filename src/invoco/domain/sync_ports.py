"""Ports of the sync engine: inbox, rereads, tombstones, runs, schedules, and the jobs that work on them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from invoco.domain.deletions import HeldDeletions, Tombstone
from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Reread, Subject
from invoco.domain.schedules import Due, Job, Run


class Provisional(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is shown as an event's body told it, and not confirmed yet."""

    kind: RecordKind
    record_id: str
    contact_id: str | None
    since: int
    """The event's own instant."""
    shown_at: int


class Unannounced(msgspec.Struct, frozen=True, kw_only=True):
    """A change that a comparison found; `announced_at` is set when a webhook told of it after all."""

    kind: RecordKind
    record_id: str
    event_type: str
    """The event that should have told of it."""
    changed_at: int
    """When it happened, as far as HighLevel tells; else when it was found."""
    found_at: int
    announced_at: int | None = None


class EventFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How webhooks of one type did."""

    type: str
    received: int
    """Different events."""
    duplicates: int
    """Deliveries beyond the first of each."""
    delay_p50: int | None = None
    """Milliseconds from the event to its first arrival."""
    delay_p99: int | None = None
    missed: int = 0
    """Changes that only a comparison found."""


class InboxShelf(Protocol):
    """Received webhooks."""

    async def append(self, deliveries: Sequence[Delivery]) -> None:
        """Keep them in order; one with a known webhook id only counts as a further copy."""

    async def waiting(self, location_id: str, *, limit: int) -> list[Delivery]:
        """The oldest that wait, of one location."""

    async def waiting_locations(self) -> list[str]:
        """The locations with something waiting; the empty text stands for events of companies."""

    async def settle(self, positions: Sequence[int], state: DeliveryState, *, reason: str | None = None) -> None:
        """Write down what became of them."""

    async def find(self, webhook_id: str) -> Delivery | None:
        """The delivery of that id."""

    async def newest(self, *, limit: int, state: DeliveryState | None = None) -> list[Delivery]:
        """Those that arrived last, newest first."""

    async def counts(self) -> dict[str, int]:
        """How many there are, by state."""

    async def forget(self, *, before: int, keep_rejected: int) -> int:
        """Remove what arrived before that instant and does not wait, and all but so many rejected; tells how many.

        Many are not removed at once, so that no webhook waits for it: there may be more until it tells 0.
        """

    async def figures(self, location_id: str, *, since: int, until: int) -> list[EventFigures]:
        """Per type what happened (`at`) in [since, until); `missed` counts unannounced changes of that time."""


class RereadShelf(Protocol):
    """What must be read again."""

    async def ask(self, location_id: str, rereads: Sequence[Reread]) -> None:
        """Add them; one that is there already becomes `rereads.merged` of both."""

    async def due(self, location_id: str, *, now: int, limit: int, follow_ups: int | None = None) -> list[Reread]:
        """What may be read now, most urgent and oldest first; what was given up is left out.

        `follow_ups` is how many of the least urgent are wanted; None: all.
        """

    async def next_due(self, location_id: str) -> int | None:
        """When the next one is due."""

    async def due_locations(self, *, now: int) -> list[str]:
        """The locations with something due."""

    async def put(self, location_id: str, rereads: Sequence[Reread]) -> None:
        """Replace those with the same subject and id: postponed or given up.

        One that was asked for again meanwhile (another `since` or `event_id`) stays.
        """

    async def settle(self, location_id: str, rereads: Sequence[Reread]) -> None:
        """Remove them; one that was asked for again meanwhile (another `since` or `event_id`) stays."""

    async def find(self, location_id: str, subject: Subject, subject_id: str) -> Reread | None:
        """The one of that subject and id."""

    async def find_many(self, location_id: str, subject: Subject, subject_ids: Sequence[str]) -> dict[str, Reread]:
        """Those of that subject and these ids, by id."""

    async def failed(self, location_id: str) -> list[Reread]:
        """Those that were given up, newest first."""

    async def count(self, location_id: str, *, gone: Subject | None = None) -> int:
        """How many wait; or only those of that subject whose records may be gone (`rereads.may_be_gone`)."""

    async def drop(self, location_id: str, subject: Subject, subject_id: str) -> bool:
        """Forget one; False when there was none."""


class ProvisionalShelf(Protocol):
    """Records that are shown and not confirmed."""

    async def mark(self, location_id: str, records: Sequence[Provisional]) -> None:
        """Mark them; a mark that is there is replaced."""

    async def get_many(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> dict[str, Provisional]:
        """The marks of these records, by id."""

    async def confirm(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> None:
        """Take the marks of these records away."""

    async def confirm_of_contacts(self, location_id: str, kind: RecordKind, contact_ids: Sequence[str]) -> None:
        """Take the marks of all records of that kind of these contacts away."""

    async def count(self, location_id: str) -> int:
        """How many records are not confirmed."""


class TombstoneShelf(Protocol):
    """Records that are gone in HighLevel, archived or not."""

    async def put(self, location_id: str, tombstones: Sequence[Tombstone]) -> None:
        """Set them, replacing those of the same record."""

    async def get_many(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> dict[str, Tombstone]:
        """The tombstones of these records, by id."""

    async def remove(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> None:
        """Take them away: the records are back."""

    async def page(
        self, location_id: str, *, kind: RecordKind | None = None, archived_only: bool = True, limit: int = 100
    ) -> list[Tombstone]:
        """The newest, archived ones by default."""

    async def of_contact(self, location_id: str, contact_id: str) -> list[Tombstone]:
        """The tombstones of what belongs to the contact."""

    async def purge(self, *, now: int) -> int:
        """Remove the archived records whose time has come; the tombstones stay. Tells how many."""

    async def count_since(self, location_id: str, kind: RecordKind, *, since: int) -> int:
        """How many records of the kind went since then."""

    async def hold(self, held: HeldDeletions) -> None:
        """Keep held deletions, replacing those of the same id."""

    async def held(self, location_id: str | None = None, *, waiting_only: bool = True) -> list[HeldDeletions]:
        """Held deletions, newest first."""


class RunShelf(Protocol):
    """Runs of polls and reconciles, how far they came, and the schedule."""

    async def put(self, run: Run) -> None:
        """Store the run."""

    async def latest(self, location_id: str, job: Job) -> Run | None:
        """The run of that job that was started last."""

    async def newest(self, location_id: str, *, limit: int) -> list[Run]:
        """The runs that were started last, newest first."""

    async def position(self, location_id: str, name: str) -> object:
        """JSON: how far something came (a watermark, a cursor); None at the beginning."""

    async def move(self, location_id: str, name: str, position: object) -> None:
        """Save how far it came; None forgets it."""

    async def schedule(self, location_id: str) -> dict[Job, Due]:
        """How the jobs of a connection stand."""

    async def put_due(self, due: Due) -> None:
        """Store how a job stands."""

    async def note_unannounced(self, location_id: str, changes: Sequence[Unannounced]) -> None:
        """Keep changes that only a comparison found; one that is kept for the same record and type stays the first."""

    async def announce(self, location_id: str, told: Sequence[tuple[RecordKind, str, str, int]], *, at: int) -> None:
        """Webhooks told (kind, record id, event type, event's instant): what happened no later was not missed."""

    async def count_up(self, name: str, *, by: int = 1, day: int) -> None:
        """Add to a daily counter of diagnostics."""

    async def counters(self, *, since_day: int) -> dict[str, int]:
        """The sums of the counters."""

    async def forget(self, *, before: int) -> int:
        """Remove what is older than that instant; tells how many.

        Runs that were started before, but the last of each job; unannounced changes, and counters of days before.
        """


JobHandler = Callable[[Job, str], Awaitable[None]]
"""Does that job of that connection; an error is logged and the job tried again by the sweep."""


class Jobs(Protocol):
    """Wakes jobs up. A lost wake-up loses time, never data: the tables hold what is to be done."""

    async def wake(self, job: Job, location_id: str, *, after: float = 0.0) -> None:
        """Let the job run soon, or after so many seconds; several wake-ups may become one run.

        A job that is running when it is woken runs once more afterwards.
        """
