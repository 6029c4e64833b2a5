"""The index of runs of N characters, against a search through the whole text."""

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from charlstm.copying import Passages, kept, passages, passages_of
from charlstm.text.folding import Folding
from charlstm.text.vocabulary import Vocabulary

pytestmark = pytest.mark.slow

VOCABULARY = Vocabulary("char", "\n abc")
UNUSED = Path("unused")  # the index of a short text is kept nowhere
TEXTS = st.text("\n ab", max_size=60)


def plain(text: str, wall: bool) -> str:
    """The text with one blank for each run of white space; with `wall` lines stay apart."""
    lines = text.split("\n") if wall else [text.replace("\n", " ")]
    while any("  " in line for line in lines):
        lines = [line.replace("  ", " ") for line in lines]
    return "\n".join(lines)


def runs(text: str, n: int) -> set[str]:
    """All runs of n characters of a text, none of them beyond a line."""
    return {line[k : k + n] for line in text.split("\n") for k in range(max(0, len(line) - n + 1))}


def index_of(*texts: str, n: int, wall: bool = False, file: Path = UNUSED) -> Passages:
    folding = Folding(VOCABULARY, 0 if wall else None)
    return passages_of([VOCABULARY.encode(text) for text in texts], n, folding, file)


def endings(index: Passages, sample: str) -> dict[int, set[str]]:
    """By its place, the characters that complete a run there, of those places that have some."""
    wall = index.folding.wall is not None
    symbols = VOCABULARY.encode(sample if wall else sample.replace(" ", "\n"))
    hashes = index._hashes(symbols)
    found = {}
    for k in index.begun(hashes):
        last = index.ends(symbols[k : k + index.n - 1], hashes[k])
        if last.size:
            names = VOCABULARY.decode(last.tolist())
            found[int(k) + index.n - 1] = set(names if wall else names.replace("\n", " "))
    return found


def check(index: Passages, stands: set[str], sample: str) -> None:
    """Compare the endings in a sample with those by the runs that stand in the texts."""
    assume(index.entries.size)
    n, sample = index.n, plain(sample, index.folding.wall is not None)
    expected = {
        k: {c for c in " abc" if sample[k - n + 1 : k] + c in stands}
        for k in range(n - 1, len(sample) + 1)
    }
    assert endings(index, sample) == {k: some for k, some in expected.items() if some}


@given(TEXTS, TEXTS, st.integers(2, 9), st.booleans())
def test_it_names_the_characters_that_a_plain_search_names(
    text: str, sample: str, n: int, wall: bool
) -> None:
    stands = runs(plain(text, wall), n)
    check(index_of(text, n=n, wall=wall), stands, sample + text[5:20])


@given(st.lists(TEXTS, min_size=2, max_size=4), TEXTS, st.integers(2, 9), st.booleans())
def test_no_run_begins_in_one_text_and_ends_in_another(
    texts: list[str], sample: str, n: int, in_file: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(kept, "IN_MEMORY", 0 if in_file else 999)
        patch.setattr(passages, "BLOCK", 7)
        assume(any(texts))
        index = index_of(*texts, n=n, file=Path(folder) / "index")
        stands = set().union(*(runs(plain(text, False), n) for text in texts))
        check(index, stands, sample + texts[0][-5:] + texts[1][:5])


@given(TEXTS, TEXTS, st.integers(2, 6), st.sampled_from([1, 3, 4096]))
def test_runs_with_the_same_hash_are_told_apart_by_the_text(
    text: str, sample: str, n: int, many: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passages, "FACTOR", 0)  # so that every hash is 0
        patch.setattr(passages, "MANY", many)
        index = index_of(text, n=n)
        assert not (index.entries & ~index._lower).any()
        check(index, runs(plain(text, False), n), sample)


@given(st.lists(st.integers(-1, 5), min_size=12, max_size=30), st.integers(2, 9))
def test_a_hash_moves_on_with_the_text(symbols: list[int], n: int) -> None:
    index, given = index_of("abc ab", n=n), np.array(symbols)
    hashes = index._hashes(given)
    moved = index.moved(hashes[:-1], given[: 1 - n], given[n - 1 :])
    assert (moved == hashes[1:]).all()
    one = index.moved_one(hashes[0].item(), symbols[0], symbols[n - 1])
    assert one == hashes[1]


@given(TEXTS, TEXTS, st.integers(2, 6), st.booleans())
def test_it_counts_the_places_where_it_forbids_and_sees_a_copy(
    text: str, sample: str, n: int, wall: bool
) -> None:
    index, stands = index_of(text, n=n, wall=wall), runs(plain(text, wall), n)
    assume(index.entries.size)

    def completes(k: int, c: str) -> bool:
        before, after = plain(sample[:k], wall), plain(sample[:k] + c, wall)
        return before != after and after[-n:] in stands

    places = [any(completes(k, c) for c in "\n abc") for k in range(len(sample))]
    ids = VOCABULARY.encode(sample)
    for first in {0, len(sample) // 2}:
        assert index.avoided(ids, first) == sum(places[first:])
    assert index.completed(ids) == any(map(completes, range(len(sample)), sample))


@pytest.mark.parametrize("wall", [False, True])
def test_the_index_of_a_long_text_is_kept_and_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wall: bool
) -> None:
    text = "".join(np.random.default_rng(0).choice(list("\n ab"), 3000))
    expected, file = index_of(text, n=7, wall=wall), tmp_path / "index"
    index_of(text, n=7, wall=wall, file=file)
    assert not file.exists()  # short enough to be made each time
    monkeypatch.setattr(kept, "IN_MEMORY", 1000)
    monkeypatch.setattr(passages, "BLOCK", 100)

    def same(index: Passages) -> bool:
        texts = np.array_equal(index._text, expected._text)
        return texts and np.array_equal(index.entries, expected.entries)

    assert same(index_of(text, n=7, wall=wall, file=file))
    (before,) = [path.read_bytes() for path in tmp_path.iterdir()]
    with monkeypatch.context() as patch:
        patch.setattr(Passages, "fill", None)  # a second time it is read
        assert same(index_of(text, n=7, wall=wall, file=file))
    for damage in (b"", before[:-8], before[:100] + b"?" + before[101:], before + bytes(8)):
        file.write_bytes(damage)
        assert same(index_of(text, n=7, wall=wall, file=file))
        assert file.read_bytes() == before


def test_where_the_index_cannot_be_kept_it_is_made_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "ab abb ab" * 9
    expected = index_of(text, n=5)
    monkeypatch.setattr(kept, "IN_MEMORY", 10)
    assert (index_of(text, n=5, file=tmp_path / "gone" / "index").entries == expected.entries).all()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_disk_with_room_for_the_text_alone_keeps_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(tmp_path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this root may not mount a tmpfs")
    try:
        monkeypatch.setattr(kept, "IN_MEMORY", 10)
        index_of("ab abb ab" * 3000, n=5, file=tmp_path / "index")
        assert not any(tmp_path.iterdir())
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("wall", [False, True])
def test_a_text_that_is_too_short_has_no_passages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wall: bool
) -> None:
    assert index_of("", n=2, wall=wall).entries.size == 0
    assert index_of("ab  ab\n", n=99, wall=wall).entries.size == 0
    monkeypatch.setattr(kept, "IN_MEMORY", 1)
    for _ in range(2):
        assert index_of("ab  ab\n", n=99, wall=wall, file=tmp_path / "index").entries.size == 0
        assert index_of("a\nb\nc\n", n=2, wall=True, file=tmp_path / "lines").entries.size == 0
