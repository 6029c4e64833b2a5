"""Lines of a text: where they begin, which are left out, and the order that a seed draws."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from place_names import as_lines, place_names

from charlstm.errors import CorpusError
from charlstm.text import line_corpus
from charlstm.text import lines as module
from charlstm.text.corpus import Corpus, encode_corpus
from charlstm.text.line_corpus import lines_in_order, without_empty_lines
from charlstm.text.lines import (
    begin_of_line,
    count_lines,
    drawn_order,
    edges_of_lines,
    end_of_line,
    split_lines,
    whole_line_columns,
)
from charlstm.text.vocabulary import Vocabulary

TEXTS = st.lists(st.integers(1, 9), min_size=1, max_size=12)  # the lengths of its lines


def ids_of(lengths: list[int]) -> NDArray[np.uint8]:
    """Lines of so many characters, their newline (0) among them."""
    return np.concatenate([[*[1] * (n - 1), 0] for n in lengths]).astype(np.uint8)


@given(TEXTS, st.data())
def test_a_place_is_in_one_line(lengths: list[int], data: st.DataObject) -> None:
    ids, edges = ids_of(lengths), [0, *np.cumsum(lengths)]
    place = data.draw(st.integers(0, len(ids) - 1))
    line = int(np.searchsorted(edges, place, side="right"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "NEAR", 3)
        patch.setattr(module, "BLOCK", 4)
        assert begin_of_line(ids, 0, place) == edges[line - 1]
        assert end_of_line(ids, 0, place) == edges[line]
        assert edges_of_lines(ids, 0).tolist() == edges
        most = data.draw(st.integers(1, 15))
        assert count_lines(ids, 0, most) == min(most, len(lengths))


@given(TEXTS, st.just(0.0) | st.floats(0.01, 0.9))
def test_the_validation_part_is_whole_lines(lengths: list[int], share: float) -> None:
    ids, edges = ids_of(lengths), [0, *np.cumsum(lengths)]
    cut = split_lines(ids, 0, share)
    assert cut in edges[1:]
    if share and len(lengths) > 1 and cut > lengths[0]:
        assert share * len(ids) <= len(ids) - cut + 1e-9 < share * len(ids) + max(lengths) + 1
    assert (cut == len(ids)) == (share == 0 or len(lengths) == 1)


@given(TEXTS, st.integers(1, 9))
def test_columns_begin_to_read_where_a_line_begins(lengths: list[int], count: int) -> None:
    ids = ids_of(lengths)
    count, warm_up = whole_line_columns(ids, 0, count)
    length = -(-len(ids) // count)
    assert warm_up <= length or count == 1
    for start in range(length, len(ids), length):
        assert start - begin_of_line(ids, 0, start) <= warm_up


def test_an_order_is_that_of_its_seed_and_its_pass() -> None:
    orders = [
        drawn_order(50, *key).tolist() for key in [(1, 0, 1), (1, 1, 1), (1, 0, 2), (2, 0, 1)]
    ]
    assert len({tuple(order) for order in orders}) == 4
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert drawn_order(50, 1, 0, 1).tolist() == orders[0]
    # Runs are resumed by other versions of NumPy, so these numbers may never change.
    assert drawn_order(8, 3, 5, 7).tolist() == [0, 7, 2, 5, 1, 4, 3, 6]


# A corpus as lines


def encoded(tmp_path: Path, *contents: bytes, seed: int = 1, tokens: str = "char") -> Corpus:
    sources = []
    for k, content in enumerate(contents):
        sources.append(tmp_path / f"{k}.txt")
        sources[-1].write_bytes(content)
    corpus = encode_corpus(sources, tokens=tokens, lines=True, cache=tmp_path / "cache")  # type: ignore[arg-type]
    return lines_in_order(corpus, seed)


def lines_of(corpus: Corpus) -> list[str]:
    text = corpus.vocabulary.decode(corpus.ids)
    assert text.endswith("\n")
    return text[:-1].split("\n")


def test_the_lines_stay_and_their_order_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pieces of several lines, and a line longer than a piece.
    monkeypatch.setattr(line_corpus, "SOME", 7)
    monkeypatch.setattr(line_corpus, "BLOCK", 37)
    names = [*place_names(60), "x" * 90]
    found = [lines_of(encoded(tmp_path, as_lines(names).encode(), seed=k)) for k in (1, 2)]
    assert sorted(found[0]) == sorted(found[1]) == sorted(names)
    assert found[0] != found[1] and names not in found
    again = encoded(tmp_path, as_lines(names).encode(), seed=1)
    assert lines_of(again) == found[0] and again.notes == []


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("tokens", ["char", "byte"])
def test_no_line_crosses_files(tmp_path: Path, end: bytes, tokens: str) -> None:
    corpus = encoded(tmp_path, b"one\ntwo" + end, b"", b"three" + end, tokens=tokens)
    assert sorted(lines_of(corpus)) == ["one", "three", "two"]


def test_lines_of_windows_and_zipped_ones(tmp_path: Path) -> None:
    assert sorted(lines_of(encoded(tmp_path, b"one\r\ntwo\r\n\r\n"))) == ["one", "two"]
    raw = encoded(tmp_path, b"one\r\ntwo\r\n\r\n", tokens="byte")
    assert sorted(lines_of(raw)) == ["one\r", "two\r"]
    assert raw.notes == ["left out 1 empty line: an example needs a character"]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_bytes(b"one\ntwo")
    (tmp_path / "folder" / "b.txt.gz").write_bytes(gzip.compress(b"three\nfour"))
    corpus = encode_corpus(tmp_path / "folder", lines=True, cache=tmp_path / "cache")
    assert sorted(lines_of(lines_in_order(corpus, 1))) == ["four", "one", "three", "two"]


def test_empty_lines_are_left_out_with_a_note(tmp_path: Path) -> None:
    corpus = encoded(tmp_path, b"\n\none\n\ntwo\n\n")
    assert sorted(lines_of(corpus)) == ["one", "two"]
    assert corpus.notes == ["left out 4 empty lines: an example needs a character"]


@pytest.mark.parametrize("tokens", ["char", "byte"])
def test_a_text_of_empty_lines_alone_is_refused(tmp_path: Path, tokens: str) -> None:
    with pytest.raises(CorpusError, match="has only empty lines"):
        encoded(tmp_path, b"\n\r\n\n", tokens=tokens)


def test_the_same_text_with_and_without_lines_is_told_apart(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("one\ntwo\n", encoding="utf-8")
    plain = encode_corpus(source, cache=tmp_path)
    lines = encode_corpus(source, lines=True, cache=tmp_path)
    drawn = [lines_in_order(lines, seed) for seed in (1, 2)]
    assert len({c.digest for c in (plain, lines, *drawn)}) == 4
    assert len({c.path for c in (plain, lines, *drawn)}) == 4


def test_empty_lines_of_any_text_can_be_left_out() -> None:
    vocabulary = Vocabulary("char", "\nab")
    for text, left in (("", ""), ("\n", ""), ("\n\na\n\n\nb", "a\nb"), ("a\nb\n", "a\nb\n")):
        ids = without_empty_lines(vocabulary, vocabulary.encode(text))
        assert vocabulary.decode(ids) == left
