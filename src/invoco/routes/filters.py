"""The filters of a contact search as conditions (facts 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from invoco.domain.errors import BadRequest, InvalidFields
from invoco.domain.search import Condition, Group
from invoco.routes.dates import milliseconds_in, zone_named
from invoco.routes.search_fields import (
    OPERATORS,
    custom_field_id,
    internal_name,
    operators_of,
    operators_of_opportunity,
    operators_of_type,
)

MOST_CHARACTERS: Final = 75
"""Of a value and of the free text."""
_DEEPEST: Final = 10
_MOST_CONDITIONS: Final = 200
"""Deeper or longer filters are refused here rather than by the database; HighLevel's own limits are not known."""

_SPECIAL: Final = frozenset('*?"\\^~{}[]<>|')
"""HighLevel wants texts without special characters and lists none; these mean something to search engines."""
Known = Callable[[str], frozenset[str] | None]
"""The operators of a field, None when there is no such field."""
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
    if len(list(_leaves(group))) > _MOST_CONDITIONS:
        raise InvalidFields([f"filters must contain no more than {_MOST_CONDITIONS} conditions"])
    return group


def custom_conditions(filters: Group) -> list[Condition]:
    """The conditions that ask for custom fields."""
    return [condition for condition in _leaves(filters) if custom_field_id(condition.field)]


def check_types(conditions: list[Condition], types: Mapping[str, str | None]) -> None:
    """Compare conditions on custom fields with the data types of their definitions, by id; unknown ids pass.

    Raises:
        InvalidFields: an operator is none of the field's.
    """
    for condition in conditions:
        allowed = operators_of_type(condition.field, types.get(custom_field_id(condition.field) or ""))
        if allowed is not None and condition.operator not in allowed:
            raise _wrong_operator(condition.operator, condition.field)


def _group(where: str, joined_by: str, items: Any, *, depth: int, known: Known = operators_of) -> Group:
    if not isinstance(items, list):
        raise InvalidFields([f"{where} must be an array"])
    if depth > _DEEPEST:
        raise InvalidFields([f"filters must not be nested deeper than {_DEEPEST} levels"])
    parts = (_part(f"{where}.{place}", item, depth, known) for place, item in enumerate(items))
    return Group(joined_by, tuple(parts))


def _leaves(part: Condition | Group) -> Iterator[Condition]:
    if isinstance(part, Condition):
        yield part
        return
    for inner in part.parts:
        yield from _leaves(inner)


def _part(where: str, item: Any, depth: int, known: Known) -> Condition | Group:
    if not isinstance(item, dict):
        raise InvalidFields([f"{where} must be an object"])
    if "group" in item:
        if item["group"] not in ("AND", "OR"):
            raise InvalidFields([f"{where}.group must be one of the following values: AND, OR"])
        return _group(f"{where}.filters", item["group"], item.get("filters"), depth=depth + 1, known=known)
    return _condition(where, item, depth, known)


def _condition(where: str, item: dict[str, Any], depth: int, known: Known) -> Condition:
    field, operator = item.get("field"), item.get("operator")
    if not isinstance(field, str):
        raise InvalidFields([f"{where}.field must be a string"])
    allowed = known(field)
    if allowed is None:
        raise BadRequest(f"Invalid field {internal_name(field)}")
    if operator not in OPERATORS:
        raise InvalidFields([f"{where}.operator must be one of the following values: {', '.join(OPERATORS)}"])
    if operator not in allowed:
        raise _wrong_operator(operator, field)
    if field == "opportunities":
        return _opportunities(where, item, depth)
    return Condition(field, operator, _value(where, operator, item.get("value")))


def _opportunities(where: str, item: dict[str, Any], depth: int) -> Condition:
    """What is asked of opportunities is read, in either of the two forms that are in use, though nobody has any."""
    if item["operator"] == "nested":
        key = "filters" if "filters" in item else "value"
        _group(f"{where}.{key}", "AND", item.get(key), depth=depth + 1, known=operators_of_opportunity)
    return _EVERYBODY if item["operator"] == "not_exists" else _NOBODY


def _wrong_operator(operator: str, field: str) -> InvalidFields:
    return InvalidFields([f"Invalid Operator ({operator}) passed for field {internal_name(field)}"])


def _value(where: str, operator: str, value: Any) -> Any:
    if operator in {"exists", "not_exists"}:
        return None
    if operator == "range":
        return _range(f"{where}.value", value)
    return _compared(f"{where}.value", operator, value)


def _compared(where: str, operator: str, value: Any) -> Any:
    if operator in {"contains", "not_contains"}:
        if not isinstance(value, str):
            raise InvalidFields([f"{where} must be a string"])
        if _SPECIAL.intersection(value):
            raise InvalidFields([f"{where} must not contain special characters"])
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
