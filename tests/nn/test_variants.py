"""Networks to compare with: before training, and with larger weights on h."""

import numpy as np
import pytest
from models import wild_model

from charlstm.nn.cells import CELLS
from charlstm.nn.variants import untrained, with_gain


def test_an_untrained_network_is_the_one_that_training_began_with() -> None:
    model = wild_model("peephole", attention=3)
    trained = model.flat.copy()
    model.initialise(7)
    begun = model.flat.copy()
    model.flat[...] = trained
    np.testing.assert_array_equal(untrained(model, 7).flat, begun.astype(np.float32))
    assert untrained(model, 7).architecture == model.architecture
    np.testing.assert_array_equal(model.flat, trained)


def test_an_untrained_network_of_another_cell_has_the_same_size() -> None:
    model = wild_model("peephole", num_layers=2)
    other = untrained(model, 7, "gru")
    assert other.cell.name == "gru"
    assert other.by_name["W_y"].shape == model.by_name["W_y"].shape
    assert other.architecture.num_layers == 2


@pytest.mark.parametrize("cell", CELLS)
def test_a_gain_multiplies_the_weights_on_h_and_nothing_else(cell: str) -> None:
    model = wild_model(cell, num_layers=2, attention=3)
    larger = with_gain(model, 3.0)
    for name, view in model.by_name.items():
        on_h = name.startswith("layers.") and name.rpartition(".")[2] in ("W", "W_n")
        np.testing.assert_allclose(larger.by_name[name], view * (3.0 if on_h else 1.0))
    assert larger.flat.dtype == np.float64
