"""Softmax cross-entropy and dropout masks by themselves."""

import numpy as np
import pytest

from charlstm.nn.loss import cross_entropy, dropout_mask, softmax


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


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.95])
def test_mask_keeps_its_share_and_the_mean(rate: float) -> None:
    mask = dropout_mask(rate, (100, 501), (1, 2, 3, 4))
    assert (mask > 0).mean() == pytest.approx(1 - rate, abs=0.01)
    assert mask.mean(dtype=np.float64) == pytest.approx(1.0, abs=0.05)
    assert set(np.unique(mask)) == {0.0, np.float32(65536 / (65536 - round(rate * 65536)))}


def test_masks_of_different_keys_are_unrelated() -> None:
    keys = [(s, u, l, k) for s in (0, 2**63 - 1) for u in (0, 9) for l in (0, 1) for k in (0, 1)]
    masks = [dropout_mask(0.5, (100, 100), key) > 0 for key in keys]
    for a, one in enumerate(masks):
        for b, other in enumerate(masks):
            assert (one == other).mean() == pytest.approx(1.0 if a == b else 0.5, abs=0.03)


def test_masks_of_neighbouring_updates_share_no_random_numbers() -> None:
    one, other = (dropout_mask(0.5, (1, 4096), (1, update, 0, 0))[0] > 0 for update in (5, 6))
    for shift in range(1, 65):
        assert (one[shift:] == other[:-shift]).mean() < 0.6
        assert (other[shift:] == one[:-shift]).mean() < 0.6
