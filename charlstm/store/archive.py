"""A sealed archive: an .npz of arrays and a JSON header, replaced whole, and checked byte by byte.

`np.load(path, allow_pickle=False)` opens it. Its first member, `header`, is the JSON

    {"checksum": SHA-256 of all that follows, "format": 1,
     "arrays": [{"name", "dtype", "shape", "crc32", "sha256"} of each], "header": the caller's}

From it the reader computes every byte of the file outside the arrays (see `npz`), and refuses a
file of another size or with any byte different. The checksum covers the caller's header, and the
arrays through their own checksums, so that a few arrays can be read and still be verified.
"""

import hashlib
import json
import os
import re
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
from charlstm.store.atomic import atomic_write
from charlstm.store.npz import Member, directory, preamble

FORMAT = 1
HEADER_BYTES = 2**21  # the longest header, and
HEADER_VALUES = 2**17  # the most values in it: parsed, they need at most 32 MiB

Arrays = Mapping[str, NDArray[Any]]
Table = list[tuple[Member, str]]  # each array, and the SHA-256 of its data

_DAMAGED = "it is damaged or was changed after it was saved; use another checkpoint of the run"
_SEAL = len('{"checksum":"') + 64 + len('",')
_LENGTH = re.compile(rb"'shape': \((\d{1,8}),\)")


@dataclass(frozen=True, eq=False)
class Archive:
    """The caller's header, and the arrays by name, fresh and writable."""

    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def save(path: Path, header: Mapping[str, Any], arrays: Arrays, *, new: bool = False) -> None:
    """Write `header` and `arrays` to `path`, replacing it in one step once all is on the disk.

    The header must be JSON as Python reads it (keys are strings, tuples come back as lists, NaN
    is allowed), at most 2 MiB and 2^17 values. Names of arrays are slash-separated words of ASCII
    letters, digits, `_`, `.` and `-`. Arrays are little-endian bool, integer, float32 or float64,
    together below 4 GiB. Contiguous ones are written from where they are, without a copy. If the
    file has to be `new`, one that is there stays.

    Raises:
        CheckpointError: if `load` would refuse the result (say, weights that are not finite) or
            if it cannot be written; the old file is then intact.
    """
    try:
        table = [(_describe(name, array), _digest(array)) for name, array in arrays.items()]
        text = _encode(header, table)
        members = [_header_member(text)] + [member for member, _ in table]
        end = directory(members)
    except (ValueError, TypeError, RecursionError) as problem:
        raise CheckpointError(f"cannot save checkpoint {str(path)!r}: {problem}") from problem
    with atomic_write(path, CheckpointError, new=new) as file:
        file.write(members[0].frame + text)
        for member in members[1:]:
            file.write(member.frame)
            file.write(_data(arrays[member.name]))
        file.write(end)


def load(path: Path, names: Callable[[str], bool] | None = None) -> Archive:
    """Read and verify an archive, or only those of its arrays whose name passes `names`.

    It allocates at most 1.25 times the file's size, and 32 MiB for the header. Nothing in the
    file can run code, whoever wrote it. A checksum is no signature, though: it shows damage, but
    not who wrote the file.

    Raises:
        CheckpointError: for anything but the content that was saved, one line.
    """
    try:
        return _read(path, names or (lambda _: True))
    except (OSError, ValueError, MemoryError) as problem:
        reason: object = problem
        if isinstance(problem, OSError):
            reason = problem.strerror or problem
        elif isinstance(problem, MemoryError):
            reason = "there is not enough memory"
        raise CheckpointError(f"cannot load checkpoint {str(path)!r}: {reason}") from problem


def _read(path: Path, names: Callable[[str], bool]) -> Archive:
    if not stat.S_ISREG(path.stat().st_mode):  # to open a named pipe would wait for ever
        raise ValueError("it is not a file")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        text = _read_header(file, size)
        header, table = _decode(text)
        first = _header_member(text)
        members = [first] + [member for member, _ in table]
        end = directory(members)
        if size != sum(len(member.frame) + member.nbytes for member in members) + len(end):
            raise ValueError(_DAMAGED)
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
        raise ValueError(f"{member.name!r} is not what was saved: {_DAMAGED}")
    _check_finite(member.name, array)
    return array


def _expect(file: BufferedReader, expected: bytes) -> None:
    if file.read(len(expected)) != expected:
        raise ValueError(_DAMAGED)


def _describe(name: str, array: NDArray[Any]) -> Member:
    Member(name, array.dtype.str, array.shape, 0)  # refuses a dtype whose data cannot be viewed
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


def _encode(header: Mapping[str, Any], table: Table) -> bytes:
    """The JSON of `header` and `table`. Raises an error if `_decode` would refuse it."""
    arrays = [vars(member) | {"sha256": digest} for member, digest in table]
    document = {"format": FORMAT, "arrays": arrays, "header": dict(header)}
    text = _seal(json.dumps(document, separators=(",", ":"))[1:].encode("ascii"))
    _decode(text)
    return text


def _decode(text: bytes) -> tuple[dict[str, Any], Table]:
    """The caller's header and the table of arrays, from any bytes; ValueError if it has none."""
    if len(text) > HEADER_BYTES or sum(map(text.count, (b",", b":", b"[", b"{"))) > HEADER_VALUES:
        raise ValueError("its header is too large; long lists belong in arrays")
    try:
        document = json.loads(text.decode("ascii"))
        version = document["format"]
    except (ValueError, TypeError, LookupError, RecursionError) as problem:
        raise ValueError(_DAMAGED) from problem
    if type(version) is int and version > FORMAT:
        known = f"this charlstm reads up to format {FORMAT}"
        raise ValueError(f"it has format {str(version)[:9]}, and {known}: upgrade charlstm")
    try:
        table = [_entry(**entry) for entry in document["arrays"]]
        header = document["header"]
    except (ValueError, TypeError, LookupError) as problem:
        raise ValueError(_DAMAGED) from problem
    names = {"header"}.union(member.name for member, _ in table)
    sound = type(version) is int and version == FORMAT and type(header) is dict
    if not sound or len(names) != 1 + len(table) or text != _seal(text[_SEAL:]):
        raise ValueError(_DAMAGED)
    return header, table


def _entry(name: Any, dtype: Any, shape: Any, crc32: Any, sha256: Any) -> tuple[Member, str]:
    types = [type(value) for value in (name, dtype, sha256, shape, crc32)]
    if types != [str, str, str, list, int] or any(type(n) is not int for n in shape):
        raise TypeError("an entry of the table has the wrong type")
    return Member(name, dtype, tuple(shape), crc32), sha256


def _seal(rest: bytes) -> bytes:
    return b'{"checksum":"%s",%s' % (hashlib.sha256(rest).hexdigest().encode(), rest)


def _header_member(text: bytes) -> Member:
    crc = zlib.crc32(text, zlib.crc32(preamble("|u1", (len(text),))))
    return Member("header", "|u1", (len(text),), crc)


def _read_header(file: BufferedReader, size: int) -> bytes:
    """The JSON of a file of `size` bytes, found by its name and place, which no format changes."""
    start = file.read(30)
    skip = int.from_bytes(start[26:28], "little") + int.from_bytes(start[28:30], "little")
    name = file.read(min(skip, 512))[:10]
    head = file.read(10)
    match = _LENGTH.search(file.read(min(int.from_bytes(head[8:], "little"), 512)))
    if start[:4] != b"PK\x03\x04" or name != b"header.npy" or head[:6] != b"\x93NUMPY" or not match:
        raise ValueError("it is not a charlstm checkpoint")
    return file.read(min(int(match[1]), HEADER_BYTES + 1, size))
