"""Reading a place of a record."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from invoco.highlevel.records import Record
from invoco.mapping.places import Place

Reader = Callable[[Record], Any]


def reader(place: Place) -> Reader:
    """A function from a record to its value there; None where there is none."""
    if place.attribute:
        return attrgetter(place.attribute)
    return _custom_reader(place.custom) if place.custom else _path_reader(place.path)


def _custom_reader(id_: str) -> Reader:
    def read(record: Any) -> Any:
        for item in record.custom_fields:
            if item.id == id_:
                return item.value
        return None

    return read


def _path_reader(path: tuple[str, ...]) -> Reader:
    return lambda record: inside(record.extra, path)


def inside(value: Any, path: tuple[str, ...]) -> Any:
    """What stands at the end of a path of keys; None where it breaks off."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def put_inside(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A tree with that value at the end of the path; None takes it away. The given tree stays as it is."""
    key, rest = path[0], path[1:]
    below = tree.get(key)
    if rest:
        if value is None and not isinstance(below, dict):
            return tree
        value = put_inside(below if isinstance(below, dict) else {}, rest, value) or None
    changed = {**tree, key: value}
    if value is None:
        del changed[key]
    return changed
