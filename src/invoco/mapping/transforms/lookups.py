"""Transforms between the ids of a location's users, businesses and tags, and their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from invoco.highlevel.records import Business, Tag, User
from invoco.mapping.definitions import Definitions
from invoco.mapping.problems import CannotMapError
from invoco.mapping.transforms.transform import Function, NoOptions, Transform, Workshop, example
from invoco.mapping.types import Type

_GROUP: Final = "Look-ups"

Maker = Callable[[Any, Workshop], Function]


def _user_name(user: User) -> str | None:
    return user.name or " ".join(part for part in (user.first_name, user.last_name) if part) or None


def _names(noun: str, entries: Callable[[Definitions], Iterable[tuple[str, str | None]]]) -> Maker:
    """From id to name."""

    def made(_options: Any, workshop: Workshop) -> Function:
        return _found({id_: name for id_, name in entries(workshop.definitions) if name}, f"no {noun} has the id")

    return made


def _ids(noun: str, entries: Callable[[Definitions], Iterable[tuple[str, str | None]]]) -> Maker:
    """From name to id; a name that several have is refused."""

    def made(_options: Any, workshop: Workshop) -> Function:
        table: dict[str, str] = {}
        twice: set[str] = set()
        for id_, name in entries(workshop.definitions):
            if name and table.setdefault(name.casefold(), id_) != id_:
                twice.add(name.casefold())
        kept = {name: id_ for name, id_ in table.items() if name not in twice}
        find = _found(kept, f"no {noun}, or more than one, is called")
        return lambda text: find(text.strip().casefold())

    return made


def _found(table: dict[str, str], otherwise: str) -> Function:
    def found(text: str) -> str:
        try:
            return table[text]
        except KeyError:
            raise CannotMapError(f"{otherwise} `{text}`") from None

    return found


def _users(definitions: Definitions) -> Iterable[tuple[str, str | None]]:
    return ((user.id, _user_name(user)) for user in definitions.users)


def _emails(definitions: Definitions) -> Iterable[tuple[str, str | None]]:
    return ((user.id, user.email) for user in definitions.users)


def _businesses(definitions: Definitions) -> Iterable[tuple[str, str | None]]:
    return ((business.id, business.name) for business in definitions.businesses)


def _tags(definitions: Definitions) -> Iterable[tuple[str, str | None]]:
    return ((tag.id, tag.name) for tag in definitions.tags)


_KNOWN: Final = Definitions(
    users=[User(id="u1", name="Ada Lovelace", email="ada@example.com")],
    businesses=[Business(id="b1", name="Acme")],
    tags=[Tag(id="t1", name="vip")],
)


def _pair(noun: str, what: str, entries: Any, id_: str, name: str) -> tuple[Transform, Transform]:
    """Both ways between an id and a name, each the inverse of the other."""
    forth, back = _names(noun, entries), _ids(noun, entries)
    common: dict[str, Any] = {"group": _GROUP, "takes": Type.TEXT, "gives": Type.TEXT, "options": NoOptions}
    return (
        Transform(
            **common, name=f"{noun}_{what}", description=f"The {what} of the {noun} with this id.",
            forth=forth, back=back, examples=(example(id_, name, _KNOWN),),
        ),
        Transform(
            **common, name=f"{noun}_id_by_{what}", description=f"The id of the {noun} with this {what}.",
            forth=back, back=forth, examples=(example(name, id_, _KNOWN),),
        ),
    )  # fmt: skip


TRANSFORMS: Final = (
    *_pair("user", "name", _users, "u1", "Ada Lovelace"),
    *_pair("user", "email", _emails, "u1", "ada@example.com"),
    *_pair("business", "name", _businesses, "b1", "Acme"),
    *_pair("tag", "name", _tags, "t1", "vip"),
)
