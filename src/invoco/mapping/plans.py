"""One direction of all rules of a kind: what is copied, what is mapped, what stays."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import msgspec

from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.highlevel.records import CustomFieldValue, Record
from invoco.mapping.access import put_inside, reader
from invoco.mapping.building import BuiltRule
from invoco.mapping.checking import target
from invoco.mapping.flows import Pair
from invoco.mapping.places import ALWAYS, Place, standard_places
from invoco.mapping.problems import FieldProblem


class Plan:
    """How a record of one side becomes a record of the other."""

    def __init__(self, kind: RecordKind, side: str, rules: Sequence[BuiltRule], *, copies_unnamed: bool) -> None:
        told = [rule for rule in rules if not (copies_unnamed and rule.is_plain_copy)]
        pairs = [_pair(rule, side) for rule in told if (rule.inward if side == "in" else rule.outward)]
        written = [pair.flow.target for pair in pairs]
        self._standard = [(at.attribute, at.empty, pair) for pair in pairs if (at := pair.flow.target).attribute]
        self._others = [pair for pair in pairs if not pair.flow.target.attribute]
        self._kept = [(place, reader(place)) for place in _blocked(told) if not _covered(place, written)]
        self._kept = self._kept if copies_unnamed else []
        self._copies_unnamed, self._type = copies_unnamed, RECORD_TYPES[kind]
        self._always = [place.attribute for name, place in standard_places(kind).items() if name in ALWAYS]
        places = [*written, *(place for place, _ in self._kept)]
        self._touches_custom = any(place.custom for place in places)
        self.is_identity = copies_unnamed and not places

    def applied(self, record: Record, other: Record | None, problems: list[FieldProblem]) -> Record:
        """The record as the other side should have it; fields that do not flow are as they are there.

        Raises:
            SkipThisRecord: a value cannot be mapped, and its rule says to leave the record out.
        """
        result = self._begun(record, other)
        customs = _values(result) if self._touches_custom else {}
        for name, empty, pair in self._standard:
            value = pair.value(record, other, problems)
            setattr(result, name, empty if value is None else value)
        for pair in self._others:
            _put(result, customs, pair.flow.target, pair.value(record, other, problems))
        for place, read in self._kept:
            _put(result, customs, place, None if other is None else read(other))
        if self._touches_custom:
            _set_customs(result, customs, record, other)
        return result

    def _begun(self, record: Record, other: Record | None) -> Record:
        if self._copies_unnamed:
            return copy(record)
        result = self._type(id=record.id) if other is None else copy(other)
        for name in self._always:
            setattr(result, name, getattr(record, name))
        return result


def _pair(rule: BuiltRule, side: str) -> Pair:
    flow, back = (rule.inward, rule.outward) if side == "in" else (rule.outward, rule.inward)
    if flow is None:
        raise AssertionError("only asked for rules that flow this way")
    lossless = flow.is_plain and back is not None and back.is_plain
    return Pair(flow, None if lossless else back)


def _blocked(rules: Sequence[BuiltRule]) -> list[Place]:
    """The fields over which a rule decides, on either side: they never flow by themselves."""
    places: list[Place] = []
    for rule in rules:
        for place in (target(rule, "in"), target(rule, "out")):
            if place is not None and not any(place.overlaps(known) for known in places):
                places.append(place)
    return [place for place in places if place.name not in ALWAYS]


def _covered(place: Place, written: Sequence[Place]) -> bool:
    return any(place.identity == each.identity for each in written)


def _values(record: Any) -> dict[str, Any]:
    return {item.id: item.value for item in record.custom_fields}


def _put(result: Record, customs: dict[str, Any], place: Place, value: Any) -> None:
    if place.attribute:
        setattr(result, place.attribute, place.empty if value is None else value)
    elif place.path:
        result.extra = put_inside(result.extra, place.path, value)
    elif value is None:
        customs.pop(place.custom, None)
    else:
        customs[place.custom] = value


def _set_customs(result: Any, customs: dict[str, Any], record: Any, other: Any) -> None:
    """In the order that the other side has, so that no change of order looks like a change."""
    before = () if other is None else [item.id for item in other.custom_fields]
    order = dict.fromkeys((*before, *(item.id for item in record.custom_fields), *customs))
    result.custom_fields = [CustomFieldValue(id=id_, value=customs[id_]) for id_ in order if id_ in customs]


def changed_fields(before: Record, after: Record) -> dict[str, tuple[Any, Any]]:
    """What differs between two records, by wire name; custom fields one by one."""
    old, new = _flat(before), _flat(after)
    names = dict.fromkeys((*old, *new))
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def _flat(record: Record) -> dict[str, Any]:
    wire: dict[str, Any] = msgspec.to_builtins(record)
    customs = wire.pop("customFields", [])
    extra = wire.pop("extra", {})
    return {
        **wire,
        **{f"custom.{item['id']}": item.get("value") for item in customs},
        **{f"extra.{key}": value for key, value in extra.items()},
    }
