"""The twin of HighLevel: the same routes over books of its own, with OAuth, limits, lag, faults and webhooks."""

from __future__ import annotations

from invoco.sandbox.app import build_twin
from invoco.sandbox.server import serve
from invoco.sandbox.settings import FaultSwitch, Limit, Limits, TwinSettings, read_fault, read_limits
from invoco.sandbox.twin import Twin

__all__ = [
    "FaultSwitch",
    "Limit",
    "Limits",
    "Twin",
    "TwinSettings",
    "build_twin",
    "read_fault",
    "read_limits",
    "serve",
]
