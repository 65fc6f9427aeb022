"""From one written rule to its flows, or to what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from invoco.domain.kinds import RecordKind
from invoco.mapping.access import Reader, reader
from invoco.mapping.chains import Link, Step, link
from invoco.mapping.definitions import Definitions
from invoco.mapping.document import DIRECTIONS, ON_ERROR, Rule, step_parts
from invoco.mapping.expressions import Expression
from invoco.mapping.flows import Flow, converter
from invoco.mapping.places import ALWAYS, Place, UnknownFieldError, is_writable, place
from invoco.mapping.problems import BadOptionError, Problem, meant
from invoco.mapping.transforms.transform import Workshop
from invoco.mapping.types import Type, agree, fits, in_words, type_of


@dataclass(slots=True)
class BuiltRule:
    """A rule, as far as it could be understood."""

    kind: RecordKind
    number: int
    rule: Rule
    source: Place | None = None
    to: Place | None = None
    inward: Flow | None = None
    outward: Flow | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def name(self) -> str:
        """How problems name it."""
        return f"{self.kind.value} rule {self.number}"

    @property
    def is_plain_copy(self) -> bool:
        """Whether it says what would happen without it."""
        rule = self.rule
        same = self.source is not None and self.source == self.to
        return same and rule.direction == "both" and not rule.transforms and rule.default is None

    def wrong(self, field_: str, message: str, cure: str) -> None:
        """Note one more problem."""
        self.problems.append(Problem(self.name, field_, message, cure))


def built(kind: RecordKind, number: int, rule: Rule, definitions: Definitions) -> BuiltRule:
    """The rule with its flows, or with all its problems."""
    made = BuiltRule(kind, number, rule)
    _check_words(made)
    made.source = _place(made, rule.source, definitions)
    made.to = _place(made, rule.to, definitions)
    if not made.problems:
        _check_shape(made)
    if not made.problems and rule.direction != "off":
        _check_targets(made)
        _add_flows(made, Workshop(definitions, kind))
    return made


def _check_words(made: BuiltRule) -> None:
    for key, word, known in (
        ("direction", made.rule.direction, DIRECTIONS),
        ("on_error", made.rule.on_error, ON_ERROR),
    ):
        if word not in known:
            cure = meant(word, known, otherwise=f"Use one of {', '.join(f'`{each}`' for each in known)}.")
            made.wrong(key, f"`{word}` is no {key.replace('_', ' ')}.", cure)


def _place(made: BuiltRule, name: str | None, definitions: Definitions) -> Place | None:
    if name is None:
        return None
    try:
        return place(name, made.kind, definitions)
    except UnknownFieldError as cause:
        made.wrong(name, str(cause), cause.cure)
        return None


def _check_shape(made: BuiltRule) -> None:
    """Which of `from`, `to` and `value` a rule needs depends on its direction."""
    rule = made.rule
    if rule.direction == "off":
        _check_off(made)
        return
    if rule.value is not None and rule.direction == "both":
        made.wrong("value", "A computed value cannot flow both ways.", "Set `direction` to `in` or `out`.")
        return
    needed = [("from", rule.source, "out"), ("to", rule.to, "in")]
    for key, given, always in needed:
        if given is None and (rule.value is None or rule.direction == always):
            made.wrong(key, f"`{key}` is missing.", f"Name the field on {_side(key)} side.")
    read = "from" if rule.direction == "in" else "to"
    if rule.value is not None and (rule.source if read == "from" else rule.to) is not None:
        made.wrong("value", f"Both `value` and `{read}` say where the value comes from.", "Take one of them away.")


def _check_off(made: BuiltRule) -> None:
    rule = made.rule
    if rule.source is None and rule.to is None:
        made.wrong("from", "The rule names no field.", "Name the field that is not to flow with `from`.")
    if rule.transforms or rule.value is not None or rule.default is not None:
        made.wrong("direction", "A rule that is off changes nothing.", "Take its transforms away, or turn it on.")


def _side(key: str) -> str:
    return "HighLevel's" if key == "from" else "Invoco's"


def _check_targets(made: BuiltRule) -> None:
    direction = made.rule.direction
    if direction in {"in", "both"} and made.to is not None and made.to.name in ALWAYS:
        made.wrong(made.to.name, f"`{made.to.name}` cannot be written.", "It always flows unchanged; choose another.")
    if direction in {"out", "both"} and made.source is not None and not is_writable(made.source, made.kind):
        message = f"HighLevel takes no `{made.source.name}` of {made.kind.value}."
        made.wrong(made.source.name, message, "Set `direction` to `in`, or choose another field.")


def _add_flows(made: BuiltRule, workshop: Workshop) -> None:
    """The steps run from the side that is read; in a rule for both ways, back in the other order."""
    read, written = (made.to, made.source) if made.rule.direction == "out" else (made.source, made.to)
    if written is None:
        return
    try:
        expression = Expression(made.rule.value, made.kind, workshop.definitions) if made.rule.value else None
        given = expression.type() if expression else read.type if read else Type.ANY
    except BadOptionError as cause:
        made.wrong("value", str(cause), cause.cure)
        return
    links = _links(made, given)
    if links is None:
        return
    ends = links[-1].gives if links else given
    _check_end(made, ends, written, links)
    steps = _steps(made, links, workshop)
    if not made.problems and (expression or read):
        source = expression or reader(read or written)
        _set_flows(made, source, (read, written), steps, ends)


def _links(made: BuiltRule, given: Type) -> list[Link] | None:
    links: list[Link] = []
    for step in made.rule.transforms:
        try:
            links.append(link(step, links[-1].gives if links else given))
        except BadOptionError as cause:
            made.wrong(step_parts(step)[0], str(cause), cause.cure)
            return None
    return links


def _check_end(made: BuiltRule, given: Type, written: Place, links: list[Link]) -> None:
    """What comes out must be what the target holds, and so must the default."""
    if not agree(given, written.type):
        message = f"`{written.name}` holds {in_words(written.type)}, but the rule gives {in_words(given)}."
        made.wrong(written.name, message, _conversion(given, written.type))
    default = made.rule.default
    if default is not None and not fits(default, written.type):
        message = f"`default` is {in_words(type_of(default))}, but `{written.name}` holds {in_words(written.type)}."
        made.wrong("default", message, f"Write {in_words(written.type)}.")
    _check_options(made, written, links)


def _conversion(given: Type, wanted: Type) -> str:
    from invoco.mapping.transforms import TRANSFORMS

    names = [t.name for t in TRANSFORMS.values() if t.takes is given and t.gives is wanted and t.has_inverse]
    return f"Add the transform `{names[0]}`." if names else "Add a transform, or choose another field."


def _check_options(made: BuiltRule, written: Place, links: list[Link]) -> None:
    if written.options is None:
        return
    last = links[-1] if links else None
    texts = list(last.transform.texts_of(last.options)) if last and last.transform.texts_of else []
    default = made.rule.default
    texts += default if isinstance(default, list) else [default] if isinstance(default, str) else []
    for text in texts:
        if text not in written.options:
            known = sorted(written.options)
            cure = meant(text, known, otherwise=f"Use one of {', '.join(f'`{each}`' for each in known)}.")
            made.wrong(written.name, f"`{text}` is no option of `{written.name}`.", cure)


def _steps(made: BuiltRule, links: Sequence[Link], workshop: Workshop) -> tuple[list[Step], list[Step]]:
    """The steps forth and, where a rule flows both ways, back."""
    forth: list[Step] = []
    back: list[Step] = []
    for each in links:
        try:
            forth.append(each.forth(workshop))
            if made.rule.direction == "both":
                _add_back(made, each, each.back(workshop), back)
        except BadOptionError as cause:
            made.wrong(each.transform.name, str(cause), cause.cure)
    return forth, back[::-1]


def _add_back(made: BuiltRule, each: Link, step: Step | None, back: list[Step]) -> None:
    if step is not None:
        back.append(step)
        return
    name = each.transform.name
    why = " with these options" if each.transform.has_inverse else ""
    made.wrong(name, f"`{name}` cannot be undone{why}, so the rule cannot flow both ways.", "Set `direction` to `in`.")


def _set_flows(
    made: BuiltRule, source: Reader, sides: tuple[Place | None, Place], steps: tuple[list[Step], list[Step]], ends: Type
) -> None:
    rule, (read, written) = made.rule, sides
    checked = _is_in_doubt(steps[0], ends, read, written)
    main = Flow(
        made.number, source, written, reader(written), rule.default, rule.on_error,
        converter(steps[0], rule.default, written, checked=checked),
    )  # fmt: skip
    if rule.direction == "out":
        made.outward = main
        return
    made.inward = main
    if rule.direction == "both" and read is not None:
        convert = converter(steps[1], None, read, checked=_is_in_doubt(steps[1], read.type, written, read))
        made.outward = Flow(made.number, reader(written), read, reader(read), None, rule.on_error, convert)


def _is_in_doubt(steps: Sequence[Step], ends: Type, read: Place | None, written: Place) -> bool:
    """Whether what comes out may be of another type than the target's, or no option of it."""
    if not steps and read == written:
        return False
    return not steps or ends in {Type.ANY, Type.LIST} or written.options is not None
