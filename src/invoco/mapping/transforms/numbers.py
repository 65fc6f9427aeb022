"""Transforms of numbers and money; reckoned in decimals, so that 0.1 and 0.2 make 0.3."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from invoco.mapping.problems import BadOptionError, CannotMapError
from invoco.mapping.transforms.transform import Function, Transform, Workshop, example, plain
from invoco.mapping.types import Type

_GROUP: Final = "Numbers"
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_GREATEST: Final = Decimal(10) ** 15
_ROUNDINGS: Final = {"half_up": ROUND_HALF_UP, "up": ROUND_UP, "down": ROUND_DOWN}


class ReadOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the number is written."""

    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", ""] = ","


class WriteOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the number is to be written."""

    decimals: Annotated[int, Meta(ge=0, le=10)] = 2
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", ""] = ""


class MoneyOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the amount is written."""

    symbol: Annotated[str, Meta(min_length=1, max_length=10)] = "$"
    position: Literal["before", "after"] = "before"
    decimals: Annotated[int, Meta(ge=0, le=4)] = 2
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", ""] = ","


class RoundOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the number is rounded."""

    decimals: Annotated[int, Meta(ge=0, le=10)] = 0
    way: Literal["half_up", "up", "down"] = "half_up"


class FactorOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By how much."""

    factor: float


class AddOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is added; less than 0 takes away."""

    number: float


class LimitOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Between which bounds the number stays."""

    least: float | None = None
    greatest: float | None = None


def as_number(number: Decimal) -> int | float:
    """A number as JSON has it: whole numbers without a fraction.

    Raises:
        CannotMapError: it is infinite or too large to be exact.
    """
    if not number.is_finite() or abs(number) >= _GREATEST:
        raise CannotMapError("the number is too large")
    return int(number) if number == number.to_integral_value() else float(number)


def _exactly(number: float) -> Decimal:
    exact = Decimal(str(number))
    if not exact.is_finite() or abs(exact) >= _GREATEST:
        raise CannotMapError("the number is too large")
    return exact


def read_number(text: str, decimal: str, thousands: str) -> int | float:
    """The number that a text writes.

    Raises:
        CannotMapError: it writes none.
    """
    bare = text.strip().replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    bare = (bare.replace(thousands, "") if thousands else bare).replace(decimal, ".")
    if not _NUMBER.fullmatch(bare):
        raise CannotMapError(f"`{text}` is no number")
    return as_number(Decimal(bare))


def write_number(number: float, decimals: int, decimal: str, thousands: str) -> str:
    """The number as a text with that many digits behind the decimal sign."""
    rounded = _exactly(number).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    written = f"{rounded:,.{decimals}f}"
    return written.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


def _signs_differ(options: Any) -> None:
    if options.decimal == options.thousands:
        raise BadOptionError("`decimal` and `thousands` are the same sign.", 'Set `thousands = ""`, or another sign.')


def _reads(options: Any, _workshop: Workshop) -> Function:
    _signs_differ(options)
    return lambda text: read_number(text, options.decimal, options.thousands)


def _writes_plainly(_options: ReadOptions, _workshop: Workshop) -> Function:
    return lambda number: _plainly(number).replace(".", _options.decimal)


def _writes(options: WriteOptions, _workshop: Workshop) -> Function:
    _signs_differ(options)
    return lambda number: write_number(number, options.decimals, options.decimal, options.thousands)


def _plainly(number: float) -> str:
    return f"{_exactly(number).normalize():f}"


def _writes_money(options: MoneyOptions, _workshop: Workshop) -> Function:
    _signs_differ(options)

    def money(number: float) -> str:
        amount = write_number(abs(number), options.decimals, options.decimal, options.thousands)
        shown = f"{options.symbol}{amount}" if options.position == "before" else f"{amount} {options.symbol}"
        return f"-{shown}" if number < 0 else shown

    return money


def _reads_money(options: MoneyOptions, _workshop: Workshop) -> Function:
    _signs_differ(options)
    return lambda text: read_number(
        text.replace(options.symbol, "").replace("- ", "-"), options.decimal, options.thousands
    )


