"""Everything that is wrong with a document, in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from invoco.domain.kinds import RecordKind
from invoco.mapping.building import BuiltRule, built
from invoco.mapping.definitions import Definitions
from invoco.mapping.document import KINDS, UNNAMED, VERSION, Document
from invoco.mapping.expressions import Expression
from invoco.mapping.places import Place
from invoco.mapping.problems import BadOptionError, Problem, meant
from invoco.mapping.types import Type, in_words


def check(document: Document, definitions: Definitions) -> list[Problem]:
    """All problems of the document for that location; none when it can be used."""
    return problems_of(document, definitions, built_rules(document, definitions))


def built_rules(document: Document, definitions: Definitions) -> list[BuiltRule]:
    """Every rule of the document, as far as it can be understood."""
    return [built(kind, number, rule, definitions) for kind, number, rule in document.numbered()]


def problems_of(document: Document, definitions: Definitions, rules: list[BuiltRule]) -> list[Problem]:
    """All problems of a document whose rules are built already."""
    problems = [*_version(document)]
    for kind in KINDS:
        own = [rule for rule in rules if rule.kind is kind]
        problems += _kind_problems(document, kind, definitions)
        problems += [problem for rule in own for problem in rule.problems]
        problems += _clashes(own)
    return problems


def _version(document: Document) -> Iterator[Problem]:
    if document.version != VERSION:
        message = f"Version {document.version} of mappings is not known."
        yield Problem("document", "version", message, f"Write `version = {VERSION}`, or install a newer Invoco.")


def _kind_problems(document: Document, kind: RecordKind, definitions: Definitions) -> Iterator[Problem]:
    rules = document.of(kind)
    if rules.unnamed not in UNNAMED:
        cure = meant(rules.unnamed, UNNAMED, otherwise="Use `both` or `off`.")
        yield Problem(kind.value, "unnamed", f"`{rules.unnamed}` is no choice for `unnamed`.", cure)
    if rules.filter is not None:
        yield from _filter_problems(f"{kind.value} filter", rules.filter, kind, definitions)


def _filter_problems(name: str, text: str, kind: RecordKind, definitions: Definitions) -> Iterator[Problem]:
    try:
        type_ = Expression(text, kind, definitions).type()
    except BadOptionError as cause:
        yield Problem(name, "filter", str(cause), cause.cure)
        return
    if type_ not in {Type.YES_NO, Type.ANY}:
        message = f"The filter gives {in_words(type_)}, not yes or no."
        yield Problem(name, "filter", message, 'Compare with something, as in `country == "DE"`.')


def _clashes(rules: Iterable[BuiltRule]) -> Iterator[Problem]:
    """Two rules that write one field on one side."""
    for first, second in combinations(rules, 2):
        for side, where in (("in", "Invoco"), ("out", "HighLevel")):
            one, other = target(first, side), target(second, side)
            if one is not None and other is not None and one.overlaps(other):
                message = f"`{other.name}` in {where} is written by rule {first.number} already."
                yield Problem(second.name, other.name, message, "Take one of the two rules away.")
                break


def target(rule: BuiltRule, side: str) -> Place | None:
    """The field whose value the rule decides on that side (`in`: Invoco's), if any."""
    if rule.rule.direction not in {side, "both", "off"}:
        return None
    place = rule.to if side == "in" else rule.source
    return place or (rule.source or rule.to if rule.rule.direction == "off" else None)
