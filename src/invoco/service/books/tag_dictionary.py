"""The tags a location knows: whatever is put on a contact is in the dictionary."""

from __future__ import annotations

from collections.abc import Iterable

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Tag
from invoco.service.books.desk import Writing, every


async def learn_tags(writing: Writing, tags: Iterable[str]) -> None:
    """Add those tags to the location's dictionary that are not in it yet."""
    wanted = list(tags)
    if not wanted:
        return
    shelf = writing.session.shelf(RecordKind.TAG)
    known = {(tag.name or "").strip().lower() for tag in await every(shelf, writing.location_id)}
    news = [Tag(id=writing.new_id(), name=tag, location_id=writing.location_id) for tag in wanted if tag not in known]
    if news:
        await shelf.put(writing.location_id, news)
