"""Durations as they are typed: `90s`, `15m`, `12h`, `7d`, `2w`."""

from __future__ import annotations

import re

import typer

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


def seconds(text: str, *, option: str) -> float:
    """How long that is.

    Raises:
        typer.BadParameter: it is no duration, or none at all.
    """
    found = _FORM.fullmatch(text.strip().lower())
    length = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not length:
        raise typer.BadParameter(f"{text!r} is no duration; write 90s, 15m, 12h, 7d or 2w", param_hint=option)
    return length


def shown(length: float) -> str:
    """A duration for people, in its two largest units: `2 h 5 min`."""
    names = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    parts, left = [], round(length)
    for size, name in names:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
