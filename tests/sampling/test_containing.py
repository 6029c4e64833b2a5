"""Samples in which texts must occur: they are the model's own, or have the texts placed in them."""

from collections import Counter
from itertools import product
from math import exp
from typing import Any

import numpy as np
import pytest
from cells_under_test import random_model
from numpy.typing import NDArray

from charlstm.likelihood import log_likelihoods
from charlstm.nn.parameters import Parameters
from charlstm.sampling.chain import Chain
from charlstm.sampling.chosen import Chosen
from charlstm.sampling.containing import Containing
from charlstm.sampling.history import History
from charlstm.sampling.samples import write_all
from charlstm.sampling.source import NetworkSource
from charlstm.sampling.steps.base import ChainStep
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter

PRIME = np.array([2, 0, 1])
RARE = 4  # a character that is seldom written


class NotAfter(ChainStep):
    """Forbids a character after another one."""

    name = "not_after"
    looks_back = 1
    forbids = True

    def __init__(self, first: int, second: int) -> None:
        self._first, self._second = first, second

    def apply(self, logits: NDArray[Any], history: History) -> None:
        rows = logits.reshape(-1, logits.shape[-1])
        rows[history.last == self._first, self._second] = -np.inf


def model_of(attention: int = 0, rare: float = 6.0) -> Parameters:
    model = random_model(spread=1.0, attention=attention)
    model.by_name["b_y"][RARE] -= rare
    return model


def source_of(model: Parameters) -> NetworkSource:
    source = NetworkSource(model)
    source.read(PRIME[:-1])
    return source


def containing(
    model: Parameters,
    *texts: list[int],
    length: int = 40,
    stops: list[list[int]] | None = None,
    steps: list[ChainStep] | None = None,
    greedy: bool = False,
) -> Containing:
    chain = Chain(steps or (), greedy=greedy)
    return Containing(source_of(model), chain, PRIME, texts, length, Stops(stops or ()), 16)


def stands_in(text: list[int], sample: Chosen) -> bool:
    return any(sample.ids[k : k + len(text)] == text for k in range(len(sample.ids)))


def mean_of(model: Parameters, sample: Chosen) -> float:
    ids = np.array(sample.ids + sample.stop)
    return log_likelihoods(model, PRIME, [ids])[0] / ids.size


@pytest.mark.parametrize("attention", [0, 4])
def test_the_first_sample_that_has_the_texts_is_taken_as_it_is(attention: int) -> None:
    model, texts = model_of(attention), ([1, 2], [3, 3])
    found = containing(model, *texts).sample(range(100))
    writer = SampleWriter(source_of(model), Chain(), PRIME, range(found.drawn))
    drafts = write_all(writer, 40, Stops())
    have = [all(stands_in(t, Chosen(d)) for t in texts) for d in drafts]
    first = have.index(True)
    assert first < found.drawn <= first + 16
    assert (found.seed, found.ids) == (first, drafts[first].ids)
    assert (found.placed, found.missing) == ((), ())
    assert found.mean == pytest.approx(mean_of(model, found))


@pytest.mark.parametrize("attention", [0, 4])
def test_what_no_draft_has_is_placed(attention: int) -> None:
    model, text = model_of(attention), [RARE, 0, RARE]
    samples = [containing(model, text).sample(range(seed, seed + 5)) for seed in range(0, 60, 5)]
    for sample, seed in zip(samples, range(0, 60, 5), strict=True):
        (placed,) = sample.placed
        assert sample.ids[placed.at : placed.at + 3] == text
        assert (len(sample.ids), sample.seed, sample.drawn) == (40, seed, 5)
        whole = np.array(sample.ids[: placed.at + 3])
        (log,) = log_likelihoods(model, PRIME, [whole], [placed.at])
        assert placed.log_prob == pytest.approx(log)
        assert sample.mean == pytest.approx(mean_of(model, sample))
    assert len({tuple(sample.ids) for sample in samples}) == 12
    again = containing(model, text).sample(range(5))
    assert vars(again) == vars(samples[0])


def test_placed_samples_are_distributed_like_those_that_have_the_text() -> None:
    model, length = model_of(rare=9.0), 3
    wholes = [text for text in product(range(5), repeat=length) if RARE in text]
    logs = log_likelihoods(model, PRIME, [np.array(text) for text in wholes])
    chances = dict(zip(wholes, map(exp, logs), strict=True))
    total = sum(chances.values())
    search = containing(model, [RARE], length=length)
    count = 600
    drawn = Counter(tuple(search.sample(range(k, k + 16)).ids) for k in range(0, 16 * count, 16))
    expected = {text: count * chance / total for text, chance in chances.items()}
    distance = sum(abs(drawn[text] - expected[text]) for text in wholes) / 2 / count
    # An exact sampler is this far off, too.
    random = np.random.default_rng(1)
    exact = random.multinomial(count, np.array(list(expected.values())) / count)
    noise = np.abs(exact - list(expected.values())).sum() / 2 / count
    assert distance < 1.5 * noise
    assert sum(drawn.values()) == count


