"""The transforms a mapping may use, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from invoco.mapping.transforms import choices, dates, lists, lookups, names, numbers, patterns, persons, texts
from invoco.mapping.transforms.transform import Example, NoOptions, Transform, Workshop

_ROOMS: Final = (texts, names, patterns, choices, numbers, dates, persons, lists, lookups)

TRANSFORMS: Final[Mapping[str, Transform]] = {
    transform.name: transform for room in _ROOMS for transform in room.TRANSFORMS
}
"""Every transform by its name, group by group."""

__all__ = ["TRANSFORMS", "Example", "NoOptions", "Transform", "Workshop"]
