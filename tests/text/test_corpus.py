"""An encoded corpus is the whole text, comes from the cache only when true, and needs little."""

import gzip
import io
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlstm.errors import CorpusError
from charlstm.text import sources
from charlstm.text.corpus import Corpus, encode_corpus
from charlstm.text.slices import TextSlice, split
from charlstm.text.vocabulary import Vocabulary

TEXT = "Die Katze, die schon aß,\r\nwar satt. 猫は満腹だった。😀\n"
CLEAN = TEXT.replace("\r\n", "\n")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode())
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "runs" / ".cache"


def phases(source: Path | str, **options: Any) -> tuple[Corpus, list[str]]:
    """A corpus, and the phases that its encoding went through."""
    calls: list[str] = []
    corpus = encode_corpus(source, **options, on_read=lambda _d, _t, phase: calls.append(phase))
    return corpus, list(dict.fromkeys(calls))


def test_the_ids_are_the_whole_text(source: Path, cache: Path) -> None:
    corpus = encode_corpus(source, cache=cache)
    assert corpus.vocabulary.characters == "".join(sorted(set(CLEAN)))
    assert corpus.vocabulary.decode(corpus.ids) == CLEAN
    assert isinstance(corpus.ids, np.memmap)
    assert not corpus.ids.flags.writeable
    again = np.memmap(corpus.path, corpus.vocabulary.dtype, "r")
    assert np.array_equal(again, corpus.ids)


def test_raw_bytes_are_their_own_ids(source: Path, cache: Path) -> None:
    corpus = encode_corpus(source, tokens="byte", encoding="nonsense that is not used", cache=cache)
    assert corpus.vocabulary == Vocabulary("byte")
    assert corpus.ids.tobytes() == TEXT.encode()


@pytest.mark.parametrize("size", [1, 3, 7, 1 << 18])
@pytest.mark.parametrize("name", ["ascii", "mixed", "wide"])
def test_blocks_change_nothing(tmp_path: Path, cache: Path, name: str, size: int) -> None:
    wide = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))  # more than a byte can number
    content = {"ascii": "a\r\nb\rc\n\n", "mixed": TEXT, "wide": wide + "ascii only" + wide}[name]
    (tmp_path / "a.txt").write_bytes(content.encode())
    whole = encode_corpus(tmp_path, cache=cache)
    with mock.patch.object(sources, "BLOCK", size):
        pieces = encode_corpus(tmp_path, cache=tmp_path / "other")
        assert phases(tmp_path, cache=tmp_path / "other")[1] == ["vocabulary"]
    assert pieces.digest == whole.digest
    assert pieces.path.read_bytes() == whole.path.read_bytes()
    assert pieces.vocabulary.decode(pieces.ids) == content.replace("\r\n", "\n")


def test_the_second_time_it_comes_from_the_cache(source: Path, cache: Path, tmp_path: Path) -> None:
    first, work = phases(source, cache=cache)
    assert work == ["vocabulary", "encoding"]
    second, work = phases(source, cache=cache)
    assert work == ["vocabulary"]
    assert (second.path, second.digest) == (first.path, first.digest)
    assert second.vocabulary == first.vocabulary
    moved = source.rename(tmp_path / "renamed.txt")
    given_vocabulary, work = phases(moved, cache=cache, vocabulary=first.vocabulary)
    assert work == ["vocabulary"]
    assert given_vocabulary.path == first.path
    (tmp_path / "z.gz").write_bytes(gzip.compress(TEXT.encode()))
    assert phases(tmp_path / "z.gz", cache=cache)[1] == ["vocabulary"]


def test_another_content_option_or_border_is_another_digest(
    source: Path, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "b.txt").write_bytes(b"b")
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "1.txt").write_bytes(TEXT.encode()[:9])
    (tmp_path / "cut" / "2.txt").write_bytes(TEXT.encode()[9:])
    digests = [
        encode_corpus(source, cache=cache).digest,
        encode_corpus([source, tmp_path / "b.txt"], cache=cache).digest,
        encode_corpus([tmp_path / "b.txt", source], cache=cache).digest,
        encode_corpus(tmp_path / "cut", cache=cache).digest,
        encode_corpus(source, cache=cache, encoding="latin-1").digest,
        encode_corpus(source, cache=cache, tokens="byte").digest,
    ]
    assert len(set(digests)) == len(digests)
    assert encode_corpus(source, cache=cache, encoding="UTF8").digest == digests[0]
    vocabulary = Vocabulary("char", "ab")
    assert encode_corpus(source, cache=cache, vocabulary=vocabulary).digest == digests[0]


def cut(data: bytes) -> bytes:
    return data[:-1]


def grow(data: bytes) -> bytes:
    return data + b"\0"


def flip(data: bytes) -> bytes:
    return data[:5] + bytes([data[5] ^ 1]) + data[6:]


