"""The length of a text in characters and in bytes, from ids of either."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlstm.text import lengths as module
from charlstm.text.lengths import lengths
from charlstm.text.vocabulary import Vocabulary

BYTES = Vocabulary("byte")


@given(st.text(), st.integers(1, 8))
def test_both_kinds_of_ids_have_the_same_length(text: str, block: int) -> None:
    expected = len(text), len(text.encode())
    characters = Vocabulary("char", "".join(sorted(set(text))) or "a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        assert lengths(BYTES, BYTES.encode(text)) == expected
        assert lengths(characters, characters.encode(text)) == expected


@given(st.text(), st.integers(0, 30), st.integers(0, 30), st.integers(1, 8))
def test_a_part_of_a_text_may_cut_a_character(text: str, left: int, right: int, block: int) -> None:
    whole = text.encode()
    part = whole[left : len(whole) - right]
    begun = sum((byte & 0xC0) != 0x80 for byte in part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        assert lengths(BYTES, BYTES.encode(part), cut=True) == (begun, len(part))


@pytest.mark.parametrize("raw", [b"\xff", b"abc\xc3", b"\x80abc", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_what_is_not_utf8_has_no_length_in_characters(raw: bytes) -> None:
    assert lengths(BYTES, BYTES.encode(raw)) == (None, len(raw))


def test_unknown_characters_have_no_length() -> None:
    known = Vocabulary("char", "aé日")
    assert lengths(known, known.encode("aé☃日☃")) == (3, 6)
    assert lengths(known, np.empty(0, np.uint8)) == (0, 0)