def _rounds(options: RoundOptions, _workshop: Workshop) -> Function:
    step, way = Decimal(1).scaleb(-options.decimals), _ROUNDINGS[options.way]
    return lambda number: as_number(_exactly(number).quantize(step, rounding=way))


def _multiplies(options: FactorOptions, _workshop: Workshop) -> Function:
    factor = _factor(options)
    return lambda number: as_number(_exactly(number) * factor)


def _divides(options: FactorOptions, _workshop: Workshop) -> Function:
    factor = _factor(options)
    return lambda number: as_number(_exactly(number) / factor)


def _factor(options: FactorOptions) -> Decimal:
    factor = Decimal(str(options.factor))
    if not factor or not factor.is_finite() or abs(factor) >= _GREATEST:
        raise BadOptionError("`factor` must be a number other than 0.", "Correct `factor`.")
    return factor


def _adds(options: AddOptions, _workshop: Workshop) -> Function:
    return _sum(Decimal(str(options.number)))


def _subtracts(options: AddOptions, _workshop: Workshop) -> Function:
    return _sum(-Decimal(str(options.number)))


def _sum(more: Decimal) -> Function:
    return lambda number: as_number(_exactly(number) + more)


def _limits(options: LimitOptions, _workshop: Workshop) -> Function:
    least, greatest = options.least, options.greatest
    if least is None and greatest is None:
        raise BadOptionError("Neither `least` nor `greatest` is given.", "Give one of them.")
    if least is not None and greatest is not None and least > greatest:
        raise BadOptionError("`least` is more than `greatest`.", "Exchange them.")
    low, high = least if least is not None else float("-inf"), greatest if greatest is not None else float("inf")
    return lambda number: as_number(_exactly(min(max(number, low), high)))


def _numeric(name: str, description: str, options: Any, forth: Any, *examples: Any, **more: Any) -> Transform:
    return Transform(
        name=name, group=_GROUP, description=description, options=options, forth=forth, examples=examples,
        takes=more.get("takes", Type.NUMBER), gives=more.get("gives", Type.NUMBER), back=more.get("back"),
    )  # fmt: skip


TRANSFORMS: Final = (
    _numeric(
        "number_from_text", "Read a number from a text.", ReadOptions, _reads, example("1,234.50", 1234.5),
        example("1.234,5", 1234.5, decimal=",", thousands="."), takes=Type.TEXT, back=_writes_plainly,
    ),
    _numeric(
        "number_to_text", "Write a number as a text.", WriteOptions, _writes, example(1234.5, "1234.50"),
        example(1234.5, "1.234,5", decimals=1, decimal=",", thousands="."), gives=Type.TEXT, back=_reads,
    ),
    _numeric(
        "money_to_text", "Write an amount with its currency.", MoneyOptions, _writes_money,
        example(1234.5, "$1,234.50"),
        example(-9, "-9,00 €", symbol="€", position="after", decimal=",", thousands="."),
        gives=Type.TEXT, back=_reads_money,
    ),
    _numeric(
        "money_from_text", "Read an amount with its currency.", MoneyOptions, _reads_money,
        example("$1,234.50", 1234.5),
        example("9,00 €", 9, symbol="€", position="after", decimal=",", thousands="."),
        takes=Type.TEXT, back=_writes_money,
    ),
    plain(
        "text_of", "Write a number as it is, without rounding.", _plainly, example(12.5, "12.5"), example(3, "3"),
        group=_GROUP, takes=Type.NUMBER, back=lambda text: read_number(text, ".", ""),
    ),
    _numeric("round", "Round a number.", RoundOptions, _rounds, example(2.5, 3), example(2.567, 2.57, decimals=2)),
    _numeric(
        "scale", "Multiply by a number.", FactorOptions, _multiplies, example(12.5, 1250, factor=100),
        example(19.99, 1999, factor=100), back=_divides,
    ),
    _numeric("add", "Add a number.", AddOptions, _adds, example(0.1, 0.3, number=0.2), back=_subtracts),
    _numeric("limit", "Keep a number between bounds.", LimitOptions, _limits, example(120, 100, greatest=100)),
)  # fmt: skip
