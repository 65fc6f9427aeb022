"""What `invoco bench idle` measures: what `invoco serve` costs while nothing happens."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from invoco.cli.output import run
from invoco.cli.serve_process import furnished, running_serve
from invoco.cli.twin_process import running_twin
from invoco.domain.errors import Misconfigured

Say = Callable[[str], None]

_SETTLING: Final = 5.0
"""Seconds after the start before it counts as idle."""


def idle(*, seconds: float, contacts: int, say: Say) -> dict[str, Any]:
    """Look for so many seconds at `invoco serve` with one connection, all of whose jobs are on.

    Args:
        seconds: how long to look.
        contacts: that it holds.
        say: is told how it goes.

    Raises:
        Misconfigured: this system does not tell what a process uses.
    """
    with tempfile.TemporaryDirectory() as folder, running_twin(contacts=contacts, seed=1, limit="off") as twin:
        home = run(furnished(Path(folder), twin, skip=frozenset()))
        with running_serve(home, twin) as serve:
            time.sleep(_SETTLING)
            say(f"Looking for {seconds:.0f} s …")
            before, began = _cpu_seconds(serve.pid), time.perf_counter()
            time.sleep(seconds)
            used, lasted = _cpu_seconds(serve.pid) - before, time.perf_counter() - began
    return {"cpu_percent": round(100 * used / lasted, 2), "seconds": round(lasted, 1), "contacts": contacts}


def _cpu_seconds(pid: int) -> float:
    """What the process has used so far, as Linux tells it (`man 5 proc`)."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Misconfigured("Only Linux tells what another process uses.", cure="Measure it there.") from error
    user, system = told.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
