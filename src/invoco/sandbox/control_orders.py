"""How orders to the control API are read."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.requests import Request

from invoco.domain.errors import FixInput

B = TypeVar("B")


async def read_order(request: Request, kind: type[B]) -> B:
    """The order in the body; an empty body is an order in which every field is left out.

    Raises:
        FixInput: it cannot be read.
    """
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except msgspec.MsgspecError as error:
        raise FixInput(f"The order cannot be read: {error}.", cure="Correct the field named.") from error
