"""What a webhook says of itself, and where it belongs (facts 2.8, 8.2)."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import msgspec

from invoco.domain.event_types import EVENT_TYPES, EventType
from invoco.highlevel.clock import instant

_LONGEST_NAME: Final = 100
_DEEPEST: Final = 64
"""Levels of nesting; HighLevel's own bodies have five or so."""
_TEXTS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_UNFIT: Final = "?"
"""Stands for an id that is no text, too long, or not printable: nothing is called so."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A body's own words about itself; what it does not say, or not readably, is empty."""

    webhook_id: str
    type: str = ""
    location_id: str | None = None
    company_id: str | None = None
    app_id: str | None = None
    at: int | None = None
    problem: str | None = None
    """Why it is of no use to anybody."""

    @property
    def known_type(self) -> EventType | None:
        """What is known of its type; HighLevel adds new ones."""
        return EVENT_TYPES.get(self.type)


class Known(msgspec.Struct, frozen=True):
    """What belongs to this Invoco."""

    locations: frozenset[str]
    apps: frozenset[str]
    """The app ids."""


class Place(msgspec.Struct, frozen=True):
    """Where a webhook belongs."""

    location_id: str
    """Empty for an event of a company, or of nobody."""
    refusal: str | None = None
    """Why it is kept as rejected."""


def read(body: bytes) -> Envelope:
    """The envelope of any bytes whatever."""
    try:
        said = msgspec.json.decode(body)
    except RecursionError:
        return _useless(body, "The body is nested too deeply.")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _useless(body, "The body is not JSON.")
    if not isinstance(said, dict):
        return _useless(body, "The body is no JSON object.")
    if _is_nested_too_deeply(body):
        return _useless(body, "The body is nested too deeply.")
    return _enveloped(said, body)


def placed(envelope: Envelope, known: Known) -> Place:
    """Where a readable event belongs, given what is known at the moment."""
    named, app_id = envelope.location_id or "", envelope.app_id
    if not known.apps:
        return Place(named, "No OAuth app is connected, and only an app has webhooks.")
    if app_id is not None and app_id not in known.apps:
        return Place(named, f"It is an event of another app: {app_id}.")
    if envelope.location_id in known.locations:
        return Place("" if _is_of_app(envelope) else named)
    if app_id is not None and _is_of_company(envelope):
        return Place("")
    return Place(named, f"The location {named} is not connected." if named else "The event names no location.")


def _is_of_app(envelope: Envelope) -> bool:
    """All events of an app wait in one queue, so that they are taken in their order."""
    return envelope.known_type is not None and envelope.known_type.of_app


def _is_of_company(envelope: Envelope) -> bool:
    """Whether no connected location is needed: a LocationCreate is of none, and an install comes before the consent."""
    event = envelope.known_type
    if event is None or not event.of_company:
        return False
    return event.of_app or event.location_field is not None or envelope.location_id is None


def _enveloped(said: dict[str, Any], body: bytes) -> Envelope:
    type_ = _name(said.get("type")) or _UNFIT
    if type_ == _UNFIT:
        return _useless(body, "The event has no type.")
    location_id = _name(said.get("locationId"))
    event = EVENT_TYPES.get(type_)
    if location_id is None and event is not None and event.location_field is not None:
        location_id = _name(said.get(event.location_field))
    webhook_id = _name(said.get("webhookId")) or _UNFIT
    return Envelope(
        webhook_id=_fingerprint(body) if webhook_id == _UNFIT else webhook_id,
        type=type_,
        location_id=location_id,
        company_id=_name(said.get("companyId")),
        app_id=_name(said.get("appId")),
        at=_instant(said.get("timestamp")),
    )


def _useless(body: bytes, problem: str) -> Envelope:
    return Envelope(webhook_id=_fingerprint(body), problem=problem)


def _fingerprint(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _name(value: Any) -> str | None:
    """An id or a type; None when there is nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) <= _LONGEST_NAME and value.isprintable():
        return value
    return _UNFIT


def _instant(value: Any) -> int | None:
    try:
        return instant(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _is_nested_too_deeply(body: bytes) -> bool:
    """Whether valid JSON has too many levels; whoever reads it later must not fail at them."""
    if body.count(b"{") + body.count(b"[") <= _DEEPEST:
        return False
    depth = deepest = 0
    for bracket in _TEXTS.sub(b"", body).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest > _DEEPEST
