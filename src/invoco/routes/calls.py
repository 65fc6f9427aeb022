"""What a handler is given and what it gives back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from starlette.datastructures import QueryParams

from invoco.domain.access import Access

if TYPE_CHECKING:
    from invoco.service.books import Books

JsonObject = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request that was admitted and whose query and body are sound."""

    books: Books
    location_id: str
    """The location of the token; whatever the request named was compared with it."""
    actor: str
    version: str
    path: Mapping[str, str]
    query: QueryParams
    body: JsonObject
    """Under the wire names of v2, whichever version spelled them."""

    @property
    def v3(self) -> bool:
        """Whether the answer is spelled as v3 has it (facts 1.3)."""
        return self.version == "v3"


Handler = Callable[[Call], Awaitable[JsonObject]]
"""Answers one operation; the traceId and the status are added around it."""


class Gate(Protocol):
    """Knows the bearer tokens."""

    async def access(self, bearer: str, version: str | None) -> Access:
        """What the token stands for; `version` is the header as it was sent.

        Raises:
            invoco.routes.errors.Refused: the token is not known, has expired or was withdrawn.
        """
