"""A cell's equations in the numbers of one unit, from the graph of the cell."""

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
)

DIGITS = 3


@dataclass(frozen=True)
class Line:
    """One equation of the step: `name` = `formula`, then `numbers`, of which the last is its value.

    `sources` names what each summand of a pre-activation comes from, with its value.
    """

    name: str
    formula: str
    numbers: Sequence[str]
    value: float
    sources: Sequence[tuple[str, float]]


class NumberWriter:
    """Writes the nodes of a graph in the numbers of one unit.

    `values` is the number of each node, `written` the name and the formula of the named ones.
    """

    def __init__(
        self, values: Mapping[Node, float], written: Mapping[Node, tuple[str, str]]
    ) -> None:
        self.values, self._written = values, written

    def line(self, node: Node) -> Line:
        """The equation of a named node: all forms of its numbers, down to the value."""
        name, formula = self._written[node]
        activation = symbol_of(node) if symbol_of(node) in ACTIVATIONS else ""
        inner = node.operands[0] if activation else node
        summands = sorted(self._summands(inner, "+", root=True), key=_is_bias)
        forms = [
            _sum((sign, self._expression(part, root=True)) for part, sign in summands),
            _sum((sign, self._product(part)) for part, sign in summands),
            _sum((sign, number(self.values[part])) for part, sign in summands),
            number(self.values[inner]),
        ]
        if activation:
            forms = [f"{activation}({form})" for form in forms]
        forms.append(number(self.values[node]))
        leaves = [part for part, _ in summands if isinstance(part, Weighted | Input | Bias)]
        sources = [(self._source(part), self.values[part]) for part in leaves]
        return Line(name, formula, list(dict.fromkeys(forms)), self.values[node], sources)

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
            return number(self.values[node])
        if symbol in ACTIVATIONS:
            return f"{symbol}({self._expression(node.operands[0])})"
        if symbol == "⊙":
            return "·".join(self._factor(operand) for operand in node.operands)
        return _sum((sign, self._expression(part)) for part, sign in self._summands(node, "+"))

    def _product(self, node: Node) -> str:
        """A product of numbers, or the node's own number."""
        if symbol_of(node) != "⊙":
            return number(self.values[node])
        return "·".join(_bracketed(number(self.values[factor])) for factor in node.operands)

    def _factor(self, node: Node) -> str:
        text = self._expression(node)
        is_sum = symbol_of(node) in ("+", "−") and node not in self._written
        return f"({text})" if is_sum else _bracketed(text)

    def _source(self, node: Weighted | Input | Bias) -> str:
        if isinstance(node, Weighted):
            return self._symbols(node.operand)
        return "x_t" if isinstance(node, Input) else "the bias"

    def _symbols(self, node: Node) -> str:
        """What a weight multiplies, in symbols."""
        if node in self._written:
            return self._written[node][0]
        if isinstance(node, State):
            return f"{node.name}_{{t-1}}"
        return "⊙".join(map(self._symbols, node.operands))


def _is_bias(summand: tuple[Node, str]) -> bool:
    return isinstance(summand[0], Bias)


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _sum(parts: Iterator[tuple[str, str]]) -> str:
    """Summands with their signs; a sign before a negative number changes it."""
    text = ""
    for sign, part in parts:
        negative = part.startswith("−")
        text += f" {'−' if (sign == '+') == negative else '+'} {part.removeprefix('−')}"
    return f"−{text[3:]}" if text.startswith(" − ") else text.removeprefix(" + ")


def number(value: float) -> str:
    """A number with a true minus."""
    text = f"{value:.{DIGITS}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{DIGITS}f}"
