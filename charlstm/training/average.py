"""A running average of the weights, which validates and writes better than the weights do."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from charlstm.cells.base import Array
from charlstm.training.optim import CHUNK


class Average:
    """The average ā of the weights w over about the last `share` of the updates made so far.

    After update t, ā ← ā + (w − ā) / max(1, share·t): Polyak averaging (Polyak & Juditsky 1992)
    that forgets its beginning at the rate it goes on (Shamir & Zhang 2013, "polynomial decay"), so
    it needs no horizon and is as good early as late. `weights` (size,) belongs to the model, and
    only the updates change it; what is measured, kept as best or used later is ā.
    """

    def __init__(self, weights: Array, share: float) -> None:
        self.weights, self.share = weights, share
        self.flat = weights.copy()  # ā (size,)
        self._tmp = np.empty(min(weights.size, CHUNK), weights.dtype)

    def step(self, update: int) -> None:
        """Take in the weights after update number `update`, counted from 1."""
        part = 1.0 / max(1.0, self.share * update)
        for start in range(0, self.flat.size, CHUNK):
            mean = self.flat[start : start + CHUNK]
            tmp = self._tmp[: mean.size]
            np.subtract(self.weights[start : start + CHUNK], mean, out=tmp)
            np.multiply(tmp, part, out=tmp)
            np.add(mean, tmp, out=mean)

    @contextmanager
    def in_use(self) -> Iterator[Array]:
        """The model has the averaged weights meanwhile; yields a copy of its own ones."""
        own = self.weights.copy()
        self.weights[...] = self.flat
        try:
            yield own
        finally:
            self.weights[...] = own
