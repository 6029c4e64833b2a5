"""Intervals by item and the paired test: known values, other ways to compute them, and coverage."""

import itertools
import math
from collections import Counter
from random import Random

import numpy as np
import pytest

from charlstm.pairs.statistics import (
    FEW,
    difference_interval,
    share_interval,
    sign_flip_test,
    wilson,
)


def kinds(*items: tuple[int, int]) -> Counter[tuple[int, int]]:
    return Counter(items)


def items_of(share: float, together: float, count: int, rng: Random) -> Counter[tuple[int, int]]:
    """Items of two pairs, each right with probability `share`; so often both have one draw."""

    def right() -> bool:
        return rng.random() < share

    drawn = Counter[tuple[int, int]]()
    for _ in range(count):
        both = right()
        pair = (both, both) if rng.random() < together else (right(), right())
        drawn[sum(pair), 2] += 1
    return drawn


def coverage(
    share: float, together: float, count: int, rounds: int = 300
) -> tuple[float, float, float, float]:
    """How often the interval holds the share, and Wilson's over pairs; the mean width of each."""
    rng = Random(f"{share} {together} {count}")
    by_item, by_pair = [], []
    for _ in range(rounds):
        drawn = items_of(share, together, count, rng)
        by_item.append(share_interval(drawn)[:2])
        right = sum(of_item * n for (of_item, _), n in drawn.items())
        by_pair.append(wilson(right / (2 * count), 2 * count))

    def held(intervals: list[tuple[float, float]]) -> float:
        return float(np.mean([low <= share <= high for low, high in intervals]))

    def wide(intervals: list[tuple[float, float]]) -> float:
        return float(np.mean([high - low for low, high in intervals]))

    return held(by_item), held(by_pair), wide(by_item), wide(by_pair)


# Shares


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_an_interval_by_item_holds_the_share_where_one_by_pair_is_too_narrow(share: float) -> None:
    by_item, by_pair, *_ = coverage(share, 1.0, 150)
    assert 0.92 <= by_item <= 0.99
    assert by_pair < 0.90


