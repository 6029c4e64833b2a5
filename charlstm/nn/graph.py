"""A cell's step as a graph of operations, made by running its `equations` on symbols.

Whatever needs the step in another form reads this graph: the reference implementation computes it
with NumPy, the exports turn it into ONNX or into a list of operations for a browser, and `describe`
writes it down. A value that is used twice is one node with two users.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from charlstm.nn.blocks import Product
from charlstm.nn.cells.base import Cell

ACTIVATIONS = ("σ", "tanh")
_numbers = count()


@dataclass(frozen=True, eq=False)
class Node:
    """A value of one step, (H, B); `number` tells which of two nodes was made first."""

    number: int = field(default_factory=lambda: next(_numbers), init=False)

    @property
    def operands(self) -> tuple["Node", ...]:
        """The nodes that it is made from."""
        return ()

    def __add__(self, other: Any) -> "Node":
        return Operation("+", (self, _node(other)))

    def __radd__(self, other: Any) -> "Node":
        return Operation("+", (_node(other), self))

    def __sub__(self, other: Any) -> "Node":
        return Operation("−", (self, _node(other)))

    def __rsub__(self, other: Any) -> "Node":
        return Operation("−", (_node(other), self))

    def __mul__(self, other: Any) -> "Node":
        return Operation("⊙", (self, _node(other)))

    def __rmul__(self, other: Any) -> "Node":
        return Operation("⊙", (_node(other), self))


@dataclass(frozen=True, eq=False)
class State(Node):
    """A state of the step before."""

    name: str


@dataclass(frozen=True, eq=False)
class Constant(Node):
    """A plain number, such as the 1 of 1 − f."""

    value: float


@dataclass(frozen=True, eq=False)
class Weighted(Node):
    """One gate's rows of a declared weight, (H, H) or diagonal (H, 1), times `operand`.

    `block` is the gate's place among the blocks of H rows of the weight.
    """

    weight: str
    gate: str
    block: int
    operand: Node
    diagonal: bool

    @property
    def operands(self) -> tuple[Node, ...]:
        """What the weight is multiplied with."""
        return (self.operand,)


@dataclass(frozen=True, eq=False)
class Input(Node):
    """One gate's rows (H, D) of the weight on x, times x; `block` as of `Weighted`."""

    gate: str
    block: int


@dataclass(frozen=True, eq=False)
class Bias(Node):
    """One gate's bias (H, 1); `block` as of `Weighted`."""

    gate: str
    block: int


@dataclass(frozen=True, eq=False)
class Operation(Node):
    """An elementwise operation: + − ⊙ of two nodes, σ or tanh of one."""

    symbol: str
    arguments: tuple[Node, ...]

    @property
    def operands(self) -> tuple[Node, ...]:
        """One or two nodes."""
        return self.arguments


class Operators:
    """What a cell's `equations` may use; each call makes a node."""

    def __init__(self, cell: Cell[Any]) -> None:
        self._cell = cell

    def gate(self, name: str, h: Node) -> Node:
        """W_name·[h, x] + b_name, with the first declared product that has the gate."""
        product = joined_product(self._cell, name)
        return self.product(product.name, name, h) + self.input(name)

    def input(self, name: str) -> Node:
        """W_name·x + b_name: the input's part of a gate alone."""
        return Input(name, self._cell.inputs.index(name)) + self.bias(name)

    def product(self, weight: str, gate: str, operand: Node) -> Node:
        """One gate's rows of a declared weight, times `operand`."""
        product = next(p for p in self._cell.products if p.name == weight)
        return Weighted(weight, gate, product.gates.index(gate), operand, product.diagonal)

    def bias(self, gate: str) -> Node:
        """b_gate."""
        return Bias(gate, self._cell.gates.index(gate))

    def sigmoid(self, a: Node) -> Node:
        """The logistic function, σ(a)."""
        return Operation("σ", (a,))

    def tanh(self, a: Node) -> Node:
        """The hyperbolic tangent of a."""
        return Operation("tanh", (a,))


@dataclass(frozen=True)
class Graph:
    """One step: all nodes, each after its operands, and the new states by name."""

    nodes: tuple[Node, ...]
    states: Mapping[str, Node]


def trace_step(cell: Cell[Any]) -> Graph:
    """The graph of one step of a cell."""
    states = cell.equations(Operators(cell), {name: State(name) for name in cell.states})
    return Graph(tuple(sorted(walk(states.values()), key=lambda node: node.number)), states)


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every node behind some nodes, themselves included, each once."""
    waiting, visited = list(nodes), set[Node]()
    while waiting:
        node = waiting.pop()
        if node not in visited:
            visited.add(node)
            yield node
            waiting.extend(node.operands)


def joined_product(cell: Cell[Any], gate: str) -> Product:
    """The product that is written as one with the input's, W_gate·[h', x]: the first declared."""
    return next(product for product in cell.products if gate in product.gates)


def gate_of(node: Node) -> str:
    """The gate whose pre-activation a node is, or "" if it is none."""
    if isinstance(node, Weighted | Input | Bias):
        return node.gate
    if symbol_of(node) == "+":
        gates = {gate_of(operand) for operand in node.operands} - {""}
        return gates.pop() if len(gates) == 1 else ""
    return ""


def symbol_of(node: Node) -> str:
    """The operation that makes a node, or "" if none does."""
    return node.symbol if isinstance(node, Operation) else ""


def _node(value: Any) -> Node:
    return value if isinstance(value, Node) else Constant(float(value))
