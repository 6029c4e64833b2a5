"""The bytes around the arrays of an uncompressed .npz file, computed from the arrays' description.

An .npz is a ZIP archive (PKWARE APPNOTE 6.3) of .npy files (NumPy's NEP 1, version 1.0). The name,
dtype, shape and CRC of every array decide every byte of it outside the arrays' data. So `archive`
writes these bytes, and reads by comparing a file with them. It parses no ZIP, so a file cannot
attack it with a compressed bomb, an overlapping or repeated member, or a hostile path. It also
does without `zipfile`, which `np.load` imports, and which would cost 8 ms of a start of 90.
"""

import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

DTYPES = {"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8"}
_MAX_DIMS = 32
MAX_BYTES = 2**32 - 1  # beyond it a ZIP archive needs its 64-bit extension

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION, _DATE = 20, 0x21  # ZIP 2.0; 1 January 1980 always, so that equal runs give equal bytes


@dataclass(frozen=True)
class Member:
    """One array of the file. `crc32` is that of its .npy file, which is `preamble` and data.

    Raises:
        ValueError: if an archive may not hold such a name, dtype or shape.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    crc32: int

    def __post_init__(self) -> None:
        if len(self.name) > 200 or not _NAME.fullmatch(self.name) or self.name.endswith(".npy"):
            raise ValueError(f"{self.name[:200]!r} cannot be the name of an array")
        if self.dtype not in DTYPES:
            raise ValueError(f"{self.name!r} has a type that checkpoints do not hold")
        # NumPy refuses a shape such as (0, 2**62), which has no elements. So count a 0 as a 1.
        least = math.prod(max(n, 1) for n in self.shape[:_MAX_DIMS]) * int(self.dtype[2])
        if len(self.shape) > _MAX_DIMS or min(self.shape, default=0) < 0 or least > MAX_BYTES:
            raise ValueError(f"{self.name!r} has an impossible shape")
        if not 0 <= self.crc32 < 2**32 or self.size > MAX_BYTES:
            raise ValueError(f"{self.name!r} is too large")

    @property
    def nbytes(self) -> int:
        """Bytes of the data alone."""
        return math.prod(self.shape) * int(self.dtype[2])

    @property
    def size(self) -> int:
        """Bytes of the whole .npy file."""
        return len(preamble(self.dtype, self.shape)) + self.nbytes

    @property
    def frame(self) -> bytes:
        """All bytes of the file between the data of the member before and the data of this one."""
        name = f"{self.name}.npy".encode("ascii")
        fields = (_VERSION, 0, 0, 0, _DATE, self.crc32, self.size, self.size, len(name), 0)
        start = _LOCAL.pack(b"PK\x03\x04", *fields) + name
        return start + preamble(self.dtype, self.shape)


def preamble(dtype: str, shape: Sequence[int]) -> bytes:
    """The head of a version 1.0 .npy file, padded with spaces to a multiple of 64 bytes."""
    text = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {tuple(shape)!r}, }}"
    length = -(10 + len(text) + 1) % 64 + len(text) + 1
    return (
        b"\x93NUMPY\x01\x00" + struct.pack("<H", length) + text.encode().ljust(length - 1) + b"\n"
    )


def directory(members: Sequence[Member]) -> bytes:
    """All bytes after the data of the last member: the table of contents of the ZIP archive.

    Raises:
        ValueError: if the file would be too large for a plain ZIP archive.
    """
    total = sum(len(member.frame) + member.nbytes for member in members)
    count = len(members)
    if total > MAX_BYTES or count >= 2**16 - 1:
        raise ValueError("it is larger than 4 GiB, more than a checkpoint can hold")
    parts, offset = [], 0
    for member in members:
        name = f"{member.name}.npy".encode("ascii")
        sizes = (member.crc32, member.size, member.size, len(name), 0, 0, 0, 0, 0, offset)
        entry = _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, 0, 0, 0, _DATE, *sizes)
        parts.append(entry + name)
        offset += len(member.frame) + member.nbytes
    table = b"".join(parts)
    return table + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(table), offset, 0)
