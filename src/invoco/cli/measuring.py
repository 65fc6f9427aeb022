"""What `invoco bench` measures, with real processes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from invoco.cli.bench_places import empty_database, own_environment
from invoco.cli.twin_process import RunningTwin, running_twin
from invoco.domain.errors import SourceUnavailable

Say = Callable[[str], None]

_SECONDS = 10.0
_BURST = 100
_PATIENCE = 900


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One import by a process of its own."""

    contacts: int
    seconds: float
    """From the first page of contacts asked for to the last one stored."""
    peak_rss_mb: float
    requests: int
    rate_limited: int
    whole_seconds: float
    """Of all steps."""

    @property
    def per_second(self) -> float:
        """Contacts a second."""
        return self.contacts / self.seconds


def whole_import(*, contacts: int, baseline: int, windows: int, database_url: str | None, say: Say) -> dict[str, Any]:
    """Two imports without limits, one at HighLevel's limit."""
    say(f"Importing {baseline} contacts without limits …")
    small = _unlimited(baseline, database_url)
    say(f"Importing {contacts} contacts without limits …")
    large = _unlimited(contacts, database_url)
    say(f"Sustaining {_BURST} calls per {_SECONDS:.0f} s for {windows} windows …")
    sustained = _sustained(windows)
    return {
        "contacts_per_second": round(large.per_second),
        "peak_rss_mb": large.peak_rss_mb,
        "rate_limited": small.rate_limited + large.rate_limited + sustained.rate_limited,
        "quota_efficiency": round(_efficiency(sustained), 4),
        "contacts": contacts,
        "baseline_contacts": baseline,
        "baseline_contacts_per_second": round(small.per_second),
        "baseline_peak_rss_mb": small.peak_rss_mb,
        "memory_growth": round(large.peak_rss_mb / small.peak_rss_mb - 1, 4),
        "sustained_requests": sustained.requests,
        "sustained_seconds": round(sustained.whole_seconds, 2),
        "database": "postgresql" if database_url else "sqlite",
    }


def starts() -> dict[str, Any]:
    """The best of three starts of `invoco --help`, and one of `invoco serve`."""
    with tempfile.TemporaryDirectory() as folder:
        environment = own_environment(Path(folder), None, {})
        times = [_timed(["--help"], environment) for _ in range(3)]
        return {"help_seconds": round(min(times), 3), "healthz_seconds": round(_until_healthy(environment), 3)}


def _efficiency(sustained: Measured) -> float:
    """The shortest time in which the limit allows so many calls, divided by the time taken."""
    full_windows = -(-sustained.requests // _BURST) - 1
    return full_windows * _SECONDS / sustained.whole_seconds


def _unlimited(contacts: int, database_url: str | None) -> Measured:
    with running_twin(contacts=contacts, seed=1, limit="off") as twin:
        return _measured(
            twin, contacts, database_url, kinds=["--skip", "notes", "--skip", "tasks", "--skip", "appointments"]
        )


def _sustained(windows: int) -> Measured:
    contacts = windows * _BURST
    with running_twin(contacts=contacts, seed=1, limit=f"{_BURST}/{_SECONDS:.0f}s") as twin:
        return _measured(twin, contacts, None, kinds=[])


def _measured(twin: RunningTwin, contacts: int, database_url: str | None, *, kinds: Sequence[str]) -> Measured:
    """Connect, then import in a process that is watched."""
    with tempfile.TemporaryDirectory() as folder, empty_database(database_url) as url:
        environment = own_environment(Path(folder), url, {"INVOCO_TOKEN": twin.token, "INVOCO_BASE_URL": twin.url})
        _answer(["connect", "bench", "--location", twin.location_id, "--json"], environment)
        time.sleep(_SECONDS)  # the calls that connecting took leave the window
        before = twin.figures()
        outcome, peak = _watched(["import", "bench", "--json", *kinds], environment)
        after = twin.figures()
    seconds: dict[str, float] = outcome["seconds"]
    return Measured(
        contacts=contacts,
        seconds=seconds["contacts"],
        peak_rss_mb=peak,
        requests=after["requests"] - before["requests"],
        rate_limited=after["rate_limited"],
        whole_seconds=sum(seconds.values()),
    )


def _answer(arguments: Sequence[str], environment: dict[str, str]) -> Any:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "invoco", *arguments],
        env=environment, stdout=subprocess.PIPE, check=False, text=True, timeout=_PATIENCE,
    )  # fmt: skip
    if done.returncode:
        raise SourceUnavailable(
            f"`invoco {arguments[0]}` ended with exit code {done.returncode}.", cure="See above why."
        )
    return json.loads(done.stdout)


def _watched(arguments: Sequence[str], environment: dict[str, str]) -> tuple[Any, float]:
    """The command's answer and its peak memory in MB."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "invoco", *arguments], env=environment, stdout=subprocess.PIPE
    )
    with process:
        answer = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SourceUnavailable(f"`invoco import` ended with exit code {process.returncode}.", cure="See above why.")
    return json.loads(answer), round(_megabytes(usage), 1)


def _megabytes(usage: resource.struct_rusage) -> float:
    """Linux tells kilobytes, macOS bytes."""
    return usage.ru_maxrss / (1_000_000 if sys.platform == "darwin" else 1_000)


def _timed(arguments: Sequence[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "invoco", *arguments], env=environment, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - started


def _until_healthy(environment: dict[str, str]) -> float:
    import httpx2

    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "invoco", "serve", "--port", "0"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with process:
        line = process.stdout.readline() if process.stdout else ""
        httpx2.get(f"{line.split()[3]}/healthz", timeout=10).raise_for_status()
        taken = time.perf_counter() - started
        process.terminate()
    return taken
