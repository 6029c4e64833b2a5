"""How minutes become updates, so that validating never eats up a short budget."""

import pytest

from charlstm.training.minutes import updates_within


def test_twenty_validations_where_they_are_cheap() -> None:
    assert updates_within(100.0, 0.01, 0.1, None) == (9800, 490)
    assert updates_within(100.0, 0.01, 0.0, None) == (10_000, 500)


def test_a_short_budget_is_not_spent_on_validating() -> None:
    updates, eval_every = updates_within(10.0, 0.01, 1.0, None)
    assert updates == pytest.approx(800, abs=1)
    assert updates // eval_every == 2
    assert updates_within(10.0, 0.01, 9.0, None) == (100, 100)  # but one there is


def test_a_chosen_interval_is_kept_and_paid_for() -> None:
    updates, eval_every = updates_within(10.0, 0.01, 1.0, 100)
    assert eval_every == 100
    assert updates * 0.01 + updates // 100 * 1.0 == pytest.approx(10.0, abs=0.1)


def test_no_time_at_all_is_one_update() -> None:
    for seconds in (0.0, -5.0):
        assert updates_within(seconds, 0.01, 1.0, None) == (1, 1)
        assert updates_within(seconds, 0.01, 1.0, 7) == (1, 7)
