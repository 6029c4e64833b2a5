"""Intervals and a test that take items, not pairs, as what was drawn at random.

The pairs of an item share their words, so they are right or wrong together (or, if a model follows
the attractor, the one for the other). To count them as independent makes an interval of the wrong
width. Items of the same kind, which have as many pairs right of as many, are interchangeable. So a
resample of items is one draw of a multinomial distribution over the kinds, and costs as much for
67,000 items as for 67.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Z = 1.959964  # 95 % of a normal distribution lie within so many deviations
TAILS = (0.025, 0.975)
RESAMPLES = 10_000
SEED = 1
BLOCK = 1 << 20  # counts of items held at once
FEW = 5  # if fewer items than this are unlike the rest, resamples of them say too little
Kinds = Mapping[tuple[int, int], int]  # (sum over an item's pairs, its pairs) → number of items


class Interval(NamedTuple):
    """A 95 % interval, and the name of its method."""

    low: float
    high: float
    method: str


def kinds_of(by_item: NDArray[np.int64]) -> Kinds:
    """How many items there are of each kind, from the two numbers of each item (items, 2)."""
    kinds, counts = np.unique(by_item, axis=0, return_counts=True)
    return {
        (first, second): count
        for (first, second), count in zip(kinds.tolist(), counts.tolist(), strict=True)
    }


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of `n` independent answers (Wilson 1927, eq. for p′).

    (p̂ + z²/2n ± z·√(p̂(1 - p̂)/n + z²/4n²)) / (1 + z²/n)
    """
    middle = share + Z**2 / (2 * n)
    spread = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    scale = 1 + Z**2 / n
    # Rounding must not put the share itself outside: no picture could draw such an interval.
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return max(0.0, min(share, low)), min(1.0, max(share, high))


def share_interval(kinds: Kinds) -> Interval:
    """The 95 % interval of a share of right pairs; a kind is (right pairs of an item, its pairs).

    "bootstrap" is the percentile interval (Efron & Tibshirani 1993, ch. 13) of resampled items
    (Field & Welsh 2007). "wilson" is Wilson's, with the number of items for n. It stands where
    every item has one pair, and where fewer than `FEW` items are unlike the rest. There a bootstrap
    cannot say how far the share may be off: at 0 and 100 % all items are alike, and its interval
    has no width. Wilson's then errs on the wide side.
    """
    share, items = _share(kinds), sum(kinds.values())
    if _nearly_alike(kinds) or all(pairs == 1 for _, pairs in kinds):
        return Interval(*wilson(share, items), "wilson")
    low, high = _resampled(kinds)
    return Interval(min(share, low), max(share, high), "bootstrap")


def difference_interval(kinds: Kinds) -> Interval:
    """The 95 % interval of the difference of two shares on the same pairs.

    A kind is (right pairs of an item by one model less those by the other, its pairs). "bootstrap"
    is as for `share_interval`. Where fewer than `FEW` items are unlike the rest, as where models
    hardly differ, it is "bonett-price" (Bonett & Price 2012): an item is added for each model, and
    the interval is that of a normal distribution.
    """
    difference, items = _share(kinds), sum(kinds.values())
    if not _nearly_alike(kinds):
        low, high = _resampled(kinds)
        return Interval(min(difference, low), max(difference, high), "bootstrap")
    each = sum(pairs * count for (_, pairs), count in kinds.items()) / items
    squares = sum(count * (more / each) ** 2 for (more, _), count in kinds.items())
    middle = difference * items / (items + 2)
    spread = Z * math.sqrt(((squares + 2) / (items + 2) - middle**2) / (items + 2))
    low, high = max(-1.0, middle - spread), min(1.0, middle + spread)
    return Interval(min(difference, low), max(difference, high), "bonett-price")


def _nearly_alike(kinds: Kinds) -> bool:
    """Whether fewer than `FEW` items have another share of their pairs than most have."""
    shares: Counter[float] = Counter()
    for (right, pairs), count in kinds.items():
        shares[right / pairs] += count
    return shares.total() - max(shares.values()) < FEW


def sign_flip_test(kinds: Kinds) -> float:
    """The two-sided p of no difference between two models; kinds as for `difference_interval`.

    If the models do not differ, each item's difference may as well have the other sign. p is the
    share of all choices of signs whose sum is at least as far from 0 (Fisher 1935, §21). It is
    computed exactly, from a binomial distribution for each size of difference. Where no item
    differs by more than one pair, it is McNemar's exact test.
    """
    sizes: Counter[int] = Counter()
    for (more, _), count in kinds.items():
        sizes[abs(more)] += count
    total = sum(more * count for (more, _), count in kinds.items())
    chances, start = np.ones(1), 0  # of each sum of the positive differences from `start` on
    for size, count in sizes.items():
        if size:
            positive, first = _fair_coins(count)
            longer = np.zeros(chances.size + size * (positive.size - 1))
            for k, chance in enumerate(positive):
                longer[size * k : size * k + chances.size] += chance * chances
            chances, start = longer, start + size * first
    sums = 2 * (start + np.arange(chances.size)) - sum(s * count for s, count in sizes.items())
    return min(1.0, float(chances[np.abs(sums) >= abs(total)].sum()))


def _fair_coins(count: int) -> tuple[NDArray[np.float64], int]:
    """The chances of the numbers of heads of `count` coins that are no floating zero; the first."""
    heads = np.arange(1, count + 1)
    logarithms = np.cumsum(np.log((count - heads + 1) / heads))
    chances = np.exp(np.concatenate([[0.0], logarithms]) - count * math.log(2))
    (places,) = np.nonzero(chances)
    return chances[places[0] : places[-1] + 1], int(places[0])


def _share(kinds: Kinds) -> float:
    right = sum(of_item * count for (of_item, _), count in kinds.items())
    return right / sum(pairs * count for (_, pairs), count in kinds.items())


def _resampled(kinds: Kinds) -> tuple[float, float]:
    """The two ends of the middle 95 % of the shares of resampled items."""
    kind = np.array(list(kinds), np.int64)
    counts = np.array(list(kinds.values()), np.int64)
    random = np.random.default_rng(SEED)
    each = max(1, BLOCK // counts.size)
    shares = []
    for start in range(0, RESAMPLES, each):
        size = min(each, RESAMPLES - start)
        sums = random.multinomial(counts.sum(), counts / counts.sum(), size) @ kind
        shares.append(sums[:, 0] / sums[:, 1])
    low, high = np.quantile(np.concatenate(shares), TAILS)
    return float(low), float(high)
