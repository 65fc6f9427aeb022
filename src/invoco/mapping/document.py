"""The document a marketer writes: per kind of record a filter and a list of rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, field

from invoco.domain.kinds import RecordKind

VERSION: Final = 1
DIRECTIONS: Final = ("in", "out", "both", "off")
ON_ERROR: Final = ("skip_field", "skip_record", "keep_old")
UNNAMED: Final = ("both", "off")
KINDS: Final = (
    RecordKind.CONTACT,
    RecordKind.TASK,
    RecordKind.NOTE,
    RecordKind.APPOINTMENT,
    RecordKind.BUSINESS,
)
"""The kinds of records that can be mapped."""

Transforms = list[str | dict[str, Any]]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What becomes of one field."""

    source: str | None = field(name="from", default=None)
    """The field on HighLevel's side."""
    to: str | None = None
    """The field on Invoco's side."""
    value: str | None = None
    """A CEL expression over the record that is read, instead of its field."""
    direction: Annotated[str, Meta(extra_json_schema={"enum": list(DIRECTIONS)})] = "both"
    """`in` from HighLevel to Invoco, `out` the other way, `both`, or `off`."""
    transforms: Transforms = []
    """Steps in the order of the way in; each a name, or a table of `use` and options."""
    default: Any = None
    """What the field becomes when there is no value."""
    on_error: Annotated[str, Meta(extra_json_schema={"enum": list(ON_ERROR)})] = "skip_field"
    """`skip_field`, `skip_record`, or `keep_old`."""
    note: str | None = None
    """A remark for people."""


class KindRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the records of one kind flow."""

    filter: str | None = None
    """A CEL expression over HighLevel's record; a record for which it is false stays out."""
    unnamed: Annotated[str, Meta(extra_json_schema={"enum": list(UNNAMED)})] = "both"
    """Whether the fields that no rule writes flow unchanged (`both`) or not at all (`off`)."""
    rules: list[Rule] = []


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All rules of a connection. Without any, every field flows unchanged both ways."""

    version: Annotated[int, Meta(extra_json_schema={"enum": [VERSION]})]
    contacts: KindRules = KindRules()
    tasks: KindRules = KindRules()
    notes: KindRules = KindRules()
    appointments: KindRules = KindRules()
    businesses: KindRules = KindRules()

    def of(self, kind: RecordKind) -> KindRules:
        """The rules for that kind; for one that cannot be mapped, none."""
        return getattr(self, kind.value) if kind in KINDS else KindRules()

    def numbered(self) -> Iterator[tuple[RecordKind, int, Rule]]:
        """Every rule with its kind and its number within it, from 1."""
        for kind in KINDS:
            for number, rule in enumerate(self.of(kind).rules, start=1):
                yield kind, number, rule


def step_parts(step: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name of a transform and its options, as one step writes them."""
    if isinstance(step, str):
        return step, {}
    return str(step.get("use", "")), {name: value for name, value in step.items() if name != "use"}
