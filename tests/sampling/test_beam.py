"""Beam search: equal to a search through all texts where it is wide enough, and to greedy at 1."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from cells_under_test import random_model
from numpy.typing import NDArray

from charlstm.likelihood import log_likelihoods
from charlstm.nn.parameters import Parameters
from charlstm.sampling import Filters
from charlstm.sampling.beam import Beam
from charlstm.sampling.chain import Chain
from charlstm.sampling.chosen import Chosen
from charlstm.sampling.history import History
from charlstm.sampling.samples import write_all
from charlstm.sampling.source import NetworkSource
from charlstm.sampling.steps.base import ChainStep
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter

V, LENGTH = 3, 5
PRIME = np.array([2, 0, 1])
STOPS = pytest.mark.parametrize(
    "stops", [[], [[1]], [[2, 2]], [[0, 1], [1, 0, 1]], [[1, 2], [1, 0, 2]]], ids=str
)
Text = tuple[int, ...]


class Tame(ChainStep):
    """Forbids a character that is the one two places before."""

    name = "tame"
    looks_back = 2
    forbids = True

    def apply(self, logits: NDArray[Any], history: History) -> None:
        rows = logits.reshape(-1, logits.shape[-1])
        rows[np.arange(len(rows)), history.tail(2)[0]] = -np.inf


class Wall(ChainStep):
    """Forbids all after two characters."""

    name = "wall"
    looks_back = 1
    forbids = True

    def apply(self, logits: NDArray[Any], history: History) -> None:
        if history.written == 2:
            logits[...] = -np.inf


def model_of(attention: int, seed: int) -> Parameters:
    model = random_model(vocabulary_size=V, attention=attention, num_layers=2)
    model.flat[:] = np.random.default_rng(seed).normal(0.0, 1.5, model.flat.size)
    return model


def source_of(model: Parameters) -> NetworkSource:
    source = NetworkSource(model)
    source.read(PRIME[:-1])
    return source


def beam(model: Parameters, width: int, stops: list[list[int]], *steps: ChainStep) -> Chosen:
    return Beam(source_of(model), Chain(steps), PRIME, width, Stops(stops)).search(LENGTH)


def outcomes(stops: Stops) -> set[Text]:
    """All that a sample may be, each with the stop that ends it."""
    found = set()
    for text in product(range(V), repeat=LENGTH):
        ends = [n for n in range(1, LENGTH + 1) if stops.complete(list(text[:n]))]
        found.add(text[: ends[0]] if ends else text)
    return found


def likeliest(model: Parameters, texts: list[Text]) -> tuple[Text, float]:
    scores = log_likelihoods(model, PRIME, [np.array(text) for text in texts])
    best = int(np.argmax(scores))
    return texts[best], scores[best]


@STOPS
@pytest.mark.parametrize("attention", [0, 4])
def test_at_full_width_it_is_a_search_through_all_texts(
    stops: list[list[int]], attention: int
) -> None:
    lengths = set()
    for seed in range(8):
        model = model_of(attention, seed)
        text, score = likeliest(model, sorted(outcomes(Stops(stops))))
        found = beam(model, V**LENGTH, stops)
        assert (*found.ids, *found.stop) == text
        assert found.mean * len(text) == pytest.approx(score)
        assert not found.ended
        lengths.add(len(text))
    assert len(lengths) > 1 or not stops


def plain_beam(model: Parameters, width: int, stops: Stops) -> Text:
    """The same with lists, where each text is scored as a whole."""
    going: list[tuple[float, Text]] = [(0.0, ())]
    best: tuple[float, Text] = (-np.inf, ())
    for _ in range(LENGTH):
        texts = [(*text, id_) for _, text in going for id_ in range(V)]
        scores = log_likelihoods(model, PRIME, [np.array(text) for text in texts])
        chosen = sorted(zip(scores, texts, strict=True), reverse=True)[:width]
        ended = [hypothesis for hypothesis in chosen if stops.complete(list(hypothesis[1]))]
        best = max([best, *ended])
        going = [hypothesis for hypothesis in chosen if hypothesis not in ended]
        if not going:
            break
    return max([best, *going])[1]


@STOPS
@pytest.mark.parametrize("width", [2, 3, 5])
def test_at_any_width_it_is_the_beam_of_plain_lists(stops: list[list[int]], width: int) -> None:
    for seed in range(12):
        model = model_of(4, seed)
        found = beam(model, width, stops)
        assert (*found.ids, *found.stop) == plain_beam(model, width, Stops(stops))


@STOPS
def test_at_width_one_it_is_greedy(stops: list[list[int]]) -> None:
    for seed in range(8):
        model = model_of(3, seed)
        writer = SampleWriter(source_of(model), Filters(0.0).chain(), PRIME, [1])
        (greedy,) = write_all(writer, LENGTH, Stops(stops))
        found = beam(model, 1, stops)
        assert (found.ids, found.stop) == (greedy.ids, greedy.stop)


def test_a_wider_beam_has_found_likelier_texts() -> None:
    means = np.array(
        [[beam(model_of(0, seed), width, []).mean for width in (1, 2, 9)] for seed in range(12)]
    )
    assert (means[:, 2] > means[:, 0] - 1e-9).all()
    assert (means[:, 1] > means[:, 0] + 0.01).any()


def test_steps_that_forbid_take_part() -> None:
    model = model_of(0, 1)
    whole = [(*PRIME.tolist(), *text) for text in product(range(V), repeat=LENGTH)]
    tame = [t[3:] for t in whole if all(t[k] != t[k - 2] for k in range(3, len(t)))]
    assert 0 < len(tame) < V**LENGTH
    text, score = likeliest(model, tame)
    found = beam(model, V**LENGTH, [], Tame())
    assert tuple(found.ids) == text != tuple(beam(model, V**LENGTH, []).ids)
    assert found.mean * LENGTH == pytest.approx(score)


def test_where_the_steps_leave_nothing_it_ends_early() -> None:
    model = model_of(0, 2)
    found = beam(model, 9, [], Wall())
    assert found.ended
    assert tuple(found.ids) == likeliest(model, list(product(range(V), repeat=2)))[0]
    stopped = beam(model, 9, [[0]], Wall())  # what a stop has ended is whole
    assert not stopped.ended
    assert stopped.stop == [0]


def test_of_equal_texts_the_first_is_taken() -> None:
    model = model_of(0, 0)
    for name in ("W_y", "b_y"):
        model.by_name[name][...] = 0.0
    for width in (1, 2, 5, 300):
        assert beam(model, width, []).ids == [0] * LENGTH


def test_nothing_to_write() -> None:
    found = Beam(source_of(model_of(0, 0)), Chain(), PRIME, 4, Stops()).search(0)
    assert (found.ids, found.stop, found.ended) == ([], [], False)
