"""The loop that writes: a source gives logits, the chain a character, and the source reads that.

The samples are the columns of one batch, and each has its own random numbers. So a sample is the
same alone and in a batch.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.parameters import Parameters
from charlstm.sampling.chain import NONE, Chain
from charlstm.sampling.filters import Filters
from charlstm.sampling.history import History
from charlstm.sampling.source import NetworkSource, Source

if TYPE_CHECKING:  # sampling starts faster without these, so they are imported where they are used
    from charlstm.sampling.backtrack import Backtracker, Character
    from charlstm.sampling.log_probs import LogProbs


class SampleWriter:
    """Writes after the ids `prime` (N,), N > 0, one sample for each of `seeds`.

    The `source` has one column, and has read all of the prime but its last character. With
    `likeliest`, `log_probs` says how likely each character of the last draw was, and so many
    others.

    Where the steps leave no character, a sample goes back up to `reach` characters. Then
    `rewritten` has by its column all those of its end that are new with the last draw. If it finds
    no way, it has `ended`, after so many characters. `taken_back` counts for each sample the
    characters that others have replaced.
    """

    def __init__(
        self,
        source: Source,
        chain: Chain,
        prime: NDArray[Any],
        seeds: Sequence[int],
        likeliest: int | None = None,
    ) -> None:
        self.prime = prime
        self.count = len(seeds)
        self.source = source if self.count == source.columns else source.wide(self.count)
        self.chain, self._likeliest = chain, likeliest
        self.log_probs: list[LogProbs] = []
        self._randoms = [Random(seed) for seed in seeds]  # noqa: S311 - repeatable, not secret
        self.rewritten: dict[int, list[Character]] = {}
        self.ended: dict[int, int] = {}
        self.taken_back = [0] * self.count
        self._backtracker = self._new_backtracker() if chain.forbids else None
        self.reach = self._backtracker.reach if self._backtracker else 0
        keep = chain.looks_back + (self._backtracker.keeps if self._backtracker else 0)
        self.history = history_after(chain, prime, self.count, keep)

    def draws(self) -> Iterator[list[int]]:
        """The next id of every sample, again and again."""
        looking = self.chain.looks_back or self.chain.forbids or self._likeliest is not None
        return self._all_draws() if looking else self._plain_draws()

    def _plain_draws(self) -> Iterator[list[int]]:
        """The same where no step looks back, so that no history is needed."""
        step, choose, randoms = self.source.step, self.chain.choose, self._randoms
        ids, history = self.history.last, self.history
        while True:
            chosen = choose(step(ids), randoms, history)
            yield chosen
            ids[:] = chosen

    def _all_draws(self) -> Iterator[list[int]]:
        while True:
            if self._backtracker:
                self._backtracker.keep(self.history.written)
            logits = self.source.step(self.history.last)
            ids, self.log_probs = self.chain.draw(
                logits, self._randoms, self.history, self._likeliest
            )
            self._append(ids)
            if self._backtracker:
                self._go_back(self._backtracker, ids)
            yield ids

    def _new_backtracker(self) -> "Backtracker":
        from charlstm.sampling.backtrack import Backtracker  # noqa: PLC0415 - see above

        return Backtracker(self.source, self.chain, self._randoms, self._likeliest)

    def _go_back(self, backtracker: "Backtracker", ids: list[int]) -> None:
        """Write the samples anew to which the steps leave no character, or end them."""
        self.rewritten.clear()
        if NONE not in ids:
            return
        for column in [k for k, id_ in enumerate(ids) if id_ == NONE]:
            characters = None
            if column not in self.ended:
                characters = backtracker.other_way(column, self.history)
            if characters:
                self.rewritten[column] = characters
                self.taken_back[column] += len(characters) - 1
                ids[column], score = characters[-1]
                if score:
                    self.log_probs[column] = score
            else:
                ids[column] = 0  # anything: it is read, but is no part of the sample
                self.ended.setdefault(column, self.history.written - 1)
            self.history.last[column] = ids[column]

    def _append(self, ids: Sequence[int] | NDArray[np.intp]) -> None:
        self.history.append(ids)
        self.chain.wrote(self.history)


def history_after(chain: Chain, prime: NDArray[Any], columns: int, keep: int) -> History:
    """The history of `columns` samples that have read the ids `prime` (N,) and written nothing."""
    history = History(columns, keep, chain.notes, chain.rings)
    last = max([history.keep, *(step.needs(prime) for step in chain.steps)])
    for id_ in prime[-last:]:
        history.append(np.full(columns, id_, np.intp))
        chain.wrote(history)
    history.written = 0
    return history


def generate(
    parameters: Parameters,
    prime: NDArray[Any],
    length: int,
    filters: Filters,
    seeds: Sequence[int],
) -> Iterator[list[int]]:
    """Write `length` characters after the ids `prime` (N,), one sample for each of `seeds`.

    Yields the next id of every sample, `length` times. It is for filters that need to know nothing
    of the model, and forbid nothing.
    """
    source = NetworkSource(parameters)
    source.read(prime[:-1])
    writer = SampleWriter(source, filters.chain(), prime, seeds)
    return islice(writer.draws(), length)
