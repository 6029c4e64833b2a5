"""Weights in 16 bits: whole numbers up to ±32767, and a scale for each row.

They take as much room as half precision and are more exact. Half precision keeps 11 bits of each
number; these keep up to 16 bits of the largest number of a row. They change the logits of the demo
by at most 0.007, and half precision by up to 0.1.

Weights of earlier updates are differences of 8 bits to those of the next later ones, which takes
half the room. In the demo this changes tanh(c) by 0.0014 on average and by at most 0.04, and the
bits per character by 0.0005.
"""

from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import ExportError
from charlstm.nn import Array

LARGEST = 32767
LARGEST_DIFFERENCE = 127


def fixed(value: Array, largest: int = LARGEST) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """The scales (R,) and whole numbers (R, C) up to ±largest of a matrix; a vector is one row.

    Raises:
        ExportError: if a number is not finite.
    """
    rows = np.asarray(value, np.float64).reshape(1 if value.shape[1] == 1 else len(value), -1)
    highest = np.abs(rows).max(axis=1)
    if not np.isfinite(highest).all():
        raise ExportError("a weight is not a finite number; export another checkpoint")
    scales = (np.where(highest > 0, highest, 1.0) / largest).astype(np.float32)
    if not scales.all():  # a row whose numbers are all close to 0
        scales[scales == 0] = np.finfo(np.float32).tiny
    whole = np.rint(rows / scales.astype(np.float64)[:, None])
    return scales, np.clip(whole, -largest, largest).astype(np.int16)


def rounded(value: Array) -> NDArray[np.float32]:
    """A weight after packing and unpacking, in its own shape."""
    scales, whole = fixed(value)
    product = scales.astype(np.float64)[:, None] * whole
    return product.astype(np.float32).reshape(value.shape)


def packed(value: Array) -> dict[str, str]:
    """`scales` (float32) and `values` (int16), little-endian in base64."""
    scales, whole = fixed(value)
    return _encoded(scales, whole.astype("<i2"))


def packed_difference(
    value: Array, later: NDArray[np.float32]
) -> tuple[dict[str, str], NDArray[np.float32]]:
    """`scales` and `values` (int8) to add to a later weight as a page has it, and their sum.

    The sum is the earlier weight as the page has it. So no error is carried on to one still
    earlier.
    """
    scales, whole = fixed(value.astype(np.float64) - later, LARGEST_DIFFERENCE)
    sums = later + (scales.astype(np.float64)[:, None] * whole).reshape(later.shape)
    return _encoded(scales, whole.astype("<i1")), sums.astype(np.float32)


def _encoded(scales: NDArray[np.float32], values: NDArray[Any]) -> dict[str, str]:
    return {
        "scales": b64encode(scales.astype("<f4").tobytes()).decode("ascii"),
        "values": b64encode(values.tobytes()).decode("ascii"),
    }
