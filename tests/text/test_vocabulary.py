"""Every text has ids and comes back from them; what is unknown is read, named, never written."""

import json
import pickle

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charlstm.errors import CheckpointError
from charlstm.text.vocabulary import Vocabulary

characters = st.characters(exclude_categories=["Cs"])
anything = st.text(st.characters())  # with lone surrogates


def of(text: str) -> Vocabulary:
    return Vocabulary("char", "".join(sorted(set(text))))


@given(st.text(characters, min_size=1))
def test_a_text_comes_back_from_its_ids(text: str) -> None:
    vocabulary = of(text)
    ids = vocabulary.encode(text)
    assert ids.shape == (len(text),)
    assert ids.max() < vocabulary.size
    assert vocabulary.decode(ids) == text
    assert vocabulary.decode_bytes(ids) == text.encode()
    assert np.array_equal(vocabulary.encode(text.encode()), ids)


@given(st.binary())
def test_bytes_come_back_from_their_ids(data: bytes) -> None:
    vocabulary = Vocabulary("byte")
    assert vocabulary.decode_bytes(vocabulary.encode(data)) == data
    assert vocabulary.decode(vocabulary.encode(data)) == data.decode(errors="replace")


@given(st.text(characters, min_size=1), anything | st.binary())
@example("0", "b")  # ASCII past the end of the table
def test_the_ids_are_those_of_a_plain_dictionary(known: str, text: str | bytes) -> None:
    vocabulary = of(known)
    plain = {character: i for i, character in enumerate(vocabulary.characters)}
    read = text if isinstance(text, str) else text.decode(errors="surrogateescape")
    expected = [plain.get(character, vocabulary.unknown) for character in read]
    assert vocabulary.encode(text).tolist() == expected
    assert vocabulary.unseen(text) == list(dict.fromkeys(c for c in read if c not in plain))


@given(anything)
def test_any_text_has_bytes(text: str) -> None:
    vocabulary = Vocabulary("byte")
    assert len(vocabulary.encode(text)) >= len(text)
    assert vocabulary.unseen(text) == []


def test_bytes_that_the_shell_could_not_decode_come_back() -> None:
    assert Vocabulary("byte").encode("é\udce9").tolist() == [0xC3, 0xA9, 0xE9]
    assert Vocabulary("byte").encode("\ud800").tolist() == [0xED, 0xA0, 0x80]


def test_the_unknown_id_is_one_past_the_last_and_decodes_to_a_replacement() -> None:
    vocabulary = Vocabulary("char", "ab")
    assert (vocabulary.size, vocabulary.unknown) == (2, 2)
    assert vocabulary.encode("abc\U0010ffff\n").tolist() == [0, 1, 2, 2, 2]
    assert vocabulary.decode([1, 2, 0]) == "b\ufffda"
    assert vocabulary.decode([]) == ""
    with pytest.raises(IndexError):
        vocabulary.decode([3])
    with pytest.raises(IndexError):
        Vocabulary("byte").decode([256])


@pytest.mark.parametrize(
    ("size", "dtype"), [(1, "u1"), (255, "u1"), (256, "u2"), (65535, "u2"), (65536, "u4")]
)
def test_ids_are_as_small_as_the_unknown_one_allows(size: int, dtype: str) -> None:
    text = "".join(map(chr, range(0x10000, 0x10000 + size)))
    ids = Vocabulary("char", text).encode(text + "a")
    assert ids.dtype == np.dtype(dtype)
    assert ids.tolist() == list(range(size + 1))


def test_every_byte_is_known_so_one_byte_holds_it() -> None:
    vocabulary = Vocabulary("byte")
    assert (vocabulary.size, vocabulary.unknown, vocabulary.dtype.str) == (256, 256, "|u1")
    assert vocabulary.encode(bytes(range(256))).tolist() == list(range(256))


@given(st.text(characters, min_size=1), anything)
def test_extending_keeps_old_ids_and_appends_the_new_sorted(old: str, more: str) -> None:
    before = of(old)
    after = before.extended(more)
    new = after.characters[before.size :]
    assert after.characters.startswith(before.characters)
    assert list(new) == sorted(set(more) - set(old))
    assert np.array_equal(after.encode(old), before.encode(old))


def test_a_byte_vocabulary_has_nothing_to_extend() -> None:
    assert Vocabulary("byte").extended("abc") == Vocabulary("byte")


@given(st.text(characters, min_size=1))
def test_the_header_survives_json_and_pickle(text: str) -> None:
    vocabulary = of(text).extended("\U0001f600zyx")
    vocabulary.encode("a")  # tables made on first use must not get in the way
    assert Vocabulary.from_header(json.loads(json.dumps(vocabulary.to_header()))) == vocabulary
    assert pickle.loads(pickle.dumps(vocabulary)) == vocabulary
    assert Vocabulary.from_header(Vocabulary("byte").to_header()) == Vocabulary("byte")


@pytest.mark.parametrize(
    "header",
    [
        None,
        [],
        {},
        {"tokens": "char"},
        {"tokens": "word", "characters": "ab"},
        {"tokens": ["char"], "characters": "ab"},
        {"tokens": "char", "characters": ""},
        {"tokens": "char", "characters": "aba"},
        {"tokens": "char", "characters": ["a", "b"]},
        {"tokens": "char", "characters": "a\ud800"},
        {"tokens": "byte", "characters": "ab"},
        {"tokens": "byte", "characters": None},
    ],
)
def test_a_header_that_is_none_is_refused_in_one_line(header: object) -> None:
    with pytest.raises(CheckpointError, match=r"^the vocabulary in the checkpoint .*$"):
        Vocabulary.from_header(header)
