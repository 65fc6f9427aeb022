"""Who calls, and what the caller may do."""

from __future__ import annotations

import msgspec


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What a bearer token stands for, in the twin and in Invoco's API alike."""

    location_id: str | None
    """None for a company token."""
    company_id: str | None = None
    scopes: frozenset[str]
    channel: str
    """`oauth`, `token` (private integration) or `key` (Invoco's own)."""
    app_id: str = ""
    """Whose quota is used; the token itself for a private integration."""
    actor: str = "api"
