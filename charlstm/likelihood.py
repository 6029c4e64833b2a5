"""The log-likelihood of many short texts, read side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.evaluate import GROUP, WINDOW
from charlstm.nn.predictors import Predictor, network_of
from charlstm.text.slices import batches_by_length
from charlstm.threads import on_all_cores


def log_likelihoods(
    predictor: Predictor,
    prime: NDArray[Any],
    texts: Sequence[NDArray[Any]],
    skip: Sequence[int] | None = None,
) -> list[float]:
    """The sum of log P in nats over each of `texts` after `prime`, read from zero state.

    Unknown characters add nothing. Nor do the first `skip[k]` characters of text k, which are read
    like the prime. Texts of similar length are the columns of one batch, and batches run on all
    cores. Memory grows with a window, not with the texts.
    """
    first_scored = prime.size + np.array(skip or [0] * len(texts), np.intp)  # rows of each text

    def losses_of(batch: list[int]) -> NDArray[Any]:
        length = prime.size + max(texts[k].size for k in batch)
        columns = [texts[k] for k in batch]
        network = network_of(predictor, min(WINDOW, length), len(batch))
        nats = np.zeros(len(batch))
        for start in range(0, length - 1, WINDOW):
            stop = min(start + WINDOW + 1, length)
            ids = padded_rows(prime, columns, start, stop, predictor.vocabulary_size)
            losses = network.score(ids[:-1], ids[1:])
            rows = np.arange(start + 1, stop)[:, None]
            nats += np.where(rows < first_scored[batch], 0.0, losses).sum(axis=0)
        return nats

    batches = batches_by_length([text.size for text in texts], GROUP)
    likelihoods = np.empty(len(texts))
    for batch, nats in zip(batches, on_all_cores(losses_of, batches), strict=True):
        likelihoods[batch] = 0.0 - nats  # -nats would make a minus zero
    return [float(likelihood) for likelihood in likelihoods]


def padded_rows(
    prime: NDArray[Any], texts: Sequence[NDArray[Any]], start: int, stop: int, unknown: int
) -> NDArray[np.intp]:
    """The rows `start` to `stop` (exclusive) of the prime and then each text, (rows, texts).

    The unknown id fills the rows after a text's end: as a target it has no loss.
    """
    ids = np.full((stop - start, len(texts)), unknown, np.intp)
    of_prime = prime[start:stop]
    ids[: of_prime.size] = of_prime[:, None]
    first, last = max(0, start - prime.size), max(0, stop - prime.size)
    for column, text in enumerate(texts):
        piece = text[first:last]
        ids[of_prime.size : of_prime.size + piece.size, column] = piece
    return ids
