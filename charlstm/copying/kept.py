"""The passages of texts: those of long texts are kept in a file, which is mapped.

The file has a header, the folded text, and the entries of the index.
"""

import zlib
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from charlstm.copying.passages import Passages
from charlstm.errors import CorpusError
from charlstm.store.atomic import atomic_write, lengthen
from charlstm.text.folding import Folding
from charlstm.text.vocabulary import Ids

IN_MEMORY = 200_000  # characters: the index of longer texts is in a file
BLOCK = 2**20  # bytes read at once
HEADER = 24  # bytes: the number of symbols, of entries, and the checksum of what follows


def passages_of(texts: Sequence[Ids], n: int, folding: Folding, file: Path) -> Passages:
    """The passages of texts, each (N,). Those of long texts are kept in `file`, and used again.

    If it cannot be written, they are made in memory each time.
    """
    if sum(ids.size for ids in texts) >= IN_MEMORY:
        with suppress(CorpusError):
            if not _is_intact(file):
                _write(file, texts, n, folding)
            return _mapped(file, texts[0].dtype, n, folding)
    parts = [np.concatenate([ids[:0], *folding.folded(ids)]) for ids in texts]
    joints = list(accumulate(part.size for part in parts))
    passages = Passages(np.concatenate(parts), n, folding, joints)
    passages.fill(np.empty(passages.count(), np.uint64))
    return passages


def _write(file: Path, texts: Sequence[Ids], n: int, folding: Folding) -> None:
    """Write the header, the folded text and the entries, all mapped, so that memory stays small."""
    dtype, joints = texts[0].dtype, [0]
    with atomic_write(file, CorpusError) as out:
        out.write(bytes(HEADER))
        for ids in texts:
            written = sum(out.write(part.data) for part in folding.folded(ids))
            joints.append(joints[-1] + written // dtype.itemsize)
        out.flush()
        text = np.memmap(out.name, dtype, "r", HEADER, (joints[-1],))
        passages = Passages(text, n, folding, joints)
        count, at = passages.count(), _entries_at(text)
        lengthen(out, at + 8 * count)
        if count:
            entries = np.memmap(out.name, np.uint64, "r+", at, (count,))
            passages.fill(entries)
            entries.flush()
        header = np.array([text.size, count, _checksum(Path(out.name))], np.uint64)
        out.seek(0)
        out.write(header.data)


def _mapped(file: Path, dtype: np.dtype[Any], n: int, folding: Folding) -> Passages:
    """The passages in `file`."""
    size, count, _ = np.fromfile(file, np.uint64, 3).tolist()
    text = np.memmap(file, dtype, "r", HEADER, (size,))
    passages = Passages(np.asarray(text), n, folding)  # as an array it is faster
    if count:
        entries = np.memmap(file, np.uint64, "r", _entries_at(text), (count,))
        passages.entries = np.asarray(entries)
    return passages


def _entries_at(text: Ids) -> int:
    """Where in a file the entries begin, after this text."""
    return -(-(HEADER + text.nbytes) // 8) * 8


def _is_intact(file: Path) -> bool:
    """Whether the file is as `_write` left it."""
    try:
        header = np.fromfile(file, np.uint64, 3)
        return header.size == 3 and int(header[2]) == _checksum(file)
    except OSError:
        return False


def _checksum(file: Path) -> int:
    checksum = 0
    with file.open("rb") as opened:
        opened.seek(HEADER)
        while block := opened.read(BLOCK):
            checksum = zlib.crc32(block, checksum)
    return checksum
