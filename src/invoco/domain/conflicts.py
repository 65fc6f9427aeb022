"""Who wins when both sides changed the same field to different values."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ConflictRule(StrEnum):
    """What is done about one field."""

    HIGHLEVEL = "highlevel"
    """HighLevel's value is taken."""
    INVOCO = "invoco"
    """Invoco's value is taken."""
    NEWEST = "newest"
    """The value that was written later is taken."""
    LONGEST = "longest"
    """The longer text is taken, and any value before none."""
    UNION = "union"
    """What either list has; other values as `longest`."""
    ASK = "ask"
    """Both stay as they are until somebody chooses."""


class ConflictRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a connection."""

    default: ConflictRule = ConflictRule.HIGHLEVEL
    fields: dict[str, ConflictRule] = {}
    """By wire name; `customFields` stands for all custom fields, `customFields.<id>` for one."""

    def of(self, field: str) -> ConflictRule:
        """The rule of that field."""
        return self.fields.get(field) or self.fields.get(field.partition(".")[0]) or self.default
