"""Arrays that start on a cache line, so that no vector of 64 bytes lies across two lines.

NumPy starts arrays at any multiple of 16 bytes. Then three of four are off a line, and every load
of a vector of AVX-512 takes two lines.
"""

from math import prod
from typing import Any

import numpy as np

from charlstm.nn import Array

LINE = 64  # bytes


def empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """An uninitialised array that starts on a cache line."""
    size = prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + LINE, np.uint8)
    start = -memory.__array_interface__["data"][0] % LINE
    array: Array = memory[start : start + size].view(dtype).reshape(shape)
    return array


def zeros(shape: tuple[int, ...], dtype: Any) -> Array:
    """An array of zeros that starts on a cache line."""
    array = empty(shape, dtype)
    array.fill(0)
    return array
