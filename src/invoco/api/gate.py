"""The gate of Invoco's API: bearer keys instead of HighLevel's tokens."""

from __future__ import annotations

from invoco.domain.access import Access
from invoco.domain.errors import Unauthorized
from invoco.routes.errors import Refused
from invoco.service.keys import KeyService


class KeyGate:
    """Lets in whoever holds a key of this Invoco."""

    def __init__(self, keys: KeyService) -> None:
        self._keys = keys

    async def access(self, bearer: str, version: str | None) -> Access:
        """What the bearer may do; every key works under every version.

        Raises:
            Refused: 401, the key is not known.
        """
        del version
        try:
            return await self._keys.access(bearer)
        except Unauthorized as cause:
            raise Refused(401, "Invalid API key. Make one with `invoco keys add`.") from cause
