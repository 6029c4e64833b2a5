"""The chain from logits to a character: steps change the logits in their order, then it is drawn.

First come the steps that forbid characters. What they leave is shifted so that the highest logit is
0 again, and the other steps filter that. Then the character is drawn from the softmax with the
sample's own random numbers, or the likeliest is taken.
"""

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.history import History
from charlstm.sampling.steps.base import ChainStep

if TYPE_CHECKING:  # sampling starts faster without it, so it is imported where it is used
    from charlstm.sampling.log_probs import LogProbs

NONE = -1  # in place of an id where the steps have left none
BLOCK = 2**15  # logits that many samples work on at a time: 256 kB, which stay in the cache

Rows = NDArray[np.float64]


class Chain:
    """Named steps in their order, and the choice at their end.

    With `greedy` the choice is the likeliest of what the steps leave, and the first of equal ones.
    """

    def __init__(self, steps: Sequence[ChainStep] = (), *, greedy: bool = False) -> None:
        self.steps, self.greedy = tuple(steps), greedy
        self._rules = [step for step in steps if step.forbids]
        self._filters = [step for step in steps if not step.forbids]
        self.forbids = bool(self._rules)
        self.rules = [step.name for step in self._rules]
        self.looks_back = max((step.looks_back for step in steps), default=0)
        self.notes = {step.name: step.note for step in steps if step.note is not None}
        self.rings = {step.name: step.ring for step in steps if step.ring}
        self._noting = [step for step in steps if step.note is not None]
        # The filters never take away the likeliest.
        self._only_greedy = greedy and not self._rules

    def choose(
        self, logits: NDArray[Any], randoms: Sequence[Random], history: History
    ) -> list[int]:
        """The next id of each sample, from logits (V, B); `NONE` where the steps leave none."""
        if len(randoms) == 1:
            return [self._choose_one(logits[:, 0], randoms[0], history)]
        if self._only_greedy:
            return list(map(int, logits.argmax(axis=0)))
        chosen: list[int] = []
        count = max(1, BLOCK // logits.shape[0])
        for first in range(0, len(randoms), count):
            block = slice(first, first + count)
            rows = shifted(logits[:, block])
            self.change(rows, history.columns(block) if self.looks_back else history)
            chosen += self._draw(rows, randoms[block])
        return chosen

    def draw(
        self,
        logits: NDArray[Any],
        randoms: Sequence[Random],
        history: History,
        likeliest: int | None = None,
    ) -> tuple[list[int], list["LogProbs"]]:
        """The ids that `choose` gives; with `likeliest` also how likely each was, and so many."""
        if likeliest is None:
            return self.choose(logits, randoms, history), []
        from charlstm.sampling.log_probs import log_probs  # noqa: PLC0415 - see above

        rows = shifted(logits)
        before = rows.copy()
        self.change(rows, history)
        changed = rows.copy()
        ids = self._draw(rows, randoms)
        return ids, log_probs(ids, before, changed, likeliest, greedy=self.greedy)

    def wrote(self, history: History) -> None:
        """Let each step note what was written last."""
        for step in self._noting:
            step.wrote(history)

    def forbid(self, logits: Rows, history: History) -> None:
        """Set to −∞ what the steps forbid of logits (B, V), or of log-probabilities."""
        for rule in self._rules:
            rule.apply(logits, history)

    def change(self, logits: Rows, history: History) -> None:
        """Apply all steps to logits (…, V), of which the highest is 0."""
        self.forbid(logits, history)
        if self._rules:
            highest = logits.max(axis=-1, keepdims=True)
            logits -= np.where(np.isneginf(highest), 0.0, highest)
        for filter_ in self._filters:
            filter_.apply(logits, history)

    def _choose_one(self, logits: NDArray[Any], random: Random, history: History) -> int:
        """The same of one sample, from logits (V,)."""
        if self._only_greedy:
            return int(logits.argmax())
        logits = logits.astype(np.float64)
        logits -= logits[logits.argmax()]  # logits.max() takes three times as long
        if self.steps:
            for rule in self._rules:
                rule.apply(logits, history)
            if self._rules:
                likeliest = int(logits.argmax())
                highest = logits[likeliest]
                if self.greedy:
                    return NONE if highest == -np.inf else likeliest
                if highest == -np.inf:
                    random.random()  # a batch takes one for each sample
                    return NONE
                logits -= highest
            for filter_ in self._filters:
                filter_.apply(logits, history)
        np.exp(logits, out=logits)
        sums = np.add.accumulate(logits, axis=-1)  # cumsum, 0.5 µs faster
        # random() < 1 in floating point too, so the number to search for is below the last sum.
        return int(sums.searchsorted(random.random() * sums[-1], side="right"))

    def _draw(self, rows: Rows, randoms: Sequence[Random]) -> list[int]:
        """An id for each row (B, V) of changed logits, which it overwrites."""
        none = np.isneginf(rows.max(axis=1)) if self._rules else None
        if self.greedy:
            ids = rows.argmax(axis=1)
        else:
            np.exp(rows, out=rows)
            sums = np.add.accumulate(rows, axis=-1)
            drawn = np.array([random.random() for random in randoms]) * sums[:, -1]
            ids = (sums > drawn[:, None]).argmax(axis=1)  # the first sum above
        if none is not None:
            ids[none] = NONE
        chosen: list[int] = ids.tolist()
        return chosen


def shifted(logits: NDArray[Any]) -> Rows:
    """Logits (V, B) as rows (B, V), of which the highest is 0."""
    rows: Rows = logits.T.astype(np.float64, order="C")
    rows -= rows.max(axis=1, keepdims=True)
    return rows
