"""Tags are lower case (facts 10.1)."""

from __future__ import annotations

from collections.abc import Iterable


def normal_tags(tags: Iterable[str]) -> list[str]:
    """The tags in lower case, without blanks around them, each once, in the order given."""
    return without_repeats(tag.strip().lower() for tag in tags)


def without_repeats(texts: Iterable[str]) -> list[str]:
    """The texts that say something, each once, in the order given."""
    return [text for text in dict.fromkeys(texts) if text]
