"""One table from what went wrong to HighLevel's answer (facts 5, 6)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request

from invoco.domain import errors as domain
from invoco.routes.answers import JsonAnswer, traced
from invoco.routes.calls import JsonObject

_log = logging.getLogger(__name__)

ErrorTable = Mapping[type[Exception], Callable[[Any], tuple[int, JsonObject]]]
"""For each kind of error the status and the body; the nearest ancestor counts."""


class Refused(Exception):
    """The caller may not do this."""

    def __init__(self, status: int, message: str, *, error: str | None = None, from_gateway: bool = False) -> None:
        """Refuse with that status and message.

        Args:
            status: of the answer.
            message: as HighLevel words it.
            error: the short name beside it; by default the status's own phrase.
            from_gateway: HighLevel's gateway names the status `status`, everything else `statusCode` (facts 1.2).
        """
        self.status, self.message, self.from_gateway = status, message, from_gateway
        self.error = error or HTTPStatus(status).phrase
        super().__init__(message)


def error_table(*, not_found_status: int = 400) -> ErrorTable:
    """What each error is answered with.

    Args:
        not_found_status: of a record that does not exist; HighLevel was seen to say 400 and 404 (facts 6.2).
    """
    return {
        Refused: _refused,
        domain.NoSuchRecord: _plain(not_found_status),
        domain.DuplicateContact: _duplicate,
        domain.InvalidFields: _invalid,
        domain.BadRequest: _plain(400),
        domain.Unauthorized: _plain(401),
        domain.MissingScope: _plain(401),
        domain.WrongLocation: _plain(403),
        domain.TryAgain: _plain(503),
        Exception: _broken,
    }


def answer_error(error: Exception, table: ErrorTable) -> JsonAnswer:
    """The answer to an error; what nobody foresaw is logged and told without its details."""
    status, body = next(table[kind] for kind in type(error).__mro__ if kind in table)(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("A request could not be answered: %s", error, exc_info=error)
    return traced(body, status=status)


def install_error_table(app: Starlette, *, not_found_status: int = 400) -> None:
    """Answer as HighLevel does whatever no route of `app` answers: unknown paths, wrong methods, stray errors."""
    table = error_table(not_found_status=not_found_status)

    async def on_error(_request: Request, error: Exception) -> JsonAnswer:
        return answer_error(error, table)

    app.add_exception_handler(domain.InvocoError, on_error)
    app.add_exception_handler(Refused, on_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, on_error)


def no_such_route(request: Request) -> Refused:
    """HighLevel has nothing at this path, or not by this method (facts 1.1)."""
    return Refused(404, f"Cannot {request.method} {request.url.path}")


async def _on_http_exception(request: Request, error: Exception) -> JsonAnswer:
    told = cast("HTTPException", error)
    status = 404 if told.status_code == HTTPStatus.METHOD_NOT_ALLOWED else told.status_code
    nobody_spoke = status == HTTPStatus.NOT_FOUND and told.detail in {"Not Found", "Method Not Allowed"}
    refused = no_such_route(request) if nobody_spoke else Refused(status, told.detail)
    return answer_error(refused, _REFUSALS)


def _refused(error: Refused) -> tuple[int, JsonObject]:
    key = "status" if error.from_gateway else "statusCode"
    return error.status, {key: error.status, "message": error.message, "error": error.error}


def _plain(status: int) -> Callable[[domain.InvocoError], tuple[int, JsonObject]]:
    phrase = HTTPStatus(status).phrase
    return lambda error: (status, {"statusCode": status, "message": error.message, "error": phrase})


def _duplicate(error: domain.DuplicateContact) -> tuple[int, JsonObject]:
    meta = {"contactId": error.existing_id, "contactName": error.contact_name, "matchingField": error.matching_field}
    known = {key: value for key, value in meta.items() if value is not None}
    return 400, {"statusCode": 400, "message": error.message, "meta": known}


def _invalid(error: domain.InvalidFields) -> tuple[int, JsonObject]:
    return 422, {"statusCode": 422, "message": error.problems, "error": "Unprocessable Entity"}


def _broken(_error: Exception) -> tuple[int, JsonObject]:
    return 500, {"statusCode": 500, "message": "Internal server error"}


_REFUSALS: ErrorTable = {Refused: _refused}
