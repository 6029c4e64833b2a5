"""Terms become text: sums of products, the weight on x joined to the one on h as in the notes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from charlstm.nn.cells.base import Cell
from charlstm.nn.graph import (
    Bias,
    Constant,
    Input,
    State,
    Term,
    Weighted,
    input_name,
    joined_weight,
    weight_name,
)
from charlstm.studies.describe.naming import ACTIVATIONS, symbol_of
from charlstm.studies.describe.shapes import BOTH, COLUMN, ON_BOTH, ON_H, ON_X, VALUE, Shape, X


@dataclass(frozen=True)
class Summand:
    """A summand: its text, and the shapes that it multiplies, if any."""

    text: str
    symbol: str = ""  # between the shapes: · is a matrix product, ⊙ elementwise
    shapes: tuple[Shape, ...] = ()
    sign: str = "+"


class Writer:
    """Writes the terms of a cell, those in `names` by their name.

    `weights` collects what it has written: by gate the shapes of weights and biases, by name.
    """

    def __init__(self, cell: Cell, names: Mapping[Term, str]) -> None:
        self._cell, self._names = cell, names
        self.weights: dict[str, dict[str, Shape]] = {gate: {} for gate in cell.gates}

    def body(self, term: Term) -> tuple[str, tuple[Summand, ...]]:
        """What stands behind the equals sign of a term's equation, as text and in parts."""
        symbol = symbol_of(term)
        inner = term.operands[0] if symbol in ACTIVATIONS else term
        root = inner is term
        parts = tuple(self._parts(inner, root=root))
        return (joined(parts) if root else f"{symbol}({joined(parts)})"), parts

    def _parts(self, term: Term, *, root: bool = False) -> Iterator[Summand]:
        """The summands of a term, biases last; the root is what its own name stands for."""
        summands = list(self._summands(term, "+", root=root))
        with_x = {t.gate for t, _ in summands if isinstance(t, Input)}
        with_x_too = {t for t, _ in summands if isinstance(t, Weighted) and self._joins(t, with_x)}
        with_h = {t.gate for t in with_x_too}
        for t, sign in sorted(summands, key=lambda pair: isinstance(pair[0], Bias)):
            if isinstance(t, Input) and t.gate in with_h:
                continue
            match t:
                case Weighted():
                    part = self._weighted(t, with_x=t in with_x_too)
                case Input(gate=gate):
                    name = self._weight(gate, input_name(self._cell, gate), ON_X)
                    part = Summand(f"{name}·x_t", "·", (ON_X, X))
                case Bias(gate=gate):
                    part = Summand(self._weight(gate, weight_name(self._cell, "b", gate), COLUMN))
                case _:
                    part = self._product(t, root=root and t is term)
            yield replace(part, sign=sign)

    def _joins(self, term: Weighted, with_x: set[str]) -> bool:
        first = term.weight == joined_weight(self._cell, term.gate)
        return first and not term.diagonal and term.gate in with_x

    def _summands(self, term: Term, sign: str, *, root: bool) -> Iterator[tuple[Term, str]]:
        """The terms that are added (+) or taken away (−), flat."""
        symbol = symbol_of(term)
        if symbol not in ("+", "−") or sign == "−" or (term in self._names and not root):
            yield term, sign
            return
        first, second = term.operands
        yield from self._summands(first, "+", root=False)
        yield from self._summands(second, symbol, root=False)

    def _weighted(self, term: Weighted, *, with_x: bool) -> Summand:
        name = weight_name(self._cell, term.weight, term.gate)
        if with_x:
            self._weight(term.gate, name, ON_BOTH)
            return Summand(f"{name}·[{self._text(term.operand)}, x_t]", "·", (ON_BOTH, BOTH))
        symbol, shape = ("⊙", COLUMN) if term.diagonal else ("·", ON_H)
        self._weight(term.gate, name, shape)
        operand = self._factor(term.operand, also="⊙")
        return Summand(f"{name}{symbol}{operand}", symbol, (shape, VALUE))

    def _weight(self, gate: str, name: str, shape: Shape) -> str:
        self.weights[gate][name] = shape
        return name

    def _product(self, term: Term, *, root: bool) -> Summand:
        """A named value, a state, a number, an activation in place, or an elementwise product."""
        if isinstance(term, Constant):
            return Summand(f"{term.value:g}")
        if symbol_of(term) == "⊙" and (root or term not in self._names):
            text = "⊙".join(map(self._factor, term.operands))
            values = [t for t in term.operands if not isinstance(t, Constant)]
            return Summand(text, "⊙", (VALUE,) * len(values))
        return Summand(self._factor(term), "⊙", (VALUE,))

    def _text(self, term: Term) -> str:
        """A term inside another one."""
        if term in self._names:
            return self._names[term]
        if isinstance(term, State):
            return f"{term.name}_{{t-1}}"
        if symbol_of(term) in ACTIVATIONS:
            return f"{symbol_of(term)}({self._text(term.operands[0])})"
        return joined(self._parts(term))

    def _factor(self, term: Term, also: str = "") -> str:
        """A term inside a product, in brackets where it is a sum or an operation of `also`."""
        open_ = term not in self._names and symbol_of(term) in ("+", "−", *also)
        return f"({self._text(term)})" if open_ else self._text(term)


def joined(parts: Iterable[Summand]) -> str:
    """A sum as text."""
    text = "".join(f" {part.sign} {part.text}" for part in parts)
    return text.removeprefix(" + ")
