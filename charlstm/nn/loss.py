"""Softmax, cross-entropy with its gradient, and dropout masks."""

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array


def softmax(logits: Array) -> Array:
    """Probabilities down each column of `logits` (V, N), at temperature 1."""
    shifted = np.exp(logits - logits.max(axis=0))
    return np.asarray(shifted / shifted.sum(axis=0))


def cross_entropy(logits: Array, targets: NDArray[np.intp]) -> Array:
    """Turn `logits` (V, N) into dloss/dlogits in place; return each column's loss (N,) in nats.

    loss = log Σ exp(y) − y[target], and its gradient is softmax(y) − onehot(target). A target
    outside 0..V-1 (an unknown character) has no loss and no gradient.
    """
    columns = np.arange(targets.size)
    known = targets < logits.shape[0]
    rows = np.where(known, targets, 0)
    logits -= logits.max(axis=0)
    chosen = logits[rows, columns]
    np.exp(logits, out=logits)
    total = logits.sum(axis=0)
    loss = np.log(total) - chosen
    logits *= 1.0 / total
    logits[rows, columns] -= 1.0
    if not known.all():
        logits[:, ~known] = 0.0
        loss[~known] = 0.0
    return np.asarray(loss)


def dropout_mask(rate: float, shape: tuple[int, int], key: tuple[int, int, int, int]) -> Array:
    """A mask (rows, columns) of 0 and 1/(1-rate) that only `key` decides.

    `key` is (seed, update, layer, shard) for Philox, a counter-based generator. So a mask does not
    depend on the number of workers or on earlier draws. One 16-bit draw decides one element, and
    the kept share is exact to 1/65536.
    """
    seed, update, layer, shard = key
    generator = np.random.Philox(key=seed, counter=[0, update, layer, shard])
    size = shape[0] * shape[1]
    draws = generator.random_raw(-(-size // 4)).view(np.uint16)[:size].reshape(shape)
    threshold = round(rate * 65536)
    scale = np.float32(65536 / (65536 - threshold))
    return np.multiply(draws >= threshold, scale, dtype=np.float32)
