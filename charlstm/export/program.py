"""One step of a cell as a list of operations that another program can carry out.

Each operation is a mapping with `op`, and its number is its place in the list; `of` are the
numbers of what it works on. It is made from the cell's plain form, so it is right for every cell.
"""

from collections.abc import Mapping
from typing import Any

from charlstm.nn.blocks import rows_of
from charlstm.nn.cells.base import Cell
from charlstm.nn.graph import Bias, Constant, Input, Operation, State, Term, Weighted, step, walk
from charlstm.studies.describe.naming import ACTIVATIONS, gate_of, symbol_of

SYMBOLS = {"+": "add", "−": "subtract", "⊙": "multiply", "σ": "sigmoid", "tanh": "tanh"}


def program(cell: Cell, watched: str) -> dict[str, Any]:
    """The operations of a step, and where its states and its `watched` gates come out.

    `row` is the first row of a gate's block in its weight or bias, counted in blocks of H.
    """
    new = step(cell)
    ordered = sorted(walk(new.values()), key=lambda term: term.number)
    place = {term: k for k, term in enumerate(ordered)}
    gates = {
        gate_of(term.operands[0]): k for term, k in place.items() if symbol_of(term) in ACTIVATIONS
    }
    return {
        "steps": [_operation(cell, term, place) for term in ordered],
        "states": {name: place[term] for name, term in new.items()},
        "gates": {gate: gates[gate] for gate in watched},
    }


def _operation(cell: Cell, term: Term, place: Mapping[Term, int]) -> dict[str, Any]:
    of = [place[operand] for operand in term.operands]
    match term:
        case State(name=name):
            return {"op": "state", "name": name}
        case Constant(value=value):
            return {"op": "constant", "value": value}
        case Bias(gate=gate):
            return {"op": "bias", "row": _block(cell.gates, gate)}
        case Input(gate=gate):
            return {"op": "input", "row": _block(cell.inputs, gate)}
        case Weighted(weight=weight, gate=gate, diagonal=diagonal):
            product = next(p for p in cell.products if p.name == weight)
            row = _block(product.gates, gate)
            op = "scale" if diagonal else "product"
            return {"op": op, "weight": weight, "row": row, "of": of}
        case Operation(symbol=symbol):
            return {"op": SYMBOLS[symbol], "of": of}
    raise TypeError(f"no operation for {type(term).__name__}")


def _block(blocks: str, gate: str) -> int:
    start: int = rows_of(blocks, gate, 1).start
    return start
