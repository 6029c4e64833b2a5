"""Optimisers (Adam, RMSprop, SGD) on one flat vector, the learning rate, and the gradient norm."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charlstm.nn import Array

CHUNK = 2**14  # elements whose squares are added up at a time; another number would round otherwise
BLOCK = 2**15  # elements updated at a time, so that every pass but the first finds them in cache
# Updates one chunk in place: (parameters, gradient, moments, scratch, more scratch).
ChunkUpdate = Callable[[Array, Array, list[Array], Array, Array], None]


def global_norm(gradient: Array) -> float:
    """The Euclidean norm of a flat gradient, added up in fixed chunks."""
    chunks = (gradient[start : start + CHUNK] for start in range(0, gradient.size, CHUNK))
    return norm_of(float(np.dot(chunk, chunk)) for chunk in chunks)


def norm_of(squares: Iterable[float]) -> float:
    """The Euclidean norm of a vector whose chunks have these sums of squares, in their order."""
    total = 0.0
    for square in squares:  # sum() would round otherwise from Python 3.12 on
        total += square
    return math.sqrt(total)


@dataclass(frozen=True)
class Schedule:
    """The learning rate of each update: a linear warm-up, then "constant" or half a "cosine".

    The cosine falls from `lr` to a hundredth of it at `total` updates (Loshchilov & Hutter 2017).
    """

    kind: str
    lr: float
    warmup_steps: int
    total: int

    def __call__(self, update: int) -> float:
        """The rate of update number `update`, counted from 0."""
        if update < self.warmup_steps:
            return self.lr * (update + 1) / self.warmup_steps
        if self.kind == "constant":
            return self.lr
        done = (update - self.warmup_steps) / max(1, self.total - self.warmup_steps)
        return self.lr * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done))))


class Optimiser:
    """Updates a flat parameter vector, or a slice of it, in place.

    `moments` names its running averages, flat vectors (size,) that a checkpoint keeps: the rows of
    the array (moments, size) that it is given, zero before the first update.
    """

    names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, moments: Array) -> None:
        self.moments: Mapping[str, Array] = dict(zip(self.names, moments, strict=True))
        self._scratch = np.empty((3, min(moments.shape[1], BLOCK)), moments.dtype)

    def step(self, params: Array, gradient: Array, lr: float, scale: float, update: int) -> None:
        """Apply update number `update` (from 0) with rate `lr` and `scale` times the gradient."""
        apply = self.prepare(lr, update)
        for start in range(0, params.size, BLOCK):
            part = slice(start, start + BLOCK)
            g = gradient[part]
            tmp, tmp2, scaled = self._scratch[:, : g.size]
            if scale != 1.0:
                g = np.multiply(g, scale, out=scaled)
            apply(params[part], g, [m[part] for m in self.moments.values()], tmp, tmp2)

    def prepare(self, lr: float, update: int) -> ChunkUpdate:
        """The function that applies update number `update` (from 0) with rate `lr` to a chunk."""
        raise NotImplementedError


class SGD(Optimiser):
    """p ← p − lr·g."""

    def prepare(self, lr: float, update: int) -> ChunkUpdate:
        """See `Optimiser.prepare`."""
        del update

        def apply(p: Array, g: Array, moments: list[Array], tmp: Array, _: Array) -> None:
            del moments
            np.multiply(g, lr, out=tmp)
            np.subtract(p, tmp, out=p)

        return apply


class RMSprop(Optimiser):
    """v ← 0.95·v + 0.05·g²; p ← p − lr·g/(√v + ε) (Tieleman & Hinton 2012; char-rnn's decay)."""

    names = ("v",)

    def prepare(self, lr: float, update: int) -> ChunkUpdate:
        """See `Optimiser.prepare`."""
        del update

        def apply(p: Array, g: Array, moments: list[Array], tmp: Array, _: Array) -> None:
            (v,) = moments
            np.multiply(g, g, out=tmp)
            _blend(v, tmp, 0.05)
            np.sqrt(v, out=tmp)
            np.add(tmp, 1e-8, out=tmp)
            np.divide(g, tmp, out=tmp)
            np.multiply(tmp, lr, out=tmp)
            np.subtract(p, tmp, out=p)

        return apply


class Adam(Optimiser):
    """Adam with bias correction, β = 0.9, 0.99, ε = 1e-8 (Kingma & Ba 2015)."""

    names = ("m", "v")

    def prepare(self, lr: float, update: int) -> ChunkUpdate:
        """See `Optimiser.prepare`."""
        beta1, beta2 = 0.9, 0.99
        # Both corrections are in the rate and in ε, not in a pass of their own.
        unbias = math.sqrt(1.0 - beta2 ** (update + 1))
        rate = lr * unbias / (1.0 - beta1 ** (update + 1))
        epsilon = 1e-8 * unbias

        def apply(p: Array, g: Array, moments: list[Array], tmp: Array, tmp2: Array) -> None:
            m, v = moments
            np.subtract(g, m, out=tmp)
            np.multiply(tmp, 1.0 - beta1, out=tmp)
            np.add(m, tmp, out=m)
            np.multiply(g, g, out=tmp)
            _blend(v, tmp, 1.0 - beta2)
            np.sqrt(v, out=tmp)
            np.add(tmp, epsilon, out=tmp)
            np.multiply(m, rate, out=tmp2)
            np.divide(tmp2, tmp, out=tmp2)
            np.subtract(p, tmp2, out=p)

        return apply


def _blend(average: Array, new: Array, share: float) -> None:
    """Move `average` towards `new` by `share`, in place; `new` serves as scratch."""
    np.subtract(new, average, out=new)
    np.multiply(new, share, out=new)
    np.add(average, new, out=average)


OPTIMISERS: dict[str, type[Optimiser]] = {"adam": Adam, "rmsprop": RMSprop, "sgd": SGD}
