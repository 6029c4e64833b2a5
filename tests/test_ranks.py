"""Ranks, and what they tell: the AUC by counting pairs, Spearman by its definition."""

import numpy as np
import pytest

from charlstm.ranks import auc, aucs_of_ranks, centred_ranks, correlations_of_ranks


def test_auc_counts_pairs_of_values() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 4, (30, 2, 3)).astype(float)
    readings = rng.integers(0, 2, 30)
    result = auc(values, readings)
    for p in range(2):
        for u in range(3):
            ones = values[readings == 1, p, u]
            zeros = values[readings == 0, p, u]
            wins = [(one > zero) + 0.5 * (one == zero) for one in ones for zero in zeros]
            assert result[p, u] == pytest.approx(np.mean(wins))


def test_equal_values_share_their_mean_rank() -> None:
    ranks = centred_ranks(np.array([7.0, 3.0, 7.0, 9.0]))
    np.testing.assert_allclose(4 * ranks + 2.5, [2.5, 1, 2.5, 4])


def test_many_readings_are_measured_with_one_sort_in_single_precision_too() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(500, 3)).round(1)
    readings = rng.random((500, 4)) < 0.3
    ranks = np.stack([centred_ranks(column) for column in values.T]).astype(np.float32)
    areas = aucs_of_ranks(ranks, readings)
    for s in range(4):
        assert areas[:, s] == pytest.approx(auc(values, readings[:, s]), abs=1e-6)


def test_the_correlation_of_ranks_is_that_of_pearson_between_them() -> None:
    rng = np.random.default_rng(2)
    values, counts = rng.normal(size=(60, 2)), rng.integers(0, 5, 60)
    values[:, 0] += counts
    ranks = np.stack([centred_ranks(column) for column in values.T])
    found = correlations_of_ranks(ranks, centred_ranks(counts)[:, None])[:, 0]
    expected = [np.corrcoef(row, centred_ranks(counts))[0, 1] for row in ranks]
    np.testing.assert_allclose(found, expected)
    assert found[0] > 0.7
    flat = correlations_of_ranks(ranks, np.zeros((60, 1)))
    assert not flat.any()
