"""From a contact search to SQL: conditions, order, and the page after a cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from invoco.domain.errors import BadRequest
from invoco.domain.search import Condition, ContactSearch, Group, Sort
from invoco.store.json_inside import Inside
from invoco.store.search_fields import Truth, business_name, field_named

_PHONE_NOISE = str.maketrans("", "", " ()-./")


class SortKey(NamedTuple):
    """One expression to sort by; never null."""

    expression: sa.ColumnElement[Any]
    descending: bool
    reads: type
    """The type of its values in a cursor."""


def conditions(search: ContactSearch, table: sa.Table, inside: Inside) -> Truth:
    """What the contacts of the search meet, without the cursor."""
    wanted = [table.c.connection_id == search.location_id, group(search.filter, table, inside)]
    if search.query:
        wanted.append(free_text(search.query, table))
    return sa.and_(*wanted)


def group(joined: Group, table: sa.Table, inside: Inside) -> Truth:
    """Conditions joined by AND or OR; an empty group is met by all."""
    parts = [
        group(part, table, inside) if isinstance(part, Group) else _condition(part, table, inside)
        for part in joined.parts
    ]
    if not parts:
        return sa.true()
    return sa.or_(*parts) if joined.joined_by == "OR" else sa.and_(*parts)


def free_text(query: str, table: sa.Table) -> Truth:
    """The text within name, e-mail, company or phone."""
    columns, text = table.c, query.strip().lower()
    folded = (columns.name_lower, columns.email_lower, columns.company_name)
    found = [column.contains(text, autoescape=True) for column in folded]
    digits = text.translate(_PHONE_NOISE)
    return sa.or_(*found, columns.phone.contains(digits, autoescape=True)) if digits else sa.or_(*found)


def _condition(condition: Condition, table: sa.Table, inside: Inside) -> Truth:
    field = field_named(condition.field, table, inside)
    operator = condition.operator.removeprefix("not_")
    if operator == "eq":
        met = field.equals(condition.value)
    elif operator == "contains":
        met = field.contains(str(condition.value))
    elif operator == "exists":
        met = field.exists()
    elif condition.operator == "range":
        met = field.within(_bounds(condition))
    else:
        raise BadRequest(f"Invalid Operator ({condition.operator}) passed for field {condition.field}")
    return sa.not_(met) if condition.operator.startswith("not_") else met


def _bounds(condition: Condition) -> Mapping[str, float]:
    value = condition.value
    if not isinstance(value, Mapping) or not value or not set(value) <= {"gt", "gte", "lt", "lte"}:
        raise BadRequest(f"Invalid range passed for field {condition.field}")
    if not all(isinstance(bound, int | float) and bound == bound for bound in value.values()):  # noqa: PLR0124  # NaN
        raise BadRequest(f"Invalid range passed for field {condition.field}")
    return value


def sort_keys(sorts: tuple[Sort, ...], table: sa.Table) -> list[SortKey]:
    """The keys to sort by; the last is always the id, in the direction of the key before it.

    Raises:
        BadRequest: a field that cannot be sorted by.
    """
    sorts = sorts or (Sort("dateAdded", descending=True),)
    keys = [_sort_key(sort, table) for sort in sorts]
    return [*keys, SortKey(table.c.id, sorts[-1].descending, str)]


def _sort_key(sort: Sort, table: sa.Table) -> SortKey:
    columns = table.c
    if sort.field in _INSTANT_SORTS:
        return SortKey(columns[_INSTANT_SORTS[sort.field]], sort.descending, int)
    if sort.field in _TEXT_SORTS:
        return SortKey(columns[_TEXT_SORTS[sort.field]], sort.descending, str)
    if sort.field == "dnd":
        return SortKey(sa.case((columns.dnd.is_(True), 1), else_=0), sort.descending, int)
    if sort.field == "businessName":
        return SortKey(business_name(table), sort.descending, str)
    raise BadRequest(f"Invalid sort field {sort.field}")


_INSTANT_SORTS = {"dateAdded": "date_added", "dateUpdated": "date_updated"}
_TEXT_SORTS = {
    "firstNameLowerCase": "first_name_lower", "lastNameLowerCase": "last_name_lower",
    "email": "email_lower", "source": "source",
}  # fmt: skip


def order_by(keys: list[SortKey]) -> list[sa.ColumnElement[Any]]:
    """The keys as the order of a statement."""
    return [key.expression.desc() if key.descending else key.expression.asc() for key in keys]


def after(cursor: tuple[Any, ...], keys: list[SortKey]) -> Truth:
    """What comes after the row that the cursor was taken from.

    Raises:
        BadRequest: the cursor does not belong to this sort.
    """
    fits = len(cursor) == len(keys) and all(type(value) is key.reads for value, key in zip(cursor, keys, strict=False))
    if not fits:
        raise BadRequest("Invalid searchAfter: it must be the one of the last contact, with the same sort")
    if len({key.descending for key in keys}) == 1:
        # One comparison of rows can walk an index.
        here = sa.tuple_(*(key.expression for key in keys))
        there = sa.tuple_(*(_like(key, value) for key, value in zip(keys, cursor, strict=True)))
        return here < there if keys[0].descending else here > there
    return _after_mixed(cursor, keys)


def _after_mixed(cursor: tuple[Any, ...], keys: list[SortKey]) -> Truth:
    (key, *others), (value, *rest) = keys, cursor
    bound = _like(key, value)
    beyond = key.expression < bound if key.descending else key.expression > bound
    if not others:
        return beyond
    return sa.or_(beyond, sa.and_(key.expression == bound, _after_mixed(tuple(rest), others)))


def _like(key: SortKey, value: Any) -> sa.ColumnElement[Any]:
    return sa.literal(value, key.expression.type)
