"""The fast form of every cell comes to the numbers of its reference form, gate by gate."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_ids, random_model, randomise

from charlstm.nn import reference
from charlstm.nn.loss import softmax
from charlstm.nn.network import Network


@each_variant
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-4)])
@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("steps", [1, 6])
def test_window_equals_the_reference(
    cell: str,
    options: Mapping[str, Any],
    dtype: Any,
    tolerance: float,
    num_layers: int,
    steps: int,
) -> None:
    model = random_model(cell, options, num_layers=num_layers, dtype=dtype)
    ids, targets = random_ids(model, steps, 4), random_ids(model, steps, 4, seed=5)
    network = Network(model, steps, 4)
    randomise(network.state)
    logits, state = reference.run(model, ids, {k: v.copy() for k, v in network.state.items()})
    losses = network.score(ids, targets)
    for t, column in np.ndindex(ids.shape):
        p = softmax(logits[t, :, [column]].T)[:, 0]
        known = targets[t, column] < model.vocabulary_size
        expected = -np.log(p[targets[t, column]]) if known else 0.0
        assert losses[t, column] == pytest.approx(expected, abs=tolerance)
    assert state.keys() == network.state.keys()
    for name, view in network.state.items():
        np.testing.assert_allclose(view, state[name], rtol=0, atol=tolerance)


@each_variant
def test_single_steps_from_zero_state_equal_the_reference(
    cell: str, options: Mapping[str, Any]
) -> None:
    model = random_model(cell, options, num_layers=2)
    ids = random_ids(model, 5, 2)
    network = Network(model, 1, 2)
    stepped = [network.step(characters) for characters in ids]
    np.testing.assert_allclose(stepped, reference.run(model, ids)[0], rtol=0, atol=1e-10)
