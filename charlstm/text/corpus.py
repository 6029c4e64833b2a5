"""A text becomes a memory-mapped array of ids, kept in a cache under the hash of its content."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from charlstm.errors import CorpusError
from charlstm.store.atomic import clean_stray, temporary
from charlstm.text.cache import stored
from charlstm.text.decoding import check_encoding, note_on_nuls, read_files
from charlstm.text.sources import File, Sources, find_files, read_blocks
from charlstm.text.vocabulary import Ids, Tokens, Vocabulary, scan

IDLE = 60.0  # seconds without a write after which a dead process's temporary file is removed
ReadProgress = Callable[[int, int | None, str], object]  # bytes done, bytes in all if known, phase


@dataclass(frozen=True, eq=False)
class Corpus:
    """A whole text as ids, shape (characters,), mapped read-only from the file `path`.

    `digest` is a hash of the content and the reading options, whatever the vocabulary: a resumed
    run compares it. Other processes map `path` themselves, with `vocabulary.dtype`. `unseen` has
    the distinct characters that the vocabulary does not know. `notes` are for the user.
    """

    ids: Ids
    vocabulary: Vocabulary
    digest: str
    path: Path
    unseen: str
    notes: Sequence[str] = ()


def encode_corpus(
    sources: Sources,
    *,
    tokens: Tokens = "char",
    encoding: str = "utf-8",
    lines: bool = False,
    cache: Path,
    vocabulary: Vocabulary | None = None,
    extend: bool = False,
    on_read: ReadProgress | None = None,
) -> Corpus:
    r"""The text of files, folders and "-" (see `read_text`) as one array of ids.

    It reads the text twice: first for the hash and the vocabulary, then for the ids, unless `cache`
    has them already. Memory does not grow with the text. A given vocabulary decides `tokens`, and
    unknown characters become V; with `extend` the new characters are appended to it instead. With
    `lines` every file ends with "\n".
    `on_read` is called with bytes done, bytes in all (None while unknown) and the phase.

    Raises:
        CorpusError: the text cannot be read or decoded, has fewer than 2 characters, changes while
            it is read, or the cache cannot be written.
    """
    tokens = vocabulary.tokens if vocabulary else tokens
    encoding = check_encoding(encoding) if tokens == "char" else "none"
    on_read = on_read or (lambda _done, _total, _phase: None)
    notes: list[str] = []
    files = find_files(sources, notes.append)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        clean_stray(cache, IDLE)
        with _pipes_copied(files, cache, tokens, on_read) as copied:
            text = _Text(copied, tokens, encoding, lines, on_read, notes)
            return _encode(text, cache, vocabulary, extend)
    except OSError as error:  # the cache's: what cannot be read has raised a CorpusError
        raise unkept(cache, error) from error


def unkept(cache: Path, error: OSError) -> CorpusError:
    """What to say where an encoded text cannot be written to `cache`."""
    return CorpusError(
        f"cannot keep the encoded text in {cache}: {error.strerror or error}; "
        "free some space there or make the folder writable"
    )


@contextmanager
def _pipes_copied(
    files: list[File], cache: Path, tokens: Tokens, on_read: ReadProgress
) -> Iterator[list[File]]:
    """The files, with a temporary copy in the cache for each pipe, so that all can be reread."""
    with ExitStack() as stack:
        copied = list(files)
        for i, file in enumerate(files):
            if file.size is None:
                copy = stack.enter_context(temporary(cache / "pipe"))
                copy_pipe(file, copy, on_read, raw=tokens == "byte")
                copied[i] = File(file.name, copy.name, copy.tell())
        yield copied


def copy_pipe(file: File, copy: BinaryIO, on_read: ReadProgress, *, raw: bool) -> None:
    """Copy a pipe, which may keep us waiting for ever. A signal may end this at any moment."""
    on_read(0, None, f"reading {file.name}")
    for block in read_blocks(file, raw=raw):
        copy.write(block)
        on_read(copy.tell(), None, f"reading {file.name}")
    copy.flush()


class _Text:
    """Files read as one text, any number of times. Each pass is hashed and reported."""

    def __init__(
        self,
        files: list[File],
        tokens: Tokens,
        encoding: str,
        lines: bool,
        on_read: ReadProgress,
        notes: list[str],
    ) -> None:
        self.files, self.tokens, self.encoding, self.on_read = files, tokens, encoding, on_read
        self.lines = lines
        self.name = files[0].name if len(files) == 1 else f"the text of {len(files)} files"
        zipped = any(file.path.lower().endswith(".gz") for file in files)
        self.total = 0 if zipped else sum(file.size or 0 for file in files)  # bytes, unzipped
        self.notes = notes

    def read(self, phase: str) -> Iterator[str | bytes]:
        self.phase, self.done = phase, 0
        read = f"text 1 {self.tokens} {self.encoding}{' lines' * self.lines}\n"
        self.hash = hashlib.sha256(read.encode())
        yield from read_files(
            self.files,
            tokens=self.tokens,
            encoding=self.encoding,
            lines=self.lines,
            on_block=self._count,
        )
        self.total = self.done

    def _count(self, block: bytes) -> None:
        self.done += len(block)
        self.hash.update(block or self.done.to_bytes(8, "little"))  # an empty block ends a file
        if block:
            total = self.total if self.done <= self.total else None
            self.on_read(self.done, total, self.phase)


def _encode(text: _Text, cache: Path, vocabulary: Vocabulary | None, extend: bool) -> Corpus:
    count, characters = scan(text.read("vocabulary"))
    digest = text.hash.hexdigest()
    if count < 2:
        has = "holds a single character" if count else "is empty"
        raise CorpusError(f"{text.name} {has}; at least 2 characters are needed")
    if "\0" in characters and not (vocabulary and "\0" in vocabulary.characters):
        text.notes.append(note_on_nuls(text.files, text.encoding))
    if vocabulary is None:
        vocabulary = Vocabulary(text.tokens, characters)
    elif extend:
        vocabulary = vocabulary.extended(characters)

    pieces = _ids(text, vocabulary, digest)
    ids, path = stored(pieces, count, cache, digest, vocabulary)
    unseen = "".join(vocabulary.unseen(characters))
    return Corpus(ids, vocabulary, digest, path, unseen, text.notes)


def _ids(text: _Text, vocabulary: Vocabulary, digest: str) -> Iterator[Ids]:
    for piece in text.read("encoding"):
        yield vocabulary.encode(piece)
    if text.hash.hexdigest() != digest:
        raise CorpusError(f"{text.name} changed while it was being read; try again, or read a copy")
