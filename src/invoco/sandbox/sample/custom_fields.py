"""Custom fields of every data type, and values for them (facts 10.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from invoco.highlevel.records import CustomField, CustomFieldValue
from invoco.sandbox.sample.dice import Dice
from invoco.sandbox.sample.texts import SENTENCES


class Plan(NamedTuple):
    """What a custom field is like before it has an id."""

    name: str
    key: str
    data_type: str
    options: tuple[str, ...] = ()
    filled: float = 0.2
    """Share of the contacts that have a value."""
    model: str = "contact"


_PLANS: Final = (
    Plan("Favourite colour", "favourite_colour", "TEXT", filled=0.6),
    Plan("Nickname", "nickname", "TEXT", filled=0.3),
    Plan("Background", "background", "LARGE_TEXT", filled=0.4),
    Plan("Employees", "employees", "NUMERICAL", filled=0.5),
    Plan("Score", "score", "FLOAT", filled=0.4),
    Plan("Yearly budget", "yearly_budget", "MONETORY", filled=0.5),
    Plan("Second phone", "second_phone", "PHONE", filled=0.15),
    Plan("Billing e-mail", "billing_email", "EMAIL", filled=0.15),
    Plan("Interests", "interests", "CHECKBOX", ("Implants", "Whitening", "Check-up", "Braces"), filled=0.5),
    Plan("Language", "language", "SINGLE_OPTIONS", ("English", "Deutsch", "Français", "日本語", "العربية"), filled=0.7),
    Plan("Products", "products", "MULTIPLE_OPTIONS", ("Basic", "Plus", "Premium", "Add-on: SMS"), filled=0.4),
    Plan("Size", "size", "RADIO", ("Small", "Medium", "Large"), filled=0.5),
    Plan("Contract ends", "contract_ends", "DATE", filled=0.4),
    Plan("Keys handed over", "keys_handed_over", "TEXTBOX_LIST", ("Front door", "Garage"), filled=0.1),
    Plan("Identity card", "identity_card", "FILE_UPLOAD", filled=0.05),
    Plan("Signed consent", "signed_consent", "SIGNATURE", filled=0.05),
    Plan("Deal reason", "deal_reason", "TEXT", model="opportunity"),
)


def custom_fields(location_id: str, dice: Dice) -> list[CustomField]:
    """The definitions of a location: every data type for contacts, and one field of opportunities."""
    return [_definition(plan, position, location_id, dice) for position, plan in enumerate(_PLANS)]


def _definition(plan: Plan, position: int, location_id: str, dice: Dice) -> CustomField:
    return CustomField(
        id=dice.new_id(),
        name=plan.name,
        field_key=f"{plan.model}.{plan.key}",
        data_type=plan.data_type,
        model=plan.model,
        location_id=location_id,
        placeholder="",
        position=float(position * 50),
        picklist_options=_options(plan, dice),
        is_allowed_custom_option=plan.data_type == "SINGLE_OPTIONS",
    )


def _options(plan: Plan, dice: Dice) -> list[Any]:
    if plan.data_type != "TEXTBOX_LIST":
        return list(plan.options)
    return [{"id": dice.new_uuid(), "label": label, "prefillValue": ""} for label in plan.options]


class FieldValues:
    """Makes the custom field values of contacts of one location."""

    def __init__(self, definitions: list[CustomField], dice: Dice, *, phone: str, email: str, now_year: int) -> None:
        self._dice, self._phone, self._email, self._now_year = dice, phone, email, now_year
        self._makers = [
            (field, plan.filled, self._maker(plan.data_type))
            for field, plan in zip(definitions, _PLANS, strict=True)
            if plan.model == "contact"
        ]

    def some(self) -> list[CustomFieldValue]:
        """Values for one contact, in the order of the definitions."""
        share = self._dice.share
        return [CustomFieldValue(field.id, make(field)) for field, filled, make in self._makers if share() < filled]

    def _maker(self, data_type: str) -> Callable[[CustomField], Any]:
        dice = self._dice
        makers: dict[str, Callable[[CustomField], Any]] = {
            "TEXT": lambda _: dice.pick(_SHORT_TEXTS),
            "LARGE_TEXT": lambda _: " ".join(dice.some(SENTENCES, 1 + dice.below(5))),
            "NUMERICAL": lambda _: dice.below(5_000),
            "FLOAT": lambda _: dice.below(1_000) / 8,
            "MONETORY": lambda _: dice.below(10_000_000) / 100,
            "PHONE": lambda _: self._phone,
            "EMAIL": lambda _: self._email,
            "CHECKBOX": lambda field: dice.some(field.picklist_options, 2),
            "MULTIPLE_OPTIONS": lambda field: dice.some(field.picklist_options, 3),
            "SINGLE_OPTIONS": lambda field: dice.pick(field.picklist_options),
            "RADIO": lambda field: dice.pick(field.picklist_options),
            "DATE": lambda _: f"{self._now_year + dice.below(4)}-{1 + dice.below(12):02d}-{1 + dice.below(28):02d}",
            "TEXTBOX_LIST": lambda field: {option["id"]: dice.pick(_SHORT_TEXTS) for option in field.picklist_options},
            "FILE_UPLOAD": lambda field: self._file(field, "passport.pdf", "application/pdf"),
            "SIGNATURE": lambda field: self._file(field, "signature.png", "image/png"),
        }
        return makers[data_type]

    def _file(self, field: CustomField, name: str, mime_type: str) -> dict[str, Any]:
        key, document = self._dice.new_uuid(), self._dice.new_id()
        meta = {
            "fieldname": field.id, "originalname": name, "encoding": "7bit", "mimetype": mime_type,
            "size": 1_000 + self._dice.below(900_000), "uuid": key,
        }  # fmt: skip
        return {key: {"meta": meta, "url": f"https://files.example.com/{document}/{name}", "documentId": document}}


_SHORT_TEXTS: Final = (
    "blue",
    "Grün",
    "赤",
    "أحمر",
    "very dark green 🌲",
    "n/a",
    "teal / turquoise",
    "Ζωή",
    "none",
    "two",
)
