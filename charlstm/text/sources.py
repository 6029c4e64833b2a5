"""Files, folders, gzip and standard input: the sources of a text, read block by block."""

import errno
import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from charlstm.errors import CorpusError, shortened
from charlstm.text.folders import texts_below
from charlstm.text.kinds import GZIP

BLOCK = 1 << 18  # bytes read at once: they fit the processor's cache, and are worth a NumPy call

_PIPE = "; this looks like a text: name its file, or pipe it in and write - for the name"

Sources = str | Path | Sequence[str | Path]
OnNote = Callable[[str], object]


class File(NamedTuple):
    """One file to read: its name in messages, its path ("-" is standard input), and its size.

    The size is in bytes as stored. It is None for a pipe, which can be read only once.
    """

    name: str
    path: str
    size: int | None


def find_files(sources: Sources, on_note: OnNote = lambda _note: None) -> list[File]:
    """The files of one or several sources, in order.

    A folder stands for the *.txt and *.txt.gz below it (see `texts_below`); `on_note` is told what
    else it holds.

    Raises:
        CorpusError: if there is no source, one is missing or unreadable, or a folder has no *.txt.
    """
    files: list[File] = []
    for source in [sources] if isinstance(sources, str | Path) else sources:
        if str(source) == "-":
            files.append(File("standard input", "-", None))
            continue
        status = _status(source)
        if stat.S_ISCHR(status.st_mode) and status.st_rdev in _endless():
            raise CorpusError(f"{source} never ends; name a text")
        if stat.S_ISDIR(status.st_mode):
            try:
                below = texts_below(os.fspath(source), on_note)
            except OSError as error:
                raise _unreadable(error.filename, error) from error
            files += [File(path, path, size) for path, size in below]
        else:
            size = status.st_size if stat.S_ISREG(status.st_mode) else None
            files.append(File(str(source), str(source), size))
    if not files:
        raise CorpusError("no text given; name a file or a folder, or - for standard input")
    pipes = [file.name for file in files if file.size is None]
    for name in set(pipes):
        if pipes.count(name) > 1:
            raise CorpusError(f"{name} can be read only once; name it once")
    return files


def is_pipe(source: str | Path) -> bool:
    """Whether a source can be read only once, because it is neither a file nor a folder.

    Such are standard input, a FIFO, a shell's <(…), and /dev/stdin if it is no file.
    """
    if str(source) == "-":
        return True
    try:
        mode = _status(source).st_mode
    except CorpusError:  # reading it says why
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def read_blocks(file: File, *, raw: bool = False) -> Iterator[bytes]:
    """The bytes of one file, at most BLOCK at a time.

    Gzip data are unzipped: what begins as such, and what is called so ("*.gz"). If the bytes are
    wanted `raw`, the name alone decides.

    Raises:
        CorpusError: if the file is unreadable or its gzip data are damaged.
    """
    try:
        with _opened(file) as stored:
            start = stored.read(BLOCK)
            named = file.path.lower().endswith(".gz")
            if start and (named or (not raw and start.startswith(GZIP))):
                unzipped = gzip.GzipFile(fileobj=io.BufferedReader(_Reread(start, stored)))
                yield from iter(partial(unzipped.read, BLOCK), b"")
            else:
                block = start
                while block:
                    yield block
                    # A short one is the last; asked again, a terminal would need a second Ctrl-D.
                    block = stored.read(BLOCK) if len(block) == BLOCK else b""
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(file.name, error) from error


class _Reread(io.RawIOBase):
    """A stream whose `start` was read before and comes again."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._start, self._stream = start, stream

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as one read does; 0 at the end."""
        piece = self._start[: len(buffer)] or self._stream.read(len(buffer))
        self._start = self._start[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def _opened(file: File) -> AbstractContextManager[BinaryIO]:
    if file.path != "-":
        return Path(file.path).open("rb")
    if sys.stdin is None:
        raise OSError("it is closed")
    return nullcontext(sys.stdin.buffer)


def _endless() -> list[int]:
    """The devices that give bytes for ever; a terminal ends, and so does /dev/null."""
    paths = map(Path, ("/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"))
    return [path.stat().st_rdev for path in paths if path.exists()]


def _status(path: str | Path) -> os.stat_result:
    try:
        return os.stat(path)  # noqa: PTH116 -- 100,000 Path objects would be slow
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(name: str | Path, error: Exception) -> CorpusError:
    reason = getattr(error, "strerror", None) or str(error)
    damaged = isinstance(error, EOFError | zlib.error | gzip.BadGzipFile)
    cure = _PIPE if _is_text(str(name), error) else ""
    shown = shortened(str(name))
    return CorpusError(f"cannot read {shown}: {'damaged gzip: ' if damaged else ''}{reason}{cure}")


def _is_text(name: str, error: Exception) -> bool:
    """Whether the name of a file that is not there is rather a text, typed in its place."""
    number = getattr(error, "errno", None)
    words = " " in name and not Path(name).suffix and "/" not in name
    return number == errno.ENAMETOOLONG or (number == errno.ENOENT and (words or "\n" in name))
