"""The columns that tables are made of: all text compares by code point on both dialects (facts 10.2)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

REPLACEMENT = "\ufffd"


class PlainText(sa.TypeDecorator[str]):
    """Text that compares by code point; what a database cannot hold (NUL, lone surrogates) is replaced."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """PostgreSQL needs to be told; SQLite compares bytes anyway."""
        collation = "C" if dialect.name == "postgresql" else None
        return sa.Text(collation=collation)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what cannot be stored, the same on every dialect."""
        del dialect
        return None if value is None else storable_text(value)


def storable_text(text: str) -> str:
    """The text as every database holds it."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", REPLACEMENT).encode("utf-8", "replace").decode()


metadata = sa.MetaData()
"""Of all tables of the store."""


def text_column(name: str, *, key: bool = False) -> sa.Column[str]:
    """Text that is never missing."""
    return sa.Column(name, PlainText, primary_key=key, nullable=False)


def instant_column(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """Milliseconds since 1970."""
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def position_column() -> sa.Column[int]:
    """The order in which rows came; kept when a row is replaced."""
    counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("position", counter, primary_key=True, autoincrement=True)


def part_of_index(name: str, *columns: str, where: sa.TextClause, unique: bool = False) -> sa.Index:
    """An index of those rows alone."""
    return sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)
