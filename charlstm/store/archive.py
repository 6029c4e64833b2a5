"""Checkpoints: one .npz file of arrays and a JSON header, replaced whole, read with suspicion.

`np.load(path, allow_pickle=False)` opens it. Its first member, `header`, is the JSON that
`manifest` describes, with a checksum over all content. From it the reader works out every other
byte of the file (see `npz`), and refuses a file of another size or with any byte different.
"""

import hashlib
import os
import stat
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CheckpointError
from charlstm.store import manifest
from charlstm.store.atomic import atomic_write
from charlstm.store.manifest import DAMAGED, FORMAT
from charlstm.store.npz import Member, directory, preamble

__all__ = ["FORMAT", "Archive", "load", "save"]


@dataclass(frozen=True, eq=False)
class Archive:
    """What `load` returns: the caller's header, and the arrays by name (fresh and writable)."""

    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def save(path: Path, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write `header` and `arrays` to `path`, replacing it in one step once all is on the disk.

    The header must be JSON as Python reads it (keys are strings, tuples come back as lists, NaN
    is allowed), at most 2 MiB and 2^17 values. Names of arrays are slash-separated words of ASCII
    letters, digits, `_`, `.` and `-`. Arrays are little-endian bool, integer, float32 or float64,
    together below 4 GiB. Contiguous ones are written from where they are, without a copy.

    Raises:
        CheckpointError: if `load` would refuse the result (say, weights that are not finite) or
            if it cannot be written; the file of before is then intact.
    """
    try:
        table = [(_describe(name, array), _digest(array)) for name, array in arrays.items()]
        text = manifest.encode(header, table)
        members = [manifest.as_member(text)] + [member for member, _ in table]
        end = directory(members)
    except (ValueError, TypeError, RecursionError) as problem:
        raise CheckpointError(f"cannot save checkpoint {str(path)!r}: {problem}") from problem
    with atomic_write(path, CheckpointError) as file:
        file.write(members[0].frame + text)
        for member in members[1:]:
            file.write(member.frame)
            file.write(_data(arrays[member.name]))
        file.write(end)


def load(path: Path, names: Callable[[str], bool] | None = None) -> Archive:
    """Read and verify a checkpoint, or only those arrays whose name passes `names`.

    It allocates at most 1.25 times the file's size, and 32 MiB for the header. Nothing in the
    file can run code, whoever wrote it. (But a checksum is no signature: it tells damage, not
    who wrote the file.)

    Raises:
        CheckpointError: for anything but the content that was saved, one line.
    """
    try:
        with _open(path) as file:
            return _read(file, names or (lambda _: True))
    except (OSError, ValueError, MemoryError) as problem:
        reason: object = problem
        if isinstance(problem, OSError):
            reason = problem.strerror or problem
        elif isinstance(problem, MemoryError):
            reason = "there is not enough memory"
        raise CheckpointError(f"cannot load checkpoint {str(path)!r}: {reason}") from problem


def _open(path: Path) -> BufferedReader:
    if not stat.S_ISREG(path.stat().st_mode):  # a named pipe would wait for ever
        raise ValueError("it is not a file")
    return path.open("rb")


def _read(file: BufferedReader, names: Callable[[str], bool]) -> Archive:
    size = os.fstat(file.fileno()).st_size
    text = manifest.read_text(file, size)
    header, table = manifest.decode(text)
    first = manifest.as_member(text)
    members = [first] + [member for member, _ in table]
    end = directory(members)
    if size != sum(len(member.frame) + member.nbytes for member in members) + len(end):
        raise ValueError(DAMAGED)
    file.seek(0)
    _expect(file, first.frame)
    file.seek(first.nbytes, os.SEEK_CUR)
    arrays = {}
    for member, digest in table:
        _expect(file, member.frame)
        if names(member.name):
            arrays[member.name] = _read_array(file, member, digest)
        else:
            file.seek(member.nbytes, os.SEEK_CUR)
    _expect(file, end)
    return Archive(header, arrays)


def _read_array(file: BufferedReader, member: Member, digest: str) -> NDArray[Any]:
    array = np.empty(member.shape, member.dtype)
    file.readinto(_data(array))
    if _digest(array) != digest:
        raise ValueError(f"{member.name!r} is not what was saved: {DAMAGED}")
    _check_finite(member.name, array)
    return array


def _expect(file: BufferedReader, expected: bytes) -> None:
    if file.read(len(expected)) != expected:
        raise ValueError(DAMAGED)


def _describe(name: str, array: NDArray[Any]) -> Member:
    Member(name, array.dtype.str, array.shape, 0)  # first, that its data may be looked at
    _check_finite(name, array)
    crc = zlib.crc32(_data(array), zlib.crc32(preamble(array.dtype.str, array.shape)))
    return Member(name, array.dtype.str, array.shape, crc)


def _check_finite(name: str, array: NDArray[Any]) -> None:
    if name.startswith("weights/") and not np.isfinite(array).all():
        raise ValueError(f"{name!r} has values that are not finite; go back to a checkpoint before")


def _digest(array: NDArray[Any]) -> str:
    return hashlib.sha256(_data(array)).hexdigest()


def _data(array: NDArray[Any]) -> memoryview:
    """Its bytes in C order: a view, or a copy if `array` is not contiguous."""
    return array.reshape(-1).view(np.uint8).data
