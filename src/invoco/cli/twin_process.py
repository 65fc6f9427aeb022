"""The twin as a process of its own, as the demo and the benchmarks need it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from invoco.domain.errors import SourceUnavailable

_PATIENCE = 120.0
"""Seconds that a twin may take to end."""


class RunningTwin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a twin answers, and the credentials it made."""

    url: str
    location_id: str
    client_id: str
    client_secret: str
    token: str

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"RunningTwin(url={self.url!r}, location_id={self.location_id!r})"

    def figures(self) -> dict[str, Any]:
        """What the twin counted: `requests`, `rate_limited`, …"""
        import httpx2

        answer = httpx2.get(f"{self.url}/_twin/dump", params={"what": "figures"}, timeout=30)
        answer.raise_for_status()
        figures: dict[str, Any] = answer.json()
        return figures


@contextmanager
def running_twin(*, contacts: int, seed: int, limit: str) -> Iterator[RunningTwin]:
    """Start a twin on a free port and stop it at the end.

    Args:
        contacts: How many sample contacts it holds.
        seed: Which sample data.
        limit: `100/10s` for example, or `off`.

    Raises:
        SourceUnavailable: it did not start.
    """
    command = [sys.executable, "-m", "invoco", "sandbox", "--port", "0", "--json"]
    command += ["--contacts", str(contacts), "--seed", str(seed), "--limit", limit]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - our own program
        try:
            yield _announced(process)
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _announced(process: subprocess.Popen[str]) -> RunningTwin:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise SourceUnavailable(f"The twin did not start (exit code {process.wait(_PATIENCE)}).", cure="See above why.")
    return msgspec.convert(json.loads(line), RunningTwin)
