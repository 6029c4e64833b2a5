"""A file of pairs, or standard input, read line by line: no file is ever held as a whole."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from charlstm.errors import CorpusError, shortened

STDIN = "-"
LONGEST = 1 << 24  # bytes of a line: no pair of sentences is as long


@dataclass(frozen=True)
class Head:
    """The beginning of a file: its first two lines that are not empty, "" where it has fewer.

    `number` is that of the first line.
    """

    path: Path | None
    number: int = 0
    first: str = ""
    second: str = ""


class Source:
    """The lines of one file, or of standard input for "-".

    `name` is what messages call it, `number` that of the line which was last read, from 1.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = None if str(path) == STDIN else Path(path)
        self.name = "standard input" if self.path is None else shortened(str(path))
        self.number = 0
        self._lines = self._read()
        self._peeked: list[tuple[int, str]] = []

    def head(self) -> Head:
        """The beginning of the file; `lines` gives it again.

        Raises:
            CorpusError: as `lines` does.
        """
        while len(self._peeked) < 2 and (numbered := next(self._lines, None)):
            if numbered[1].strip():
                self._peeked.append(numbered)
        (number, first), (_, second) = (*self._peeked, (0, ""), (0, ""))[:2]
        return Head(self.path, number, first, second)

    def lines(self) -> Iterator[str]:
        """The lines that are not empty, without their line breaks.

        Raises:
            CorpusError: if the file cannot be read, is not UTF-8, or has an endless line.
        """
        peeked, self._peeked = self._peeked, []
        for number, line in chain(peeked, self._lines):
            self.number = number
            if line.strip():
                yield line

    def _read(self) -> Iterator[tuple[int, str]]:
        """Every line with its number; the first without a byte order mark."""
        offset = 0
        try:
            with self._opened() as file:
                for number, raw in enumerate(iter(partial(file.readline, LONGEST), b""), 1):
                    if len(raw) == LONGEST:
                        raise CorpusError(
                            f"{self.name}, line {number}: it has over {LONGEST >> 20} MB; "
                            "a pair is one short line"
                        )
                    try:
                        line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                    except UnicodeDecodeError as error:
                        raise self._undecodable(raw, number, offset + error.start) from error
                    yield number, line.rstrip("\r\n")
                    offset += len(raw)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CorpusError(f"{self.name}: cannot read the pairs ({reason})") from error

    def _opened(self) -> AbstractContextManager[BinaryIO]:
        if self.path is not None:
            return self.path.open("rb")
        if sys.stdin is None:
            raise OSError("it is closed")
        return nullcontext(sys.stdin.buffer)

    def _undecodable(self, raw: bytes, number: int, byte: int) -> CorpusError:
        utf16 = number == 1 and raw.startswith((b"\xff\xfe", b"\xfe\xff"))
        encoding = "UTF-16" if utf16 else "cp1252"
        file = f" {shlex.quote(str(self.path))}" if self.path else ""
        return CorpusError(
            f"{self.name}, line {number}: not UTF-8 (byte {byte}); save the pairs as UTF-8, with "
            f"iconv -f {encoding} -t UTF-8{file} if {encoding} is what it is"
        )
