"""What can go wrong in Invoco, grouped by what the caller does next.

    InvocoError
    ├── TryAgain              nothing is wrong with the input; wait and repeat
    │   ├── StoreBusy           the database is locked by another process
    │   ├── SourceUnavailable   HighLevel cannot be reached or answers nonsense
    │   └── QuotaUsed           the day's quota of calls is used up
    ├── FixInput              the caller corrects what was given
    │   ├── InvalidFields       each field with its reason
    │   ├── InvalidMapping      each rule of a mapping with its problem and cure
    │   ├── BadRequest          the request as a whole makes no sense
    │   ├── DuplicateContact    the contact exists; `existing_id`
    │   └── Misconfigured       a setting, a file or the machine must be put right
    │       ├── StoreTooNew       the database was written by a newer Invoco
    │       ├── StoreUnusable     the database cannot be opened or is full
    │       └── PortTaken         another program listens there
    ├── Reconnect             somebody must authorise again
    │   ├── MissingScope        grant the scope, then connect again
    │   ├── WrongLocation       the token belongs elsewhere
    │   └── Unauthorized        no key, or a key nobody knows
    └── SkipRecord            this record cannot be used; the rest goes on
        ├── NoSuchRecord        nothing has this id
        └── MalformedRecord     HighLevel sent something that cannot be read

A message is one sentence that names the cause; `cure` is one sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence


class InvocoError(Exception):
    """Something in Invoco went wrong."""

    cure: str = "Run `invoco --help`."

    def __init__(self, message: str | None = None, *, cure: str | None = None) -> None:
        self.message = message or (self.__doc__ or "").splitlines()[0]
        if cure is not None:
            self.cure = cure
        super().__init__(self.message)


class TryAgain(InvocoError):
    """It cannot be done now."""

    cure = "Try again in a minute."


class StoreBusy(TryAgain):
    """The database is locked by another process."""

    cure = "Wait until the other Invoco command has ended, then try again."


class SourceUnavailable(TryAgain):
    """HighLevel cannot be reached."""

    cure = "Check the base URL and the network, then try again."


class QuotaUsed(TryAgain):
    """The day's quota of calls to HighLevel is used up."""

    cure = "Run the same command again after 00:00 UTC; it goes on where it stopped."


class FixInput(InvocoError):
    """What was given cannot be used."""


class InvalidFields(FixInput):
    """Some fields are refused."""

    cure = "Correct the fields named."

    def __init__(self, problems: list[str], *, refused: dict[str, str] | None = None) -> None:
        """`refused` tells the reasons by the wire name of the field, where HighLevel named them."""
        self.problems, self.refused = problems, refused or {}
        super().__init__("; ".join(problems))


class InvalidMapping(FixInput):
    """The mapping cannot be used."""

    cure = "Correct the rules named."

    def __init__(self, problems: Sequence[object]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, problems)))


class BadRequest(FixInput):
    """The request makes no sense."""


class DuplicateContact(FixInput):
    """This location does not allow duplicated contacts."""

    cure = "Update the contact that exists."

    def __init__(self, existing_id: str, *, contact_name: str | None, matching_field: str) -> None:
        self.existing_id, self.contact_name, self.matching_field = existing_id, contact_name, matching_field
        super().__init__()


class Misconfigured(FixInput):
    """A setting must be put right."""


class StoreTooNew(Misconfigured):
    """The database was written by a newer version of Invoco."""

    cure = "Install that version, or point INVOCO_DATABASE_URL to another database."


class StoreUnusable(Misconfigured):
    """The database cannot be used."""

    cure = "Check that the folder exists, is writable and has free space."


class PortTaken(Misconfigured):
    """Another program listens on this port."""

    cure = "Choose another port with --port."


class Reconnect(InvocoError):
    """The credentials are no longer accepted."""

    cure = "Connect the location again with `invoco connect`."


class MissingScope(Reconnect):
    """The token lacks a scope."""

    scope: str | None = None
    cure = "Add the scope in HighLevel, then run `invoco connect` again."


class WrongLocation(Reconnect):
    """The token does not have access to this location."""

    cure = "Connect with a token of this location."


class Unauthorized(Reconnect):
    """The key is not known."""

    cure = "Make a key with `invoco keys add` and send it as `Authorization: Bearer`."


class SkipRecord(InvocoError):
    """This record cannot be used as it is."""

    cure = "Nothing needs to be done; the other records go on."


class NoSuchRecord(SkipRecord):
    """Nothing has this id."""

    cure = "Check the id; it may have been deleted or merged."


class MalformedRecord(SkipRecord):
    """HighLevel sent a record that cannot be read."""

    cure = "Look at it with `invoco failures`; correct it in HighLevel and import again."
