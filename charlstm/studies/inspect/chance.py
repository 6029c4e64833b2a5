"""How well the best of all units separates readings by chance: with the readings dealt anew.

Of many units one separates any labels rather well. So the separability of a unit is compared with
that of the best unit under permuted readings, which also pays for looking at all of them (Westfall
& Young 1993, max-T). Within an item that has both readings they change places: the words are the
same, and only the number differs. Items that have one reading exchange theirs with others of their
condition.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.ranks import aucs_of_ranks, centred_ranks
from charlstm.studies.inspect.separability import separability
from charlstm.studies.inspect.spans import Span

PERMUTATIONS = 999  # so that a p-value may be as low as 0.001
ROWS = 50  # permutations at a time

Readings = NDArray[np.intp]


def best_by_chance(memory: Array, spans: Sequence[Span], seed: int) -> NDArray[np.float64]:
    """The mean separability of the best unit under each of `PERMUTATIONS` dealings (S,).

    `memory` (N, P, U) has the values of U units at P places of N spans. The mean is over the
    conditions, each of which must have both readings.
    """
    rng = np.random.default_rng(seed)
    places: dict[str, list[int]] = defaultdict(list)
    for n, span in enumerate(spans):
        places[span.construction].append(n)
    dealt, ranks = [], []
    for members in places.values():
        dealt.append(permuted_readings([spans[n] for n in members], PERMUTATIONS, rng))
        columns = memory[members].reshape(len(members), -1).T
        ranks.append(np.stack([centred_ranks(column) for column in columns]))
    best = []
    for rows in (slice(k, k + ROWS) for k in range(0, PERMUTATIONS, ROWS)):
        areas = [aucs_of_ranks(r, d[rows].T == 1).T for r, d in zip(ranks, dealt, strict=True)]
        aucs = np.stack(areas, axis=1).reshape(-1, len(places), *memory.shape[1:])
        best.append(separability(aucs).mean(axis=1).max(axis=1))
    return np.concatenate(best)


def p_value(value: float, by_chance: NDArray[np.float64]) -> float:
    """How probable so large a value is if it is one like those `by_chance` (N,): (1 + k)/(1 + N).

    k is how many of these are as large. So it is never 0 (Phipson & Smyth 2010).
    """
    as_large = np.count_nonzero(by_chance >= value - 1e-12)  # equal but for rounding
    return (1 + int(as_large)) / (1 + len(by_chance))


def permuted_readings(spans: Sequence[Span], count: int, rng: np.random.Generator) -> Readings:
    """So many dealings (count, N) of the readings of one condition's spans."""
    items: dict[tuple[str, str], list[int]] = defaultdict(list)
    for n, span in enumerate(spans):
        items[span.item].append(n)
    dealt = np.tile([span.reading for span in spans], (count, 1))
    single = []
    for members in items.values():
        if len({spans[n].reading for n in members}) == 1:
            single.append(members)
        else:
            dealt[:, members] = rng.permuted(dealt[:, members], axis=1)
    exchanged = rng.permuted(dealt[:, [members[0] for members in single]], axis=1)
    for k, members in enumerate(single):
        dealt[:, members] = exchanged[:, [k]]
    return dealt
