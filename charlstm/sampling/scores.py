"""How likely texts are under the model itself, before all steps of the chain."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.chain import shifted
from charlstm.sampling.log_probs import log_softmax
from charlstm.sampling.source import Source


def means(source: Source, last: int, texts: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """The mean log P of a character of each of `texts`, as `log_likelihoods`; NaN of none."""
    lengths = np.array([len(text) for text in texts])
    logs = log_likelihoods(source, last, texts)
    return np.where(lengths, logs / np.maximum(lengths, 1), np.nan)


def log_likelihoods(
    source: Source, last: int, texts: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    """The sum of log P in nats of each of `texts`, as ids, whose first character follows `last`.

    The `source` has one column, which has read all that stands before that id.
    """
    lengths = np.array([len(text) for text in texts])
    ids = np.zeros((lengths.max(initial=0), len(texts)), np.intp)
    for column, text in enumerate(texts):
        ids[: len(text), column] = text
    source, sums = source.wide(len(texts)), np.zeros(len(texts))
    before = np.full(len(texts), last, np.intp)
    for t, row in enumerate(ids):
        logs = log_softmax(shifted(source.step(before)))
        sums += np.where(t < lengths, logs[np.arange(len(texts)), row], 0.0)
        before = row
    return sums
