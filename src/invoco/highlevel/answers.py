"""What comes back: an answer of HighLevel read into JSON, or into the one error that says what to do next (facts 6)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn, TypedDict

import httpx2
import msgspec

from invoco.highlevel.errors import (
    Blocked,
    Duplicate,
    HighLevelError,
    InvalidInput,
    MissingScope,
    NotFound,
    RateLimited,
    RetryLater,
    TokenRefused,
    Unreadable,
    VersionRefused,
    WrongLocation,
)
from invoco.highlevel.limits import figures_in, seconds_to_wait
from invoco.highlevel.operations import Operation
from invoco.highlevel.records import JsonObject, storable

_LONGEST_MESSAGE = 500


class CallFacts(TypedDict):
    """Where an error happened."""

    method: str
    path: str
    status: int
    trace_id: str | None


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a refusal says, in whichever shape it came."""

    operation: Operation
    call: CallFacts
    texts: tuple[str, ...]
    meta: JsonObject
    is_page: bool
    headers: httpx2.Headers
    now: float

    @property
    def text(self) -> str:
        return "; ".join(self.texts)


def read(operation: Operation, response: httpx2.Response, *, path: str, now: float) -> JsonObject:
    """The JSON object of a successful answer; `{}` for 204.

    Args:
        operation: what was asked.
        response: what came, read whole.
        path: of the call, without its query.
        now: seconds since 1970, for a `Retry-After` that names a date.

    Raises:
        HighLevelError: the subclass that fits the refusal, as `errors` draws them.
        Unreadable: a web page, an empty body, cut-off JSON, or JSON that is no object.
    """
    if not response.is_success:
        raise refusal(operation, response, path=path, now=now)
    if response.status_code == HTTPStatus.NO_CONTENT:
        return {}
    content = _decoded(response.content)
    if isinstance(content, dict):
        return content
    raise _unreadable(operation, response, path=path)


def refusal(operation: Operation, response: httpx2.Response, *, path: str, now: float) -> HighLevelError:
    """The error that a refusing answer stands for."""
    said = _said(operation, response, path=path, now=now)
    status = response.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return _overloaded(said)
    if response.is_redirect:
        return Unreadable("HighLevel redirected the call to another address", **said.call)
    return _READERS.get(status, _other)(said)


def succeeded(answer: JsonObject) -> bool:
    """Whether the answer confirms the write, in any of HighLevel's spellings (facts 1.3)."""
    flags = [answer[name] for name in ("succeeded", "succeded", "success") if name in answer]
    return all(flags)


def _decoded(body: bytes) -> Any:
    """The JSON value, with texts that every database holds; None where there is none.

    Looking for the escape in the whole body spares a look into each of its rows.
    """
    try:
        value = msgspec.json.decode(body)
        return storable(value) if b"\\u0000" in body else value
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decoded_leniently(body)


def _decoded_leniently(body: bytes) -> Any:
    """JSON that holds half of a surrogate pair or broken UTF-8: one cut-off emoji must not cost a whole page."""
    try:
        return storable(json.loads(body.decode(errors="replace"), parse_constant=_refuse))
    except (ValueError, RecursionError, msgspec.ValidationError):
        return None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _unreadable(operation: Operation, response: httpx2.Response, *, path: str) -> Unreadable:
    facts = CallFacts(method=operation.method, path=path, status=response.status_code, trace_id=None)
    if not response.content.strip():
        error = Unreadable("HighLevel answered with an empty body", **facts)
    elif _is_page(response):
        error = Unreadable("HighLevel answered with a web page instead of JSON", **facts)
    elif _decoded(response.content) is not None:
        error = Unreadable("HighLevel answered with JSON that is no object", **facts)
    else:
        error = Unreadable("HighLevel answered with JSON that is cut off or malformed", **facts)
        error.passing = True
    error.in_doubt = True
    return error


def _is_page(response: httpx2.Response) -> bool:
    return "html" in response.headers.get("Content-Type", "") or response.content.lstrip().startswith(b"<")


def _said(operation: Operation, response: httpx2.Response, *, path: str, now: float) -> _Said:
    body = _decoded(response.content)
    is_page = body is None and _is_page(response)
    told = body if isinstance(body, dict) else {}
    trace_id = told.get("traceId")
    texts = _texts(_message(body)) if body is not None else _plain_text(response, is_page=is_page)
    token = response.request.headers.get("Authorization", "").removeprefix("Bearer ")
    return _Said(
        operation=operation,
        call=CallFacts(
            method=operation.method,
            path=path,
            status=response.status_code,
            trace_id=trace_id if isinstance(trace_id, str) else None,
        ),
        texts=tuple(_without(token, text) for text in texts),
        meta=told["meta"] if isinstance(told.get("meta"), dict) else {},
        is_page=is_page,
        headers=response.headers,
        now=now,
    )


