"""A mixture is the weighted mean of probabilities that one computes from each network by itself."""

import math

import numpy as np
import pytest
from cells_under_test import random_model
from hypothesis import given, settings
from hypothesis import strategies as st
from mixtures import mixture_of, two_models
from numpy.typing import NDArray

from charlstm.evaluate import Scorer, score_text
from charlstm.likelihood import log_likelihoods
from charlstm.nn import Array, reference
from charlstm.nn.mixture import MixedNetwork, Mixture, Part
from charlstm.nn.network import Network
from charlstm.score import total


def by_hand(mixture: Mixture, ids: NDArray[np.intp]) -> Array:
    """The probabilities (T, V, B) after ids (T, B), from the reference of each network."""
    mean = np.zeros((len(ids), mixture.vocabulary_size, ids.shape[1]))
    for part in mixture.parts:
        known = part.parameters.vocabulary_size
        own = np.array([[part.own_ids[id_] for id_ in row] for row in ids])
        logits, _ = reference.run(part.parameters, own)
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        for id_ in range(mixture.vocabulary_size):
            if part.own_ids[id_] < known:
                mean[:, id_] += part.share * p[:, part.own_ids[id_]]
    return mean


def some_ids(steps: int, batch: int) -> NDArray[np.intp]:
    return np.random.default_rng(7).integers(0, 8, (steps, batch))


KINDS = pytest.mark.parametrize(
    ("attention", "lines"), [(0, False), (5, False), (0, True), (5, True)]
)


@KINDS
def test_each_step_is_the_weighted_mean_of_probabilities(attention: int, lines: bool) -> None:
    mixture, ids = mixture_of(*two_models(attention, lines=lines), lines=lines), some_ids(30, 3)
    network, expected = MixedNetwork(mixture, 1, 3), by_hand(mixture, ids)
    for row, p in zip(ids, expected, strict=True):
        assert np.exp(network.step(row)) == pytest.approx(p, rel=1e-10)
    network.reset()
    assert np.exp(network.step(ids[0])) == pytest.approx(expected[0], rel=1e-10)


@KINDS
def test_the_loss_of_a_window_is_that_of_the_mean(attention: int, lines: bool) -> None:
    mixture, ids = mixture_of(*two_models(attention, lines=lines), lines=lines), some_ids(40, 3)
    inputs, targets = ids[:-1], ids[1:]
    network, p = MixedNetwork(mixture, 39, 3), by_hand(mixture, inputs)
    losses = network.score(inputs, targets)
    known = targets < mixture.vocabulary_size
    chosen = np.take_along_axis(p, np.where(known, targets, 0)[:, None], axis=1)[:, 0]
    assert losses == pytest.approx(np.where(known, -np.log(chosen), 0.0), rel=1e-10)
    assert (losses[~known] == 0.0).all()


def test_a_character_that_one_network_lacks_has_only_the_others_share() -> None:
    mixture, ids = mixture_of(*two_models(), share=0.25), np.array([[1], [6], [3]])
    network = MixedNetwork(mixture, 3, 1)
    losses = network.score(ids, np.array([[6], [3], [0]]))
    alone = [Network(part.parameters, 3, 1) for part in mixture.parts]
    read = [part.own_ids[ids] for part in mixture.parts]
    only_second = alone[1].score(read[1], np.array([[0], [4], [3]]))
    only_first = alone[0].score(read[0], np.array([[5], [3], [0]]))
    assert losses[0] == pytest.approx(only_second[0] - math.log(0.25))
    assert losses[1] == pytest.approx(only_first[1] - math.log(0.75))
    assert np.isinf(network.part_losses[0, 0]) and np.isinf(network.part_losses[1, 1])


