"""Dropout masks, and the recurrent weights that they leave out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_model
from numpy.typing import NDArray

from charlstm.nn.dropout import WeightDrop, dropout_mask
from charlstm.nn.network import Network
from charlstm.nn.parameters import layer_parameters


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.95])
def test_mask_keeps_its_share_and_the_mean(rate: float) -> None:
    mask = dropout_mask(rate, (100, 501), (1, 2, 3, 4))
    assert (mask > 0).mean() == pytest.approx(1 - rate, abs=0.01)
    assert mask.mean(dtype=np.float64) == pytest.approx(1.0, abs=0.05)
    assert set(np.unique(mask)) == {0.0, np.float32(65536 / (65536 - round(rate * 65536)))}


def test_masks_of_different_keys_are_unrelated() -> None:
    keys = [(s, u, l, k) for s in (0, 2**63 - 1) for u in (0, 9) for l in (0, 1) for k in (0, 1)]
    masks = [dropout_mask(0.5, (100, 100), key) > 0 for key in keys]
    for a, one in enumerate(masks):
        for b, other in enumerate(masks):
            assert (one == other).mean() == pytest.approx(1.0 if a == b else 0.5, abs=0.03)


def test_masks_of_neighbouring_updates_share_no_random_numbers() -> None:
    one, other = (dropout_mask(0.5, (1, 4096), (1, update, 0, 0))[0] > 0 for update in (5, 6))
    for shift in range(1, 65):
        assert (one[shift:] == other[:-shift]).mean() < 0.6
        assert (other[shift:] == one[:-shift]).mean() < 0.6


@each_variant
def test_weights_are_dropped_by_seed_update_and_layer_alone(
    cell: str, options: Mapping[str, Any]
) -> None:
    model = random_model(cell, options, hidden_size=24, num_layers=2)
    drops = [WeightDrop(model.cell, layer_parameters(model.by_name, k), k, 0.5) for k in (0, 1)]
    matrices = {p.name for p in model.cell.products if not p.diagonal}

    def kept(layer: int, *key: int) -> NDArray[np.bool_]:
        drops[layer].draw(*key)
        params = drops[layer].params
        return np.concatenate([(params[m] != 0).ravel() for m in sorted(matrices)])

    first = kept(0, 1, 2)
    for name, array in layer_parameters(model.by_name, 0).items():
        now = drops[0].params[name]
        if name in matrices:
            np.testing.assert_array_equal(now[now != 0], 2.0 * array[now != 0])
        else:
            assert now is array
    assert np.mean(first) == pytest.approx(0.5, abs=0.05)
    assert np.array_equal(kept(0, 1, 2), first)
    for other in (kept(0, 1, 3), kept(0, 2, 2), kept(1, 1, 2)):
        assert np.equal(first, other).mean() == pytest.approx(0.5, abs=0.07)


def test_weights_and_outputs_are_dropped_independently() -> None:
    model = random_model(hidden_size=24)
    drop = WeightDrop(model.cell, layer_parameters(model.by_name, 0), 0, 0.5)
    drop.draw(3, 4)
    shape = drop.params["W"].shape
    outputs = [dropout_mask(0.5, shape, (3, 4, 0, shard)) > 0 for shard in range(3)]
    for mask in outputs:
        assert np.equal(drop.params["W"] != 0, mask).mean() == pytest.approx(0.5, abs=0.05)


def test_nothing_is_dropped_where_no_gradient_is_asked_for() -> None:
    model = random_model(hidden_size=8)
    ids = np.arange(12).reshape(4, 3) % model.vocabulary_size
    trained = Network(model, 4, 3, backward=True, weight_drop=0.5)
    trained.refresh(1, 1)
    plain = Network(model, 4, 3).predict(ids)
    assert not np.allclose(trained.predict(ids), plain)
    np.testing.assert_array_equal(Network(model, 4, 3).predict(ids), plain)
