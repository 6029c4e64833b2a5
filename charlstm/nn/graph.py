"""A cell's step as a graph of operations: its `equations` run once on symbols.

The reference implementation computes this graph with NumPy. The exports turn it into ONNX, or into
a list of operations for a browser. `describe` prints it as equations. A value that two operations
use is one node.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from charlstm.nn.blocks import Product

ACTIVATIONS = ("σ", "tanh")
OF_A_GRAPH = ("operands", "operand", "number")  # attributes of a node that lead to others
_numbers = count()


class Node:
    """A value of one step, (H, B); `number` counts the nodes in the order they are made."""

    def __init__(self, *operands: "Node") -> None:
        self.operands = operands
        self.number = next(_numbers)

    def __add__(self, other: Any) -> "Node":
        return Operation("+", self, _node(other))

    def __radd__(self, other: Any) -> "Node":
        return Operation("+", _node(other), self)

    def __sub__(self, other: Any) -> "Node":
        return Operation("−", self, _node(other))

    def __rsub__(self, other: Any) -> "Node":
        return Operation("−", _node(other), self)

    def __mul__(self, other: Any) -> "Node":
        return Operation("⊙", self, _node(other))

    def __rmul__(self, other: Any) -> "Node":
        return Operation("⊙", _node(other), self)


class State(Node):
    """A state of the step before."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class Constant(Node):
    """A plain number, such as the 1 of 1 − f."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value


class Weighted(Node):
    """One gate's rows of a declared weight, (H, H) or diagonal (H, 1), times an operand.

    `block` is the gate's place among the blocks of H rows of the weight.
    """

    def __init__(
        self, weight: str, gate: str, block: int, operand: Node, *, diagonal: bool
    ) -> None:
        super().__init__(operand)
        self.weight, self.gate, self.block, self.operand = weight, gate, block, operand
        self.diagonal = diagonal


class Input(Node):
    """One gate's rows (H, D) of the weight on x, times x; `block` as in `Weighted`."""

    def __init__(self, gate: str, block: int) -> None:
        super().__init__()
        self.gate, self.block = gate, block


class Bias(Node):
    """One gate's bias (H, 1); `block` as in `Weighted`."""

    def __init__(self, gate: str, block: int) -> None:
        super().__init__()
        self.gate, self.block = gate, block


class Operation(Node):
    """An elementwise operation: + − ⊙ of two nodes, σ or tanh of one."""

    def __init__(self, symbol: str, *operands: Node) -> None:
        super().__init__(*operands)
        self.symbol = symbol


class Operators:
    """The operations that a cell's `equations` may use. Each call makes a node."""

    def __init__(self, gates: str, inputs: str, products: Sequence[Product]) -> None:
        self._gates, self._inputs, self._products = gates, inputs, products

    def preactivation(self, name: str, h: Node) -> Node:
        """W_name·[h, x] + b_name, with the first declared product that has the gate."""
        product = joined_product(self._products, name)
        return self.product(product.name, name, h) + self.input(name)

    def input(self, name: str) -> Node:
        """W_name·x + b_name: the part of a gate without h."""
        return Input(name, self._inputs.index(name)) + self.bias(name)

    def product(self, weight: str, gate: str, operand: Node) -> Node:
        """One gate's rows of a declared weight, times `operand`."""
        product = next(p for p in self._products if p.name == weight)
        block = product.gates.index(gate)
        return Weighted(weight, gate, block, operand, diagonal=product.diagonal)

    def bias(self, gate: str) -> Node:
        """b_gate."""
        return Bias(gate, self._gates.index(gate))

    def sigmoid(self, a: Node) -> Node:
        """The logistic function, σ(a)."""
        return Operation("σ", a)

    def tanh(self, a: Node) -> Node:
        """The hyperbolic tangent of a."""
        return Operation("tanh", a)


class Graph:
    """One step: `states` are the new states by name, `nodes` all nodes, each after its operands."""

    def __init__(self, states: Mapping[str, Node]) -> None:
        self.states = states
        self.nodes = sorted(walk(states.values()), key=lambda node: node.number)


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """These nodes and all nodes from which they are computed, each once."""
    waiting, visited = list(nodes), set[Node]()
    while waiting:
        node = waiting.pop()
        if node not in visited:
            visited.add(node)
            yield node
            waiting.extend(node.operands)


def same_step(first: Graph, other: Graph) -> bool:
    """Whether two graphs compute the same new states, each by the same operations.

    The operands of + and ⊙ may stand in any order. Graphs that differ by more algebra, as in
    h' + i⊙(n − h') for (1 − i)⊙h' + i⊙n, count as different.
    """
    known: dict[object, int] = {}  # what a node computes, by the numbers of its operands

    def states(graph: Graph) -> dict[str, int]:
        numbers: dict[Node, int] = {}
        for node in graph.nodes:
            operands = [numbers[operand] for operand in node.operands]
            if symbol_of(node) in ("+", "⊙"):
                operands.sort()
            own = {name: v for name, v in vars(node).items() if name not in OF_A_GRAPH}
            key = type(node), *sorted(own.items()), *operands
            numbers[node] = known.setdefault(key, len(known))
        return {name: numbers[node] for name, node in graph.states.items()}

    return states(first) == states(other)


def joined_product(products: Sequence[Product], gate: str) -> Product:
    """The product that W_gate·[h', x] joins with the input's: the first one declared."""
    return next(product for product in products if gate in product.gates)


def gate_of(node: Node) -> str:
    """The gate of which a node is (part of) the pre-activation, or "" if there is none."""
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
