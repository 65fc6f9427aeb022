"""Two mappings side by side, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from invoco.mapping.document import KINDS, Document, KindRules, Rule
from invoco.mapping.writing import toml_value


def diff(document_a: Document, document_b: Document) -> list[str]:
    """What the second document says otherwise than the first; no lines when they say the same."""
    return [line for kind in KINDS for line in _kind_lines(kind.value, document_a.of(kind), document_b.of(kind))]


def _kind_lines(kind: str, old: KindRules, new: KindRules) -> Iterator[str]:
    for key in ("filter", "unnamed"):
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            yield f"{kind}: {key} was {_shown(was)}, is {_shown(now)}"
    was_by, now_by = _by_fields(old), _by_fields(new)
    for name, rule in was_by.items():
        if name not in now_by:
            yield f"{kind}: rule for {name} taken away"
        else:
            yield from _rule_lines(f"{kind}: rule for {name}", rule, now_by[name])
    for name, rule in now_by.items():
        if name not in was_by:
            yield f"{kind}: rule for {name} added, {_told(rule)}"


def _by_fields(rules: KindRules) -> dict[str, Rule]:
    """Rules by the fields they join; a second rule for the same fields is numbered."""
    named: dict[str, Rule] = {}
    for rule in rules.rules:
        name = base = f"{rule.source or '(computed)'} → {rule.to or '(computed)'}"
        count = 2
        while name in named:
            name, count = f"{base} ({count})", count + 1
        named[name] = rule
    return named


def _rule_lines(name: str, old: Rule, new: Rule) -> Iterator[str]:
    for field in msgspec.structs.fields(Rule):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if was != now:
            yield f"{name}: {field.encode_name} was {_shown(was)}, is {_shown(now)}"


def _told(rule: Rule) -> str:
    names = [step if isinstance(step, str) else str(step.get("use")) for step in rule.transforms]
    return f"direction {rule.direction}" + (f", transforms {', '.join(names)}" if names else "")


def _shown(value: object) -> str:
    return "nothing" if value is None or value == [] else toml_value(value)
