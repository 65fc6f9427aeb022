"""Logs: one line per event on standard error, for people or machines, never with a secret."""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET = re.compile(
    r"(?P<kept>Bearer\s+|(?:access_token|refresh_token|client_secret|code|password)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"
    r"|pit-[0-9A-Za-z-]{8,}|invoco_[0-9A-Za-z_-]{20,}",
    re.IGNORECASE,
)


def configure(*, level: str, form: str) -> None:
    """Send all logs, also those of libraries, to standard error.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        form: `text` or `json`.
    """
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def masked(text: str) -> str:
    """The text with whatever looks like a credential replaced."""
    return _SECRET.sub(lambda match: (match.group("kept") or "") + "••••••", text)


def _without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: masked(value) if isinstance(value, str) else value for key, value in event.items()}
