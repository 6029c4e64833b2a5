"""A page that runs a network: it reads a text, writes on, and shows its units at work.

Its script runs one step of the cell as a list of operations, made from the cell's graph.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from charlstm.errors import ExportError
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
from charlstm.nn.units import unit_name
from charlstm.output.arithmetic import OpenEquation, Written, open_equations, places
from charlstm.output.drawing.cell import drawing_of
from charlstm.output.drawing.live import live_svg
from charlstm.output.page import page
from charlstm.output.page.fixed_point import packed, packed_difference, rounded
from charlstm.output.terminal import glyph
from charlstm.text.vocabulary import Vocabulary

MOST = 16_000_000  # parameters that a browser can hold: a page of 43 MB
WORK = 2_000_000_000  # multiplications that a browser does while a page opens
LONGEST = 5000  # characters, each a column of the page
BY_NAME = '\n    <option value="name">those with a name</option>'
EARLY = 8  # earlier networks, each half as large as the page's own
EARLY_WEIGHTS = 8_000_000  # of all of them: 11 MB of a page


def page_limit(parameters: Parameters) -> int:
    """How many characters a page reads when it opens: fewer of a large network."""
    return max(1, min(LONGEST, WORK // parameters.num_parameters))


def early_limit(parameters: Parameters) -> int:
    """How many earlier networks a page holds beside its own: 8, or fewer large ones."""
    return min(EARLY, EARLY_WEIGHTS // parameters.num_parameters)


def network_page(
    parameters: Parameters,
    vocabulary: Vocabulary,
    *,
    title: str,
    about: str,
    text: str,
    start: tuple[int, int],
    salient: Sequence[Sequence[int]],
    written: Written,
    settings: Mapping[str, float] | None = None,
    on_the_way: Sequence[tuple[int, Parameters]] = (),
    names: Mapping[tuple[int, int], str] | None = None,
) -> bytes:
    """The page, in UTF-8, with the weights in 16 bits. It reads `text` when it opens.

    The unit `start` is in view first; `salient` are the units of each layer to step through.
    `written` are the equations of the cell's step. `settings` are values of its fields by name,
    such as `temperature`. `on_the_way` are networks that training made before these parameters,
    each with its update. `names` are those of some units, to step through too.

    Raises:
        ExportError: if the network is too large, or a weight is not finite.
    """
    if parameters.num_parameters > MOST:
        raise ExportError(
            f"the network has {parameters.num_parameters:,} parameters, and a page holds {MOST:,}; "
            "export it as .onnx"
        )
    shape, cell, arrays = parameters.architecture, parameters.cell, parameters.by_name
    equations = open_equations(written)
    data = {
        "tokens": vocabulary.tokens,
        "characters": vocabulary.alphabet if vocabulary.tokens == "char" else [],
        "shown": [glyph(symbol) for symbol in vocabulary.alphabet],
        "newline": int(vocabulary.encode("\n")[0]),
        "reset_at": parameters.reset_at,
        "hidden_size": shape.hidden_size,
        "program": program(cell),
        "equations": [_shown(equation) for equation in equations],
        "sigmoids": cell.sigmoids,
        "memory": {"state": cell.memory, "name": cell.memory_label},
        **_blocks({name: packed(value) for name, value in arrays.items()}, shape.num_layers),
        "updates": [update for update, _ in on_the_way],
        "earlier": _earlier(parameters, [network for _, network in on_the_way[:-1]]),
        "reach": shape.attention,
        "heads": shape.attention_heads,
        "start": list(start),
        "salient": salient,
        "names": {unit_name(unit): name for unit, name in (names or {}).items()},
        "most": page_limit(parameters),
        "settings": {"prime": text, **(settings or {})},
    }
    drawing = live_svg(drawing_of(cell, attention=shape.attention > 0), places(written), equations)
    by_name = BY_NAME if names else ""
    return page("model", title, about, data, drawing=drawing, by_name=by_name)


def _shown(equation: OpenEquation) -> dict[str, Any]:
    """An equation for the page's script, with a true minus."""
    shown = vars(equation) | {"formula": equation.formula.replace("t-1", "t−1")}
    summands = [(source.replace("t-1", "t−1"), place) for source, place in equation.summands]
    return shown | {"summands": summands}


def _blocks(weights: Mapping[str, dict[str, str]], layers: int) -> dict[str, Any]:
    """Packed weights as the page's script takes them."""
    return {
        "layers": [layer_parameters(weights, index) for index in range(layers)],
        "attention": parameters_at(weights, "attention"),
        "W_y": weights["W_y"],
        "b_y": weights["b_y"],
    }


def _earlier(parameters: Parameters, networks: Sequence[Parameters]) -> list[dict[str, Any]]:
    """The weights of earlier networks, the first one first, each less those of the next one."""
    later = {name: rounded(value) for name, value in parameters.by_name.items()}
    blocks = []
    for network in reversed(networks):
        texts = {}
        for name, value in network.by_name.items():
            texts[name], later[name] = packed_difference(value, later[name])
        blocks.append(_blocks(texts, network.architecture.num_layers))
    return blocks[::-1]


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
