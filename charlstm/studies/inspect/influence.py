"""The influence of each earlier character on what comes next, measured in three ways.

L is the log-probability of a continuation, or that of one less that of another.

    signed_t = dL/de_t·(e_t − ē)      the gradient times the character's row, less the mean row
    norm_t   = ‖dL/de_t‖              the norm of the gradient
    exact_t  = L − L without t        the character is left out

e_t is the row of E that step t reads, and ē the mean row. The first two take one pass back, and say
what a small change of a row would do. The third reads the text once for each character, and says
what its absence does. The first is "gradient times input" (Denil et al. 2014; Shrikumar et al.
2017), the second connectivity (Madsen 2019), the third erasure (Li, Monroe & Jurafsky 2016).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.likelihood import log_likelihoods
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters

BATCH = 64  # texts read between two calls of `progress`
Ids = NDArray[np.intp]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Influence:
    """The influence of N characters, (N,) each: `signed` and `exact` in nats, `norm` has no unit.

    `log_probabilities` are those of each continuation, in nats.
    """

    signed: Values
    norm: Values
    exact: Values
    log_probabilities: Sequence[float]

    @property
    def agreement(self) -> dict[str, float]:
        """Rank correlations (Spearman 1904) of each two measures; NaN if one is constant.

        `norm` has no sign, so it is compared with the others' size.
        """
        return {
            "signed_exact": rank_correlation(self.signed, self.exact),
            "norm_exact": rank_correlation(self.norm, np.abs(self.exact)),
            "norm_signed": rank_correlation(self.norm, np.abs(self.signed)),
        }


def influence(
    parameters: Parameters,
    start: Ids,
    before: Ids,
    continuations: Sequence[Ids],
    progress: Callable[[int], object] = lambda _: None,
) -> Influence:
    """The influence of the ids `before` (N,), which follow `start`, on the first continuation.

    With two continuations it is that on the difference of their log-probabilities. It is computed
    in double precision. `progress` gets the number of characters that have newly been left out.
    """
    parameters = parameters.with_numbers(parameters.flat.astype(np.float64))
    signs = (1.0, -1.0)[: len(continuations)]
    passes = [_pass_back(parameters, start, before, ids) for ids in continuations]
    gradient = sum(s * g for s, (_, g) in zip(signs, passes, strict=True))
    log_probabilities = [value for value, _ in passes]
    whole = sum(s * value for s, value in zip(signs, log_probabilities, strict=True))
    E = parameters.by_name["layers.0.E"]
    rows = E[before] - E[:-1].mean(axis=0)
    without = np.zeros(before.size)
    for first in range(0, before.size, BATCH):
        left_out = range(first, min(first + BATCH, before.size))
        for sign, ids in zip(signs, continuations, strict=True):
            texts = [np.concatenate([np.delete(before, t), ids]) for t in left_out]
            skip = [before.size - 1] * len(texts)
            without[left_out] += sign * np.array(log_likelihoods(parameters, start, texts, skip))
        progress(len(left_out))
    return Influence(
        signed=np.einsum("tg,tg->t", gradient, rows),
        norm=np.linalg.norm(gradient, axis=1),
        exact=whole - without,
        log_probabilities=log_probabilities,
    )


def _pass_back(
    parameters: Parameters, start: Ids, before: Ids, continuation: Ids
) -> tuple[float, Values]:
    """The log-probability of a continuation, and its gradient for the rows before it, (N, g·H)."""
    ids = np.concatenate([start, before, continuation])[:, None]
    targets = ids[1:].copy()
    targets[: -continuation.size] = parameters.vocabulary_size  # the unknown id: no loss
    network = Network(parameters, len(targets), 1, backward=True)
    grads = parameters.views(np.zeros_like(parameters.flat))
    loss = network.loss_and_gradients(ids[:-1], targets, grads, loss_scale=1.0)
    gradient = network.layers[0].input_gradient(len(targets))[start.size :, 0]
    return -loss, -gradient[: before.size]


def rank_correlation(first: Values, other: Values) -> float:
    """Spearman's: the correlation of ranks, from -1 to 1; NaN if all values of either are equal."""
    a, b = (_ranks(values) - (values.size + 1) / 2 for values in (first, other))
    length = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / length) if length else float("nan")


def _ranks(values: Values) -> Values:
    """Ranks from 1; equal values have the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places])
