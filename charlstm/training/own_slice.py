"""The flat vector in slices: each worker owns one, where it adds gradients and makes the update.

A slice is a number of whole chunks, and the sums of the chunks are added in their order. So the
number of workers changes no bit.
"""

import numpy as np

from charlstm.training.optim import CHUNK, OPTIMISERS
from charlstm.training.shared import SharedArrays

LEAST = 4  # chunks of a slice; to wake another worker for fewer takes longer than to do them


def owners(size: int, workers: int) -> int:
    """How many of the workers, the first ones, own a slice of a vector (size,)."""
    return min(workers, max(1, -(-size // CHUNK) // LEAST))


def slice_of(size: int, rank: int, workers: int) -> slice:
    """What number `rank` of so many workers owns of a vector (size,)."""
    chunks, count = -(-size // CHUNK), owners(size, workers)
    first, end = (min(k, count) * chunks // count * CHUNK for k in (rank, rank + 1))
    return slice(min(first, size), min(end, size))


class OwnSlice:
    """One worker's slice of all flat vectors in `arrays`."""

    def __init__(self, arrays: SharedArrays, optimizer: str, rank: int, workers: int) -> None:
        own = slice_of(arrays.parameters.size, rank, workers)
        self._first_chunk = own.start // CHUNK
        self._squares = arrays.squares
        self._parameters, self._gradients = arrays.parameters[own], arrays.gradients[:, own]
        self._optimiser = OPTIMISERS[optimizer](arrays.moments[:, own])

    def add(self) -> None:
        """Add the gradients to the first one, in their order; note the squares of the sum."""
        total, *others = self._gradients
        for number, start in enumerate(range(0, total.size, CHUNK), self._first_chunk):
            part = slice(start, start + CHUNK)
            chunk = total[part]
            for gradient in others:
                np.add(chunk, gradient[part], out=chunk)
            self._squares[number] = np.dot(chunk, chunk)

    def step(self, update: int, lr: float, scale: float) -> None:
        """Make update number `update` (from 0) with rate `lr` and `scale` times the sum."""
        self._optimiser.step(self._parameters, self._gradients[0], lr, scale, update)
