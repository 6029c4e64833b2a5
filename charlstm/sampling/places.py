"""Where in the drafts of a sample a text fits: how likely it is after each of their characters."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.chain import shifted
from charlstm.sampling.log_probs import log_softmax
from charlstm.sampling.source import Source

CRAMPED = 1e-6  # in place of no place at all for a text, which may still overlap another one
WIDE = 64  # places at which a text is read side by side
HOPELESS = 20.0  # nats below the best so far: there the rest of a text is not read

Ids = Sequence[int]
Logs = NDArray[np.float64]


def log_places(source: Source, last: int, drafts: Sequence[Ids], texts: Sequence[Ids]) -> Logs:
    """The log P of each of J texts after the first t ids of each of K drafts, (J, T + 1, K).

    It is −∞ beyond the end of a draft, and where places are hopeless. The `source` has one column,
    which has read all that stands before the id `last`.
    """
    lengths, K = np.array([len(draft) for draft in drafts]), len(drafts)
    rows = np.zeros((lengths.max() + 1, K), np.intp)
    rows[0] = last
    for column, draft in enumerate(drafts):
        rows[1 : len(draft) + 1, column] = draft
    inside = np.arange(len(rows))[:, None] <= lengths
    here, steps = source.wide(K), max(1, WIDE // K)
    aside = source.fresh(steps * K)
    logs = np.full((len(texts), *rows.shape), -np.inf)
    for begin in range(0, len(rows), steps):
        block = slice(begin, begin + steps)
        nexts, states = [], []
        for ids in rows[block]:
            nexts.append(log_softmax(shifted(here.step(ids))))
            states.append(here.get())
        columns = slice(0, rows[block].size)
        state = {name: np.concatenate([s[name] for s in states]) for name in states[0]}
        for k, text in enumerate(texts):
            sums = np.concatenate(nexts)[:, text[0]]
            sums[~inside[block].ravel()] = -np.inf
            aside.put(columns, state)
            for before, id_ in pairwise(text):
                if sums.max() < logs[k].max() - HOPELESS:
                    sums[:] = -np.inf
                    break
                logits = aside.step(np.full(aside.columns, before, np.intp))
                sums += log_softmax(shifted(logits))[columns, id_]
            logs[k, block] = sums.reshape(-1, K)
    return logs


def log_weights(logs: Logs, ends: Logs, lengths: Sequence[int], room: int, count: int) -> Logs:
    """How well each text stands at each place if the others must come as well, (J, T + 1, K).

    `logs` are those of `log_places`, over so many places (`count`). `ends` (J, K) says after how
    many of its ids a draft has a text by itself, ∞ if it does not. `lengths` (J,) are those of the
    texts, and `room` is how many ids a sample may have.

    It is the log P of the text, and for each other text that the draft does not have before that
    place the log of the chance that it comes later: the mean of its P over all places, times the
    number of places that are left, at most 1.
    """
    before = np.arange(logs.shape[1])[:, None]
    lacks = ends[:, None] > before  # (J, T + 1, K)
    rates = np.logaddexp.reduce(logs.reshape(len(logs), -1), axis=1) - np.log(count)
    weights = np.where(lacks, logs, -np.inf)
    for k, length in enumerate(lengths):
        left = room - before - length  # ids after the text, (T + 1, 1)
        weights[k] = np.where(left >= 0, weights[k], -np.inf)
        for other in {*range(len(lengths))} - {k}:
            places = np.maximum(left - lengths[other] + 1, CRAMPED)
            chance = np.minimum(0.0, rates[other] + np.log(places))
            weights[k] += np.where(lacks[other], chance, 0.0)
    return weights
