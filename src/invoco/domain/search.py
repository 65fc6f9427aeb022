"""What a contact search asks for, after it was read and checked (facts 4)."""

from __future__ import annotations

from typing import Any

import msgspec


class Condition(msgspec.Struct, frozen=True):
    """One leaf: `field operator value`."""

    field: str
    """In wire spelling: `email`, `dateAdded`, `customFields.<id>`, `dndSettings.Email.status`, …"""
    operator: str
    """`eq not_eq contains not_contains exists not_exists range`."""
    value: Any = None
    """For `range` a mapping of `gt gte lt lte` to milliseconds or numbers."""


class Group(msgspec.Struct, frozen=True):
    """Conditions joined by AND or OR."""

    joined_by: str
    """`AND` or `OR`."""
    parts: tuple[Condition | Group, ...]


class Sort(msgspec.Struct, frozen=True):
    """One sort key."""

    field: str
    descending: bool = False


class ContactSearch(msgspec.Struct, frozen=True, kw_only=True):
    """A search of one location's contacts."""

    location_id: str
    page_limit: int
    page: int | None = None
    """1-based; never together with `after`."""
    after: tuple[Any, ...] | None = None
    """The `searchAfter` of the last row seen: one value per sort key, then the id."""
    filter: Group = Group("AND", ())
    sort: tuple[Sort, ...] = ()
    """Empty means: newest first, by dateAdded, then id."""
    query: str | None = None
    """Free text over name, e-mail, phone and company."""


class TaskSearch(msgspec.Struct, frozen=True, kw_only=True):
    """A search of one location's tasks (facts 9)."""

    location_id: str
    contact_ids: tuple[str, ...] = ()
    completed: bool | None = None
    assigned_to: tuple[str, ...] = ()
    query: str | None = None
    business_id: str | None = None
    limit: int = 25
    skip: int = 0
