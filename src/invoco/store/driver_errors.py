"""The one place where errors of the database drivers become errors of Invoco."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from invoco.domain.errors import InvocoError, StoreBusy, StoreUnusable

_UPGRADE = "Run `invoco db upgrade`."
_FREE_SPACE = "Free some space on that disk, then try again."
_RESTORE = "Point INVOCO_DATABASE_URL to another file, or restore this one from a backup."
_CORRECT = "Correct INVOCO_DATABASE_URL."
_START = "Start that server, or correct INVOCO_DATABASE_URL."

# By the beginning of SQLite's name for the error: extended codes only add a suffix.
_SQLITE: dict[str, tuple[str, str | None]] = {
    "SQLITE_FULL": ("The disk that holds the database {where} is full.", _FREE_SPACE),
    "SQLITE_CANTOPEN": ("The database {where} cannot be opened.", None),
    "SQLITE_READONLY": ("The database {where} is read-only.", "Make the file and its folder writable."),
    "SQLITE_PERM": ("The database {where} may not be used.", "Make the file and its folder writable."),
    "SQLITE_NOTADB": ("The file {where} is not a database.", _RESTORE),
    "SQLITE_CORRUPT": ("The database {where} is damaged.", _RESTORE),
    "SQLITE_IOERR": ("The disk that holds the database {where} fails.", "Check the disk, then try again."),
}
_SQLITE_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")

_POSTGRES: dict[str, tuple[str, str | None]] = {
    "53100": ("The disk of the database {where} is full.", _FREE_SPACE),
    "25006": ("The database {where} is read-only.", "Point INVOCO_DATABASE_URL to the primary server."),
    "42501": ("The database {where} does not grant the rights needed.", "Grant them to the user of the URL."),
    "42P01": ("The database {where} has no tables of Invoco.", _UPGRADE),
}
_POSTGRES_BUSY = frozenset({"55P03", "40P01", "40001", "53300", "57P03"})

# A refused connection has no code, only words.
_POSTGRES_WORDS: dict[str, tuple[str, str | None]] = {
    "does not exist": ("The database {where} does not know that database or user.", f"Create it. {_CORRECT}"),
    "authentication failed": ("The database {where} refuses the user or the password.", _CORRECT),
    "no password supplied": ("The database {where} wants a password.", _CORRECT),
    "too many": ("The database {where} has no connection left.", "Raise `max_connections`, or try again later."),
    "": ("PostgreSQL at {where} cannot be reached.", _START),
}


def place(url: URL) -> str:
    """Where the database is, without user or password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


@contextmanager
def domain_errors(url: URL) -> Iterator[None]:
    """Raise `StoreBusy` or `StoreUnusable` instead of what the driver raised; other errors pass."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreBusy("Too many calls wait for the database.", cure="Try again in a minute.") from error
    except (DBAPIError, sqlite3.Error) as error:
        known = _known(error, place(url))
        if known is None:
            raise
        raise known from error


def _known(error: DBAPIError | sqlite3.Error, where: str) -> InvocoError | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(getattr(cause, "sqlite_errorname", ""), str(cause), where)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return _of_postgres(state, where)
    return _unreachable(str(cause), where) if isinstance(error, OperationalError | InterfaceError) else None


def _of_sqlite(name: str, message: str, where: str) -> InvocoError | None:
    if name.startswith(_SQLITE_BUSY):
        return StoreBusy(f"The database {where} is locked by another process.")
    if message.startswith("no such table"):
        return StoreUnusable(f"The database {where} has no tables of Invoco.", cure=_UPGRADE)
    return next((_unusable(said, where) for code, said in _SQLITE.items() if name.startswith(code)), None)


def _of_postgres(state: str, where: str) -> InvocoError | None:
    if state in _POSTGRES_BUSY:
        return StoreBusy(f"The database {where} is busy.", cure="Try again in a minute.")
    if state.startswith("57P"):
        return _unusable(_POSTGRES_WORDS[""], where)
    return _unusable(_POSTGRES[state], where) if state in _POSTGRES else None


def _unreachable(message: str, where: str) -> InvocoError:
    return next(_unusable(said, where) for words, said in _POSTGRES_WORDS.items() if words in message)


def _unusable(said: tuple[str, str | None], where: str) -> StoreUnusable:
    message, cure = said
    return StoreUnusable(message.format(where=where), cure=cure)
