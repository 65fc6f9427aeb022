"""The filters of a contact search as conditions (facts 4.2)."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from invoco.domain.errors import BadRequest, InvalidFields
from invoco.domain.search import Condition, Group
from invoco.routes.dates import milliseconds_in, zone_named
from invoco.routes.search_fields import OPERATORS, internal_name, operators_of

MOST_CHARACTERS: Final = 75
"""Of a value and of the free text."""
_DEEPEST: Final = 10
_MOST_CONDITIONS: Final = 200
"""Deeper or longer filters are refused here rather than by the database; HighLevel's own limits are not known."""

_BOUNDS: Final = frozenset({"gt", "gte", "lt", "lte"})
_NOBODY: Final = Condition("id", "eq", "")
_EVERYBODY: Final = Condition("id", "not_eq", "")
"""No id is empty. Contacts here have no opportunities, so what is asked of them holds for nobody or for everybody."""


def read_filters(value: Any) -> Group:
    """The filters of a body, joined by AND; none at all match everything.

    Raises:
        InvalidFields: the shape, an operator or a value is wrong.
        BadRequest: a field is not known.
    """
    if value is None:
        return Group("AND", ())
    group = _group("filters", "AND", value, depth=1)
    if _size(group) > _MOST_CONDITIONS:
        raise InvalidFields([f"filters must contain no more than {_MOST_CONDITIONS} conditions"])
    return group


def _group(where: str, joined_by: str, items: Any, *, depth: int) -> Group:
    if not isinstance(items, list):
        raise InvalidFields([f"{where} must be an array"])
    if depth > _DEEPEST:
        raise InvalidFields([f"filters must not be nested deeper than {_DEEPEST} levels"])
    return Group(joined_by, tuple(_part(f"{where}.{place}", item, depth) for place, item in enumerate(items)))


def _size(part: Condition | Group) -> int:
    return sum(map(_size, part.parts)) if isinstance(part, Group) else 1


def _part(where: str, item: Any, depth: int) -> Condition | Group:
    if not isinstance(item, dict):
        raise InvalidFields([f"{where} must be an object"])
    if "group" in item:
        if item["group"] not in ("AND", "OR"):
            raise InvalidFields([f"{where}.group must be one of the following values: AND, OR"])
        return _group(f"{where}.filters", item["group"], item.get("filters"), depth=depth + 1)
    return _condition(where, item)


def _condition(where: str, item: dict[str, Any]) -> Condition:
    field, operator = item.get("field"), item.get("operator")
    if not isinstance(field, str):
        raise InvalidFields([f"{where}.field must be a string"])
    allowed = operators_of(field)
    if allowed is None:
        raise BadRequest(f"Invalid field {internal_name(field)}")
    if operator not in OPERATORS:
        raise InvalidFields([f"{where}.operator must be one of the following values: {', '.join(OPERATORS)}"])
    if operator not in allowed:
        raise InvalidFields([f"Invalid Operator ({operator}) passed for field {internal_name(field)}"])
    if field == "opportunities":
        return _EVERYBODY if operator == "not_exists" else _NOBODY
    return Condition(field, operator, _value(where, operator, item.get("value")))


def _value(where: str, operator: str, value: Any) -> Any:
    if operator in {"exists", "not_exists"}:
        return None
    if operator == "range":
        return _range(f"{where}.value", value)
    return _compared(f"{where}.value", operator, value)


def _compared(where: str, operator: str, value: Any) -> Any:
    if operator in {"contains", "not_contains"} and not isinstance(value, str):
        raise InvalidFields([f"{where} must be a string"])
    if not isinstance(value, str | int | float):
        raise InvalidFields([f"{where} must be a string, a number or a boolean value"])
    if len(str(value)) > MOST_CHARACTERS:
        raise InvalidFields([f"{where} must be shorter than or equal to {MOST_CHARACTERS} characters"])
    return value


def _range(where: str, value: Any) -> dict[str, int | float]:
    """The bounds, with ISO texts turned into milliseconds since 1970."""
    if not isinstance(value, dict) or not _BOUNDS & value.keys():
        raise InvalidFields([f"{where} must be an object with gt, gte, lt or lte"])
    unknown = value.keys() - _BOUNDS - {"time_zone"}
    if unknown:
        raise InvalidFields([f"{where}.property {key} should not exist" for key in sorted(unknown)])
    zone = _zone(where, value.get("time_zone"))
    return {key: _bound(f"{where}.{key}", value[key], zone) for key in value if key in _BOUNDS}


def _zone(where: str, name: Any) -> ZoneInfo:
    zone = zone_named("UTC" if name is None else name) if name is None or isinstance(name, str) else None
    if zone is None:
        raise InvalidFields([f"{where}.time_zone must be a valid IANA time zone"])
    return zone


def _bound(where: str, value: Any, zone: ZoneInfo) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return milliseconds_in(value, zone)
        except (ValueError, OverflowError):
            pass
    raise InvalidFields([f"{where} must be a number or a valid ISO 8601 date string"])
