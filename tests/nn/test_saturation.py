"""How large numbers are, and how much of a gate is saturated, against the obvious way."""

import numpy as np
import pytest
from models import VOCABULARY, wild_model

from charlstm.nn import saturation
from charlstm.nn.network import Network
from charlstm.nn.recording import record
from charlstm.nn.saturation import Magnitudes, memory_sizes, saturated_shares

IDS = VOCABULARY.encode("The cats ate. The bats feast on bread here.\n" * 3).astype(np.intp)[
    :, None
]


def test_sizes_are_the_quantiles_of_numpy_to_half_a_percent() -> None:
    values = np.random.default_rng(1).lognormal(0.0, 4.0, (7, 1000)) * np.array([1, -1] * 500)
    magnitudes = Magnitudes()
    for row in values:
        magnitudes.add(row)
    sizes, absolute = magnitudes.sizes(), np.abs(values)
    assert sizes.median == pytest.approx(np.quantile(absolute, 0.5), rel=0.01)
    assert sizes.p90 == pytest.approx(np.quantile(absolute, 0.9), rel=0.01)
    assert sizes.largest == pytest.approx(absolute.max(), rel=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0, -3.25, 1e-30, 3e38])
def test_sizes_of_one_number_are_that_number(value: float) -> None:
    magnitudes = Magnitudes()
    magnitudes.add(np.full((2, 3), value, np.float32))
    assert magnitudes.sizes() == pytest.approx((abs(value),) * 3, rel=0.005, abs=1e-35)


def test_sizes_of_nothing_are_zero() -> None:
    assert Magnitudes().sizes() == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("attention", [0, 5])
def test_the_sizes_in_carried_states_are_those_of_c_in_all_layers(attention: int) -> None:
    model = wild_model(num_layers=2, attention=attention)
    network = Network(model, 8, 3)
    for name, view in network.state.items():
        view[...] = 1.0 + int(name.split(".")[1]) if name.endswith("c") else 100.0
    state = np.concatenate([view.ravel() for view in network.state.values()])
    sizes = memory_sizes(model.architecture, [state, state])
    assert sizes == pytest.approx((1.0, 2.0, 2.0), rel=0.005)
    assert memory_sizes(wild_model("gru").architecture, []) is None


@pytest.mark.parametrize("cell", ["lstm", "gru", "coupled", "rnn"])
def test_shares_are_those_of_all_gate_values_of_the_last_steps(cell: str) -> None:
    model = wild_model(cell, num_layers=2)
    network = Network(model, 16, 1)
    for first in range(0, len(IDS), 16):
        network.read(IDS[first : first + 16])
    shares = saturated_shares(network, 16)
    gates = record(model, IDS).gates
    assert shares.shape == (2, len(model.cell.sigmoids))
    tail = len(IDS) % 16  # the last window is shorter, and the steps before it stay in the buffer
    kept = [*range(len(IDS) - tail, len(IDS)), *range(len(IDS) - 16, len(IDS) - tail)]
    for layer, row in enumerate(shares):
        for gate, share in zip(model.cell.sigmoids, row, strict=True):
            values = gates[layer][gate][kept]
            assert share == np.mean((values > saturation.OPEN) | (values < saturation.SHUT))
