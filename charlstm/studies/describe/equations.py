"""A cell's step as text: its equations, each with the shapes that it multiplies.

They are sums of products; the weight on x is joined with the first one on h: W·[h, x].
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from charlstm.nn.cells.base import Cell
from charlstm.nn.graph import (
    ACTIVATIONS,
    Bias,
    Constant,
    Graph,
    Input,
    Node,
    State,
    Weighted,
    joined_product,
    symbol_of,
)
from charlstm.studies.describe.symbols import (
    BOTH,
    COLUMN,
    ON_BOTH,
    ON_H,
    ON_X,
    VALUE,
    Shape,
    Sizes,
    X,
    input_name,
    names,
    weight_name,
    written,
)


@dataclass(frozen=True)
class Summand:
    """A summand: its text, and the shapes that it multiplies, if any."""

    text: str
    symbol: str = ""  # between the shapes: · is a matrix product, ⊙ elementwise
    shapes: tuple[Shape, ...] = ()
    sign: str = "+"
    each: str = ""  # the letters of the axes along which each has such a product of its own

    def product(self, sizes: Sizes | None = None) -> str:
        """Its shapes: in letters, or in numbers where `sizes` gives them."""
        times = "".join(f"{sizes[axis] if sizes else axis} × " for axis in self.each)
        return times + self.symbol.join(written(shape, sizes) for shape in self.shapes)


@dataclass(frozen=True)
class Equation:
    """`name` = `text`, an array of `shape`; the products in `parts` make it."""

    name: str
    text: str
    parts: tuple[Summand, ...]
    shape: Shape = VALUE

    def dimensions(self, sizes: Sizes | None = None) -> str:
        """The product that makes it: in letters, or in numbers where `sizes` gives them.

        Biases (H, 1), which are added to every column, are left out.
        """
        products = [f" {part.sign} {part.product(sizes)}" for part in self.parts if part.symbol]
        return f"{''.join(products).removeprefix(' + ')} → {written(self.shape, sizes)}"


@dataclass(frozen=True)
class StepEquations:
    """The equations of one step in their order, and the shapes of each gate's weights.

    Each of the `nodes` of the cell's `graph` has an equation.
    """

    graph: Graph
    nodes: tuple[Node, ...]
    equations: tuple[Equation, ...]
    weights: dict[str, dict[str, Shape]]

    @property
    def written(self) -> dict[Node, tuple[str, str]]:
        """The name and the formula of each of the nodes."""
        named = ((equation.name, equation.text) for equation in self.equations)
        return dict(zip(self.nodes, named, strict=True))


def one_step(cell: Cell[Any]) -> StepEquations:
    """The equations of one step of a cell."""
    graph = cell.graph()
    named = names(graph)
    writer = Writer(cell, named)
    ordered = tuple(sorted(named, key=lambda node: node.number))
    equations = tuple(Equation(named[node], *writer.body(node)) for node in ordered)
    return StepEquations(graph, ordered, equations, writer.weights)


class Writer:
    """Writes the nodes of a cell, those in `names` by their name.

    `weights` collects what it has written: by gate the shapes of weights and biases, by name.
    """

    def __init__(self, cell: Cell[Any], names: Mapping[Node, str]) -> None:
        self._cell, self._names = cell, names
        self.weights: dict[str, dict[str, Shape]] = {gate: {} for gate in cell.gates}

    def body(self, node: Node) -> tuple[str, tuple[Summand, ...]]:
        """The right side of a node's equation, as text and in parts."""
        symbol = symbol_of(node)
        inner = node.operands[0] if symbol in ACTIVATIONS else node
        root = inner is node
        parts = tuple(self._parts(inner, root=root))
        return (joined(parts) if root else f"{symbol}({joined(parts)})"), parts

    def _parts(self, node: Node, *, root: bool = False) -> Iterator[Summand]:
        """The summands of a node, biases last; the root is what its own name stands for."""
        summands = list(self._summands(node, "+", root=root))
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
                    part = self._product(t, root=root and t is node)
            yield replace(part, sign=sign)

    def _joins(self, node: Weighted, with_x: set[str]) -> bool:
        first = node.weight == joined_product(self._cell.products, node.gate).name
        return first and not node.diagonal and node.gate in with_x

    def _summands(self, node: Node, sign: str, *, root: bool) -> Iterator[tuple[Node, str]]:
        """The nodes that are added (+) or taken away (−), flat."""
        symbol = symbol_of(node)
        if symbol not in ("+", "−") or sign == "−" or (node in self._names and not root):
            yield node, sign
            return
        first, second = node.operands
        yield from self._summands(first, "+", root=False)
        yield from self._summands(second, symbol, root=False)

    def _weighted(self, node: Weighted, *, with_x: bool) -> Summand:
        name = weight_name(self._cell, node.weight, node.gate)
        if with_x:
            self._weight(node.gate, name, ON_BOTH)
            return Summand(f"{name}·[{self._text(node.operand)}, x_t]", "·", (ON_BOTH, BOTH))
        symbol, shape = ("⊙", COLUMN) if node.diagonal else ("·", ON_H)
        self._weight(node.gate, name, shape)
        operand = self._factor(node.operand, also="⊙")
        return Summand(f"{name}{symbol}{operand}", symbol, (shape, VALUE))

    def _weight(self, gate: str, name: str, shape: Shape) -> str:
        self.weights[gate][name] = shape
        return name

    def _product(self, node: Node, *, root: bool) -> Summand:
        """A named value, a state, a number, an activation in place, or an elementwise product."""
        if isinstance(node, Constant):
            return Summand(f"{node.value:g}")
        if symbol_of(node) == "⊙" and (root or node not in self._names):
            text = "⊙".join(map(self._factor, node.operands))
            values = [t for t in node.operands if not isinstance(t, Constant)]
            return Summand(text, "⊙", (VALUE,) * len(values))
        return Summand(self._factor(node), "⊙", (VALUE,))

    def _text(self, node: Node) -> str:
        """A node inside another one."""
        if node in self._names:
            return self._names[node]
        if isinstance(node, State):
            return f"{node.name}_{{t-1}}"
        if symbol_of(node) in ACTIVATIONS:
            return f"{symbol_of(node)}({self._text(node.operands[0])})"
        return joined(self._parts(node))

    def _factor(self, node: Node, also: str = "") -> str:
        """A node inside a product, in brackets where it is a sum or an operation of `also`."""
        open_ = node not in self._names and symbol_of(node) in ("+", "−", *also)
        return f"({self._text(node)})" if open_ else self._text(node)


def joined(parts: Iterable[Summand]) -> str:
    """A sum as text."""
    text = "".join(f" {part.sign} {part.text}" for part in parts)
    return text.removeprefix(" + ")