def _message(body: Any) -> Any:
    """The part of a refusal's JSON that explains it (facts 2.4, 6.1): string, list or object."""
    if not isinstance(body, dict):
        return body
    for key in ("message", "error_description", "error", "detail"):
        if body.get(key):
            return body[key]
    return None


def _texts(message: Any) -> list[str]:
    if isinstance(message, str):
        return [message]
    if isinstance(message, list):
        return [text for item in message for text in _texts(item)]
    if isinstance(message, dict):
        return _texts(_message(message)) or [msgspec.json.encode(message).decode()]
    return []


def _plain_text(response: httpx2.Response, *, is_page: bool) -> list[str]:
    text = response.content.decode(errors="replace").strip()
    if is_page:
        route = re.search(r"Cannot [A-Z]+ [^\s<]+", text)
        return [route[0]] if route else []
    return [text] if text else []


def _without(token: str, text: str) -> str:
    return (text.replace(token, "[token]") if token else text)[:_LONGEST_MESSAGE]


def _overloaded(said: _Said) -> HighLevelError:
    status = said.call["status"]
    reason = f": {said.text}" if said.text else ""
    error = RetryLater(f"HighLevel answered with an error of its own, {status}{reason}", **said.call)
    error.passing = error.in_doubt = True
    return error


_NOT_THERE = re.compile(r"\bnot found\b|\bno such\b|does not exist|is deleted", re.IGNORECASE)


def _bad_request(said: _Said) -> HighLevelError:
    if isinstance(said.meta.get("contactId"), str):
        error = Duplicate(said.text or None, **said.call)
        error.existing_id, error.matching_field = said.meta["contactId"], said.meta.get("matchingField")
        return error
    if "api version" in said.text.lower():
        return VersionRefused(said.text, **said.call)
    if _NOT_THERE.search(said.text):
        return NotFound(said.text, **said.call)
    return _invalid(said)


def _unauthorised(said: _Said) -> HighLevelError:
    text = said.text.lower()
    if said.is_page:
        return Unreadable("A web page asks for a sign-in instead of HighLevel", **said.call)
    if "not authorized for this scope" in text:
        return _missing_scope(said)
    if "authclass type is not allowed" in text or "user type mismatch" in text:
        return WrongLocation(said.text, **said.call)
    if text.startswith("version header") or "api version" in text:
        return VersionRefused(said.text, **said.call)
    return TokenRefused(said.text or None, **said.call)


def _missing_scope(said: _Said) -> MissingScope:
    scope = said.operation.scope
    named = f" ({scope})" if scope else ""
    error = MissingScope(f"{(said.text or 'The token may not make this call').rstrip('.')}{named}", **said.call)
    error.scope = scope
    return error


def _forbidden(said: _Said) -> HighLevelError:
    if said.is_page or "1010" in said.text or "cloudflare" in said.text.lower():
        return Blocked(**said.call)
    if "location" in said.text.lower():
        return WrongLocation(said.text, **said.call)
    return _missing_scope(said)


def _not_found(said: _Said) -> HighLevelError:
    if said.is_page and not said.texts:
        return Unreadable("A web page answers that there is no such page", **said.call)
    return NotFound(said.text or None, **said.call)


def _invalid(said: _Said) -> HighLevelError:
    return InvalidInput(said.text or None, fields=fields_named(said.texts), **said.call)


def _rate_limited(said: _Said) -> HighLevelError:
    daily = figures_in(said.headers).daily_remaining == 0
    error = RateLimited("The quota of the day is used up" if daily else None, **said.call)
    error.daily = daily
    interval = figures_in(said.headers).interval or RateLimited.wait
    asked = seconds_to_wait(said.headers, now=said.now)
    error.wait = interval if asked is None else asked
    return error


def _other(said: _Said) -> HighLevelError:
    return HighLevelError(said.text or None, **said.call)


_READERS: dict[int, Callable[[_Said], HighLevelError]] = {
    400: _bad_request,
    401: _unauthorised,
    403: _forbidden,
    404: _not_found,
    410: _not_found,
    422: _invalid,
    429: _rate_limited,
}

_FIELD_PATTERNS = (
    re.compile(r"property (?P<field>[\w.\[\]]+) should not exist"),
    re.compile(r"(?:each value in )?(?:nested property )?(?P<field>[\w.\[\]]+) (?:must|should|is required)\b"),
    re.compile(r"Invalid field (?P<field>[\w.]+)"),
    re.compile(r"passed for field (?P<field>[\w.]+)"),
)


def fields_named(texts: tuple[str, ...]) -> dict[str, str]:
    """The reason per field, from messages such as `property X should not exist` or `email must be an email`."""
    fields: dict[str, str] = {}
    for text in texts:
        found = next((match for pattern in _FIELD_PATTERNS if (match := pattern.search(text))), None)
        if found:
            fields.setdefault(found["field"], text)
    return fields
