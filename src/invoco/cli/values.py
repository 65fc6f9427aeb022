"""Values of fields, instants and records as people read them."""

from __future__ import annotations

from typing import Any

_LONGEST = 200


def told(value: Any) -> str:
    """The value of a field in a few words; `(empty)` for none."""
    import msgspec

    if value is None:
        return "(empty)"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def moment(at: int | None) -> str:
    """An instant; nothing for none."""
    from invoco.highlevel.clock import iso

    return "" if at is None else iso(at)


def of_record(kind: str, record_id: str) -> str:
    """Which record: `contacts abc`."""
    return f"{kind.replace('_', ' ')} {record_id}"


def counted(counts: dict[str, int]) -> str:
    """`2 failed, 3 waiting`."""
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()) if number)
