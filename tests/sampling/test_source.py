"""A source: its states can be copied, widened and put back, whatever is in them."""

from collections.abc import Callable

import numpy as np
import pytest
from cells_under_test import random_ids, random_model
from mixtures import mixture_of, two_models
from numpy.typing import NDArray

from charlstm.nn.network import Network
from charlstm.nn.predictors import Predictor
from charlstm.sampling.source import NetworkSource

PREDICTORS: dict[str, Callable[[], Predictor]] = {
    "network": lambda: random_model(num_layers=2),
    "attention": lambda: random_model(num_layers=2, attention=4),
    "gru": lambda: random_model("gru", num_layers=2, attention=4),
    "mixture": lambda: mixture_of(*two_models(attention=4)),
    "mixture of lines": lambda: mixture_of(*two_models(attention=4, lines=True), lines=True),
}


@pytest.fixture(params=PREDICTORS)
def predictor(request: pytest.FixtureRequest) -> Predictor:
    return PREDICTORS[request.param]()


def some_ids(predictor: Predictor, steps: int, batch: int) -> NDArray[np.intp]:
    return np.random.default_rng(2).integers(0, predictor.vocabulary_size + 1, (steps, batch))


@pytest.mark.parametrize("attention", [0, 4])
def test_its_logits_are_those_of_the_network(attention: int) -> None:
    model = random_model(num_layers=2, attention=attention)
    ids = random_ids(model, 9, 3)
    source, network = NetworkSource(model, 3), Network(model, 1, 3)
    for row in ids:
        assert np.array_equal(source.step(row), network.step(row))


def test_a_wide_source_goes_on_where_the_one_column_stood(predictor: Predictor) -> None:
    one = NetworkSource(predictor)
    one.read(np.array([1, 4, 2, 0, 3, 3, 1]))
    wide = one.wide(4)
    logits = one.step(np.array([2]))
    assert wide.step(np.full(4, 2)) == pytest.approx(np.repeat(logits, 4, axis=1))


def test_a_column_put_back_forgets_what_it_read_since(predictor: Predictor) -> None:
    ids = some_ids(predictor, 30, 3)
    source = NetworkSource(predictor, 3)
    for row in ids[:7]:
        source.step(row)
    state = source.get()
    expected = np.array([source.step(row) for row in ids[7:]])
    source.put([1], {name: array[[1]] for name, array in state.items()})
    again = np.array([source.step(row) for row in ids[7:]])
    assert again[..., 1] == pytest.approx(expected[..., 1])
    assert not np.allclose(again[0, :, 0], expected[0, :, 0])


def test_columns_go_on_from_others(predictor: Predictor) -> None:
    ids = some_ids(predictor, 12, 3)
    source = NetworkSource(predictor, 3)
    for row in ids:
        source.step(row)
    state, next_ = source.get(), np.array([1, 1, 1])
    logits = source.step(next_)
    source.put(slice(None), {name: array[[2, 0, 2]] for name, array in state.items()})
    assert source.step(next_) == pytest.approx(logits[:, [2, 0, 2]])


def test_what_is_read_without_logits_leaves_the_same_state(predictor: Predictor) -> None:
    ids = some_ids(predictor, 20, 1)[:, 0]
    source, other = NetworkSource(predictor), NetworkSource(predictor)
    source.read(ids)
    for id_ in ids:
        other.step(np.array([id_]))
    assert source.get().keys() == other.get().keys()
    for name, array in source.get().items():
        assert array == pytest.approx(other.get()[name]), name
