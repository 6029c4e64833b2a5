"""Softmax cross-entropy by itself."""

import numpy as np
import pytest

from charlstm.nn.loss import cross_entropy, softmax


def test_cross_entropy_and_its_gradient_are_those_of_the_softmax() -> None:
    logits = np.random.default_rng(1).normal(size=(5, 4)) * 3
    targets = np.array([0, 4, 5, 2])  # 5 is unknown
    p = softmax(logits)
    gradient = logits.copy()
    loss = cross_entropy(gradient, targets)
    np.testing.assert_allclose(p.sum(axis=0), 1.0)
    for column, target in enumerate(targets):
        known = target < 5
        assert loss[column] == pytest.approx(-np.log(p[target, column]) if known else 0.0)
        expected = p[:, column] - np.eye(6)[target, :5] if known else np.zeros(5)
        np.testing.assert_allclose(gradient[:, column], expected, atol=1e-12)


def test_huge_logits_do_not_overflow() -> None:
    logits = np.array([[1e6], [-1e6], [0.0]], np.float32)
    assert softmax(logits).ravel().tolist() == [1.0, 0.0, 0.0]
    assert cross_entropy(logits, np.array([1])) == pytest.approx(2e6)
