"""A cell's equations with the numbers of one unit, as a teacher writes them on the board.

A form is an equation's right side with its numbers left open: {5} is the number at place 5 among
the values of a step, {5!} the same in brackets if it is negative.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from charlstm.nn.graph import (
    ACTIVATIONS,
    Bias,
    Constant,
    Input,
    Node,
    State,
    Weighted,
    symbol_of,
    walk,
)

DIGITS = 3
Written = Mapping[Node, tuple[str, str]]  # name and formula of each named node, in their order


@dataclass(frozen=True)
class OpenEquation:
    """`name` = `formula`, then its `forms`, down to its value at `place`.

    `summands` are the parts of a pre-activation, at `inner`: what each comes from, and its place.
    """

    name: str
    formula: str
    place: int
    inner: int
    forms: Sequence[str]
    summands: Sequence[tuple[str, int]]


def open_equations(written: Written) -> list[OpenEquation]:
    """The equations of the named nodes, with places as in `places`."""
    return list(map(_Writer(written).equation, written))


def places(written: Written) -> dict[Node, int]:
    """Where each node of a step stands among its values, as in `Graph.nodes`."""
    nodes = sorted(walk(written), key=lambda node: node.number)
    return {node: place for place, node in enumerate(nodes)}


def filled(form: str, values: Sequence[float]) -> str:
    """A form with its numbers put in; a sign before a negative number changes it."""

    def put(match: re.Match[str]) -> str:
        text = number(values[int(match[1])])
        return f"({text})" if match[2] and text.startswith("−") else text

    text = re.sub(r"\{(\d+)(!?)\}", put, form)
    return re.sub(r"([+−]) −", lambda match: "− " if match[1] == "+" else "+ ", text)


def number(value: float) -> str:
    """A number with a true minus."""
    text = f"{value:.{DIGITS}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{DIGITS}f}"


class _Writer:
    """Writes the named nodes of a step."""

    def __init__(self, written: Written) -> None:
        self._written, self._places = written, places(written)

    def equation(self, node: Node) -> OpenEquation:
        """The equation of a named node."""
        name, formula = self._written[node]
        activation = symbol_of(node) if symbol_of(node) in ACTIVATIONS else ""
        inner = node.operands[0] if activation else node
        summands = sorted(self._summands(inner, "+", root=True), key=_is_bias)
        forms = [
            _sum((sign, self._expression(part, root=True)) for part, sign in summands),
            _sum((sign, self._product(part)) for part, sign in summands),
            _sum((sign, self._number(part)) for part, sign in summands),
            self._number(inner),
        ]
        if activation:
            forms = [f"{activation}({form})" for form in forms]
        forms.append(self._number(node))
        learnt = any(isinstance(part, Weighted | Input | Bias) for part, _ in summands)
        parts = [(self._source(part), self._places[part]) for part, _ in summands] * learnt
        return OpenEquation(name, formula, self._places[node], self._places[inner], forms, parts)

    def _summands(self, node: Node, sign: str, *, root: bool = False) -> Iterator[tuple[Node, str]]:
        """The nodes that are added or taken away, flat, each with its sign."""
        symbol = symbol_of(node)
        if symbol not in ("+", "−") or sign == "−" or (node in self._written and not root):
            yield node, sign
            return
        first, second = node.operands
        yield from self._summands(first, "+")
        yield from self._summands(second, symbol)

    def _expression(self, node: Node, *, root: bool = False) -> str:
        """A node in numbers: operations as they stand, all named values and products as numbers."""
        if isinstance(node, Constant):
            return f"{node.value:g}"
        symbol = symbol_of(node)
        if not symbol or (node in self._written and not root):
            return self._number(node)
        if symbol in ACTIVATIONS:
            return f"{symbol}({self._expression(node.operands[0])})"
        if symbol == "⊙":
            return "·".join(self._factor(operand) for operand in node.operands)
        return _sum((sign, self._expression(part)) for part, sign in self._summands(node, "+"))

    def _product(self, node: Node) -> str:
        """A product of numbers, or the node's own number."""
        if symbol_of(node) != "⊙":
            return self._number(node)
        return "·".join(map(self._bracketed, node.operands))

    def _factor(self, node: Node) -> str:
        text = self._expression(node)
        is_sum = symbol_of(node) in ("+", "−") and node not in self._written
        if is_sum:
            return f"({text})"
        return self._bracketed(node) if text == self._number(node) else text

    def _number(self, node: Node) -> str:
        return f"{{{self._places[node]}}}"

    def _bracketed(self, node: Node) -> str:
        return f"{{{self._places[node]}!}}"

    def _source(self, node: Node) -> str:
        """What a summand comes from: what its weight multiplies, in symbols."""
        if isinstance(node, Weighted):
            return self._symbols(node.operand)
        if isinstance(node, Input | Bias):
            return "x_t" if isinstance(node, Input) else "the bias"
        return self._symbols(node)

    def _symbols(self, node: Node) -> str:
        if node in self._written:
            return self._written[node][0]
        if isinstance(node, State):
            return f"{node.name}_{{t-1}}"
        return "⊙".join(map(self._symbols, node.operands))


def _is_bias(summand: tuple[Node, str]) -> bool:
    return isinstance(summand[0], Bias)


def _sum(parts: Iterator[tuple[str, str]]) -> str:
    """Summands with their signs."""
    return "".join(f" {sign} {part}" for sign, part in parts).removeprefix(" + ")
