"""Blanks folded, against a regular expression."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlstm.text import folding
from charlstm.text.folding import Folding
from charlstm.text.vocabulary import Vocabulary

WHITE = " \t\n\x0b\x0c\r\x1c\x85\xa0\u2003\u3000"
LETTERS = "ab\u200b\ufeff"  # of which the last two look like blanks, but are none


def folded(vocabulary: Vocabulary, text: str | bytes, wall: int | None = None) -> list[int]:
    parts = list(Folding(vocabulary, wall).folded(vocabulary.encode(text)))
    return [int(symbol) for part in parts for symbol in part]


@given(st.text(WHITE + LETTERS + "?"), st.integers(1, 5))
def test_a_run_of_any_white_space_is_one_blank(text: str, block: int) -> None:
    vocabulary = Vocabulary("char", "".join(sorted(WHITE + LETTERS)))  # "?" is unknown
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "BLOCK", block)
        expected = vocabulary.encode(re.sub(r"\s+", "\t", text)).tolist()
        assert folded(vocabulary, text) == expected


@given(st.binary() | st.text(" \n\t\x1c\xa0a").map(str.encode))
def test_among_bytes_only_those_of_ascii_are_white(text: bytes) -> None:
    assert folded(Vocabulary("byte"), text) == list(re.sub(rb"[ \t-\r]+", b"\t", text))


@given(st.text(" \n\ta"))
def test_a_wall_is_no_blank(text: str) -> None:
    vocabulary = Vocabulary("char", "\t\n a")
    expected = vocabulary.encode(re.sub(r"[ \t]+", "\t", text)).tolist()
    assert folded(vocabulary, text, wall=1) == expected


def test_a_symbol_stands_for_its_ids() -> None:
    vocabulary = Vocabulary("char", "\t\n a")
    ids = Folding(vocabulary).ids
    assert sorted(ids(np.array([0]))) == [0, 1, 2]
    assert sorted(ids(np.array([3, 0]))) == [0, 1, 2, 3]
    assert ids(np.array([3])).tolist() == [3]
    assert ids(np.array([], np.intp)).size == 0


def test_a_vocabulary_without_blanks_folds_nothing() -> None:
    vocabulary = Vocabulary("char", "ab")
    assert folded(vocabulary, "aab?") == [0, 0, 1, 2]
    assert Folding(vocabulary).ids(np.array([1, 2])).tolist() == [1, 2]
