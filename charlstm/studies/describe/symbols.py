"""Shapes in letters, and the names of a cell's weights and values as an equation writes them.

A shape ("H", "H+D") becomes (128, 194) when the sizes of its letters are put in.
"""

from collections.abc import Mapping
from typing import Any

from charlstm.nn.cells.base import Cell
from charlstm.nn.graph import ACTIVATIONS, Graph, Node, State, gate_of, symbol_of

Shape = tuple[tuple[str, ...], ...]  # for each axis the letters whose sizes add up to its length
Sizes = Mapping[str, int]

VALUE: Shape = (("H",), ("B",))  # what every gate and state is
COLUMN: Shape = (("H",), ("1",))  # a bias, a diagonal weight
X: Shape = (("D",), ("B",))
ON_H: Shape = (("H",), ("H",))
ON_X: Shape = (("H",), ("D",))
ON_BOTH: Shape = (("H",), ("H", "D"))
BOTH: Shape = (("H", "D"), ("B",))


def in_numbers(shape: Shape, sizes: Sizes) -> tuple[int, ...]:
    """A shape with each letter's size put in."""
    return tuple(sum(1 if x == "1" else sizes[x] for x in letters) for letters in shape)


def written(shape: Shape, sizes: Sizes | None = None) -> str:
    """A shape as text: (H, H+D), or where `sizes` says the numbers, (128, 194)."""
    if sizes is not None:
        return str(in_numbers(shape, sizes))
    return f"({', '.join('+'.join(letters) for letters in shape)})"


def weight_name(cell: Cell[Any], weight: str, gate: str) -> str:
    """The name of a gate's rows of a weight: W_f; W alone if the cell has one gate."""
    alone = len(cell.gates) == 1 or weight.endswith(f"_{gate}")
    return weight if alone else f"{weight}_{gate}"


def input_name(cell: Cell[Any], gate: str) -> str:
    """The name of a gate's rows of the weight on x, where they stand alone."""
    name = weight_name(cell, "W", gate)
    others = {weight_name(cell, p.name, gate) for p in cell.products if gate in p.gates}
    return weight_name(cell, "W_x", gate) if name in others else name


def names(graph: Graph) -> dict[Node, str]:
    """Names for the new states (h_t), and for gates after their activation (f_t) or without one.

    All other nodes are written where they stand.
    """
    named: dict[Node, str] = {}
    for state, node in graph.states.items():
        if not isinstance(node, State):
            named.setdefault(node, f"{state}_t")
    in_a_gate = {
        operand
        for node in graph.nodes
        if symbol_of(node) in (*ACTIVATIONS, "+")
        for operand in node.operands
    }
    for node in graph.nodes:
        if symbol_of(node) in ACTIVATIONS:
            gate = gate_of(node.operands[0])
        else:
            gate = "" if node in in_a_gate else gate_of(node)
        if gate and node not in named:
            taken = f"{gate}_t" in named.values()
            named[node] = f"{gate}\u0303_t" if taken else f"{gate}_t"  # h̃ beside h
    return named
