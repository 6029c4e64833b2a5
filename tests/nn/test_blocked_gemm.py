"""A product in strips is the product, whatever the shape, and cut only where that pays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_ids, random_model, randomise

from charlstm.nn import blocked_gemm as strips
from charlstm.nn.blocked_gemm import BlockedMatrix, cut
from charlstm.nn.network import Network


def small(monkeypatch: pytest.MonkeyPatch, limit: int, pays: bool = True) -> None:
    """Panels of up to 4 columns and 6 rows."""
    monkeypatch.setattr(strips, "SMALL", limit)
    for name, columns in (("WIDE", 4), ("DEEP", 6), ("LEAST", 1)):
        monkeypatch.setattr(strips, name, columns)
    monkeypatch.setattr(strips, "panels_pay", lambda: pays)


@pytest.mark.parametrize(
    ("inner", "width", "batch", "limit", "expected"),
    [
        (3, 4, 2, 24, (4, 1)),  # one panel
        (3, 12, 2, 24, (4, 1)),  # as wide as allowed
        (3, 10, 2, 24, (2, 1)),  # 4 does not divide
        (12, 4, 2, 999, (4, 2)),  # as many rows as allowed
        (3, 12, 2, 23, (4, 3)),  # 3 rows of 4 would be too many multiply-adds
        (12, 7, 2, 24, (1, 2)),
    ],
)
def test_cut(
    monkeypatch: pytest.MonkeyPatch,
    inner: int,
    width: int,
    batch: int,
    limit: int,
    expected: tuple[int, int],
) -> None:
    small(monkeypatch, limit)
    assert cut(inner, width, batch) == expected


def test_what_would_be_too_thin_stays_whole() -> None:
    assert cut(100, 97, 1000) == (97, 1)
    assert cut(9973, 64, 1000) == (64, 1)


@pytest.mark.parametrize("limit", [10**9, 40, 12])
@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("blocks", [None, 1, 3])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("pays", [False, True])
@pytest.mark.parametrize("operands", [1, 2, 3])
def test_strips(
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    batch: int,
    blocks: int | None,
    transposed: bool,
    pays: bool,
    operands: int,
) -> None:
    small(monkeypatch, limit, pays)
    rng, inner, width = np.random.default_rng(1), 6, 8
    count = blocks or 1
    numbers = rng.normal(size=(inner, count * width))
    matrix = np.asfortranarray(numbers) if transposed else numbers
    product = BlockedMatrix(matrix, batch, blocks, operands)
    matrix += 1.0  # it changes in place
    product.refresh()
    operand = rng.normal(size=(batch, inner))
    stacked = np.ascontiguousarray(operand.reshape(batch, operands, -1).swapaxes(0, 1))
    out = np.full((blocks, batch, width) if blocks else (batch, width), np.nan)
    product.multiply(stacked if operands > 1 else operand, product.shaped(out))
    expected = (operand @ matrix).reshape(batch, count, width).swapaxes(0, 1)
    np.testing.assert_allclose(out, expected.reshape(out.shape), rtol=0, atol=1e-12)


@each_variant
def test_a_window_of_every_cell(
    monkeypatch: pytest.MonkeyPatch, cell: str, options: Mapping[str, Any]
) -> None:
    model = random_model(cell, options, hidden_size=6, num_layers=2)
    ids, targets = random_ids(model, 4, 3, seed=6), random_ids(model, 4, 3, seed=7)
    found = []
    for pays in (False, True):
        small(monkeypatch, 20, pays)
        network = Network(model, 4, 3, backward=True)
        randomise(network.state)
        gradient = np.zeros(model.size)
        loss = network.loss_and_gradients(ids, targets, model.views(gradient), loss_scale=0.5)
        found.append((loss, gradient))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-12)
    np.testing.assert_allclose(found[1][1], found[0][1], rtol=0, atol=1e-12)
