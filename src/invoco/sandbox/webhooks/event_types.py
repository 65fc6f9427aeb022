"""The events of HighLevel, by the names of their pages (facts 8.1)."""

from __future__ import annotations

from typing import Final

from invoco.domain.errors import BadRequest
from invoco.domain.event_types import EVENT_TYPES

_BY_NAME: Final = {event.name: event for event in EVENT_TYPES.values()}
EVENTS: Final = tuple(_BY_NAME)


def event_name(text: str) -> str:
    """The name of an event, given by its name or by the `type` it carries.

    Raises:
        BadRequest: there is no such event.
    """
    event = _BY_NAME.get(text) or EVENT_TYPES.get(text)
    if event is None:
        raise BadRequest(f"HighLevel has no event {text!r}.", cure="Use one of the names in the list of events.")
    return event.name


def type_of(name: str) -> str:
    """The `type` that the body of the event of that name carries."""
    return _BY_NAME[name].type


def end_of(name: str) -> str:
    """The event that tells of the end of the same noun; the event itself where there is none."""
    ends = (end for end in EVENTS if end.endswith("Delete") and name.startswith(end.removesuffix("Delete")))
    return next(ends, name)


def is_of_app(name: str) -> bool:
    """Whether the event of that name tells of the app itself."""
    return _BY_NAME[name].of_app
