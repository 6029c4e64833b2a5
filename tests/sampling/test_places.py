"""Where a text fits: its log-probability after each character of the drafts, and its weights."""

from itertools import pairwise

import numpy as np
import pytest
from cells_under_test import random_model

from charlstm.likelihood import log_likelihoods
from charlstm.sampling import places
from charlstm.sampling.places import log_places, log_weights
from charlstm.sampling.source import NetworkSource

PRIME = np.array([2, 0, 1])
DRAFTS = [[1, 2, 3, 4, 0], [], [3, 3]]
TEXTS = [[2], [4, 0, 1]]


@pytest.mark.parametrize("wide", [1, 7, 64])
@pytest.mark.parametrize("attention", [0, 3])
def test_each_place_has_the_likelihood_of_the_text_there(
    attention: int, wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "WIDE", wide)
    model = random_model(attention=attention, num_layers=2)
    source = NetworkSource(model)
    source.read(PRIME[:-1])
    logs = log_places(source, int(PRIME[-1]), DRAFTS, TEXTS)
    assert logs.shape == (2, 6, 3)
    for k, text in enumerate(TEXTS):
        for column, draft in enumerate(DRAFTS):
            wholes = [np.array(draft[:t] + text) for t in range(len(draft) + 1)]
            skips = [whole.size - len(text) for whole in wholes]
            expected = log_likelihoods(model, PRIME, wholes, skips)
            assert logs[k, : len(draft) + 1, column] == pytest.approx(expected)
            assert (logs[k, len(draft) + 1 :, column] == -np.inf).all()


def test_where_it_is_hopeless_a_text_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    source = NetworkSource(random_model(spread=3.0))
    draft, texts = [0, 3, 3, 1, 2, 4, 4, 4, 0, 2] * 3, [[0], [1, 0, 2]]
    exact = log_places(source, 0, [draft], texts)
    monkeypatch.setattr(places, "HOPELESS", 1.0)
    monkeypatch.setattr(places, "WIDE", 1)
    some = log_places(source, 0, [draft], texts)
    given_up = some == -np.inf
    assert not given_up[0].any()
    assert 0 < given_up[1].sum() < given_up[1].size
    assert some[~given_up] == pytest.approx(exact[~given_up])
    assert (exact[given_up] < exact[1].max() - 1.0).all()
    assert some[1].max() == exact[1].max()


def weights(
    logs: list[list[float]], ends: list[float], lengths: list[int], room: int
) -> list[list[float]]:
    """Those of one draft, without its axis."""
    array, count = np.array(logs)[..., None], len(logs[0])
    result = log_weights(array, np.array(ends)[:, None], lengths, room, count)
    return [row[:, 0].tolist() for row in result]


def test_one_text_stands_as_well_as_it_is_likely_where_there_is_room() -> None:
    never = -np.inf
    assert weights([[-3.0, -1.0, -2.0, -4.0]], [np.inf], [5], 7) == [[-3.0, -1.0, -2.0, never]]
    # After three characters the draft has it by itself: there it need not be placed.
    assert weights([[-3.0, -1.0, -2.0, -4.0]], [3.0], [1], 99) == [[-3.0, -1.0, -2.0, never]]


def test_other_texts_must_find_room_after_it() -> None:
    logs, nowhere = [[-6.0] * 8, [-9.0] * 8], [np.inf, np.inf]
    first, second = weights(logs, nowhere, [2, 3], 12)
    left = [12 - t - 2 - 3 + 1 for t in range(8)]  # places of the other, if it comes later
    assert left[-1] == 1
    assert first == pytest.approx([-15.0 + np.log(n) for n in left])
    cramped, _ = weights(logs, nowhere, [2, 3], 11)
    assert -np.inf < cramped[7] < cramped[6] - 10  # the two may overlap
    assert second == pytest.approx(first)  # neither comes first because it is the likelier one
    assert all(a > b for a, b in pairwise(first))
    # A text that comes anyway, or that is there already, takes nothing away.
    often, _ = weights([[-6.0] * 8, [-0.5] * 8], nowhere, [2, 3], 99)
    assert often == [-6.0] * 8
    there, _ = weights(logs, [np.inf, 4.0], [2, 3], 12)
    assert there[4:] == [-6.0] * 4
    assert there[:4] == first[:4]
