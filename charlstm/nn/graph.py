"""A cell's plain form written down instead of computed: each operator returns a term.

The terms of a step form a graph: a value that is used twice is one term with two users.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from charlstm.nn.cells.base import Cell, Notes

_numbers = count()


@dataclass(frozen=True, eq=False)
class Term:
    """A value of one step; `number` tells which of two was made first."""

    number: int = field(default_factory=lambda: next(_numbers), init=False)

    @property
    def operands(self) -> tuple["Term", ...]:
        """The terms that it is made from."""
        return ()

    def __add__(self, other: Any) -> "Term":
        return Operation("+", (self, _term(other)))

    def __radd__(self, other: Any) -> "Term":
        return Operation("+", (_term(other), self))

    def __sub__(self, other: Any) -> "Term":
        return Operation("−", (self, _term(other)))

    def __rsub__(self, other: Any) -> "Term":
        return Operation("−", (_term(other), self))

    def __mul__(self, other: Any) -> "Term":
        return Operation("⊙", (self, _term(other)))

    def __rmul__(self, other: Any) -> "Term":
        return Operation("⊙", (_term(other), self))


@dataclass(frozen=True, eq=False)
class State(Term):
    """A state of the step before, (H, B)."""

    name: str


@dataclass(frozen=True, eq=False)
class Constant(Term):
    """A plain number, such as the 1 of 1 − f."""

    value: float


@dataclass(frozen=True, eq=False)
class Weighted(Term):
    """One gate's rows of a declared weight, (H, H) or diagonal (H, 1), times a term."""

    weight: str
    gate: str
    operand: Term
    diagonal: bool

    @property
    def operands(self) -> tuple[Term, ...]:
        """What the weight is multiplied with."""
        return (self.operand,)


@dataclass(frozen=True, eq=False)
class Input(Term):
    """One gate's rows (H, D) of the weight on x, times x."""

    gate: str


@dataclass(frozen=True, eq=False)
class Bias(Term):
    """One gate's bias, (H, 1)."""

    gate: str


@dataclass(frozen=True, eq=False)
class Operation(Term):
    """An elementwise operation: + − ⊙ of two terms, σ or tanh of one."""

    symbol: str
    of: tuple[Term, ...]

    @property
    def operands(self) -> tuple[Term, ...]:
        """One or two terms."""
        return self.of


class Written(Notes):
    """The notes' operators of one cell, as terms."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def gate(self, name: str, h: Term) -> Term:
        """W_name·h + W_x·x + b_name."""
        return self.product(joined_weight(self._cell, name), name, h) + self.input(name)

    def input(self, name: str) -> Term:
        """W_x·x + b_name."""
        return Input(name) + Bias(name)

    def product(self, weight: str, gate: str, operand: Term) -> Term:
        """One gate's rows of a declared weight, times `operand`."""
        product = next(p for p in self._cell.products if p.name == weight)
        return Weighted(weight, gate, operand, product.diagonal)

    def bias(self, gate: str) -> Term:
        """b_gate."""
        return Bias(gate)

    def sigmoid(self, a: Term) -> Term:
        """The logistic function of a."""
        return Operation("σ", (a,))

    def tanh(self, a: Term) -> Term:
        """The hyperbolic tangent of a."""
        return Operation("tanh", (a,))


def joined_weight(cell: Cell, gate: str) -> str:
    """The weight that the notes write as one with the input's, W_gate·[h', x]: the first one."""
    return next(p.name for p in cell.products if gate in p.gates)


def weight_name(cell: Cell, weight: str, gate: str) -> str:
    """The notes' name of a gate's rows of a weight: W_f; W alone if the cell has one gate."""
    alone = len(cell.gates) == 1 or weight.endswith(f"_{gate}")
    return weight if alone else f"{weight}_{gate}"


def input_name(cell: Cell, gate: str) -> str:
    """The name of a gate's rows of the weight on x, where they stand alone."""
    name = weight_name(cell, "W", gate)
    others = {weight_name(cell, p.name, gate) for p in cell.products if gate in p.gates}
    return weight_name(cell, "W_x", gate) if name in others else name


def step(cell: Cell) -> dict[str, Term]:
    """The new states of one step, by name."""
    new: dict[str, Term] = cell.plain(Written(cell), {name: State(name) for name in cell.states})
    return new


def walk(terms: Iterable[Term]) -> Iterator[Term]:
    """Every term behind some terms, themselves included, each once."""
    waiting, seen = list(terms), set[Term]()
    while waiting:
        term = waiting.pop()
        if term not in seen:
            seen.add(term)
            yield term
            waiting.extend(term.operands)


def _term(value: Any) -> Term:
    return value if isinstance(value, Term) else Constant(float(value))
