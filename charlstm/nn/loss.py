"""Softmax, and cross-entropy with its gradient."""

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
