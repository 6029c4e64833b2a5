"""Which units tell a feature: chosen on one half of a text, measured on the other.

The best of many units tells something by luck. And a unit that changes slowly agrees with a label
that changes slowly, whatever the two have to do with each other. So the labels of the second half
are shifted round by a random number of characters, which keeps both of these and destroys the rest.
A unit tells a feature if it does so better than the best of all units tells nearly all of the
shifted labels.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.ranks import aucs_of_ranks, centred_ranks, correlations_of_ranks
from charlstm.studies.features.labels import Labels

ALIKE = 0.2  # correlation of labels with their shifted ones, from which a shift shows too little
LUCK = 0.01  # the share of shifts for which some unit may do as well
AT_ONCE = 50  # shifts, so that the shifted labels take little memory
DECAY = 1e-4  # of the weights of a sum of units, times their mean variance

Both = tuple[Array, Array]  # of the first and the second half


class Telling(NamedTuple):
    """How well a unit tells a feature in the second half, and by what luck.

    `score` is an AUC, or a correlation. `luck` is the share of shifted labels that some unit tells
    as well (the p-value, Phipson & Smyth 2010).
    """

    unit: int
    score: float
    luck: float


class Tellings(NamedTuple):
    """The best units of a feature, the best of the first half first, and what to compare them with.

    `shifted` is how well the best unit tells the labels in all but `LUCK` of the shifts.
    `character` and `together` are how well the last character alone tells them, and a sum of all
    units. All are measured in the second half.
    """

    best: list[Telling]
    shifted: float
    character: float
    together: float


def strength(score: Any, counts: bool) -> Any:
    """How well a score tells, whichever its direction: an AUC from ½ to 1, a correlation from 0."""
    return np.abs(score) if counts else 0.5 + np.abs(score - 0.5)


def clarity(strength: Any, counts: bool) -> Any:
    """A strength from 0 to 1: that of an AUC as 2·AUC - 1, Somers' D, which is a correlation."""
    return strength if counts else 2 * strength - 1


def tellings_of(
    labels: Sequence[Labels],
    values: tuple[NDArray[np.float32], NDArray[np.float32]],
    last: tuple[NDArray[np.integer], NDArray[np.integer]],
    *,
    count: int,
    shifts: int,
    least_shift: int,
    seed: int,
) -> list[Tellings]:
    """The best `count` units for each feature, from the `values` (U, n) of all units.

    `last` are the ids (n,) just read. A shift is by at least `least_shift` of these places; the
    seed and the feature's name decide by how many. The values are replaced by their ranks.
    """
    together = by_all_units(labels, values)
    for half in values:
        for row in half:
            row[:] = centred_ranks(row)
    all_tellings = []
    for each, by_all in zip(labels, together, strict=True):
        first = strength(_scores(values[0], comparable(each.chosen)[:, None]), each.counts)
        best = np.argsort(-first[:, 0], kind="stable")[:count]
        second = comparable(each.reported)
        scores = _scores(values[1], second[:, None])[:, 0]
        strengths = strength(scores, each.counts)
        rng = np.random.default_rng([seed, crc32(each.feature.name.encode())])
        drawn = rng.choice(usable_shifts(second, least_shift), shifts)
        by_luck = _best_when_shifted(values[1], second, drawn, each.counts)
        tellings = [
            Telling(unit, float(scores[unit]), _luck(strengths[unit], by_luck))
            for unit in best.tolist()
        ]
        shifted = float(np.quantile(by_luck, 1 - LUCK, method="higher"))
        all_tellings.append(Tellings(tellings, shifted, by_last_character(each, last), by_all))
    return all_tellings


def comparable(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels (n,) as they are compared: flags, or centred ranks of counts in place of counts."""
    return labels if labels.dtype == np.bool_ else centred_ranks(labels).astype(np.float32)


def usable_shifts(labels: NDArray[Any], least: int) -> NDArray[np.intp]:
    """The shifts of labels (n,) by `least` places or more, either way, after which they differ.

    In a text whose lines are all of one length, the position in the line is the same after a shift
    by a whole number of lines. Such a shift would show nothing.
    """
    centred = labels.astype(np.float64) - labels.mean(dtype=np.float64)
    likeness = np.fft.irfft(np.abs(np.fft.rfft(centred)) ** 2, len(labels))
    shifts = np.arange(least, len(labels) - least + 1)
    differ = shifts[likeness[shifts] < ALIKE * likeness[0]]
    return differ if differ.size else shifts


def by_last_character(
    labels: Labels, last: tuple[NDArray[np.integer], NDArray[np.integer]]
) -> float:
    """How well the character just read tells a feature, by its mean after it in the first half."""
    before, after = last
    size = int(max(before.max(), after.max())) + 1
    total = np.bincount(before, labels.chosen, size)
    count = np.bincount(before, minlength=size)
    means = np.where(count > 0, total / np.maximum(count, 1), labels.chosen.mean())
    return _strength_of(means[after], labels)


def by_all_units(labels: Sequence[Labels], values: Both) -> list[float]:
    """How well a weighted sum of all units tells each feature; the first half decides the weights.

    It is the regression of flags, or of ranks of counts, on the units' values (U, n), with a little
    weight decay.
    """
    first, second = values
    n, mean = first.shape[1], first.mean(axis=1, dtype=np.float64)
    products = (first @ first.T).astype(np.float64) / n - np.outer(mean, mean)
    products += DECAY * products.trace() / len(products) * np.eye(len(products))
    wanted = np.stack([comparable(each.chosen).astype(np.float32) for each in labels], axis=1)
    wanted -= wanted.mean(axis=0)
    weights = np.linalg.solve(products, (first @ wanted).astype(np.float64) / n)
    sums = weights.T.astype(np.float32) @ second
    return [_strength_of(row, each) for row, each in zip(sums, labels, strict=True)]


def _scores(ranks: Array, labels: NDArray[Any]) -> NDArray[np.float64]:
    """The score (U, S) of each row of ranks (U, n) for each column of comparable labels (n, S)."""
    if labels.dtype == np.bool_:
        return aucs_of_ranks(ranks, labels)
    return correlations_of_ranks(ranks, labels)


def _strength_of(values: NDArray[Any], labels: Labels) -> float:
    """How well values (n,) tell the labels of the second half."""
    score = _scores(centred_ranks(values)[None], comparable(labels.reported)[:, None])[0, 0]
    return float(strength(score, labels.counts))


def _best_when_shifted(
    ranks: Array, labels: NDArray[Any], shifts: NDArray[np.intp], counts: bool
) -> NDArray[np.float64]:
    """How well the best unit tells the labels after each shift, (S,)."""
    best = np.empty(len(shifts))
    for k in range(0, len(shifts), AT_ONCE):
        rolled = np.stack([np.roll(labels, s) for s in shifts[k : k + AT_ONCE]], axis=1)
        best[k : k + AT_ONCE] = strength(_scores(ranks, rolled), counts).max(axis=0)
    return best


def _luck(strength: float, by_luck: NDArray[np.float64]) -> float:
    return float((1 + (by_luck >= strength).sum()) / (1 + len(by_luck)))
