"""Errors of the drivers in Invoco's words."""

import sqlite3

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from invoco.domain.errors import InvocoError, StoreBusy, StoreUnusable
from invoco.store.driver_errors import domain_errors

SERVER = make_url("postgresql+psycopg://user:marked@db.test/books")
FILE = make_url("sqlite+aiosqlite:////data/books.db")


class Refusal(Exception):
    """An error as psycopg raises it."""

    def __init__(self, message: str = "", sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class Failure(sqlite3.OperationalError):
    """An error as SQLite raises it."""

    def __init__(self, name: str) -> None:
        super().__init__("something")
        self.sqlite_errorname = name


def told(cause: Exception, url=SERVER, kind: type[DBAPIError] = OperationalError) -> Exception:
    """What becomes of an error."""
    try:
        with domain_errors(url):
            raise kind("SELECT 1", {}, cause)
    except (InvocoError, DBAPIError) as error:
        return error


@pytest.mark.parametrize("state", ["55P03", "40P01", "40001", "53300", "57P03"])
def test_server_is_busy(state):
    """Locks, deadlocks and starting up pass by themselves."""
    assert isinstance(told(Refusal(sqlstate=state)), StoreBusy)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("53100", "is full"), ("25006", "is read-only"), ("42501", "rights"), ("42P01", "no tables"),
        ("57P01", "cannot be reached"),
    ],
)  # fmt: skip
def test_server_cannot_be_used(state, words):
    """The message says why, and where without the password."""
    error = told(Refusal(sqlstate=state))

    assert isinstance(error, StoreUnusable)
    assert words in error.message
    assert "db.test:5432/books" in error.message


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('FATAL: database "books" does not exist', "does not know that database"),
        ("FATAL: password authentication failed", "refuses the user or the password"),
        ("fe_sendauth: no password supplied", "wants a password"),
        ("FATAL: sorry, too many clients already", "no connection left"),
        ("server closed the connection unexpectedly", "cannot be reached"),
    ],
)
def test_refused_connection(message, words):
    """A refused connection has no code, only words."""
    error = told(Refusal(message))

    assert isinstance(error, StoreUnusable)
    assert words in error.message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_CORRUPT_INDEX", "is damaged"), ("SQLITE_IOERR_WRITE", "fails"), ("SQLITE_PERM", "may not be used"),
        ("SQLITE_READONLY_DIRECTORY", "is read-only"),
    ],
)  # fmt: skip
def test_file_cannot_be_used(name, words):
    """Extended codes are understood by their beginning."""
    error = told(Failure(name), FILE)

    assert isinstance(error, StoreUnusable)
    assert words in error.message


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (Refusal(sqlstate="42601"), ProgrammingError), (Refusal("odd"), ProgrammingError),
        (Failure("SQLITE_MISUSE"), OperationalError),
    ],
)  # fmt: skip
def test_mistakes_of_ours_pass(cause, kind):
    """They are for the developer."""
    assert kind is type(told(cause, kind=kind))


def test_too_many_wait():
    """A full pool passes by itself."""
    with pytest.raises(StoreBusy), domain_errors(FILE):
        raise PoolTimeout
