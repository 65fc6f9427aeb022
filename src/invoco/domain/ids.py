"""Ids in the shapes HighLevel uses (facts 10.2), so that a record born here looks like any other."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable

NewId = Callable[[], str]

_ALPHABET = string.ascii_letters + string.digits


def new_id() -> str:
    """Twenty letters and digits: contacts, tasks, notes, appointments, tags, …"""
    return "".join(secrets.choice(_ALPHABET) for _ in range(20))