@pytest.mark.parametrize("together", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("share", [0.9, 0.99])
def test_the_interval_of_few_items_holds_the_share_near_its_end(
    share: float, together: float
) -> None:
    by_item, *_ = coverage(share, together, 30)
    assert by_item >= 0.91


def test_independent_pairs_have_the_interval_that_wilson_gives_them() -> None:
    by_item, by_pair, wide, as_wide = coverage(0.7, 0.0, 200)
    assert 0.92 <= by_item <= 0.98 and 0.92 <= by_pair <= 0.98
    assert wide == pytest.approx(as_wide, rel=0.05)


def test_where_every_item_has_one_pair_the_interval_is_wilsons() -> None:
    low, high, method = share_interval({(1, 1): 81, (0, 1): 182})
    assert (low, high) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe (1998), table I
    assert method == "wilson"


@pytest.mark.parametrize("share", [0, 1, 2])
def test_items_that_are_all_alike_have_an_interval_with_a_width(share: int) -> None:
    low, high, method = share_interval({(share, 2): 200})
    assert (low, high, method) == (*wilson(share / 2, 200), "wilson")
    assert low <= share / 2 <= high and high - low > 0.015


def test_few_items_that_differ_count_as_too_few_to_resample() -> None:
    most = {(2, 2): 100}
    assert share_interval({**most, (1, 2): FEW - 1}).method == "wilson"
    low, high, method = share_interval({**most, (1, 2): FEW})
    assert method == "bootstrap" and high - low < 0.05


def test_a_model_that_has_one_pair_of_each_item_right_is_known_well() -> None:
    """As one that follows the attractor: pairs of an item are right the one for the other."""
    drawn = {(1, 2): 180, (2, 2): 10, (0, 2): 10}
    low, high, _ = share_interval(drawn)
    by_pair = wilson(0.5, 400)
    assert high - low < 0.5 * (by_pair[1] - by_pair[0])


def test_resampled_kinds_are_resampled_items() -> None:
    items = [(2, 2)] * 20 + [(1, 3)] * 9 + [(0, 2)] * 11 + [(4, 4)] * 8
    rng = np.random.default_rng(5)
    drawn = np.array(items)[rng.integers(0, len(items), (20_000, len(items)))].sum(axis=1)
    expected = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    low, high, method = share_interval(kinds(*items))
    assert method == "bootstrap"
    assert (low, high) == pytest.approx(tuple(expected), abs=0.01)
    assert share_interval(kinds(*items)) == (low, high, method)  # the seed is fixed


def test_many_kinds_of_items_are_resampled_in_blocks() -> None:
    many = {(n, n + k): 1 for n in range(1, 40) for k in range(1, 40)}
    low, high, _ = share_interval(many)
    right, total = (sum(kind[k] for kind in many) for k in (0, 1))
    assert low < right / total < high < low + 0.05


# Differences


def flipped(differences: list[int]) -> float:
    """The p of the sign-flip test by going through all signs."""
    total = abs(sum(differences))
    signs = itertools.product((1, -1), repeat=len(differences))
    sums = [abs(sum(s * d for s, d in zip(sign, differences, strict=True))) for sign in signs]
    return sum(of >= total for of in sums) / len(sums)


@pytest.mark.parametrize("seed", range(12))
def test_the_sign_flip_test_goes_through_all_signs(seed: int) -> None:
    rng = Random(seed)
    differences = [rng.randint(-3, 4) for _ in range(rng.randint(1, 11))]
    p = sign_flip_test(kinds(*((more, 5) for more in differences)))
    assert p == pytest.approx(flipped(differences), rel=1e-9)


@pytest.mark.parametrize(("better", "worse"), [(0, 0), (1, 0), (6, 0), (10, 2), (7, 7), (3, 20)])
def test_the_sign_flip_test_of_single_pairs_is_mcnemars(better: int, worse: int) -> None:
    n, k = better + worse, min(better, worse)
    exact = min(1.0, 2 * sum(math.comb(n, j) for j in range(k + 1)) / 2**n)
    drawn = {(1, 1): better, (-1, 1): worse, (0, 1): 100}
    assert sign_flip_test(drawn) == pytest.approx(exact, rel=1e-9)
    assert sign_flip_test({(-more, 1): n for (more, _), n in drawn.items()}) == pytest.approx(exact)


def test_tens_of_thousands_of_items_have_a_p() -> None:
    drawn = {(2, 2): 9_000, (1, 2): 8_000, (0, 2): 10_000, (-1, 2): 8_200, (-2, 2): 8_800}
    total, deviation = 2 * 200 - 200, math.sqrt(4 * 17_800 + 16_200)
    normal = math.erfc((total - 1) / deviation / math.sqrt(2))
    assert sign_flip_test(drawn) == pytest.approx(normal, rel=0.01)
    assert 0 <= sign_flip_test({(1, 1): 30_000, (-1, 1): 3_000}) < 1e-300


def test_models_that_do_not_differ_are_found_to_differ_once_in_twenty() -> None:
    rng = Random(1)
    ps, held = [], 0
    for _ in range(300):
        drawn = Counter((rng.choice((-2, -1, 0, 0, 0, 1, 2)), 2) for _ in range(60))
        ps.append(sign_flip_test(drawn))
        low, high, _ = difference_interval(drawn)
        held += low <= 0 <= high
    assert 0.02 <= np.mean([p < 0.05 for p in ps]) <= 0.07
    assert 0.35 <= np.mean([p < 0.5 for p in ps]) <= 0.55  # sums are whole, so p has steps
    assert 0.92 <= held / 300 <= 0.98


@pytest.mark.parametrize(("better", "worse"), [(0, 0), (1, 0), (2, 2), (0, 4)])
def test_where_models_hardly_differ_the_interval_is_bonetts_and_prices(
    better: int, worse: int
) -> None:
    n = 50
    p12, p21 = (better + 1) / (n + 2), (worse + 1) / (n + 2)
    spread = 1.959964 * math.sqrt((p12 + p21 - (p12 - p21) ** 2) / (n + 2))
    drawn = {(1, 1): better, (-1, 1): worse, (0, 1): n - better - worse}
    low, high, method = difference_interval(drawn)
    assert (low, high) == pytest.approx((p12 - p21 - spread, p12 - p21 + spread))
    assert method == "bonett-price"
    twice = difference_interval({(2 * more, 2): count for (more, _), count in drawn.items()})
    assert twice == pytest.approx((low, high, method))


def test_a_difference_that_all_items_share_has_an_interval_with_a_width() -> None:
    low, high, _ = difference_interval({(-1, 2): 200})
    assert low < -0.5 < high < low + 0.05
