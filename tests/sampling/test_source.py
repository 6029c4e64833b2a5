"""A source: its states can be copied, widened and put back, whatever is in them."""

import numpy as np
import pytest
from cells_under_test import random_ids, random_model

from charlstm.nn.network import Network
from charlstm.sampling.source import NetworkSource

ATTENTION = pytest.mark.parametrize("attention", [0, 4])


@ATTENTION
def test_its_logits_are_those_of_the_network(attention: int) -> None:
    model = random_model(num_layers=2, attention=attention)
    ids = random_ids(model, 9, 3)
    source, network = NetworkSource(model, 3), Network(model, 1, 3)
    for row in ids:
        assert np.array_equal(source.step(row), network.step(row))


@ATTENTION
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_wide_source_goes_on_where_the_one_column_stood(cell: str, attention: int) -> None:
    model = random_model(cell, num_layers=2, attention=attention)
    one = NetworkSource(model)
    one.read(np.array([1, 4, 2, 0, 3, 3, 1]))
    wide = one.wide(4)
    logits = one.step(np.array([2]))
    assert wide.step(np.full(4, 2)) == pytest.approx(np.repeat(logits, 4, axis=1))


@ATTENTION
def test_a_column_put_back_forgets_what_it_read_since(attention: int) -> None:
    model = random_model(num_layers=2, attention=attention)
    ids = random_ids(model, 30, 3)
    source = NetworkSource(model, 3)
    for row in ids[:7]:
        source.step(row)
    state = source.get()
    expected = np.array([source.step(row) for row in ids[7:]])
    source.put([1], {name: array[[1]] for name, array in state.items()})
    again = np.array([source.step(row) for row in ids[7:]])
    assert again[..., 1] == pytest.approx(expected[..., 1])
    assert not np.allclose(again[0, :, 0], expected[0, :, 0])


@ATTENTION
def test_columns_go_on_from_others(attention: int) -> None:
    model = random_model(num_layers=2, attention=attention)
    ids = random_ids(model, 12, 3)
    source = NetworkSource(model, 3)
    for row in ids:
        source.step(row)
    state, next_ = source.get(), np.array([1, 1, 1])
    logits = source.step(next_)
    source.put(slice(None), {name: array[[2, 0, 2]] for name, array in state.items()})
    assert source.step(next_) == pytest.approx(logits[:, [2, 0, 2]])
