"""PyTorch's RNN, LSTM and GRU: the same outputs and the same gradients, from non-zero states."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from torch_cases import CELLS, LAYERS, WEIGHT, B, H, T, V, golden

from charlstm.nn import Array
from charlstm.nn.cells.base import Cell
from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture, Parameters

# The blocks of weight_ih and of weight_hh by our letters, in the order PyTorch documents.
BLOCKS = {"rnn": ("n", "n"), "lstm": ("ifgo", "ifgo"), "gru": ("rzn", "rzm")}

each_cell = pytest.mark.parametrize("cell", CELLS)


def as_ours(cell: Cell[Any], tensors: Mapping[str, Array], *, gradient: bool) -> dict[str, Array]:
    """PyTorch's parameters, or their gradients, by our names.

    Its two biases of a gate are summed to our one, whose gradient is that of either.
    """
    seen, recurrent = BLOCKS[cell.name]
    found = {"W_y": tensors["readout.weight"], "b_y": tensors["readout.bias"][:, None]}
    for layer in range(LAYERS):
        ih, hh, b_ih, b_hh = (
            dict(zip(order, np.split(tensors[f"{name}_l{layer}"], len(order)), strict=True))
            for order, name in (
                (seen, "weight_ih"),
                (recurrent, "weight_hh"),
                (seen, "bias_ih"),
                (recurrent, "bias_hh"),
            )
        )
        b = {gate: b_ih.get(gate, 0.0) + b_hh.get(gate, 0.0) for gate in cell.gates}
        if gradient:
            b = b_ih | b_hh
        W_x = np.concatenate([ih[gate] for gate in cell.inputs])
        prefix = f"layers.{layer}"
        found |= {f"{prefix}.W_x": W_x} if layer else {f"{prefix}.E": W_x.T}
        (W,) = cell.products
        found[f"{prefix}.W"] = np.concatenate([hh[gate] for gate in W.gates])
        found[f"{prefix}.b"] = np.concatenate([b[gate] for gate in cell.gates])[:, None]
    return found


class Case:
    """A model with PyTorch's parameters, and what PyTorch made of them."""

    def __init__(self, name: str) -> None:
        self.golden = golden(name)
        self.model = Parameters(Architecture(name, CELLS[name], H, LAYERS), V, dtype=np.float64)
        params = self.ours("param", gradient=False)
        assert params.keys() == self.model.by_name.keys()
        for key, view in self.model.by_name.items():
            view[...] = params[key]

    def ours(self, prefix: str, *, gradient: bool) -> dict[str, Array]:
        tensors = {
            key.removeprefix(f"{prefix}/"): value
            for key, value in self.golden.items()
            if key.startswith(f"{prefix}/")
        }
        return as_ours(self.model.cell, tensors, gradient=gradient)

    def states(self, prefix: str) -> dict[str, Array]:
        """PyTorch's (layers, B, H) by our names, (H, B) each."""
        return {
            f"layers.{layer}.{name}": self.golden[f"{prefix}/{name}"][layer].T
            for layer in range(LAYERS)
            for name in self.model.cell.states
        }

    def network(self, length: int) -> Network:
        network = Network(self.model, length, B, backward=True)
        for name, value in self.states("before").items():
            assert value.all()
            network.state[name][...] = value
        return network


def equal(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-11)


@each_cell
def test_logits_and_states(cell: str) -> None:
    case = Case(cell)
    network = case.network(1)
    for ids, logits in zip(case.golden["ids"], case.golden["logits"], strict=True):
        equal(network.step(ids), logits.T)
    for name, expected in case.states("after").items():
        equal(network.state[name], expected)


@each_cell
def test_loss_and_every_gradient(cell: str) -> None:
    case = Case(cell)
    network = case.network(T)
    grads = case.model.views(np.full(case.model.size, np.nan))
    loss = network.loss_and_gradients(
        case.golden["ids"], case.golden["targets"], grads, loss_scale=WEIGHT
    )
    equal(loss, case.golden["loss"])
    expected = case.ours("grad", gradient=True)
    assert grads.keys() == expected.keys()
    for name, grad in grads.items():
        equal(grad, expected[name])
    for name, gradient in case.states("grad_before").items():
        _, layer, state = name.split(".")
        equal(network.layers[int(layer)].dstate[state], gradient)
    for name, after in case.states("after").items():
        equal(network.state[name], after)
