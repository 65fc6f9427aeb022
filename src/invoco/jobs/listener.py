"""Hears that jobs were put into the queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import psycopg
from procrastinate.manager import get_channel_for_queues
from psycopg import sql

from invoco.jobs.schema import conninfo

_QUIET_SECONDS: Final = 30.0
"""After so much silence the connection is asked whether it still lives."""


async def listen(url: str, told: Mapping[str, Callable[[], None]]) -> None:
    """Call what is told for a queue whenever a job is put into it, and once for each queue at the beginning.

    Ends only with an error:

    Raises:
        psycopg.Error: the connection is lost. Jobs that are put in until the next call are not told of, so call again.
    """
    channels = dict(zip(get_channel_for_queues(list(told)), told, strict=True))
    async with await psycopg.AsyncConnection.connect(
        conninfo(url), autocommit=True, application_name="invoco jobs"
    ) as connection:
        for channel in channels:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        for tell in told.values():
            tell()
        while True:
            async for notification in connection.notifies(timeout=_QUIET_SECONDS):
                told[channels[notification.channel]]()
            await connection.execute("SELECT 1")
