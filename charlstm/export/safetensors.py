"""Weights under PyTorch's names and in its order of gates, for the cells that PyTorch has.

    weight_ih_l0 (G·H, V+1)    reads one-hot characters: our table E, transposed
    weight_ih_l1 (G·H, H)      reads the layer below: W_x
    weight_hh_l0 (G·H, H)      reads h': W
    bias_ih_l0 (G·H,)          our one bias; bias_hh is zero, but for the GRU's b_m
    readout.weight, .bias      W_y (V, H) and b_y (V,), as of a torch.nn.Linear
    attention.W_a, …           those of attention, by our names: PyTorch has no module for it

The rows of the gates stand in the order of the documentation of torch.nn.RNN, LSTM and GRU. A cell
is one of these if its equations, as its options make them, are those of `MODULES`; its name does
not count.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import save

from charlstm.errors import ExportError
from charlstm.nn import Array
from charlstm.nn.blocks import rows_of
from charlstm.nn.cells.base import Cell
from charlstm.nn.graph import Graph, Node, Operators, State, same_step
from charlstm.nn.parameters import Parameters, layer_parameters, parameters_at

Equations = Callable[[Operators, Mapping[str, Node]], dict[str, Node]]


class Module(NamedTuple):
    """A recurrent module of PyTorch: one step, and the order of its gates by our letters."""

    equations: Equations
    on_x: str  # the gates that see x
    on_h: str  # the blocks of the weight on h'
    states: tuple[str, ...] = ("h",)


def _rnn(op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
    return {"h": op.tanh(op.preactivation("n", state["h"]))}


def _lstm(op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
    i, f, o = (op.sigmoid(op.preactivation(gate, state["h"])) for gate in "ifo")
    c = f * state["c"] + i * op.tanh(op.preactivation("g", state["h"]))
    return {"h": o * op.tanh(c), "c": c}


def _gru(op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
    h = state["h"]
    r, z = (op.sigmoid(op.preactivation(gate, h)) for gate in "rz")
    n = op.tanh(op.input("n") + r * (op.product("W", "m", h) + op.bias("m")))
    return {"h": (1.0 - z) * n + z * h}


MODULES = {
    "RNN": Module(_rnn, "n", "n"),
    "LSTM": Module(_lstm, "ifgo", "ifgo", ("h", "c")),
    "GRU": Module(_gru, "rzn", "rzm"),
}


def module_of(cell: Cell[Any]) -> Module:
    """The module of PyTorch that computes what this cell computes.

    Raises:
        ExportError: if PyTorch has none.
    """
    (W, *more), graph = cell.products, cell.graph()
    for module in MODULES.values():
        blocks = set(cell.inputs), set(W.gates), set(cell.gates), cell.states
        wanted = set(module.on_x), set(module.on_h), {*module.on_x, *module.on_h}, module.states
        if blocks == wanted and W.name == "W" and not more:
            op = Operators(cell.gates, cell.inputs, cell.products)
            theirs = module.equations(op, {name: State(name) for name in cell.states})
            if same_step(graph, Graph(theirs)):
                return module
    options = "".join(f" {name}={value}" for name, value in vars(cell.options).items())
    raise ExportError(
        f"PyTorch has no module for this network of the cell {cell.name}{options}: .safetensors is "
        f"for rnn, lstm, and gru with gru_reset after; export it to a .onnx file, which holds "
        f"every cell"
    )


def tensors(parameters: Parameters) -> dict[str, Array]:
    """A model's weights by PyTorch's names.

    Raises:
        ExportError: for a cell that PyTorch does not have.
    """
    cell, H = parameters.cell, parameters.architecture.hidden_size
    module = module_of(cell)
    on_x, on_h = module.on_x, module.on_h

    def stacked(array: Array, blocks: str, order: str) -> Array:
        return np.concatenate([array[rows_of(blocks, gate, H)] for gate in order])

    weights = {}
    for layer in range(parameters.architecture.num_layers):
        params = layer_parameters(parameters.by_name, layer)
        W_x = params["E"].T if "E" in params else params["W_x"]
        b = params["b"][:, 0]
        alone = [gate for gate in on_h if gate not in cell.inputs]  # their b is on the side of h'
        b_h = np.concatenate(
            [b[rows_of(cell.gates, g, H)] if g in alone else np.zeros(H, b.dtype) for g in on_h]
        )
        weights[f"weight_ih_l{layer}"] = stacked(W_x, cell.inputs, on_x)
        weights[f"weight_hh_l{layer}"] = stacked(params["W"], cell.products[0].gates, on_h)
        weights[f"bias_ih_l{layer}"] = stacked(b, cell.gates, on_x)
        weights[f"bias_hh_l{layer}"] = b_h
    for name, array in parameters_at(parameters.by_name, "attention").items():
        weights[f"attention.{name}"] = array[:, 0] if name in ("b_a", "v") else array
    weights["readout.weight"] = parameters.by_name["W_y"]
    weights["readout.bias"] = parameters.by_name["b_y"][:, 0]
    return {name: np.ascontiguousarray(array) for name, array in weights.items()}


def encode(parameters: Parameters, about: Mapping[str, str]) -> bytes:
    """The bytes of the .safetensors file, with `about` as its metadata.

    Raises:
        ExportError: for a cell that PyTorch does not have.
    """
    return bytes(save(tensors(parameters), dict(about)))
