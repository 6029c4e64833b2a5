"""Samples in which given texts must occur: drafts are drawn, and what they lack is placed in them.

If a draft has all the texts, it is the sample. Else a text w that is missing is put where the model
finds it least strange. Of all places t in the drafts x one is drawn, with a chance proportional to
P(w | x before t). There the text is written, and the sample goes on from it. With many drafts this
is a draw from the model's own distribution of the samples that have the text, each counted as often
as it has it: importance resampling (Rubin 1987), as Lew et al. (2023) steer language models.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.chain import Chain
from charlstm.sampling.chosen import Chosen, Placed
from charlstm.sampling.places import log_places, log_weights
from charlstm.sampling.samples import write_all
from charlstm.sampling.scores import means
from charlstm.sampling.source import Source
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter, history_after

READ = 64  # characters of texts that are read at a place of all drafts: fewer drafts of long texts
TRIES = 1000  # places that are tried for a text until it is given up

Ids = list[int]


class Containing:
    """Writes samples after the ids `prime` (N,) that have all of `texts`, as ids, in them.

    The `source` has one column, and has read all of the prime but its last character. The texts
    stand in the sample, not in the prime. The steps that forbid characters, and the stops, hold for
    the texts as well; the filters do not. Samples are drawn `batch` at a time, and places are
    looked for in some of the last.
    """

    def __init__(
        self,
        source: Source,
        chain: Chain,
        prime: NDArray[Any],
        texts: Sequence[Sequence[int]],
        length: int,
        stops: Stops,
        batch: int,
    ) -> None:
        self._source, self._chain, self._prime = source, chain, prime
        self._length, self._stops, self._batch = length, stops, batch
        self._texts = [list(text) for text in texts]

    def sample(self, seeds: Sequence[int]) -> Chosen:
        """The first draft of these seeds that has all the texts, or one with texts placed in it.

        If there is no place for a text, it is the nearest draft: that with most of the texts, and
        of these the likeliest per character.
        """
        drafts: list[Chosen] = []
        for first in range(0, len(seeds), self._batch):
            drafts += self._drafts([], seeds[first : first + self._batch])
            whole = [draft for draft in drafts[first:] if not draft.missing]
            if whole:
                return self._scored(whole[:1], len(drafts))
        drawn, last = len(drafts), drafts[-self._batch :]
        random = Random(f"places {seeds[0]}")  # noqa: S311 - repeatable, not secret
        start: Ids = []
        placed: list[Placed] = []
        while place := self._place(start, last, random):
            k, draft, at, log_prob = place
            start = last[draft].ids[:at] + self._texts[k]
            placed.append(Placed(k, at, log_prob))
            few = not self._missing(start) and self._stops.longest < 2
            new = [random.getrandbits(32) for _ in range(1 if few else self._batch)]
            last = self._drafts(start, new)
            for sample in last:
                sample.seed, sample.placed = seeds[0], tuple(placed)
            drafts += last
            whole = [sample for sample in last if not sample.missing]
            if whole:
                return self._scored(whole[:1], drawn)
        return self._scored(drafts, drawn)

    def _scored(self, drafts: list[Chosen], drawn: int) -> Chosen:
        """The nearest of the drafts, with its likelihood."""
        fewest = min(len(draft.missing) for draft in drafts)
        nearest = [draft for draft in drafts if len(draft.missing) == fewest]
        ids = [draft.ids + draft.stop for draft in nearest]
        scores = means(self._source, int(self._prime[-1]), ids)
        best = int(np.nan_to_num(scores, nan=-np.inf).argmax())
        nearest[best].mean, nearest[best].drawn = float(scores[best]), drawn
        return nearest[best]

    def _drafts(self, start: Ids, seeds: Sequence[int]) -> list[Chosen]:
        """Samples of these seeds that begin with `start`."""
        source, prime = self._after(start)
        writer = SampleWriter(source.wide(len(seeds)), self._chain, prime, seeds)
        written = write_all(writer, self._length - len(start), self._stops)
        drafts = list(map(Chosen, written, seeds))
        for draft in drafts:
            draft.ids = start + draft.ids
            whole = draft.ids + draft.stop
            end, cut = self._stopped(whole, len(start))
            if cut:  # it may have begun in what was there
                draft.ids, draft.stop, draft.ended = (
                    whole[: end - cut],
                    whole[end - cut : end],
                    False,
                )
            draft.missing = tuple(self._missing(draft.ids))
        return drafts

    def _after(self, start: Ids) -> tuple[Source, NDArray[np.intp]]:
        """A source and a prime for what follows the ids with which a sample begins."""
        source, prime = self._source, np.concatenate([self._prime, start]).astype(np.intp)
        if start:
            source = source.wide(1)
            source.read(prime[self._prime.size - 1 : -1])
        return source, prime

    def _stopped(self, ids: Ids, new: int) -> tuple[int, int]:
        """Where the first stop ends that ids complete from `new` on, and its length, or (0, 0)."""
        for end in range(new + 1, len(ids) + 1):
            cut = self._stops.complete(ids[max(0, end - self._stops.longest) : end])
            if cut:
                return end, cut
        return 0, 0

    def _missing(self, ids: Ids) -> list[int]:
        """Which of the texts ids do not have."""
        whole = _as_str(ids)
        return [k for k, text in enumerate(self._texts) if _as_str(text) not in whole]

    def _has(self, k: int, other: int) -> bool:
        """Whether text k has another one in it, and more."""
        whole, part = self._texts[k], self._texts[other]
        return len(part) < len(whole) and _as_str(part) in _as_str(whole)

    def _place(
        self, start: Ids, drafts: list[Chosen], random: Random
    ) -> tuple[int, int, int, float] | None:
        """A place for a text that `start` lacks: the text, the draft, where, and its log P there.

        The drafts begin with `start`, after which the places lie.
        """
        missing = self._missing(start)
        if not missing:
            return None
        source, prime = self._after(start)
        longest = [k for k in missing if not any(self._has(other, k) for other in missing)]
        texts = [self._texts[k] for k in longest]
        drafts = drafts[: max(1, READ // sum(map(len, texts)))]
        parts = [draft.ids[len(start) :] for draft in drafts]
        logs = log_places(source, int(prime[-1]), parts, texts)
        ends = np.array([[_end(draft.ids, text) for draft in drafts] for text in texts])
        room, count = self._length - len(start), sum(len(part) + 1 for part in parts)
        weights = log_weights(logs, ends - len(start), list(map(len, texts)), room, count)
        for _ in range(TRIES):
            if weights.max() == -np.inf:
                break
            k, at, draft = np.unravel_index(self._draw(weights.ravel(), random), weights.shape)
            before = start + parts[draft][:at]
            if self._allows(before, texts[k]):
                return longest[k], int(draft), len(before), float(logs[k, at, draft])
            weights[k, at, draft] = -np.inf
        return None

    def _draw(self, weights: NDArray[np.float64], random: Random) -> int:
        """A place of log weights (N,), or that of the largest if the chain is greedy."""
        if self._chain.greedy:
            return int(weights.argmax())
        sums = np.exp(weights - weights.max()).cumsum()
        return int(sums.searchsorted(random.random() * sums[-1], side="right"))

    def _allows(self, before: Ids, text: Ids) -> bool:
        """Whether neither the stops nor the steps forbid a text after the ids before it."""
        if self._stopped(before + text, len(before))[1]:
            return False
        if not self._chain.forbids:
            return True
        prime = np.concatenate([self._prime, before]).astype(np.intp)
        history = history_after(self._chain, prime, 1, self._chain.looks_back)
        logits = np.empty_like(self._source.wide(1).step(self._prime[-1:]).T, np.float64)
        for id_ in text:
            logits.fill(0.0)
            self._chain.forbid(logits, history)
            if logits[0, id_] == -np.inf:
                return False
            history.append([id_])
            self._chain.wrote(history)
        return True


def _as_str(ids: Ids) -> str:
    """Ids as the characters of a str, in which a text is found fast."""
    return "".join(map(chr, ids))


def _end(ids: Ids, text: Ids) -> float:
    """After how many of ids the text has come for the first time, or ∞."""
    at = _as_str(ids).find(_as_str(text))
    return at + len(text) if at >= 0 else np.inf
