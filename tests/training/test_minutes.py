"""How minutes become updates, so that validating never eats up a short budget."""

import math

import pytest

from charlstm.training.defaults import validation_interval
from charlstm.training.minutes import updates_within


def test_twenty_validations_where_they_are_cheap() -> None:
    assert updates_within(10_000, 10.0, None) == 9800
    assert updates_within(10_000, 0.0, None) == 10_000


@pytest.mark.parametrize("cost", [0.0, 0.01, 1.0, 3.0, 40.0, 300.0])
@pytest.mark.parametrize("time_for", [1, 3, 39, 40, 77, 500, 12_345])
def test_the_time_is_used_up_and_hardly_ever_exceeded(time_for: int, cost: float) -> None:
    updates = updates_within(time_for, cost, None)

    def spent(updates: int) -> float:
        return updates + cost * math.ceil(updates / validation_interval(updates, cost))

    assert updates == 1 or spent(updates) <= time_for
    assert spent(updates + 1) > time_for - 2 - cost  # no more would have fitted


def test_a_chosen_interval_is_kept_and_paid_for() -> None:
    updates = updates_within(1000, 100.0, 100)
    assert updates + updates // 100 * 100.0 == pytest.approx(1000, abs=10)


def test_no_time_at_all_is_one_update() -> None:
    for time_for in (0.0, -5.0):
        assert updates_within(time_for, 1.0, None) == 1
        assert updates_within(time_for, 1.0, 7) == 1
