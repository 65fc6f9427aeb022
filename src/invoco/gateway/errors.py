"""The one place where errors of the client become errors of Invoco, each with its cause and its cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from invoco.domain.errors import (
    BadRequest,
    InvocoError,
    MalformedRecord,
    Misconfigured,
    MissingScope,
    NoSuchRecord,
    QuotaUsed,
    Reconnect,
    SourceUnavailable,
    WrongLocation,
)
from invoco.highlevel import errors as highlevel


class _Meaning(NamedTuple):
    """What an error of the client means to Invoco; `{told}` is the client's own sentence."""

    error: type[InvocoError]
    sentence: str = "{told}"


_TABLE: dict[type, _Meaning] = {
    highlevel.Unreachable: _Meaning(SourceUnavailable, "HighLevel cannot be reached at {base_url}: {told}"),
    highlevel.RetryLater: _Meaning(SourceUnavailable),
    highlevel.Blocked: _Meaning(SourceUnavailable),
    highlevel.Unreadable: _Meaning(SourceUnavailable, "{base_url} does not answer like HighLevel's API: {told}"),
    highlevel.Reconnect: _Meaning(Reconnect),
    highlevel.MissingScope: _Meaning(MissingScope, "The token lacks a scope: {told}"),
    highlevel.WrongLocation: _Meaning(WrongLocation),
    highlevel.NotFound: _Meaning(NoSuchRecord),
    highlevel.VersionRefused: _Meaning(Misconfigured, "{base_url} refuses the version of the API: {told}"),
    highlevel.HighLevelError: _Meaning(BadRequest),
}


@contextmanager
def our_errors(base_url: str) -> Iterator[None]:
    """Whatever the client raises inside is raised as an `InvocoError`; the base URL is named where it may be wrong."""
    try:
        yield
    except highlevel.HighLevelError as error:
        raise translated(error, base_url=base_url) from error


def translated(error: highlevel.HighLevelError, *, base_url: str) -> InvocoError:
    """What the error means to Invoco, found by its ancestry."""
    told = f"{str(error).rstrip('.')}."
    if isinstance(error, highlevel.RateLimited) and error.daily:
        return QuotaUsed(told)
    if isinstance(error, highlevel.Unreadable) and error.is_record:
        return MalformedRecord(told)
    meaning = next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)
    ours = meaning.error(meaning.sentence.format(told=told, base_url=base_url), cure=error.cure)
    if isinstance(ours, MissingScope) and isinstance(error, highlevel.MissingScope):
        ours.scope = error.scope
    return ours
