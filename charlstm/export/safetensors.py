"""Weights under PyTorch's names and in its order of gates, for the cells that PyTorch has.

    weight_ih_l0 (G·H, V+1)    reads one-hot characters: our table E, transposed
    weight_ih_l1 (G·H, H)      reads the layer below: W_x
    weight_hh_l0 (G·H, H)      reads h': W
    bias_ih_l0 (G·H,)          our one bias; bias_hh is zero, but for the GRU's b_m
    readout.weight, .bias      W_y (V, H) and b_y (V,), as of a torch.nn.Linear

The rows of the gates stand in the order of the documentation of torch.nn.RNN, LSTM and GRU.
"""

from collections.abc import Mapping

import numpy as np
from safetensors.numpy import save

from charlstm.errors import ExportError
from charlstm.nn import Array
from charlstm.nn.blocks import rows_of
from charlstm.nn.parameters import Parameters, layer_parameters

# Our gates in PyTorch's order: first those that see x, then those that see h'.
ORDERS = {"rnn": ("n", "n"), "lstm": ("ifgo", "ifgo"), "gru": ("rzn", "rzm")}


def tensors(parameters: Parameters) -> dict[str, Array]:
    """A model's weights by PyTorch's names.

    Raises:
        ExportError: for a cell that PyTorch does not have.
    """
    cell, H = parameters.cell, parameters.architecture.hidden_size
    on_x, on_h = ORDERS.get(cell.name, ("", ""))
    (W, *more) = cell.products
    if more or set(W.gates) != set(on_h):
        raise ExportError(
            f"PyTorch has no module for this {cell.name} network: .safetensors is for rnn, lstm, "
            f"and gru with gru_reset after; export it to a .onnx file, which holds every cell"
        )

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
        weights[f"weight_hh_l{layer}"] = stacked(params["W"], W.gates, on_h)
        weights[f"bias_ih_l{layer}"] = stacked(b, cell.gates, on_x)
        weights[f"bias_hh_l{layer}"] = b_h
    weights["readout.weight"] = parameters.by_name["W_y"]
    weights["readout.bias"] = parameters.by_name["b_y"][:, 0]
    return {name: np.ascontiguousarray(array) for name, array in weights.items()}


def encode(parameters: Parameters, about: Mapping[str, str]) -> bytes:
    """The bytes of the .safetensors file, with `about` as its metadata.

    Raises:
        ExportError: for a cell that PyTorch does not have.
    """
    return bytes(save(tensors(parameters), dict(about)))
