"""What a text shares with the training text, found through the index and by plain search."""

import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from charlstm import novelty
from charlstm.errors import CorpusError
from charlstm.novelty import RUN, Index, Novelty

pytestmark = pytest.mark.slow

UNUSED = Path("unused")  # the index of a short text is kept nowhere


def plainly(corpus: NDArray[np.generic], text: NDArray[np.generic]) -> Novelty:
    """The same by looking for every piece everywhere."""
    whole, ours = bytes(corpus.astype("<u4").tobytes()), text.astype("<u4")

    def stands(begin: int, length: int) -> bool:
        piece, at = ours[begin : begin + length].tobytes(), -1
        while (at := whole.find(piece, at + 1)) >= 0:
            if at % 4 == 0:
                return True
        return False

    longest, begin = 0, 0
    copied = [stands(k, RUN) for k in range(text.size - RUN + 1)]
    for k, there in enumerate(copied):
        length = RUN
        while there and k + length < text.size and stands(k, length + 1):
            length += 1
        if there and length > longest:
            longest, begin = length, k
    return Novelty(longest, begin, sum(copied) / len(copied) if copied else 0.0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
@pytest.mark.parametrize("letters", [2, 5, 40])
def test_it_finds_what_a_plain_search_finds(dtype: type[np.uint8], letters: int) -> None:
    rng = random.Random(letters)
    for trial in range(40):
        size = rng.choice([0, 7, 8, 12, 13, 60, 400])
        top = 70_000 if dtype is np.uint32 else 300 if dtype is np.uint16 else 0
        corpus = np.array([top + rng.randrange(letters) for _ in range(size)], dtype)
        text = np.array(
            [top + rng.randrange(letters) for _ in range(rng.choice([0, 11, 90]))], dtype
        )
        for _ in range(3):  # copy something, so that there is something to find
            length = rng.randrange(40)
            if size > length and text.size > length:
                a, b = rng.randrange(size - length), rng.randrange(text.size - length)
                text[b : b + length] = corpus[a : a + length]
        indexed, expected = Index(corpus, UNUSED).novelty(text), plainly(corpus, text)
        assert indexed.longest == expected.longest
        assert indexed.copied == pytest.approx(expected.copied)
        if indexed.longest:
            best = slice(indexed.begin, indexed.begin + indexed.longest)
            assert plainly(corpus, text[best]).longest == indexed.longest, trial


def test_a_text_of_one_letter_is_all_copied() -> None:
    ids = np.zeros(50_000, np.uint8)
    assert Index(ids, UNUSED).novelty(ids[:300]) == Novelty(300, 0, 1.0)


def test_the_index_of_a_long_text_is_kept_and_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = np.random.default_rng(0).integers(0, 3, 3000).astype(np.uint8)
    text = ids[100:200]
    expected = Index(ids, UNUSED).novelty(text)
    file = tmp_path / "index"
    Index(ids, file)
    assert not file.exists()  # short enough to be made each time
    monkeypatch.setattr(novelty, "IN_MEMORY", 1000)
    assert Index(ids, file).novelty(text) == expected
    kept = file.read_bytes()
    monkeypatch.setattr(novelty, "_fill", None)  # it is not made again
    assert Index(ids, file).novelty(text) == expected
    assert file.read_bytes() == kept


def test_a_damaged_index_is_no_reason_to_claim_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(novelty, "IN_MEMORY", 1000)
    ids = np.random.default_rng(0).integers(0, 200, 3000).astype(np.uint8)
    file = tmp_path / "index"
    Index(ids, file)
    places = np.random.default_rng(1).integers(0, 2**32, file.stat().st_size // 8).astype(np.uint64)
    file.write_bytes(places.tobytes())
    assert Index(ids, file).novelty(ids[:50][::-1]).longest == 0
    file.write_bytes(b"short")  # that one is made anew
    assert Index(ids, file).novelty(ids[:50]).longest == 50


def test_an_index_that_cannot_be_kept_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(novelty, "IN_MEMORY", 10)
    (tmp_path / "index").mkdir()
    with pytest.raises(CorpusError, match="cannot write"):
        Index(np.zeros(100, np.uint8), tmp_path / "index")


def test_pieces_that_stand_everywhere_do_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    ids = np.concatenate([np.zeros(9000, np.uint8), rng.integers(1, 9, 3000).astype(np.uint8)])
    text = np.concatenate([np.zeros(100, np.uint8), ids[10_000:10_080]])
    monkeypatch.setattr(novelty, "LOOKUPS", 2000)
    monkeypatch.setattr(novelty, "BLOCK", 64)
    shared = Index(ids, UNUSED).novelty(text)
    assert (shared.longest, shared.begin) == (100, 0)
    assert shared.copied > 0.9
