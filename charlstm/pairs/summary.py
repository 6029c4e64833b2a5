"""The shares of right pairs and of right items among some scores, each with its interval."""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from charlstm.pairs.scores import PairScore
from charlstm.pairs.statistics import (
    Interval,
    difference_interval,
    kinds_of,
    share_interval,
    sign_flip_test,
)

Key = TypeVar("Key", bound=Hashable)
# The parts of a set that labels tell apart.
PARTS: dict[str, Callable[[PairScore], bool]] = {
    "congruent": lambda s: s.pair.congruent is True,
    "incongruent": lambda s: s.pair.congruent is False,
    "singular": lambda s: s.pair.subject_number == "singular",
    "plural": lambda s: s.pair.subject_number == "plural",
}
SHARES = ("accuracy", *PARTS, "joint", "bias_free")


@dataclass(frozen=True)
class Share:
    """The number of right answers, and of all answers.

    `by_item` (items, 2) has the right answers and all answers of each item, in order of appearance.
    Without it each answer is an item.
    """

    right: int
    total: int
    by_item: NDArray[np.int64] | None = field(default=None, compare=False)

    @property
    def value(self) -> float | None:
        """From 0 to 1; None if there are no answers."""
        return self.right / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval; None of nothing. `share_interval` says how it is computed."""
        return self._interval and self._interval[:2]

    @property
    def method(self) -> str | None:
        """How the interval is computed: "wilson" or "bootstrap"; None of nothing."""
        return self._interval and self._interval.method

    @cached_property
    def _interval(self) -> Interval | None:
        if not self.total:
            return None
        apart = {(1, 1): self.right, (0, 1): self.total - self.right}
        kinds = apart if self.by_item is None else kinds_of(self.by_item)
        return share_interval({kind: count for kind, count in kinds.items() if count})

    def less(self, other: "Share") -> "Difference | None":
        """This share less that of another model on the same pairs; None of nothing."""
        if self.by_item is None or other.by_item is None or not self.total:
            return None
        more = self.by_item[:, 0] - other.by_item[:, 0]
        kinds = kinds_of(np.stack([more, self.by_item[:, 1]], axis=1))
        return Difference(
            (self.right - other.right) / self.total,
            difference_interval(kinds),
            sign_flip_test(kinds),
            int((more > 0).sum()),
            int((more < 0).sum()),
        )


@dataclass(frozen=True)
class Difference:
    """How much larger a share is by one model than by another, on the same pairs.

    `p` is that of `sign_flip_test`. `better` counts the items of which the one model has more pairs
    right, `worse` those of which it has fewer.
    """

    value: float
    interval: Interval
    p: float
    better: int
    worse: int

    def to_mapping(self) -> dict[str, Any]:
        """The difference as JSON has it, from -1 to 1."""
        return {
            "difference": self.value,
            "interval": self.interval[:2],
            "interval_method": self.interval.method,
            "p": self.p,
            "better": self.better,
            "worse": self.worse,
        }


@dataclass(frozen=True)
class Summary:
    """The shares of right pairs: of all, of those with each label; and two shares of items.

    An item of several pairs is right jointly if all its pairs are (a guesser gets one in four). It
    is right free of bias if the log-odds of its pairs sum to more than 0: what the model prefers
    whatever the subject is, such as "was" to "were", cancels over its readings. `items` counts all
    items. `log_odds` is the mean over the pairs, in nats. `ties` counts pairs.
    """

    shares: dict[str, Share]
    items: int
    log_odds: float
    ties: int

    def to_mapping(self) -> dict[str, Any]:
        """The summary as JSON has it: shares from 0 to 1 or null, and their intervals."""
        return {
            "pairs": self.shares["accuracy"].total,
            **{name: share.value for name, share in self.shares.items()},
            "log_odds": self.log_odds,
            "ties": self.ties,
            "interval": self.shares["accuracy"].interval,
            "intervals": {name: share.interval for name, share in self.shares.items()},
            "interval_methods": {name: share.method for name, share in self.shares.items()},
            "counts": {name: share.total for name, share in self.shares.items()},
            "items": self.items,
        }


def summarise(scores: Sequence[PairScore]) -> Summary:
    """The summary of some scores, of which there must be at least one."""
    numbers: dict[tuple[str, str], int] = {}
    names = ((score.pair.condition, score.pair.item) for score in scores)
    item = np.array([numbers.setdefault(name, len(numbers)) for name in names])  # of each pair
    right = np.array([score.right for score in scores])
    log_odds = np.array([score.log_odds for score in scores])

    def share(belongs: NDArray[np.bool_]) -> Share:
        pairs = np.bincount(item[belongs], minlength=len(numbers))
        of_item = np.bincount(item[belongs & right], minlength=len(numbers))
        return _share(of_item[pairs > 0], pairs[pairs > 0])

    pairs = np.bincount(item)
    several = pairs > 1
    joint = np.bincount(item, right)[several] == pairs[several]
    bias_free = np.bincount(item, log_odds)[several] > 0
    parts = {
        name: share(np.array([belongs(score) for score in scores]))
        for name, belongs in PARTS.items()
    }
    each = np.ones(np.count_nonzero(several), np.int64)
    return Summary(
        {
            "accuracy": share(np.ones_like(right)),
            **parts,
            "joint": _share(joint, each),
            "bias_free": _share(bias_free, each),
        },
        len(numbers),
        math.fsum(log_odds) / len(scores),
        sum(score.tie for score in scores),
    )


def grouped(
    scores: Iterable[PairScore], key_of: Callable[[PairScore], Key | None]
) -> dict[Key, Summary]:
    """The summary of the scores with each key, in order of appearance; None is no key."""
    groups: dict[Key, list[PairScore]] = {}
    for score in scores:
        if (key := key_of(score)) is not None:
            groups.setdefault(key, []).append(score)
    return {key: summarise(group) for key, group in groups.items()}


def _share(right: NDArray[Any], total: NDArray[Any]) -> Share:
    """The share of the right answers among all; both are of items (items,)."""
    by_item = np.stack([right, total], axis=1).astype(np.int64)
    return Share(int(right.sum()), int(total.sum()), by_item)
