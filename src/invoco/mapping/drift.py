"""What changed in HighLevel under the feet of a mapping."""

from __future__ import annotations

from collections.abc import Iterator

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import CustomField
from invoco.mapping.chains import link
from invoco.mapping.definitions import Definitions, bare_key, options_of
from invoco.mapping.document import Document, Rule
from invoco.mapping.places import UnknownFieldError, custom_place, place
from invoco.mapping.problems import BadOptionError, Problem
from invoco.mapping.types import Type, in_words


def drift(document: Document, before: Definitions, after: Definitions) -> list[Problem]:
    """The custom fields that rules name and that were renamed, removed, retyped, or lost an option."""
    return [
        problem
        for kind, number, rule in document.numbered()
        if kind is RecordKind.CONTACT
        for name in (rule.source, rule.to)
        if name is not None
        for problem in _field_drift(f"{kind.value} rule {number}", name, rule, before, after)
    ]


def _field_drift(where: str, name: str, rule: Rule, before: Definitions, after: Definitions) -> Iterator[Problem]:
    old = _definition(name, before)
    if old is None:
        return
    new = next((field for field in after.of_contacts() if field.id == old.id), None)
    if new is None:
        yield Problem(where, name, f"The custom field `{name}` is gone from HighLevel.", "Take the rule away.")
        return
    yield from _renamed(where, name, new, after)
    yield from _retyped(where, name, old, new)
    yield from _options(where, name, rule, old, new)


def _definition(name: str, definitions: Definitions) -> CustomField | None:
    try:
        id_ = place(name, RecordKind.CONTACT, definitions).custom
    except UnknownFieldError:
        return None
    return next((field for field in definitions.of_contacts() if field.id == id_), None)


def _renamed(where: str, name: str, new: CustomField, after: Definitions) -> Iterator[Problem]:
    found = _definition(name, after)
    if found is None or found.id != new.id:
        called = f"`{new.name}`" if new.name else "another name"
        cure = f"Write `custom.{bare_key(new)}` in the rule."
        yield Problem(where, name, f"The custom field `{name}` has {called} now.", cure)


def _retyped(where: str, name: str, old: CustomField, new: CustomField) -> Iterator[Problem]:
    was, now = custom_place(old).type, custom_place(new).type
    if was is not now:
        message = f"The custom field `{name}` held {in_words(was)} and holds {in_words(now)} now."
        yield Problem(where, name, message, "Check the rule's transforms.")


def _options(where: str, name: str, rule: Rule, old: CustomField, new: CustomField) -> Iterator[Problem]:
    was, now = options_of(old), options_of(new)
    if now is None:
        return
    for gone in sorted((was or frozenset()) - now):
        told = f"The rule writes `{gone}`, which" if gone in _written(rule) else f"`{gone}`"
        yield Problem(where, name, f"{told} is no option of `{name}` any more.", "Use another option.")


def _written(rule: Rule) -> set[str]:
    """The texts that a rule is known to write."""
    texts = {rule.default} if isinstance(rule.default, str) else set()
    for step in rule.transforms:
        try:
            made = link(step, Type.ANY)
        except BadOptionError:
            continue
        if made.transform.texts_of:
            texts.update(made.transform.texts_of(made.options))
    return texts