@given(
    weights=st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=4),
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(5, 12),
)
@settings(max_examples=60)
def test_the_probabilities_of_the_joined_vocabulary_sum_to_one(
    weights: list[float], seed: int, size: int
) -> None:
    rng = np.random.default_rng(seed)
    parts = []
    for weight in weights:
        own = np.full(size + 1, 5)
        own[rng.permutation(size)[:5]] = np.arange(5)
        model = random_model(dtype=np.float32, spread=1.0)
        model.flat[:] = rng.normal(0.0, 1.0, model.size)
        parts.append(Part(model, weight / sum(weights), own))
    known = [k for k in range(size) if any(part.own_ids[k] < 5 for part in parts)]
    network = MixedNetwork(Mixture(tuple(parts)), 1, 2)
    for row in rng.integers(0, size + 1, (4, 2)):
        p = np.exp(network.step(row))
        assert p.sum(axis=0) == pytest.approx(1.0, abs=1e-12)
        assert (p[known] > 0.0).all()
        assert p[known].sum(axis=0) == pytest.approx(1.0, abs=1e-12)


def test_a_network_blended_with_itself_is_itself() -> None:
    model, ids = random_model(vocabulary_size=7, attention=3), some_ids(50, 2)
    own = np.arange(8)
    mixture = Mixture((Part(model, 0.7, own), Part(model, 0.3, own)))
    alone, mixed = Network(model, 49, 2), MixedNetwork(mixture, 49, 2)
    expected = alone.score(ids[:-1], ids[1:])
    assert mixed.score(ids[:-1], ids[1:]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("share", [1e-9, 1.0 - 1e-9])
def test_a_share_near_its_limits_leaves_one_network_alone(share: float) -> None:
    models = two_models()
    mixture, ids = mixture_of(*models, share=share), np.array([[2, 5], [5, 2], [2, 2]])
    losses = MixedNetwork(mixture, 2, 2).score(ids[:-1], ids[1:])
    part = mixture.parts[share > 0.5]
    own = part.own_ids[ids]
    expected = Network(part.parameters, 2, 2).score(own[:-1], own[1:])
    known = own[1:] < part.parameters.vocabulary_size
    assert losses[known] == pytest.approx(expected[known], abs=1e-6)
    assert (losses[~known] > 15.0).all()


@KINDS
@pytest.mark.parametrize("size", [150, 2048 * 2 + 11])
def test_a_text_scores_as_it_does_by_hand_and_each_part_as_it_does_alone(
    attention: int, lines: bool, size: int
) -> None:
    mixture = mixture_of(*two_models(attention, lines=lines), lines=lines)
    ids = np.random.default_rng(3).integers(0, 8, size).astype(np.uint8)
    scorer = Scorer(ids, 2, mixture.reset_at, attention)
    groups = [scorer.score_each(mixture, group) for group in range(scorer.groups)]
    mixed, *own = map(total, zip(*groups, strict=True))
    assert mixed == score_text(mixture, ids, 2)
    for part, score in zip(mixture.parts, own, strict=True):
        alone = score_text(part.parameters, part.own_ids[ids], int(part.own_ids[2]))
        assert score == alone
    whole = np.concatenate([[2], ids])[:, None].astype(np.intp)
    p = by_hand(mixture, whole[:-1])[:, :, 0]
    nats = -sum(math.log(p[t, id_]) for t, id_ in enumerate(ids) if id_ < 7)
    assert (mixed.characters, mixed.unknown) == ((ids < 7).sum(), (ids == 7).sum())
    assert mixed.nats == pytest.approx(nats, rel=1e-10 if size == 150 else 1e-4)


def test_many_texts_have_the_likelihoods_that_they_have_by_hand() -> None:
    mixture, prime = mixture_of(*two_models(attention=4)), np.array([2, 6])
    texts = [some_ids(size, 1)[:, 0] for size in (1, 30, 90)]
    for text, likelihood in zip(texts, log_likelihoods(mixture, prime, texts), strict=True):
        whole = np.concatenate([prime, text])[:, None]
        p = by_hand(mixture, whole[:-1])[1:, :, 0]
        expected = sum(math.log(p[t, id_]) for t, id_ in enumerate(text) if id_ < 7)
        assert likelihood == pytest.approx(expected, rel=1e-10)
