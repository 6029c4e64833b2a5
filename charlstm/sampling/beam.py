"""Beam search: the likeliest text among those that the best N beginnings lead to.

At each character every beginning (a hypothesis) is continued with every character, and the N
likeliest of these go on (Graves 2012, section 2.5; Sutskever et al. 2014, section 3.2). A
hypothesis is as likely as its whole text: the sum of the log-probabilities of its characters. That
sum can only fall. So the search is over when none that goes on is likelier than the best that has
ended.
"""

import math

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.chain import Chain, shifted
from charlstm.sampling.chosen import Chosen
from charlstm.sampling.log_probs import log_softmax
from charlstm.sampling.samples import Written
from charlstm.sampling.source import ALL, Source
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import history_after


class Beam:
    """The `width` likeliest hypotheses after the ids `prime` (N,), each with its log-probability.

    The `source` has one column, and has read all of the prime but its last character. Of the steps
    of the chain those that forbid characters take part. A stop ends a hypothesis, and counts as a
    part of it.
    """

    def __init__(
        self, source: Source, chain: Chain, prime: NDArray[np.integer], width: int, stops: Stops
    ) -> None:
        self._source, self._chain, self._stops = source.wide(width), chain, stops
        self._history = history_after(chain, prime, width, max(chain.looks_back, stops.longest))
        self._sums = np.full(width, -np.inf)  # −∞ is a column without a hypothesis
        self._sums[0] = 0.0
        self._ways: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []  # parents, and their ids
        self._finished = -np.inf  # the log-probability of the best hypothesis with a stop
        self._best = Chosen(Written([], [], ended=False, taken_back=0))

    def search(self, length: int) -> Chosen:
        """The likeliest text that ends before a stop or has `length` characters."""
        while len(self._ways) < length and self._sums.max() > self._finished:
            if not self._extend():
                if self._finished == -np.inf:
                    self._finish(int(self._sums.argmax()), ended=True)
                return self._best
        if self._sums.max() > self._finished:
            self._finish(int(self._sums.argmax()))
        return self._best

    def _extend(self) -> bool:
        """Give each hypothesis one more character; False if the steps leave none to any."""
        rows = log_softmax(shifted(self._source.step(self._history.last)))
        self._chain.forbid(rows, self._history)
        totals = (rows + self._sums[:, None]).ravel()
        chosen = _best(totals, len(rows))
        if totals[chosen[0]] == -np.inf:
            return False
        parents, ids = np.divmod(chosen, rows.shape[1])
        self._source.put(ALL, self._source.get(parents))
        self._history.pick(parents)
        self._history.append(ids)
        self._chain.wrote(self._history)
        self._sums = totals[chosen]
        self._ways.append((parents.astype(np.int32), ids.astype(np.int32)))
        self._end()
        return True

    def _end(self) -> None:
        """Keep the best hypothesis that a stop has ended; what goes on from it is less likely."""
        stops, written = self._stops, self._history.written
        for column in np.flatnonzero(np.isin(self._history.last, list(stops.last))):
            ids = self._history.tail(min(stops.longest, written))[:, column].tolist()
            if self._sums[column] > self._finished and (cut := stops.complete(ids)):
                self._finish(int(column), cut)

    def _finish(self, column: int, cut: int = 0, *, ended: bool = False) -> None:
        """Make a hypothesis the result, without the `cut` last characters, which are a stop."""
        self._finished = self._sums[column]
        text = []
        for parents, ids in reversed(self._ways):
            text.append(int(ids[column]))
            column = int(parents[column])
        text.reverse()
        end = len(text) - cut
        written = Written(text[:end], [], ended=ended, taken_back=0, stop=text[end:])
        self._best = Chosen(written)
        self._best.mean = float(self._finished) / len(text) if text else math.nan


def _best(totals: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """The places of the `count` largest of totals (N,), largest first; of equal ones the first."""
    if count >= totals.size:
        places = np.arange(totals.size)
    else:
        lowest = np.partition(totals, -count)[-count]
        above = np.flatnonzero(totals > lowest)
        equal = np.flatnonzero(totals == lowest)[: count - above.size]
        places = np.sort(np.concatenate([above, equal]))
    return places[np.argsort(-totals[places], kind="stable")]
