"""A sample to which the steps leave no character goes back, and takes another way.

This is a search in depth. The last character is taken back, and may not come again in its place. If
the steps leave no other one there, the one before it is taken back as well, and so on. The state of
the source is kept at every 32nd character; from there the characters that stay are read again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.chain import NONE, Chain
from charlstm.sampling.history import History
from charlstm.sampling.log_probs import LogProbs
from charlstm.sampling.source import ALL, Source, State
from charlstm.sampling.steps.base import ChainStep

REACH = 64  # characters that a sample goes back at most
EVERY = 32  # characters from one kept state to the next
TRIES = 200  # ways that are tried until a sample is given up

Character = tuple[int, LogProbs | None]


class Tried(ChainStep):
    """Forbids the ids that were tried in vain in this place."""

    name = "tried"
    forbids = True

    def __init__(self) -> None:
        self.ids: set[int] = set()

    def apply(self, logits: NDArray[Any], history: History) -> None:
        """Forbid them."""
        del history
        logits[..., list(self.ids)] = -np.inf


class Backtracker:
    """Finds other ways for the samples of a source, one at a time."""

    reach = REACH
    keeps = REACH + EVERY + 1  # characters of the history that it needs besides those of the steps

    def __init__(
        self, source: Source, chain: Chain, randoms: Sequence[Random], likeliest: int | None
    ) -> None:
        self._source, self._randoms, self._likeliest = source, randoms, likeliest
        self._alone = source.fresh(1)
        self._tried = Tried()
        self._chain = Chain((self._tried, *chain.steps), greedy=chain.greedy)
        self._kept: dict[int, State] = {}  # of all samples, by the characters written
        self._states: dict[int, State] = {}  # of the sample that goes back

    def keep(self, written: int) -> None:
        """Keep the state of all samples, if it is time; they have so many characters."""
        if written % EVERY == 0:
            self._kept[written] = self._source.get()
            self._kept.pop(written - REACH - 2 * EVERY, None)

    def other_way(self, column: int, history: History) -> list[Character] | None:
        """The last characters of a sample, written anew, or None if there is no other way.

        The `history` ends with a character that is none. There and in the source the new ones take
        the place of the old ones.
        """
        sample, end = history.columns(slice(column, column + 1)), history.written
        sample.back()
        self._states = {
            written: {name: array[[column]] for name, array in state.items()}
            for written, state in self._kept.items()
        }
        stays = lowest = sample.written
        tried: defaultdict[int, set[int]] = defaultdict(set)
        log_probs: dict[int, LogProbs | None] = {}
        for _ in range(TRIES):
            if sample.written <= max(0, stays - REACH):
                return None
            tried.pop(sample.written, None)
            id_ = sample.back()
            tried[sample.written].add(id_)
            lowest = min(lowest, sample.written)
            self._return(sample)
            if self._write(column, sample, end, tried, log_probs):
                self._source.put([column], self._alone.get())
                ids = sample.tail(end - lowest)[:, 0].tolist()
                return [(id_, log_probs[lowest + k]) for k, id_ in enumerate(ids)]
        return None

    def _return(self, sample: History) -> None:
        """Put the source of one column where the sample now ends, before its last character."""
        at = max(written for written in self._states if written <= sample.written)
        self._alone.put(ALL, self._states[at])
        for ids in sample.tail(sample.written - at + 1)[:-1]:
            self._alone.read(ids)
            at += 1
            self._states[at] = self._alone.get()

    def _write(
        self,
        column: int,
        sample: History,
        end: int,
        tried: Mapping[int, set[int]],
        log_probs: dict[int, LogProbs | None],
    ) -> bool:
        """Write the sample until it has `end` characters; False if the steps leave none before."""
        randoms = [self._randoms[column]]
        while sample.written < end:
            state = self._states[sample.written] = self._alone.get()
            for name, array in self._kept.get(sample.written, {}).items():
                array[column] = state[name][0]
            logits = self._alone.step(sample.last)
            self._tried.ids = tried[sample.written]
            id_, scores = self._chain.draw(logits, randoms, sample, self._likeliest)
            if id_ == [NONE]:
                return False
            log_probs[sample.written] = scores[0] if scores else None
            sample.append(id_)
            self._chain.wrote(sample)
        return True
