"""The records of HighLevel, one type per noun, read tolerantly and kept whole.

Every record is canonical: whatever call it came from (read by id, search row, list row, create answer, webhook),
the same contact reads to an equal `Contact`. Missing and `null` are the same (facts 3.3). Fields this file does not
name are kept in `extra` under their wire names. Instants are ISO-8601 UTC texts as HighLevel writes them
(`clock.instant` turns them into milliseconds).
"""

from __future__ import annotations

from typing import Any, Self, TypeVar

import msgspec

JsonObject = dict[str, Any]


class Record(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What all records share: an id, and the fields nobody named."""

    id: str
    """Opaque and case-sensitive (facts 10.2)."""
    extra: JsonObject = {}
    """Fields without an attribute here, by wire name."""

    @classmethod
    def from_wire(cls, raw: JsonObject) -> Self:
        """Read one record from the JSON object HighLevel sent, in any of its spellings.

        NUL characters are left out and halves of surrogate pairs replaced, since databases cannot hold them.

        Raises:
            msgspec.ValidationError: it is no object, or a named field has a type that cannot be read; the message
                names its path.
        """
        return cls.from_storable(storable(raw))

    @classmethod
    def from_storable(cls, raw: JsonObject) -> Self:
        """As `from_wire`, for an object that `storable` has gone through already, alone or with its whole answer.

        Raises:
            msgspec.ValidationError: as `from_wire`.
        """
        known, extra = _sorted_out(cls, raw)
        return _built(cls, known, extra)

    def to_wire(self) -> JsonObject:
        """The record as one flat JSON object under wire names; unset fields are left out."""
        wire: JsonObject = msgspec.to_builtins(self)
        extra = wire.pop("extra", None)
        return {**extra, **wire} if extra else wire


class CustomFieldValue(msgspec.Struct, rename="camel"):
    """The value of one custom field on one contact (facts 10.3)."""

    id: str
    value: Any = None
    """Text, number, list of texts, or an object for files and text-box lists."""


class Contact(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """One person or lead (facts 3.3)."""

    location_id: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    """As it was given; compared in lower case."""
    phone: str | None = None
    """E.164."""
    additional_emails: list[str] = []
    additional_phones: list[str] = []
    phone_label: str | None = None
    company_name: str | None = None
    business_id: str | None = None
    address1: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    """ISO 3166 alpha-2."""
    postal_code: str | None = None
    website: str | None = None
    timezone: str | None = None
    """IANA name."""
    source: str | None = None
    type: str | None = None
    gender: str | None = None
    date_of_birth: str | None = None
    """`YYYY-MM-DD`."""
    dnd: bool | None = None
    dnd_settings: JsonObject = {}
    """Per channel `{status, message, code}`; channels are spelled `Call Email SMS WhatsApp GMB FB` (facts 10.4)."""
    inbound_dnd_settings: JsonObject = {}
    tags: list[str] = []
    """Lower case (facts 10.1)."""
    assigned_to: str | None = None
    followers: list[str] = []
    custom_fields: list[CustomFieldValue] = []
    date_added: str | None = None
    date_updated: str | None = None

    @classmethod
    def from_storable(cls, raw: JsonObject) -> Self:
        """Read a contact from a read by id, a search or list row, a create answer or an event body."""
        known, extra = _sorted_out(cls, raw)
        _make_canonical(known, extra)
        return _built(cls, known, extra)


class Task(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """Something to be done for a contact (facts 3.5)."""

    contact_id: str | None = None
    title: str | None = None
    body: str | None = None
    due_date: str | None = None
    completed: bool | None = None
    assigned_to: str | None = None


class Note(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """A text kept with a contact (facts 3.5)."""

    contact_id: str | None = None
    body: str | None = None
    user_id: str | None = None
    title: str | None = None
    color: str | None = None
    pinned: bool | None = None
    date_added: str | None = None


class Appointment(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """A calendar event of a contact; times carry an offset, except under a contact (facts 3.5, 10.1)."""

    contact_id: str | None = None
    calendar_id: str | None = None
    location_id: str | None = None
    group_id: str | None = None
    title: str | None = None
    address: str | None = None
    notes: str | None = None
    appointment_status: str | None = None
    assigned_user_id: str | None = None
    users: list[str] = []
    assigned_resources: list[str] = []
    start_time: str | None = None
    end_time: str | None = None
    date_added: str | None = None
    date_updated: str | None = None


class Business(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """An organisation that contacts may belong to."""

    location_id: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    postal_code: str | None = None
    description: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Tag(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """One entry of a location's tag dictionary."""

    name: str | None = None
    location_id: str | None = None


class CustomField(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """The definition of one custom field (facts 9)."""

    name: str | None = None
    field_key: str | None = None
    """`contact.my_field`."""
    data_type: str | None = None
    """`TEXT`, `LARGE_TEXT`, `NUMERICAL`, `MONETORY` (sic), … (facts 10.3)."""
    model: str | None = None
    location_id: str | None = None
    placeholder: str | None = None
    position: float | None = None
    picklist_options: list[Any] = []
    is_allowed_custom_option: bool | None = None


class CustomValue(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """One named constant of a location."""

    name: str | None = None
    field_key: str | None = None
    value: Any = None
    location_id: str | None = None


class User(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """Somebody who works in HighLevel; `assigned_to` and `followers` point here."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None


class Calendar(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """One calendar of a location."""

    name: str | None = None
    location_id: str | None = None
    group_id: str | None = None
    is_active: bool | None = None


class Location(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """A sub-account; its `settings` hold the duplicate rule (facts 5)."""

    name: str | None = None
    company_id: str | None = None
    country: str | None = None
    timezone: str | None = None
    email: str | None = None
    phone: str | None = None
    settings: JsonObject = {}


class InstalledLocation(Record, kw_only=True, omit_defaults=True, rename="camel"):
    """A location in which an app is installed (facts 2.3)."""

    name: str | None = None
    address: str | None = None
    is_installed: bool | None = None
    version_id: str | None = None
    installed_at: str | None = None


R = TypeVar("R", bound=Record)

# Named by HighLevel in one answer and derivable from another field, so never kept.
_DERIVED = frozenset(
    {
        "firstNameLowerCase",
        "lastNameLowerCase",
        "fullNameLowerCase",
        "emailLowerCase",
        "firstNameRaw",
        "lastNameRaw",
        "contactName",
        "address",
        "birthMonth",
        "birthDay",
        "searchAfter",
        "traceId",
        "businessName",
    }
)
_NAME_KEYS = tuple((key, f"{key}Raw", f"{key}LowerCase") for key in ("firstName", "lastName"))
_DND_CHANNELS = {name.lower(): name for name in ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")}


def _wire_names(kind: type[Record]) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(kind) if field.name != "extra")


_NAMES: dict[type[Record], frozenset[str]] = {}


def _sorted_out(kind: type[Record], raw: JsonObject) -> tuple[JsonObject, JsonObject]:
    """What is set, in two: fields with an attribute, and others."""
    if not isinstance(raw, dict):
        raise msgspec.ValidationError(f"Expected `object`, got `{type(raw).__name__}`")
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = _wire_names(kind)
    known: JsonObject = {}
    extra: JsonObject = {}
    for key, value in raw.items():
        if value is not None:
            (known if key in names else extra)[key] = value
    return known, extra


def _built(kind: type[R], known: JsonObject, extra: JsonObject) -> R:
    if "id" not in known and "_id" in extra:
        known["id"] = extra.pop("_id")
    if extra:
        known["extra"] = extra
    return msgspec.convert(known, kind, strict=True)


def storable(raw: Any) -> Any:
    """The JSON value with texts that every database holds: no NUL, no half of a surrogate pair.

    Raises:
        msgspec.ValidationError: it is nested too deeply.
    """
    try:
        return _mended(raw) if _needs_mending(raw) else raw
    except RecursionError as cause:
        raise msgspec.ValidationError("The object is nested too deeply") from cause


def _needs_mending(raw: Any) -> bool:
    try:
        return b"\\u0000" in msgspec.json.encode(raw)  # far quicker than a walk through the object
    except UnicodeEncodeError:
        return True


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return value


def _make_canonical(known: JsonObject, extra: JsonObject) -> None:
    """Put what the many shapes of a contact name differently under one name, and leave out what is derived."""
    _name_canonically(known, extra)
    if "address" in extra:
        known.setdefault("address1", extra["address"])
    for name in _DERIVED.intersection(extra):
        del extra[name]
    birth = known.get("dateOfBirth")
    if isinstance(birth, str) and "T" in birth:
        known["dateOfBirth"] = birth.partition("T")[0]
    if isinstance(known.get("dndSettings"), dict):
        known["dndSettings"] = canonical_dnd(known["dndSettings"])
    for key, inner in (("additionalEmails", "email"), ("additionalPhones", "phone")):
        if known.get(key) and isinstance(known[key], list):
            known[key] = [item.get(inner) if isinstance(item, dict) else item for item in known[key]]
    if isinstance(known.get("customFields"), list):
        known["customFields"] = [_custom_field_value(item) for item in known["customFields"]]


def _name_canonically(known: JsonObject, extra: JsonObject) -> None:
    """Rows of a list carry names in lower case; the `Raw` keys keep the case (facts 3.3)."""
    for key, raw_key, lower_key in _NAME_KEYS:
        if raw_key in extra:
            known[key] = extra[raw_key]
        elif key not in known and lower_key in extra:
            known[key] = extra[lower_key]  # the only name that a search row is documented to have
    if "name" not in known:
        parts = [known[key] for key in ("firstName", "lastName") if isinstance(known.get(key), str)]
        name = " ".join(part for part in parts if part) or extra.get("contactName")
        if name:
            known["name"] = name


def canonical_dnd(settings: JsonObject) -> JsonObject:
    """DND settings under the channel names of v2, whichever version spelled them (facts 1.3)."""
    return {_DND_CHANNELS.get(str(channel).lower(), channel): value for channel, value in settings.items()}


def _custom_field_value(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    for key in ("value", "fieldValue", "field_value"):
        if key in item:
            return {"id": item.get("id"), "value": item[key]}
    return {"id": item.get("id")}
