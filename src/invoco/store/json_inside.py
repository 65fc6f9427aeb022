"""Looking inside the stored JSON: the only place where SQLite and PostgreSQL are told apart in a query.

A place inside a contact is a path of keys (`("dndSettings", "Email", "status")`) or a `CustomFieldPlace`.
Both dialects answer two questions: what the place holds as a whole, and which single values it holds (a list is opened,
a text or number is its own single value, an object holds none).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from invoco.store.columns import REPLACEMENT, PlainText

Path = tuple[str, ...]
_LARGEST = 2**63 - 1


class CustomFieldPlace(NamedTuple):
    """The value of one custom field, or of one option of it (facts 4.2)."""

    field_id: str
    option_id: str | None = None


Place = Path | CustomFieldPlace


class Values(NamedTuple):
    """The single values at a place: rows to select from, and what each row says."""

    rows: sa.FromClause
    where: tuple[sa.ColumnElement[bool], ...]
    text: sa.ColumnElement[Any]
    """The value when it is a text, else null."""
    lower: sa.ColumnElement[Any]
    number: sa.ColumnElement[Any]
    boolean: sa.ColumnElement[Any]
    """`true` or `false` as a text."""

    def some(self, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        """Whether one of the values meets the condition."""
        return sa.exists(sa.select(sa.literal(1)).select_from(self.rows).where(*self.where, condition))


class Inside(Protocol):
    """How one dialect looks inside a column of JSON text."""

    def filled(self, record: sa.ColumnElement[str], place: Place) -> sa.ColumnElement[bool]:
        """Whether the place holds more than null and emptiness."""

    def values(self, record: sa.ColumnElement[str], place: Place) -> Values:
        """The single values at the place."""

    def number(self, value: float) -> sa.ColumnElement[Any]:
        """A number to compare with."""


def inside(dialect_name: str) -> Inside:
    """How the dialect looks inside."""
    return _InsidePostgres() if dialect_name == "postgresql" else _InsideSqlite()


def _filled(whole: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(whole.is_not(None), whole.not_in(["", "[]", "{}"]))


class _InsideSqlite:
    def filled(self, record: sa.ColumnElement[str], place: Place) -> sa.ColumnElement[bool]:
        if not isinstance(place, CustomFieldPlace):
            return _filled(sa.func.json_extract(record, _path(place)))
        fields = self._fields(record)
        whole = sa.func.json_extract(fields.c.value, _value_path(place))
        mine = self._is_field(fields, place)
        return sa.exists(sa.select(sa.literal(1)).select_from(fields).where(mine, _filled(whole)))

    def values(self, record: sa.ColumnElement[str], place: Place) -> Values:
        if isinstance(place, CustomFieldPlace):
            fields = self._fields(record)
            mine = self._is_field(fields, place)
            return self._single_values(fields.c.value, _value_path(place), fields=fields, where=(mine,))
        return self._single_values(record, _path(place))

    def _single_values(
        self,
        holder: sa.ColumnElement[str],
        path: str,
        *,
        fields: sa.FromClause | None = None,
        where: tuple[sa.ColumnElement[bool], ...] = (),
    ) -> Values:
        item = sa.func.json_each(holder, path).table_valued("type", "atom", name="item")
        is_object = sa.func.json_type(holder, path) == "object"
        text = sa.case((item.c.type == "text", item.c.atom))
        return Values(
            rows=item if fields is None else fields.join(item, sa.true()),
            where=(*where, sa.not_(is_object)),
            text=text,
            lower=sa.func.lower_text(text),
            number=sa.case((item.c.type.in_(["integer", "real"]), item.c.atom)),
            boolean=sa.case((item.c.type.in_(["true", "false"]), item.c.type)),
        )

    def number(self, value: float) -> sa.ColumnElement[Any]:
        return sa.literal(float(value) if abs(value) > _LARGEST else value)

    def _fields(self, record: sa.ColumnElement[str]) -> sa.TableValuedAlias:
        return sa.func.json_each(record, "$.customFields").table_valued("value", name="field")

    def _is_field(self, fields: sa.TableValuedAlias, place: CustomFieldPlace) -> sa.ColumnElement[bool]:
        return sa.func.json_extract(fields.c.value, "$.id") == sa.literal(place.field_id, PlainText)


def _path(keys: Path) -> str:
    """Keys hold no quotation mark: `search_fields` takes only names it knows."""
    return "$" + "".join(f'."{key}"' for key in keys)


def _value_path(place: CustomFieldPlace) -> str:
    return _path(("value",) if place.option_id is None else ("value", place.option_id))


class _InsidePostgres:
    def filled(self, record: sa.ColumnElement[str], place: Place) -> sa.ColumnElement[bool]:
        item = self._items(record, place, opened=False)
        found = sa.select(sa.literal(1)).select_from(item.scalar_alias)
        return sa.exists(found.where(_filled(self._text(item))))

    def values(self, record: sa.ColumnElement[str], place: Place) -> Values:
        item = self._items(record, place, opened=True)
        kind, text = sa.func.jsonb_typeof(item), self._text(item)
        string, number, boolean = (sa.case((kind == name, text)) for name in ("string", "number", "boolean"))
        return Values(
            rows=item.scalar_alias,
            where=(),
            text=sa.collate(string, "C"),
            lower=sa.collate(sa.func.lower(sa.collate(string, "und-x-icu")), "C"),
            number=sa.cast(number, sa.Numeric),
            boolean=boolean,
        )

    def number(self, value: float) -> sa.ColumnElement[Any]:
        # By its decimal digits: a float would be rounded to 15 of them.
        return sa.literal(Decimal(repr(value)), sa.Numeric)

    def _items(self, record: sa.ColumnElement[str], place: Place, *, opened: bool) -> sa.TableValuedColumn[Any]:
        text, variables = _jsonpath(place)
        path = sa.cast(sa.literal("lax " + text + ("[*]" if opened else "")), postgresql.JSONPATH)
        named = [part for key, value in variables.items() for part in (key, sa.literal(value, PlainText))]
        arguments = (self._document(record), path, sa.func.jsonb_build_object(*named), sa.true())
        return sa.func.jsonb_path_query(*arguments).column_valued("item")

    def _document(self, record: sa.ColumnElement[str]) -> sa.ColumnElement[Any]:
        """PostgreSQL refuses the one character that its texts cannot hold."""
        return sa.cast(sa.func.replace(record, "\\u0000", REPLACEMENT), postgresql.JSONB)

    def _text(self, item: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return item.op("#>>", return_type=sa.Text())(sa.literal([], postgresql.ARRAY(sa.Text)))


def _jsonpath(place: Place) -> tuple[str, dict[str, str]]:
    if not isinstance(place, CustomFieldPlace):
        return _path(place), {}
    field = "$.customFields[*] ? (@.id == $field).value"
    if place.option_id is None:
        return field, {"field": place.field_id}
    option = ".keyvalue() ? (@.key == $option).value"
    return field + option, {"field": place.field_id, "option": place.option_id}
