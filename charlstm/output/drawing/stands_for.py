"""What each part of a cell's drawing stands for: a value of the step, and the equations of it."""

from collections.abc import Iterable, Sequence

from charlstm.nn import graph
from charlstm.nn.graph import ACTIVATIONS, Bias, Constant, Input, State, Weighted, gate_of
from charlstm.nn.graph import symbol_of as symbol
from charlstm.output.drawing.sketch import Node, Sketch, Wire

MADE_BY = {"times": "⊙", "plus": "+", "one_minus": "−", "tanh": "tanh"}
Values = dict[str, graph.Node]


def values_of(sketch: Sketch, nodes: Sequence[graph.Node]) -> Values:
    """The value of each node of a sketch, by its name, among `nodes`, those of the cell's graph.

    What is not one value of the unit has none: x, y, and what stands one above the other.
    """
    counterparts: dict[str, graph.Node | None] = {}

    def find(drawn: Node) -> graph.Node | None:
        if drawn.name not in counterparts:
            made_of = [find(source) for source in sketch.inputs(drawn.name)]
            counterparts[drawn.name] = next(
                (n for n in nodes if _stands_for(drawn, n, made_of)), None
            )
        return counterparts[drawn.name]

    return {name: value for name, drawn in sketch.nodes.items() if (value := find(drawn))}


def _stands_for(drawn: Node, value: graph.Node, made_of: list[graph.Node | None]) -> bool:
    """Whether a node that is drawn with these inputs stands for a value."""
    operands = [operand for operand in value.operands if not isinstance(operand, Constant)]
    match drawn.kind:
        case "in":
            return isinstance(value, State) and value.name == drawn.stream
        case "out":
            return made_of == [value]
        case "layer":
            return symbol(value) in ACTIVATIONS and gate_of(operands[0]) == drawn.name
        case "affine":
            learnt = all(isinstance(operand, Weighted | Input | Bias) for operand in operands)
            return symbol(value) == "+" and learnt and gate_of(value) == drawn.name[0]
    same = sorted(map(id, operands)) == sorted(map(id, made_of))
    return symbol(value) == MADE_BY.get(drawn.kind) and same


class Terms:
    """Of which equations, by number, the parts of a sketch are; the output y belongs to the last.

    `named` are the nodes that have an equation, in their order.
    """

    def __init__(self, sketch: Sketch, values: Values, named: Iterable[graph.Node]) -> None:
        self._sketch, self._values = sketch, values
        self._equation: dict[graph.Node, int] = {}
        ordered = list(named)
        self._last = len(ordered) - 1
        for number, node in enumerate(ordered):
            waiting = [node]
            while waiting:
                part = waiting.pop()
                self._equation[part] = number
                waiting += [operand for operand in part.operands if operand not in ordered]

    def of_node(self, node: Node) -> set[int]:
        """The equations of a node."""
        if node.stream == "y":
            return {self._last}
        if node.kind == "join":
            ways = [wire for wire in self._sketch.wires if wire.source is node]
            return set[int]().union(*map(self.of_wire, ways))
        if node.kind in ("in", "out"):
            return set()
        return {self._equation[self._values[node.name]]}

    def of_wire(self, wire: Wire) -> set[int]:
        """The equations of the node that a wire leads to; on its way out, of the one it is from."""
        return self.of_node(wire.target) or self.of_node(wire.source)
