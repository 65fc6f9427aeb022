"""Where a value stands in a record: a field, a custom field, or a path into what nobody named."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.highlevel.operations import OPERATIONS
from invoco.highlevel.records import CustomField
from invoco.mapping.definitions import Definitions, bare_key, options_of
from invoco.mapping.problems import meant
from invoco.mapping.types import Type

ALWAYS: Final = frozenset({"id", "locationId", "contactId", "dateAdded", "dateUpdated", "createdAt", "updatedAt"})
"""Fields that flow unchanged whatever the rules say."""
_TYPES: Final = (("bool", Type.YES_NO), ("list", Type.LIST), ("dict", Type.OBJECT), ("JsonObject", Type.OBJECT))
_CUSTOM_TYPES: Final = {
    "NUMERICAL": Type.NUMBER, "MONETORY": Type.NUMBER, "FLOAT": Type.NUMBER, "CHECKBOX": Type.LIST,
    "MULTIPLE_OPTIONS": Type.LIST, "FILE_UPLOAD": Type.OBJECT, "TEXTBOX_LIST": Type.OBJECT, "SIGNATURE": Type.ANY,
}  # fmt: skip
_WRITES: Final = {
    RecordKind.CONTACT: ("create-contact", "update-contact", "add-followers-contact"),
    RecordKind.TASK: ("create-task", "update-task"),
    RecordKind.NOTE: ("create-note", "update-note"),
}
_DEEPEST: Final = 20


class UnknownFieldError(ValueError):
    """No field has this name."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


class Place(msgspec.Struct, frozen=True):
    """One field of one kind of record. Exactly one of `attribute`, `custom` and `path` is set."""

    name: str
    """As a rule spells it, but a custom field by its key."""
    type: Type
    attribute: str = ""
    custom: str = ""
    """The id of a custom field."""
    path: tuple[str, ...] = ()
    """Steps into `extra`."""
    options: frozenset[str] | None = None
    empty: Any = None
    """What the attribute is when it is not set: nothing, an empty list or an empty object."""

    @property
    def identity(self) -> tuple[str, ...]:
        """Equal for two spellings of one field; for a path, its beginning is the field above."""
        return ("extra", *self.path) if self.path else ("custom", self.custom) if self.custom else (self.attribute,)

    def overlaps(self, other: Place) -> bool:
        """Whether writing one would write into the other."""
        short, long = sorted((self.identity, other.identity), key=len)
        return long[: len(short)] == short


def standard_places(kind: RecordKind) -> dict[str, Place]:
    """The standard fields of a kind by wire name."""
    hidden = {"extra", "custom_fields"}
    fields = (field for field in msgspec.structs.fields(RECORD_TYPES[kind]) if field.name not in hidden)
    return {field.encode_name: _standard(field) for field in fields}


def _standard(field: Any) -> Place:
    words = str(field.type)
    type_ = next((type_ for word, type_ in _TYPES if word in words), Type.TEXT)
    empty: Any = {Type.LIST: [], Type.OBJECT: {}}.get(type_)
    return Place(field.encode_name, type_, attribute=field.name, empty=empty)


def custom_place(field: CustomField) -> Place:
    """The place of a custom field's value."""
    type_ = _CUSTOM_TYPES.get(field.data_type or "", Type.TEXT)
    return Place(f"custom.{bare_key(field)}", type_, custom=field.id, options=options_of(field))


def place(name: str, kind: RecordKind, definitions: Definitions) -> Place:
    """The field that a rule means.

    Raises:
        UnknownFieldError: there is none, or more than one; with the nearest name.
    """
    known = standard_places(kind)
    if name in known:
        return known[name]
    if name.startswith("extra."):
        return _path(name)
    if name.startswith("custom."):
        return _custom(name.removeprefix("custom."), kind, definitions)
    raise _unknown(name, kind, definitions, known)


def _path(name: str) -> Place:
    path = tuple(name.split(".")[1:])
    if not all(path) or len(path) > _DEEPEST:
        raise UnknownFieldError(f"`{name}` is no path.", "Write it as `extra.first.second`.")
    return Place(name, Type.ANY, path=path)


def _custom(name: str, kind: RecordKind, definitions: Definitions) -> Place:
    if kind is not RecordKind.CONTACT:
        raise UnknownFieldError(f"{kind.value.capitalize()} have no custom fields.", "Use a standard field.")
    fields = definitions.of_contacts()
    for spelled in (_by_id, _by_key, _by_name):
        found = [field for field in fields if spelled(field, name)]
        if len(found) > 1:
            keys = " or ".join(f"`custom.{bare_key(field)}`" for field in found)
            raise UnknownFieldError(f"More than one custom field is called `{name}`.", f"Name it by its key: {keys}.")
        if found:
            return custom_place(found[0])
    cure = _nearest_custom(name, fields)
    raise UnknownFieldError(f"There is no custom field `{name}`.", cure)


def _by_id(field: CustomField, name: str) -> bool:
    return field.id == name


def _by_key(field: CustomField, name: str) -> bool:
    return bare_key(field) == name.removeprefix("contact.")


def _by_name(field: CustomField, name: str) -> bool:
    return (field.name or "").casefold() == name.casefold()


def _nearest_custom(name: str, fields: list[CustomField]) -> str:
    known = [*(bare_key(field) for field in fields), *(field.name for field in fields if field.name)]
    names = [f"custom.{word}" for word in known]
    return meant(f"custom.{name}", names, otherwise="Make it in HighLevel first, or look its key up in the settings.")


def _unknown(name: str, kind: RecordKind, definitions: Definitions, known: dict[str, Place]) -> UnknownFieldError:
    customs = [custom_place(field).name for field in definitions.of_contacts()] if kind is RecordKind.CONTACT else []
    for custom in customs:
        known.setdefault(custom.removeprefix("custom."), Place(custom, Type.ANY))
    cure = meant(name, known, otherwise="Use a standard field, `custom.key`, or `extra.path`.")
    cure = cure.replace(name, f"custom.{name}") if f"custom.{name}" in customs else cure
    return UnknownFieldError(f"{kind.value.capitalize()} have no field `{name}`.", cure)


def is_writable(place: Place, kind: RecordKind) -> bool:
    """Whether HighLevel accepts that field in a write."""
    if place.path:
        return False
    return bool(place.custom) or place.name in _writable_names(kind)


def _writable_names(kind: RecordKind) -> set[str]:
    operations = (OPERATIONS[name] for name in _WRITES.get(kind, ()))
    names = {field.name for operation in operations for field in operation.body or ()}
    return (names | {"businessId"} if kind is RecordKind.CONTACT else names) - ALWAYS
