"""A text becomes a memory-mapped array of ids, kept in a cache under the hash of its content."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from charlstm.errors import CorpusError
from charlstm.store.atomic import clean_stray
from charlstm.text.decoding import check_encoding, read_files
from charlstm.text.encoded import is_intact, write_ids
from charlstm.text.sources import File, Sources, find_files, read_blocks
from charlstm.text.vocabulary import Ids, Tokens, Vocabulary, code_points

IDLE = 60.0  # seconds after which a temporary file of a dead process is nobody's any more
ReadProgress = Callable[[int, int | None, str], object]  # bytes done, bytes in all if known, phase


@dataclass(frozen=True, eq=False)
class Corpus:
    """A whole text as ids, shape (characters,), mapped read-only from the file `path`.

    `digest` is a hash of the content and the reading options, whatever the vocabulary: a resumed
    run compares it. Other processes map `path` themselves, with `vocabulary.dtype`.
    """

    ids: Ids
    vocabulary: Vocabulary
    digest: str
    path: Path


def encode_corpus(
    sources: Sources,
    *,
    tokens: Tokens = "char",
    encoding: str = "utf-8",
    cache: Path,
    vocabulary: Vocabulary | None = None,
    extend: bool = False,
    progress: ReadProgress | None = None,
) -> Corpus:
    """The text of files, folders and "-" (see `read_text`) as one array of ids.

    Two passes: hash and vocabulary, then the ids, unless `cache` has them already. Memory does not
    grow with the text. A given vocabulary is used as it is (unknown characters become V; `tokens`
    then follows it), or with `extend` gets the text's further characters after its own.
    `progress` is called with bytes done, bytes in all (None while unknown) and the phase.

    Raises:
        CorpusError: the text cannot be read or decoded, has fewer than 2 characters, changes while
            it is read, or the cache cannot be written.
    """
    tokens = vocabulary.tokens if vocabulary else tokens
    encoding = check_encoding(encoding) if tokens == "char" else "none"
    report = progress or (lambda _done, _total, _phase: None)
    found = find_files(sources)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        clean_stray(cache, IDLE)
        with _rereadable(found, cache, report) as files:
            return _encode(_Text(files, tokens, encoding, report), cache, vocabulary, extend)
    except OSError as error:  # trouble with reading is a CorpusError already: this is the cache
        raise CorpusError(
            f"cannot keep the encoded text in {cache}: {error.strerror or error}; "
            "free some space there or make the folder writable"
        ) from error


@contextmanager
def _rereadable(found: list[File], cache: Path, report: ReadProgress) -> Iterator[list[File]]:
    """The files themselves, except that a pipe is replaced by a temporary copy in the cache."""
    with ExitStack() as stack:
        files = list(found)
        for i, file in enumerate(found):
            if file.size is None:
                suffix = f".{os.getpid()}.tmp"  # which clean_stray knows
                copy = stack.enter_context(
                    tempfile.NamedTemporaryFile(dir=cache, prefix=".pipe-", suffix=suffix)
                )
                for block in read_blocks(file):
                    copy.write(block)
                    report(copy.tell(), None, f"reading {file.name}")
                copy.flush()
                files[i] = File(file.name, copy.name, copy.tell())
        yield files


class _Text:
    """Files read as one text, as often as asked; every pass is hashed and reported."""

    def __init__(
        self, files: list[File], tokens: Tokens, encoding: str, report: ReadProgress
    ) -> None:
        self.files, self.tokens, self.encoding, self.report = files, tokens, encoding, report
        self.name = files[0].name if len(files) == 1 else f"the text of {len(files)} files"
        zipped = any(file.path.endswith(".gz") for file in files)
        self.total = None if zipped else sum(file.size or 0 for file in files)  # bytes, unzipped

    def read(self, phase: str) -> Iterator[str | bytes]:
        self.phase, self.done = phase, 0
        self.hash = hashlib.sha256(f"text 1 {self.tokens} {self.encoding}\n".encode())
        yield from read_files(
            self.files, tokens=self.tokens, encoding=self.encoding, on_block=self._see
        )
        self.total = self.done

    def _see(self, block: bytes) -> None:
        self.done += len(block)
        self.hash.update(block or self.done.to_bytes(8, "little"))  # files' borders count as well
        if block:
            self.report(self.done, self.total, self.phase)


def _encode(text: _Text, cache: Path, vocabulary: Vocabulary | None, extend: bool) -> Corpus:
    count, characters = _scan(text.read("vocabulary"))
    digest = text.hash.hexdigest()
    if count < 2:
        has = "holds a single character" if count else "is empty"
        raise CorpusError(f"{text.name} {has}; at least 2 characters are needed")
    if vocabulary is None:
        vocabulary = Vocabulary(text.tokens, characters)
    elif extend:
        vocabulary = vocabulary.extended(characters)

    description = _describe(digest, vocabulary, count)
    key = hashlib.sha256(json.dumps(description).encode()).hexdigest()
    path = cache / f"{key[:32]}.ids"
    if not is_intact(path, description):
        write_ids(path, _ids(text, vocabulary, digest), description)
    return Corpus(np.memmap(path, vocabulary.dtype, "r"), vocabulary, digest, path)


def is_kept(path: Path, digest: str, vocabulary: Vocabulary, count: int) -> bool:
    """Whether the encoded text of `count` characters with this `digest` is at `path`, undamaged."""
    return is_intact(path, _describe(digest, vocabulary, count))


def _describe(digest: str, vocabulary: Vocabulary, count: int) -> dict[str, Any]:
    header = vocabulary.to_header()
    return {"text": digest, "vocabulary": header, "dtype": vocabulary.dtype.str, "count": count}


def _scan(pieces: Iterable[str | bytes]) -> tuple[int, str]:
    """The number of characters (or bytes), and the distinct characters (of bytes: none), sorted."""
    count = 0
    seen = np.zeros(0x110000, np.bool_)  # by code point
    seen_ascii = b""
    for piece in pieces:
        count += len(piece)
        if isinstance(piece, bytes):
            continue
        if piece.isascii():  # deleting what is known is the fastest way to see that nothing is new
            if new := piece.encode("ascii").translate(None, seen_ascii):
                seen[list(set(new))] = True
                seen_ascii = bytes(np.flatnonzero(seen[:128]).tolist())
        elif not seen.take(codes := code_points(piece)).all():
            seen[codes] = True
    return count, "".join(map(chr, np.flatnonzero(seen)))


def _ids(text: _Text, vocabulary: Vocabulary, digest: str) -> Iterator[Ids]:
    for piece in text.read("encoding"):
        yield vocabulary.encode(piece)
    if text.hash.hexdigest() != digest:
        raise CorpusError(f"{text.name} changed while it was being read; try again")
