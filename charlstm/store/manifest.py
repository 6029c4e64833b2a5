"""The first member of a checkpoint: JSON with the caller's header, that lists and seals the rest.

    {"checksum": SHA-256 of all that follows, "format": 1,
     "arrays": [{"name", "dtype", "shape", "crc32", "sha256"} of each], "header": the caller's}

The checksum covers the caller's header directly and the arrays through theirs, so that a few
arrays can be read and still be verified.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from io import BufferedReader
from typing import Any

from charlstm.store.npz import Member, preamble

FORMAT = 1
MAX_BYTES = 2**21  # of the text, and
MAX_VALUES = 2**17  # values in it: once parsed they then need at most 32 MiB
DAMAGED = "it is damaged or was changed after it was saved; use another checkpoint of the run"

Table = list[tuple[Member, str]]  # each array and the SHA-256 of its data

_SEAL = len('{"checksum":"') + 64 + len('",')
_LENGTH = re.compile(rb"'shape': \((\d{1,8}),\)")


def encode(header: Mapping[str, Any], table: Table) -> bytes:
    """The text for `header` and `table`; `decode` takes it back or this raises.

    Raises:
        ValueError, TypeError, RecursionError: if `header` is no JSON, or too large.
    """
    arrays = [vars(member) | {"sha256": digest} for member, digest in table]
    document = {"format": FORMAT, "arrays": arrays, "header": dict(header)}
    text = _seal(json.dumps(document, separators=(",", ":"))[1:].encode("ascii"))
    decode(text)
    return text


def decode(text: bytes) -> tuple[dict[str, Any], Table]:
    """The caller's header and the table of arrays, from bytes that may say anything.

    Raises:
        ValueError: with a reason that names no file.
    """
    if len(text) > MAX_BYTES or sum(map(text.count, (b",", b":", b"[", b"{"))) > MAX_VALUES:
        raise ValueError("its header is too large; long lists belong in arrays")
    try:
        document = json.loads(text.decode("ascii"))
        version = document["format"]
    except (ValueError, TypeError, LookupError, RecursionError) as problem:
        raise ValueError(DAMAGED) from problem
    if type(version) is int and version > FORMAT:
        known = f"this charlstm reads up to format {FORMAT}"
        raise ValueError(f"it has format {str(version)[:9]}, and {known}: upgrade charlstm")
    try:
        table = [_entry(**entry) for entry in document["arrays"]]
        header = document["header"]
    except (ValueError, TypeError, LookupError) as problem:
        raise ValueError(DAMAGED) from problem
    names = {"header"}.union(member.name for member, _ in table)
    sound = type(version) is int and version == FORMAT and type(header) is dict
    if not sound or len(names) != 1 + len(table) or text != _seal(text[_SEAL:]):
        raise ValueError(DAMAGED)
    return header, table


def as_member(text: bytes) -> Member:
    """The member of the file that holds `text`."""
    crc = zlib.crc32(text, zlib.crc32(preamble("|u1", (len(text),))))
    return Member("header", "|u1", (len(text),), crc)


def read_text(file: BufferedReader, size: int) -> bytes:
    """The data of the first member, found by what no format will change: its name and place.

    `size` is that of the file, in bytes.

    Raises:
        ValueError: if this is no file with such a member.
    """
    start = file.read(30)
    skip = int.from_bytes(start[26:28], "little") + int.from_bytes(start[28:30], "little")
    name = file.read(min(skip, 512))[:10]
    head = file.read(10)
    match = _LENGTH.search(file.read(min(int.from_bytes(head[8:], "little"), 512)))
    if start[:4] != b"PK\x03\x04" or name != b"header.npy" or head[:6] != b"\x93NUMPY" or not match:
        raise ValueError("it is not a charlstm checkpoint")
    return file.read(min(int(match[1]), MAX_BYTES + 1, size))


def _seal(rest: bytes) -> bytes:
    return b'{"checksum":"%s",%s' % (hashlib.sha256(rest).hexdigest().encode(), rest)


def _entry(name: Any, dtype: Any, shape: Any, crc32: Any, sha256: Any) -> tuple[Member, str]:
    types = [type(value) for value in (name, dtype, sha256, shape, crc32)]
    if types != [str, str, str, list, int] or any(type(n) is not int for n in shape):
        raise TypeError("an entry of the table has the wrong type")
    return Member(name, dtype, tuple(shape), crc32), sha256
