"""The loop that writes: a source gives logits, the chain a character, and the source reads that.

The samples are the columns of one batch, and each has its own random numbers. So a sample is the
same alone and in a batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.parameters import Parameters
from charlstm.sampling.chain import Chain, LogProbs
from charlstm.sampling.filters import Filters
from charlstm.sampling.history import History
from charlstm.sampling.source import NetworkSource, Source
from charlstm.sampling.stops import Stops


class SampleWriter:
    """Writes after the ids `prime` (N,), N > 0, one sample for each of `seeds`.

    The `source` has one column, in the state before the prime. With `likeliest`, `log_probs` says
    how likely each character of the last draw was, and so many others.
    """

    def __init__(
        self,
        source: Source,
        chain: Chain,
        prime: NDArray[Any],
        seeds: Sequence[int],
        likeliest: int | None = None,
    ) -> None:
        source.read(prime[:-1])
        self.count = len(seeds)
        self.source = source if self.count == source.columns else source.wide(self.count)
        self.chain, self._likeliest = chain, likeliest
        self.log_probs: list[LogProbs] = []
        self._randoms = [Random(seed) for seed in seeds]  # noqa: S311 - repeatable, not secret
        self.history = History(self.count, chain.looks_back, chain.notes)
        for id_ in prime[-self.history.keep :]:
            self._append(np.full(self.count, id_, np.intp))
        self.history.written = 0

    def draws(self) -> Iterator[list[int]]:
        """The next id of every sample, again and again."""
        if not self.chain.looks_back and self._likeliest is None:
            return self._plain_draws()
        return self._all_draws()

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
            chosen = self._choose(self.source.step(self.history.last))
            self._append(chosen)
            yield chosen

    def _choose(self, logits: NDArray[Any]) -> list[int]:
        if self._likeliest is None:
            return self.chain.choose(logits, self._randoms, self.history)
        ids, self.log_probs = self.chain.scored(
            logits, self._randoms, self.history, self._likeliest
        )
        return ids

    def _append(self, ids: Sequence[int] | NDArray[np.intp]) -> None:
        self.history.append(ids)
        self.chain.wrote(self.history)


@dataclass
class Written:
    """A sample: its ids, and how likely each was where that is asked for."""

    ids: list[int]
    log_probs: list[LogProbs] = field(default_factory=list)


def write_all(writer: SampleWriter, length: int, stops: Stops) -> list[Written]:
    """Write up to `length` characters of each sample, which ends before the first of the stops."""
    rows: list[list[int]] = []
    scores: list[list[LogProbs]] = []
    ends: dict[int, int] = {}  # where samples end before a stop
    for row in islice(writer.draws(), length):
        rows.append(row)
        scores.append(writer.log_probs)
        if stops.last.isdisjoint(row):
            continue
        for k, id_ in enumerate(row):
            if id_ in stops.last and k not in ends:
                cut = stops.complete([ids[k] for ids in rows[-stops.longest :]])
                if cut:
                    ends[k] = len(rows) - cut
        if len(ends) == writer.count:
            break
    return [
        Written(
            [ids[k] for ids in rows[: ends.get(k)]],
            [parts[k] for parts in scores[: ends.get(k)] if parts],
        )
        for k in range(writer.count)
    ]


def stream(writer: SampleWriter, length: int, stops: Stops) -> Iterator[list[int]]:
    """Write one sample as `write_all` does, and yield its ids as soon as they are certain.

    What may be the beginning of a stop waits until more text shows that it is not.
    """
    draws = islice(writer.draws(), length)
    if not stops.longest:
        yield from draws
        return
    waiting: list[int] = []
    for ids in draws:
        waiting += ids
        cut = stops.complete(waiting)
        if cut:
            waiting = waiting[:-cut]
            break
        certain = len(waiting) - stops.begun(waiting)
        if certain:
            yield waiting[:certain]
            waiting = waiting[certain:]
    if waiting:
        yield waiting


def generate(
    parameters: Parameters,
    prime: NDArray[Any],
    length: int,
    filters: Filters,
    seeds: Sequence[int],
) -> Iterator[list[int]]:
    """Write `length` characters after the ids `prime` (N,), one sample for each of `seeds`.

    Yields the next id of every sample, `length` times. It is for filters that need to know nothing
    of the model.
    """
    writer = SampleWriter(NetworkSource(parameters), filters.chain(), prime, seeds)
    return islice(writer.draws(), length)
