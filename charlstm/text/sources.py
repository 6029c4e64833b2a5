"""Files, folders, gzip and standard input: the sources of a text, read block by block."""

import gzip
import os
import stat
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, NamedTuple

from charlstm.errors import CorpusError

BLOCK = 1 << 18  # bytes read at once: they fit the processor's cache, and are worth a NumPy call

Sources = str | Path | Sequence[str | Path]


class File(NamedTuple):
    """One file to read: its name in messages, its path ("-" is standard input), and its size.

    The size is in bytes as stored. It is None for a pipe, which can be read only once.
    """

    name: str
    path: str
    size: int | None


def find_files(sources: Sources) -> list[File]:
    """The files of one or several sources, in order. A folder stands for every *.txt below it.

    The files of a folder are sorted by path.

    Raises:
        CorpusError: if there is no source, one is missing or unreadable, or a folder has no *.txt.
    """
    files: list[File] = []
    for source in [sources] if isinstance(sources, str | Path) else sources:
        if str(source) == "-":
            files.append(File("standard input", "-", None))
            continue
        status = _status(source)
        if stat.S_ISDIR(status.st_mode):
            files += _files_below(source)
        else:
            size = status.st_size if stat.S_ISREG(status.st_mode) else None
            files.append(File(str(source), str(source), size))
    if not files:
        raise CorpusError("no text given; name a file or a folder, or - for standard input")
    if sum(file.path == "-" for file in files) > 1:
        raise CorpusError("standard input (-) can be read only once; name it once")
    return files


def read_blocks(file: File) -> Iterator[bytes]:
    """The bytes of one file, unzipped if its name ends in ".gz", at most BLOCK at a time.

    Raises:
        CorpusError: if the file is unreadable or its gzip data are damaged.
    """
    try:
        with _opened(file) as raw:
            zipped = file.path.endswith(".gz")
            stream = gzip.GzipFile(fileobj=raw, mode="rb") if zipped else raw
            while block := stream.read(BLOCK):
                yield block
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(file.name, error) from error


def _opened(file: File) -> AbstractContextManager[BinaryIO]:
    if file.path != "-":
        return Path(file.path).open("rb")
    if sys.stdin is None:
        raise OSError("it is closed")
    return nullcontext(sys.stdin.buffer)


def _files_below(folder: str | Path) -> list[File]:
    def stop(error: OSError) -> None:
        raise _unreadable(error.filename, error)

    paths = (
        os.path.join(parent, name)  # noqa: PTH118 -- 100,000 Path objects would be slow and large
        for parent, _, names in os.walk(folder, onerror=stop)
        for name in names
        if name.endswith(".txt")
    )
    pairs = ((path, _status(path)) for path in sorted(paths))
    files = [File(path, path, s.st_size) for path, s in pairs if stat.S_ISREG(s.st_mode)]
    if not files:
        raise CorpusError(f"folder {folder} holds no .txt file; name a file or another folder")
    return files


def _status(path: str | Path) -> os.stat_result:
    try:
        return os.stat(path)  # noqa: PTH116 -- as above
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(name: str | Path, error: Exception) -> CorpusError:
    reason = getattr(error, "strerror", None) or str(error)
    damaged = isinstance(error, EOFError | zlib.error | gzip.BadGzipFile)
    return CorpusError(f"cannot read {name}: {'damaged gzip: ' if damaged else ''}{reason}")