def empty(_data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, grow, flip, empty])
@pytest.mark.parametrize("suffix", [".ids", ".json"])
def test_a_damaged_cache_is_made_again(
    source: Path, cache: Path, damage: Callable[[bytes], bytes], suffix: str
) -> None:
    corpus = encode_corpus(source, cache=cache)
    content, part = corpus.path.read_bytes(), corpus.path.with_suffix(suffix)
    del corpus
    part.write_bytes(damage(part.read_bytes()))
    corpus, work = phases(source, cache=cache)
    assert work == ["vocabulary", "encoding"]
    assert corpus.path.read_bytes() == content
    assert phases(source, cache=cache)[1] == ["vocabulary"]


def test_two_that_encode_one_text_at_once_both_get_all_of_it(source: Path, cache: Path) -> None:
    """In two containers they may have the same process number, as here."""
    others: list[Corpus] = []

    def at_once(_done: int, _total: int | None, phase: str) -> None:
        if phase == "encoding" and not others:
            others.append(encode_corpus(source, cache=cache))

    for corpus in (encode_corpus(source, cache=cache, on_read=at_once), *others):
        assert corpus.vocabulary.decode(corpus.ids) == CLEAN
    assert sorted(path.suffix for path in cache.iterdir()) == [".ids", ".json"]


@pytest.mark.parametrize("damage", [cut, grow, empty])
def test_an_encoded_text_of_another_length_is_not_mapped(
    source: Path, cache: Path, damage: Callable[[bytes], bytes]
) -> None:
    corpus = encode_corpus(source, cache=cache)
    part = TextSlice(str(corpus.path), str(corpus.vocabulary.dtype), 2, 9, corpus.ids.size)
    assert np.array_equal(part.open(), corpus.ids[2:9])
    corpus.path.write_bytes(damage(corpus.path.read_bytes()))
    with pytest.raises(CorpusError, match="bytes, and the text has"):
        part.open()
    corpus.path.unlink()
    with pytest.raises(CorpusError, match="No such file"):
        part.open()


def test_left_overs_of_a_killed_run_do_not_matter(source: Path, cache: Path) -> None:
    corpus = encode_corpus(source, cache=cache)
    (cache / "killed.tmp").write_bytes(b"half a te")
    corpus.path.with_suffix(".json").unlink()
    corpus, work = phases(source, cache=cache)
    assert work == ["vocabulary", "encoding"]
    assert corpus.vocabulary.decode(corpus.ids) == CLEAN


def test_a_given_vocabulary_is_kept_and_the_rest_is_unknown(source: Path, cache: Path) -> None:
    vocabulary = Vocabulary("char", "tae")
    encode_corpus(source, cache=cache)  # ids of the same text that are not the ones wanted
    corpus = encode_corpus(source, cache=cache, vocabulary=vocabulary)
    assert corpus.vocabulary == vocabulary
    assert corpus.ids.tolist() == ["tae".find(c) if c in "tae" else 3 for c in CLEAN]
    raw = encode_corpus(source, tokens="char", cache=cache, vocabulary=Vocabulary("byte"))
    assert raw.ids.tobytes() == TEXT.encode()


def test_a_given_vocabulary_can_be_extended_by_the_text(source: Path, cache: Path) -> None:
    corpus = encode_corpus(source, cache=cache, vocabulary=Vocabulary("char", "tae"), extend=True)
    assert corpus.vocabulary.characters == "tae" + "".join(sorted(set(CLEAN) - set("tae")))
    assert corpus.vocabulary.decode(corpus.ids) == CLEAN


def test_standard_input_is_read_once_and_its_copy_removed(
    tmp_path: Path, source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_file = encode_corpus(source, cache=tmp_path / "other")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(TEXT.encode())))
    corpus, work = phases("-", cache=cache)
    assert work == ["reading standard input", "vocabulary", "encoding"]
    assert corpus.digest == from_file.digest
    assert corpus.vocabulary.decode(corpus.ids) == CLEAN
    assert sorted(path.suffix for path in cache.iterdir()) == [".ids", ".json"]


def test_progress_counts_up_to_the_total(source: Path, cache: Path, tmp_path: Path) -> None:
    size, zipped = len(TEXT.encode()), tmp_path / "a.gz"
    zipped.write_bytes(gzip.compress(TEXT.encode()))
    for path, first_total in [(source, size), (zipped, None)]:
        calls: list[tuple[int, int | None, str]] = []
        with mock.patch.object(sources, "BLOCK", 10):
            encode_corpus(
                [path],
                cache=cache / path.name,
                on_read=lambda *call, calls=calls: calls.append(call),
            )
        vocabulary = [call[:2] for call in calls if call[2] == "vocabulary"]
        encoding = [call[:2] for call in calls if call[2] == "encoding"]
        steps = [*range(10, size, 10), size]
        assert vocabulary == [(done, first_total) for done in steps]
        assert encoding == [(done, size) for done in steps]