def test_several_texts_all_occur_in_either_order() -> None:
    model = model_of()
    texts = [1, RARE, 1], [3, RARE, 3], [2, 2]
    orders = set()
    for seed in range(0, 120, 4):
        sample = containing(model, *texts, length=30).sample(range(seed, seed + 4))
        assert all(stands_in(text, sample) for text in texts)
        assert len(sample.ids) == 30
        assert sample.missing == ()
        orders.add(tuple(placed.text for placed in sample.placed if placed.text < 2))
        places = [placed.at for placed in sample.placed]
        assert places == sorted(places)
        for placed in sample.placed:  # where it was missing
            before = "".join(map(str, sample.ids[: placed.at]))
            assert "".join(map(str, texts[placed.text])) not in before
    assert {(0, 1), (1, 0)} <= orders


def test_a_text_within_another_is_not_placed_by_itself() -> None:
    for seed in range(20):
        sample = containing(model_of(), [RARE], [1, RARE, 1], [RARE, 1]).sample([seed])
        assert [placed.text for placed in sample.placed] == [1]
        assert sample.missing == ()


def test_it_fits_where_there_is_hardly_room() -> None:
    model = model_of()
    for seed in range(20):
        sample = containing(model, [1, RARE], [3, RARE], length=4).sample([seed])
        assert sample.ids in ([1, RARE, 3, RARE], [3, RARE, 1, RARE])


def test_greedy_takes_the_likeliest_place() -> None:
    model = model_of()
    found = containing(model, [RARE, RARE], greedy=True).sample([1])
    (greedy,) = write_all(
        SampleWriter(source_of(model), Chain(greedy=True), PRIME, [1]), 40, Stops()
    )
    wholes = [np.array([*greedy.ids[:t], RARE, RARE]) for t in range(39)]
    best = int(np.argmax(log_likelihoods(model, PRIME, wholes, list(range(39)))))
    assert found.placed[0].at == best
    assert found.ids[: best + 2] == wholes[best].tolist()
    assert containing(model, [RARE, RARE], greedy=True).sample([2]).ids == found.ids


STOPS = ([[1]], [[3, 3], [2, 2, 2]], [[3, 0], [0, RARE]])


@pytest.mark.parametrize("stops", STOPS, ids=str)
def test_a_sample_with_a_placed_text_ends_before_the_first_stop(stops: list[list[int]]) -> None:
    model, ends = model_of(), 0
    for seed in range(40):
        sample = containing(model, [RARE, 3], stops=stops).sample(range(seed, seed + 3))
        assert stands_in([RARE, 3], sample)
        whole = sample.ids + sample.stop
        first = next((n for n in range(1, 41) if Stops(stops).complete(whole[:n])), 0)
        assert first == (len(whole) if sample.stop else 0)
        assert sample.stop or len(whole) == 40
        ends += bool(sample.stop)
    assert ends > 5


def test_steps_that_forbid_hold_for_a_placed_text() -> None:
    model, before = model_of(), set()
    for seed in range(30):
        steps: list[ChainStep] = [NotAfter(0, RARE), NotAfter(3, 0)]
        sample = containing(model, [RARE, 3], steps=steps).sample(range(seed, seed + 3))
        pairs = set(zip(sample.ids, sample.ids[1:], strict=False))
        assert stands_in([RARE, 3], sample)
        assert not pairs & {(0, RARE), (3, 0)}
        before |= {a for a, b in pairs if b == RARE}
    assert len(before) > 1


def test_without_a_place_it_is_the_nearest_draft() -> None:
    model, texts = model_of(), ([1, 2], [RARE, 3], [3, 3, 1])
    steps: list[ChainStep] = [NotAfter(RARE, 3)]
    found = containing(model, *texts, steps=steps).sample(range(7))
    assert found.missing == (1,)
    assert all(stands_in(texts[k], found) for k in (0, 2))
    assert found.mean == pytest.approx(mean_of(model, found))
    alone = containing(model, [RARE, 3], steps=steps).sample(range(7))
    writer = SampleWriter(source_of(model), Chain(steps), PRIME, range(7))
    means = [mean_of(model, Chosen(d)) for d in write_all(writer, 40, Stops())]
    assert (alone.missing, alone.placed) == ((0,), ())
    assert alone.seed == int(np.argmax(means))
    assert alone.mean == pytest.approx(max(means))
