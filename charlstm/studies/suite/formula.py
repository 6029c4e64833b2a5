"""The formula of a prediction as a tree, and its value.

A region stands for its surprisal in bits, and `*` for that of all regions of a condition. `=` is
that of SyntaxGym: two sums are equal if they differ by at most 10⁻³ + 10⁻⁵·|the second|.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

ABSOLUTE, RELATIVE = 1e-3, 1e-5  # by which equal sums may differ


class Region(NamedTuple):
    """A region of a condition, or all of them if the number is None."""

    number: int | None
    condition: str

    def __str__(self) -> str:
        return f"({'*' if self.number is None else self.number};%{self.condition}%)"


@dataclass(frozen=True)
class Operation:
    """Operands with the marks between them, all of one rank; they are taken from the left."""

    marks: str
    operands: "tuple[Formula, ...]"


Formula: TypeAlias = float | Region | Operation


def regions_of(formula: Formula) -> Iterator[Region]:
    """Every region that it names."""
    if isinstance(formula, Region):
        yield formula
    elif isinstance(formula, Operation):
        for operand in formula.operands:
            yield from regions_of(operand)


def holds(formula: Formula, surprisal: Callable[[Region], float]) -> bool:
    """Whether it is true where regions have these surprisals, in bits."""
    return bool(_value(formula, surprisal))


def _value(formula: Formula, surprisal: Callable[[Region], float]) -> float | bool:
    if isinstance(formula, Region):
        return surprisal(formula)
    if not isinstance(formula, Operation):
        return formula
    first, *others = (_value(operand, surprisal) for operand in formula.operands)
    for mark, other in zip(formula.marks, others, strict=True):
        first = _OPERATIONS[mark](first, other)
    return first


def _equal(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=0.0, abs_tol=ABSOLUTE + RELATIVE * abs(b))


_OPERATIONS: dict[str, Callable[[float, float], float | bool]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "=": _equal,
    "&": lambda a, b: bool(a and b),
    "|": lambda a, b: bool(a or b),
}


def is_truth(formula: Formula) -> bool:
    """Whether its value is true or false, and no number."""
    return isinstance(formula, Operation) and formula.marks[0] not in "+-"
