"""The flag with which HighLevel says that something worked."""

from __future__ import annotations

from invoco.routes.calls import Call, JsonObject


def succeeded(call: Call) -> JsonObject:
    """`succeded`, as v2 misspells it; v3 says it both ways (facts 1.3)."""
    return {"succeeded": True, "succeded": True} if call.v3 else {"succeded": True}