def fails(message: str, source: Path, **options: Any) -> None:
    with pytest.raises(CorpusError) as caught:
        encode_corpus(source, **options)
    assert str(caught.value).startswith(message), str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", "ä".encode(), b"\r\n"])
def test_fewer_than_two_characters_are_too_few(tmp_path: Path, cache: Path, content: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    what = "holds a single character" if len(content) == 2 else "is empty"
    fails(f"{path} {what}; at least 2 characters are needed", path, cache=cache)
    assert list(cache.iterdir()) == []
    (tmp_path / "b.txt").touch()
    fails(f"the text of 2 files {what};", tmp_path, cache=cache)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32-be"])
def test_utf_16_without_a_mark_is_not_read_as_nuls(
    tmp_path: Path, cache: Path, encoding: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((TEXT * 2).encode("ascii", "replace").decode().encode(encoding))
    fails(f"{path} seems to be {encoding}: pass --encoding {encoding}", path, cache=cache)
    assert encode_corpus(path, cache=cache, encoding=encoding).notes == []
    old = Vocabulary("char", "\0aest")  # a run that has learnt them goes on
    assert encode_corpus(path, cache=cache, vocabulary=old).unseen
    assert encode_corpus(path, cache=cache, tokens="byte").notes == []


def test_nul_characters_are_named_in_a_note(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"some\0 text" * 20)
    note = f"{path} has NUL characters (U+0000), which the model learns as any other"
    assert encode_corpus(path, cache=cache).notes == [note]


def test_two_characters_are_enough(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"aa")
    corpus = encode_corpus(tmp_path, cache=cache)
    assert (corpus.vocabulary.characters, corpus.ids.tolist()) == ("a", [0, 0])


def test_what_cannot_be_read_is_not_blamed_on_the_cache(
    source: Path, tmp_path: Path, cache: Path
) -> None:
    fails(f"cannot read {tmp_path}/none: No such file", tmp_path / "none", cache=cache)
    fails("unknown encoding 'utf-9'", source, cache=cache, encoding="utf-9")
    source.write_bytes(b"ok \xe9")
    fails(f"{source} is not utf-8 text (byte 0xe9 at offset 3)", source, cache=cache)


def test_a_cache_that_cannot_be_made_is_named(source: Path) -> None:
    fails(
        f"cannot keep the encoded text in {source}/cache: Not a dir", source, cache=source / "cache"
    )


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"text\n" * 100_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        fails(f"cannot keep the encoded text in {cache}: File too large; free", path, cache=cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(cache.iterdir()) == []


def test_a_text_that_changes_between_the_passes_is_not_kept(source: Path, cache: Path) -> None:
    def change(_done: int, _total: int | None, phase: str) -> None:
        if phase == "vocabulary":
            source.write_bytes(TEXT.replace("Katze", "tazKe").encode())

    fails(
        f"{source} changed while it was being read; try again", source, cache=cache, on_read=change
    )
    assert list(cache.iterdir()) == []


def test_an_interrupt_leaves_nothing_behind(source: Path, cache: Path) -> None:
    def interrupt(_done: int, _total: int | None, phase: str) -> None:
        if phase == "encoding":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_corpus(source, cache=cache, on_read=interrupt)
    assert list(cache.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_memory_does_not_grow_with_the_text(tmp_path: Path, cache: Path) -> None:
    def private() -> int:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("RssAnon:")[1].split()[0]) * 1024

    def peak(megabytes: int) -> int:
        highest = 0

        def look(_done: int, _total: int | None, _phase: str) -> None:
            nonlocal highest
            highest = max(highest, private())

        path = tmp_path / f"{megabytes}.txt"
        path.write_bytes((CLEAN * 10).encode() * (megabytes * 1_000_000 // len(CLEAN) // 10))
        encode_corpus(path, cache=cache, on_read=look)
        return highest

    small, large = peak(2), peak(30)
    assert large - small < 10_000_000


@given(st.integers(0, 10**6), st.floats(0, 1, exclude_max=True))
def test_the_parts_of_a_split_make_the_whole_and_can_be_predicted(n: int, fraction: float) -> None:
    train, val = split(n, fraction)
    assert (train.start, train.stop, val.stop) == (0, val.start, n)
    assert (val.stop - val.start) != 1
    if val.stop > val.start:
        assert train.stop >= 2
        assert abs((val.stop - val.start) - n * fraction) <= 1


def test_the_split_is_the_one_that_published_figures_use() -> None:
    assert split(1_115_394, 0.1) == (slice(0, 1_003_854), slice(1_003_854, 1_115_394))
    assert split(10, 0.1) == (slice(0, 10), slice(10, 10))
    assert split(10, 0) == (slice(0, 10), slice(10, 10))
