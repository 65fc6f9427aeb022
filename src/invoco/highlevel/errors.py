"""What can go wrong between a program and HighLevel, grouped by what the caller does next.

    HighLevelError
    ├── RetryLater            try again later: nothing is known to be wrong with the call
    │   ├── RateLimited         429; `daily` tells whether the day's quota is used up
    │   ├── Unreachable         refused, reset, timed out, TLS
    │   └── Uncertain           a write was sent and its answer lost; it may have happened
    ├── Reconnect             the credentials are dead; somebody must authorise again
    │   ├── TokenRefused        401 that blames the token, even after it was renewed
    │   └── WrongSecret         client id, client secret or authorization code refused
    ├── MissingScope          the token may not make this call; grant the scope
    ├── WrongLocation         the token belongs to another location, or to a company
    ├── NotFound              no such record, or no such route
    ├── InvalidInput          a field is refused; `fields` says which and why
    ├── Duplicate             the contact exists already; `existing_id` is its id
    ├── VersionRefused        the `Version` header was refused
    ├── Blocked               a firewall in front of HighLevel answered
    └── Unreadable            the answer is no JSON, is cut off, or breaks its own rules
        └── PageLoop            a page points to itself

An error carries the method, the path without its query, the status and HighLevel's `traceId`, never a token.
"""

from __future__ import annotations

from typing import ClassVar


class HighLevelError(Exception):
    """HighLevel refused a call."""

    cure: ClassVar[str] = "Look up the traceId with HighLevel's support."
    passing: bool = False
    """Whether the same call may succeed when it is repeated within seconds."""
    in_doubt: bool = False
    """Whether HighLevel may have done what the call asked for, although it was not confirmed."""

    def __init__(
        self,
        message: str | None = None,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        trace_id: str | None = None,
    ) -> None:
        self.message = message or (self.__doc__ or "").splitlines()[0]
        self.method, self.path, self.status, self.trace_id = method, path, status, trace_id
        super().__init__(self.message)

    def __str__(self) -> str:
        """The message, then the call it came from."""
        call = " ".join(part for part in (self.method, self.path) if part)
        facts = [
            call,
            f"status {self.status}" if self.status else "",
            f"traceId {self.trace_id}" if self.trace_id else "",
        ]
        where = ", ".join(fact for fact in facts if fact)
        return f"{self.message} ({where})" if where else self.message


class RetryLater(HighLevelError):
    """HighLevel could not answer now."""

    cure = "Try again in a minute."


class RateLimited(RetryLater):
    """The quota of this app in this location is used up."""

    cure = "Wait: the quota refills by itself, after 10 seconds or at the end of the day."
    daily: bool = False
    wait: float = 10.0
    """Seconds until it is worth trying again, as far as the answer told."""


class Unreachable(RetryLater):
    """HighLevel cannot be reached."""

    cure = "Check the base URL and the network."


class Uncertain(RetryLater):
    """The answer to a write was lost; it may have happened."""

    cure = "Look the record up before writing again."


class Reconnect(HighLevelError):
    """The credentials are no longer accepted."""

    cure = "Connect the location again with `invoco connect`."


class TokenRefused(Reconnect):
    """The access token was refused."""


class WrongSecret(Reconnect):
    """The client id, the client secret or the authorization code was refused."""

    cure = "Copy the client id and secret from the app's page and authorise again; a code works once and for minutes."


class MissingScope(HighLevelError):
    """The token is not authorised for the scope of this call."""

    scope: str | None = None
    cure = "Add the scope to the app or the private integration, then connect again."


class WrongLocation(HighLevelError):
    """The token does not belong to this location."""

    cure = "Connect with a token of this very location."


class NotFound(HighLevelError):
    """HighLevel has no such record."""

    cure = "It may have been deleted or merged."


class InvalidInput(HighLevelError):
    """HighLevel refused a field."""

    cure = "Correct the fields named and send again."
    fields: dict[str, str]

    def __init__(self, message: str | None = None, *, fields: dict[str, str] | None = None, **call: object) -> None:
        super().__init__(message, **call)  # type: ignore[arg-type]  # the four call facts, checked by the base class
        self.fields = fields or {}


class Duplicate(HighLevelError):
    """The location does not allow a second contact with this e-mail or phone."""

    cure = "Update the contact that exists."
    existing_id: str | None = None
    matching_field: str | None = None


class VersionRefused(HighLevelError):
    """The API version was refused."""

    cure = "Use one of the published versions: v3, 2023-02-21, 2021-07-28, 2021-04-15."


class Blocked(HighLevelError):
    """A firewall in front of HighLevel refused the call."""

    cure = "Set a User-Agent, lower the rate, or ask HighLevel's support with the time of the call."


class Unreadable(HighLevelError):
    """The answer is not what the HighLevel API sends."""

    cure = "Check that the base URL is that of the API, not of a web page or a proxy."
    is_record: bool = False
    """Whether the answer is whole, and only the one record in it cannot be read."""


class PageLoop(Unreadable):
    """A page points to itself."""

    cure = "Start the listing again; the source changed its order under the reader."
