"""Best of N: the likeliest per character of the samples that the seeds give."""

import math

import numpy as np
import pytest
from cells_under_test import random_model

from charlstm.likelihood import log_likelihoods
from charlstm.nn.parameters import Parameters
from charlstm.sampling import Filters
from charlstm.sampling.best import best_of
from charlstm.sampling.chosen import Chosen
from charlstm.sampling.samples import Written, write_all
from charlstm.sampling.source import NetworkSource
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter

PRIME = np.array([2, 0, 1])
FILTERS = Filters(temperature=1.3, top_k=4)


def source_of(model: Parameters) -> NetworkSource:
    source = NetworkSource(model)
    source.read(PRIME[:-1])
    return source


def alone(model: Parameters, seed: int, stops: Stops) -> Written:
    writer = SampleWriter(source_of(model), FILTERS.chain(), PRIME, [seed])
    (sample,) = write_all(writer, 30, stops)
    return sample


def chosen(model: Parameters, seeds: range, stops: Stops, likeliest: int | None = None) -> Chosen:
    return best_of(source_of(model), FILTERS.chain(), PRIME, seeds, 30, stops, likeliest)


@pytest.mark.parametrize("attention", [0, 5])
@pytest.mark.parametrize("stops", [Stops(), Stops([[1, 1], [3, 0]])], ids=["", "stops"])
def test_it_is_the_likeliest_of_the_samples_one_by_one(stops: Stops, attention: int) -> None:
    model = random_model(spread=2.0, attention=attention)
    for first in range(0, 60, 12):
        seeds = range(first, first + 12)
        samples = [alone(model, seed, stops) for seed in seeds]
        texts = [np.array(sample.ids + sample.stop) for sample in samples]
        scores = log_likelihoods(model, PRIME, texts)
        means = [score / text.size for score, text in zip(scores, texts, strict=True)]
        best = int(np.argmax(means))
        found = chosen(model, seeds, stops)
        assert (found.ids, found.stop) == (samples[best].ids, samples[best].stop)
        assert (found.seed, found.drawn) == (seeds[best], 12)
        assert found.mean == pytest.approx(means[best])


def test_its_log_probabilities_are_those_of_the_sample() -> None:
    found = chosen(random_model(spread=2.0), range(9), Stops(), likeliest=2)
    assert found.mean == pytest.approx(np.mean([score.model for score in found.log_probs]))
    assert len(found.log_probs[0].likeliest) == 2


def test_no_character_has_no_likelihood() -> None:
    model = random_model()
    found = best_of(source_of(model), FILTERS.chain(), PRIME, range(4, 7), 0, Stops())
    assert (found.ids, found.seed) == ([], 4)
    assert math.isnan(found.mean)
