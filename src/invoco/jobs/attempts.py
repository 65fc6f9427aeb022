"""One try of a job: an error is logged, and the job rests before the next try."""

from __future__ import annotations

from random import Random

import msgspec
import structlog

from invoco.domain.errors import InvocoError
from invoco.domain.sync_ports import JobHandler
from invoco.highlevel.clock import Clock
from invoco.jobs.lanes import Key

_log = structlog.get_logger(__name__)


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a job rests after it failed: each time twice as long, give or take a half."""

    first: float = 1.0
    """Seconds after the first failure."""
    longest: float = 120.0

    def rest(self, failures: int, chance: Random) -> float:
        """Seconds to rest after so many failures in a row."""
        middle = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return float(middle * chance.uniform(0.5, 1.5))


class Attempts:
    """Runs the handler, and knows which jobs rest after a failure."""

    def __init__(self, handler: JobHandler, *, clock: Clock, patience: Patience, chance: Random | None = None) -> None:
        self._handler, self._clock, self._patience = handler, clock, patience
        self._chance = chance or Random()
        self._failures: dict[Key, int] = {}
        self._until: dict[Key, float] = {}

    def rest(self, key: Key) -> float:
        """Seconds that the job must still rest; 0 when it may run."""
        return max(0.0, self._until.get(key, 0.0) - self._clock.now())

    async def run(self, key: Key) -> bool:
        """Do the job once; False when it failed: then it has a rest."""
        try:
            await self._handler(*key)
        except InvocoError as error:
            rest = self._failed(key)
            _log.warning("job failed", job=key[0].value, location=key[1], reason=error.message, next_try_in=rest)
            return False
        except Exception:  # noqa: BLE001 - a job that fails must not take the others with it
            rest = self._failed(key)
            _log.exception("job failed unexpectedly", job=key[0].value, location=key[1], next_try_in=rest)
            return False
        self._failures.pop(key, None)
        self._until.pop(key, None)
        return True

    def _failed(self, key: Key) -> float:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        rest = self._patience.rest(failures, self._chance)
        self._until[key] = self._clock.now() + rest
        return round(rest, 1)
