"""Three-way merge: what each side changed since both agreed is kept; where both changed the same field a rule decides.

Pure. Lists of tags and followers are merged element by element and never conflict. A value is only ever one of the
three that were given, but for a union, which has nothing that neither side has, and a name, which is its two parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec.structs import replace

from invoco.domain.conflicts import ConflictRule, ConflictRules
from invoco.domain.fields import SETS, fields_of, same, with_fields
from invoco.domain.normalise.names import joined
from invoco.highlevel.records import Contact, Record

R = TypeVar("R", bound=Record)

HIGHLEVELS: Final = frozenset(
    {"dateAdded", "dateUpdated", "locationId", "additionalEmails", "additionalPhones", "contactId"}
)
"""Fields that HighLevel alone decides."""
_NAME: Final = ("name", "firstName", "lastName")


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """A field that both sides changed to different values."""

    field: str
    base: Any
    theirs: Any
    ours: Any
    rule: ConflictRule
    chosen: Any


class Merged(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """What Invoco holds from now on."""

    record: R
    clashes: tuple[Clash, ...] = ()


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """When each side changed last; milliseconds since 1970, 0 where it is not known."""

    theirs: int = 0
    ours: int = 0


def merge(base: R | None, theirs: R, ours: R, *, rules: ConflictRules, moments: Moments | None = None) -> Merged[R]:
    """What both sides become: their changes and ours, field by field.

    Args:
        base: the last state on which both agreed; None where they never did.
        theirs: HighLevel's state.
        ours: Invoco's state.
        rules: who wins where both changed a field.
        moments: when each side changed, for `newest`.
    """
    if ours == theirs or (base is not None and ours == base):
        return Merged(record=theirs)
    sides = _Sides(fields_of(base), fields_of(theirs), fields_of(ours), rules, moments or Moments())
    merged, clashes = sides.merged()
    if isinstance(theirs, Contact):
        clashes = _put_name_together(merged, clashes, sides)
    changes = {name: value for name, value in merged.items() if not same(name, value, sides.theirs.get(name))}
    return Merged(record=with_fields(theirs, changes), clashes=tuple(clashes))


class _Sides:
    """The fields of the three states."""

    def __init__(
        self, base: Mapping[str, Any], theirs: Mapping[str, Any], ours: Mapping[str, Any], rules: ConflictRules,
        moments: Moments,
    ) -> None:  # fmt: skip
        self.base, self.theirs, self.ours = base, theirs, ours
        self._rules, self._moments = rules, moments

    def merged(self) -> tuple[dict[str, Any], list[Clash]]:
        """Every field that has a value or had one, and the fields on which the sides clash; both by the alphabet."""
        merged: dict[str, Any] = {}
        clashes: list[Clash] = []
        for name in sorted(self.base.keys() | self.theirs.keys() | self.ours.keys()):
            base, theirs, ours = self.base.get(name), self.theirs.get(name), self.ours.get(name)
            if name in SETS:
                merged[name] = _merged_set(base, theirs, ours)
            elif name in HIGHLEVELS or same(name, ours, theirs) or same(name, ours, base):
                merged[name] = theirs
            elif same(name, theirs, base):
                merged[name] = ours
            else:
                clashes.append(self._clash(name, base, theirs, ours))
                merged[name] = clashes[-1].chosen
        return merged, clashes

    def _clash(self, name: str, base: Any, theirs: Any, ours: Any) -> Clash:
        rule = self._rules.of(name)
        chosen = _CHOICES[rule](theirs, ours, self._moments)
        return Clash(field=name, base=base, theirs=theirs, ours=ours, rule=rule, chosen=chosen)


def _merged_set(base: list[Any] | None, theirs: list[Any] | None, ours: list[Any] | None) -> list[Any]:
    """What either side added, without what either side removed; in HighLevel's order, then ours."""
    was, there, here = base or [], theirs or [], ours or []
    kept = [item for item in there if item in here or item not in was]
    return kept + [item for item in here if item not in there and item not in was]


def _put_name_together(merged: dict[str, Any], clashes: list[Clash], sides: _Sides) -> list[Clash]:
    """The whole name follows its parts where they differ: as one side has it for these very parts, else joined."""
    parts = (merged.get("firstName"), merged.get("lastName"))
    if all(_parts(side) == parts for side in (sides.theirs, sides.ours)):
        return clashes
    for side in (sides.theirs, sides.ours):
        if _parts(side) == parts:
            merged["name"] = side.get("name")
            break
    else:
        merged["name"] = joined(*parts).name
    return [clash for clash in clashes if clash.field != "name"]


def _parts(fields: Mapping[str, Any]) -> tuple[Any, Any]:
    return fields.get("firstName"), fields.get("lastName")


def _newest(theirs: Any, ours: Any, moments: Moments) -> Any:
    return ours if moments.ours > moments.theirs else theirs


def _longest(theirs: Any, ours: Any, _moments: Moments) -> Any:
    """Whichever side it is on: of values that are as long the greater one."""
    return max((theirs, ours), key=lambda value: (value is not None, len(_text(value)), _rank(value)))


def _union(theirs: Any, ours: Any, moments: Moments) -> Any:
    if isinstance(theirs, list) and isinstance(ours, list):
        return [item for _, item in sorted({_rank(item): item for item in [*theirs, *ours]}.items())]
    return _longest(theirs, ours, moments)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()


def _rank(value: Any) -> tuple[str, bool]:
    """Of any two values that are not the same, one is before the other: `5` before `"5"`."""
    return _text(value), isinstance(value, str)


_CHOICES: Final[Mapping[ConflictRule, Callable[[Any, Any, Moments], Any]]] = {
    ConflictRule.HIGHLEVEL: lambda theirs, _ours, _moments: theirs,
    ConflictRule.INVOCO: lambda _theirs, ours, _moments: ours,
    ConflictRule.NEWEST: _newest,
    ConflictRule.LONGEST: _longest,
    ConflictRule.UNION: _union,
    ConflictRule.ASK: lambda _theirs, ours, _moments: ours,
}


def as_sent(base: R, wished: R, fields: Mapping[str, Any]) -> R:
    """The state on which both sides would agree if HighLevel took these fields as they were sent."""
    changed = with_fields(base, fields)
    if isinstance(changed, Contact) and isinstance(wished, Contact) and fields.keys() & set(_NAME):
        return replace(changed, name=wished.name, first_name=wished.first_name, last_name=wished.last_name)
    return changed
