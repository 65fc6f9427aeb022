"""From wire names to a record's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from invoco.highlevel.records import Record

R = TypeVar("R", bound=Record)


@cache
def attributes(kind: type[Record]) -> Mapping[str, str]:
    """The attribute of each wire name."""
    return {field.encode_name: field.name for field in msgspec.structs.fields(kind)}


def amended(record: R, body: Mapping[str, Any], *, only: Collection[str]) -> R:
    """The record with those fields that the body names; None clears."""
    own = attributes(type(record))
    return msgspec.structs.replace(record, **{own[name]: value for name, value in body.items() if name in only})
