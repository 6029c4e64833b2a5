"""A page that holds a model and runs it: it writes as one types, and shows its units at work.

Its script runs one step of the cell as a list of operations, made from the cell's graph.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from charlstm.errors import ExportError
from charlstm.export.fixed_point import packed
from charlstm.nn.cells.base import Cell
from charlstm.nn.graph import (
    ACTIVATIONS,
    Bias,
    Constant,
    Input,
    Node,
    Operation,
    State,
    Weighted,
    gate_of,
    symbol_of,
)
from charlstm.nn.parameters import Parameters, layer_parameters, parameters_at
from charlstm.nn.recording import record
from charlstm.output.page import page
from charlstm.output.terminal import glyph
from charlstm.sampler import Filters, generate
from charlstm.studies.inspect.salience import salient_units
from charlstm.text.vocabulary import Vocabulary

SAMPLE = 300  # characters that the model writes to choose the unit shown first
MOST = 16_000_000  # parameters that a browser can hold: a page of 43 MB


def encode(parameters: Parameters, about: Mapping[str, str]) -> bytes:
    """The page, in UTF-8, with the weights in 16 bits.

    Raises:
        ExportError: if the network is too large, or a weight is not finite.
    """
    if parameters.num_parameters > MOST:
        raise ExportError(
            f"the network has {parameters.num_parameters:,} parameters, and a page holds {MOST:,}; "
            "export it as .onnx"
        )
    vocabulary = Vocabulary.from_header(json.loads(about["vocabulary"]))
    symbols = vocabulary.alphabet
    shape = parameters.architecture
    memory = parameters.cell.memory
    data = {
        "tokens": vocabulary.tokens,
        "characters": symbols if vocabulary.tokens == "char" else [],
        "shown": [glyph(symbol) for symbol in symbols],
        "hidden_size": shape.hidden_size,
        "program": program(parameters.cell),
        "sigmoids": parameters.cell.sigmoids,
        "reset_at": parameters.reset_at,
        "unit": _salient_unit(parameters, vocabulary),
        "memory": {"state": memory, "name": parameters.cell.memory_label},
        "layers": [
            {
                name: packed(value)
                for name, value in layer_parameters(parameters.by_name, index).items()
            }
            for index in range(shape.num_layers)
        ],
        "reach": shape.attention,
        "heads": shape.attention_heads,
        "attention": {
            name: packed(value)
            for name, value in parameters_at(parameters.by_name, "attention").items()
        },
        "W_y": packed(parameters.by_name["W_y"]),
        "b_y": packed(parameters.by_name["b_y"]),
    }
    text = (
        f"{shape.cell}, {shape.num_layers} × {shape.hidden_size} units"
        f"{shape.looks_back}, {parameters.num_parameters:,} parameters, "
        f"{vocabulary.size} {vocabulary.unit}s"
    )
    return page("live", f"A {vocabulary.unit} model at work", text, data)


def _salient_unit(parameters: Parameters, vocabulary: Vocabulary) -> int:
    """The unit to begin with: the most salient of the top layer on a text of the model's own."""
    prime = vocabulary.encode("\n").astype(np.intp)
    drawn = generate(parameters, prime, SAMPLE, Filters(temperature=0.7), [1])
    ids = np.array([prime[0], *(ids[0] for ids in drawn)], np.intp)
    last = record(parameters, ids[:, None]).states[-1]
    return salient_units(parameters.cell.shown_memory(last[parameters.cell.memory][:, :, 0]), 1)[0]


SYMBOLS = {"+": "add", "−": "subtract", "⊙": "multiply", "σ": "sigmoid", "tanh": "tanh"}


def program(cell: Cell[Any]) -> dict[str, Any]:
    """One step of a cell as a list of operations, which the page's script carries out.

    `steps` lists the operations, each a mapping with `op`; `of` are the places in the list of what
    it works on, and `row` is a gate's place among the blocks of H rows of its weight. `states` and
    `gates` say at which places the new states and the gates come out.
    """
    graph = cell.graph()
    place = {node: k for k, node in enumerate(graph.nodes)}
    gates = {
        gate_of(node.operands[0]): k for node, k in place.items() if symbol_of(node) in ACTIVATIONS
    }
    return {
        "steps": [_operation(node, [place[o] for o in node.operands]) for node in graph.nodes],
        "states": {name: place[node] for name, node in graph.states.items()},
        "gates": {gate: gates[gate] for gate in cell.inputs},
    }


def _operation(node: Node, of: list[int]) -> dict[str, Any]:
    match node:
        case State(name=name):
            return {"op": "state", "name": name}
        case Constant(value=value):
            return {"op": "constant", "value": value}
        case Bias(block=block):
            return {"op": "bias", "row": block}
        case Input(block=block):
            return {"op": "input", "row": block}
        case Weighted(weight=weight, block=block, diagonal=diagonal):
            op = "scale" if diagonal else "product"
            return {"op": op, "weight": weight, "row": block, "of": of}
        case Operation(symbol=symbol):
            return {"op": SYMBOLS[symbol], "of": of}
    raise TypeError(f"no operation for {type(node).__name__}")
