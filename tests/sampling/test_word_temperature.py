"""Where a word goes on, and that the chain divides by the right temperature there."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlstm.sampling import Filters
from charlstm.sampling.history import History
from charlstm.sampling.steps.base import Context
from charlstm.text.vocabulary import Vocabulary

ALPHABET = "ab é'’ .-1\u0301"
CHARACTERS, BYTES = Vocabulary("char", ALPHABET), Vocabulary("byte")
LOGITS = np.random.default_rng(1).normal(0.0, 2.0, 256)


def changed(vocabulary: Vocabulary, text: str | bytes, filters: Filters) -> Any:
    """What the step makes of logits (2, V) after a text, and after a text of blanks."""
    chain = filters.chain(Context(vocabulary))
    history = History(2, chain.looks_back, chain.notes)
    blank = int(vocabulary.encode(" ")[0])
    for id_ in vocabulary.encode(text):
        history.append([int(id_), blank])
        chain.wrote(history)
    logits = np.array([LOGITS[: vocabulary.size]] * 2)
    (step,) = chain.steps
    step.apply(logits, history)
    return logits


@given(st.text(ALPHABET + "☃", min_size=1, max_size=8))
def test_a_word_goes_on_after_letters_digits_marks_and_apostrophes_in_it(text: str) -> None:
    inside = re.search("[abé1☃\u0301]['’]*$", text) is not None  # ☃ is unknown
    logits = changed(CHARACTERS, text, Filters(2.0, word_temperature=0.5))
    expected = LOGITS[: len(ALPHABET)]
    assert logits[0] == pytest.approx(expected / (0.5 if inside else 2.0))
    assert logits[1] == pytest.approx(expected / 2.0)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("a", True),
        ("é", True),
        ("日", True),
        ("a'", True),
        (" '", False),
        ("a.", False),
        ("7", True),
    ],
)
def test_bytes_that_are_not_ascii_belong_to_words(text: str, inside: bool) -> None:
    logits = changed(BYTES, text.encode(), Filters(word_temperature=3.0))
    assert logits[0] == pytest.approx(LOGITS / (3.0 if inside else 1.0))
    logits = changed(BYTES, "é".encode()[:1], Filters(word_temperature=3.0))  # half a letter
    assert logits[0] == pytest.approx(LOGITS / 3.0)


def test_at_temperature_0_the_first_of_the_likeliest_is_left() -> None:
    for filters in (Filters(within_word="greedy"), Filters(word_temperature=0.0)):
        inside, outside = changed(CHARACTERS, "a", filters)
        assert np.flatnonzero(~np.isneginf(inside)).tolist() == [LOGITS[: len(ALPHABET)].argmax()]
        assert outside == pytest.approx(LOGITS[: len(ALPHABET)])
    inside, outside = changed(CHARACTERS, "a", Filters(0.0, word_temperature=1.0))
    assert inside == pytest.approx(LOGITS[: len(ALPHABET)])
    assert np.flatnonzero(~np.isneginf(outside)).tolist() == [LOGITS[: len(ALPHABET)].argmax()]
    chain = Filters(within_word="greedy").chain(Context(Vocabulary("char", "abc")))
    history = History(1, chain.looks_back, chain.notes)
    history.append([0])
    chain.wrote(history)
    logits = np.array([-1.0, 0.0, 0.0])
    chain.steps[0].apply(logits, history)
    assert logits.tolist() == [-np.inf, 0.0, -np.inf]
