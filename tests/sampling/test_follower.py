"""A follower is where a source would be that has read the whole text, and reads little for it."""

from typing import Any

import numpy as np
import pytest
from cells_under_test import random_model
from numpy.typing import NDArray

from charlstm.nn.parameters import Parameters
from charlstm.sampling.follower import EVERY, Follower
from charlstm.sampling.source import NetworkSource, Source

ATTENTION = pytest.mark.parametrize("attention", [0, 6])


class Counting(NetworkSource):
    """Counts the characters that it reads."""

    count = 0

    def read(self, ids: NDArray[np.integer[Any]]) -> None:
        self.count += len(ids)
        super().read(ids)


def ids_of(count: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 5, count).astype(np.uint8)


def check(source: Source, model: Parameters, ids: NDArray[np.uint8]) -> None:
    whole = NetworkSource(model)
    whole.read(ids)
    states = source.get(), whole.get()
    assert states[0].keys() == states[1].keys()
    for name in states[0]:
        assert np.array_equal(states[0][name], states[1][name]), name


@ATTENTION
def test_it_follows_a_text_that_is_edited_anywhere(attention: int) -> None:
    model = random_model(attention=attention)
    follower, rng = Follower(NetworkSource(model)), np.random.default_rng(4)
    text = ids_of(3 * EVERY)
    for seed in range(40):
        place, cut = rng.integers(0, len(text) + 1), int(rng.integers(0, 9))
        text = np.concatenate(
            [text[:place], ids_of(int(rng.integers(0, 9)), seed), text[place + cut :]]
        )
        for end in (place, len(text), min(len(text), EVERY)):
            check(follower.after(text[:end]), model, text[:end])
    check(follower.after(text[:0]), model, text[:0])


@ATTENTION
@pytest.mark.parametrize("count", [1, EVERY - 1, EVERY, EVERY + 1, 2 * EVERY])
def test_it_reads_again_from_the_first_change_on(attention: int, count: int) -> None:
    model = random_model(attention=attention)
    for place in {0, count // 2, count - 2, count - 1} - {-1}:
        follower, text = Follower(NetworkSource(model)), ids_of(count)
        follower.after(text)
        text[place] = (text[place] + 1) % 5
        check(follower.after(text), model, text)


def test_it_comes_back_from_wherever_its_source_has_gone_on_to() -> None:
    model = random_model()
    follower, ids = Follower(NetworkSource(model)), ids_of(200)
    for _ in range(3):
        source = follower.after(ids)
        check(source, model, ids)
        source.read(ids_of(50, 3))


def test_a_text_of_ten_thousand_characters_is_read_once() -> None:
    source = Counting(random_model())
    follower, text = Follower(source), ids_of(10_000)
    follower.after(text)
    assert source.count == len(text)

    def cost(ids: NDArray[np.uint8]) -> int:
        before = source.count
        follower.after(ids)
        return source.count - before

    for count in range(1, 300):  # taken back, character by character
        assert cost(text[:-count]) < EVERY
    shorter = text[:-299]
    typed = ids_of(50, 9)
    assert cost(np.concatenate([shorter, typed[:1]])) < EVERY
    assert {cost(np.concatenate([shorter, typed[:k]])) for k in range(2, 50)} == {1}
    assert cost(text[:5000]) < EVERY  # the cursor goes elsewhere, and nothing is changed there
    assert cost(shorter) < EVERY


def test_it_keeps_a_state_for_every_128_characters_and_no_more() -> None:
    follower, text = Follower(NetworkSource(random_model())), ids_of(1000)
    for count in (*range(1000), *range(1000, 0, -7)):
        follower.after(text[:count])
    assert len(follower._states) <= 1000 // EVERY + 2
