"""How well a model predicts a text: nats and bits per character, perplexity, log-likelihood."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters
from charlstm.threads import on_all_cores

LENGTH = 64  # characters a window
WARM_UP = 256  # characters each later stream reads before its own, so that its state is settled
STREAM = 2048  # a stream is at least this long, so a text below twice that is read in one go
GROUP = 32  # streams in a batch
MOST = 2 * GROUP  # streams in all


@dataclass(frozen=True)
class Score:
    """The loss of a text: `nats` summed over `characters` known ones; `unknown` were left out."""

    nats: float
    characters: int
    unknown: int

    @property
    def nats_per_char(self) -> float:
        """Mean loss of a known character, in nats."""
        return self.nats / self.characters if self.characters else math.nan

    @property
    def bits_per_char(self) -> float:
        """Mean loss of a known character, in bits."""
        return self.nats_per_char / math.log(2)

    @property
    def perplexity(self) -> float:
        """Between how many equally likely characters the model hesitates: e to the mean loss."""
        try:
            return math.exp(self.nats_per_char)
        except OverflowError:  # a hopeless model
            return math.inf

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.nats + other.nats,
            self.characters + other.characters,
            self.unknown + other.unknown,
        )


class Scorer:
    """Scores a text `ids` (N,) whose first character follows `prime`, with carried state.

    A long text is read as up to 64 parallel streams. Each but the first starts from zero state
    256 characters before its own part. They run in groups of 32; any group can be run by anyone,
    and the same groups always give the same bits.
    """

    def __init__(self, ids: NDArray[Any], prime: int) -> None:
        self._ids, self._prime = ids, prime
        streams = max(1, min(MOST, ids.size // STREAM))
        self._length = -(-ids.size // streams)
        starts = np.arange(streams) * self._length
        self._groups = [starts[k : k + GROUP] for k in range(0, streams, GROUP)]
        self._networks: dict[int, Network] = {}

    @property
    def groups(self) -> int:
        """How many groups of streams there are."""
        return len(self._groups)

    def score(self, parameters: Parameters, group: int) -> Score:
        """The score of one group's streams."""
        starts = self._groups[group]
        network = self._networks.get(starts.size)
        if network is None:
            network = self._networks[starts.size] = Network(parameters, LENGTH, starts.size)
        network.refresh()
        network.reset()
        total = Score(0.0, 0, 0)
        warm_up = WARM_UP if starts[-1] else 0
        for first in range(-warm_up, self._length, LENGTH):
            if first == 0 and starts[0] == 0:
                for state in network.state.values():
                    state[:, 0] = 0.0
            steps = min(LENGTH, self._length - first)
            inputs, targets, inside = self._window(starts, first, steps)
            losses = network.score(inputs, targets)
            if first >= 0:
                known = inside & (targets < parameters.vocabulary_size)
                unknown = int(inside.sum() - known.sum())
                total += Score(float(losses[known].sum()), int(known.sum()), unknown)
        return total

    def _window(
        self, starts: NDArray[np.intp], first: int, steps: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
        where = starts + first + np.arange(steps)[:, None]
        inside = where < self._ids.size
        targets = self._ids[np.clip(where, 0, self._ids.size - 1)].astype(np.intp)
        before = self._ids[np.clip(where - 1, 0, self._ids.size - 1)].astype(np.intp)
        return np.where(where <= 0, self._prime, before), targets, inside


def score_text(parameters: Parameters, ids: NDArray[Any], prime: int) -> Score:
    """The score of a whole text (N,), its first character given `prime`."""
    scorer = Scorer(ids, prime)
    return total(scorer.score(parameters, group) for group in range(scorer.groups))


def total(scores: Iterable[Score]) -> Score:
    """The sum of several scores, in their order."""
    return sum(scores, Score(0.0, 0, 0))


def log_likelihoods(
    parameters: Parameters,
    prime: NDArray[Any],
    texts: Sequence[NDArray[Any]],
    skip: Sequence[int] | None = None,
) -> list[float]:
    """The sum of log P in nats over each of `texts` after `prime`, read from zero state.

    Unknown characters add nothing, nor do the first `skip[k]` of text k: they are read as if they
    belonged to the prime. Texts of similar length are run as columns of one batch, and batches on
    all cores.
    """
    scored = prime.size + np.array(skip or [0] * len(texts), np.intp)  # from this row on
    order = sorted(range(len(texts)), key=lambda k: texts[k].size)

    def score(group: list[int]) -> NDArray[Any]:
        length = prime.size + max(texts[k].size for k in group)
        # The unknown id fills what is beyond a text's end: as a target it scores nothing.
        ids = np.full((length, len(group)), parameters.vocabulary_size, np.intp)
        ids[: prime.size] = prime[:, None]
        for column, k in enumerate(group):
            ids[prime.size : prime.size + texts[k].size, column] = texts[k]
        network = Network(parameters, min(LENGTH, length), len(group))
        nats = np.zeros(len(group))
        for start in range(0, length - 1, LENGTH):
            targets = ids[start + 1 : start + LENGTH + 1]
            losses = network.score(ids[start : start + len(targets)], targets)
            rows = np.arange(start + 1, start + 1 + len(targets))[:, None]
            nats += np.where(rows < scored[group], 0.0, losses).sum(axis=0)
        return nats

    groups = [order[first : first + GROUP] for first in range(0, len(order), GROUP)]
    found = np.empty(len(texts))
    for group, nats in zip(groups, on_all_cores(score, groups), strict=True):
        found[group] = 0.0 - nats  # never minus zero
    return [float(nats) for nats in found]
