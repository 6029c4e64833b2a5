"""A product cut into blocks is the product, whatever the shape, and cut only where that pays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_ids, random_model, randomise

from charlstm.cells import blocks
from charlstm.cells.blocks import Blocks, height_of
from charlstm.network import Network


def small(monkeypatch: pytest.MonkeyPatch, limit: int, least: int = 1, pays: bool = True) -> None:
    monkeypatch.setattr(blocks, "SMALL", limit)
    monkeypatch.setattr(blocks, "LEAST", least)
    monkeypatch.setattr(blocks, "cutting_pays", lambda: pays)


@pytest.mark.parametrize(
    ("rows", "inner", "batch", "parts", "limit", "pieces"),
    [
        (12, 3, 2, 1, 72, None),  # small enough as it is
        (12, 3, 2, 1, 71, (1, 2)),
        (12, 3, 2, 1, 30, (1, 3)),  # 5 rows would fit, 4 divide
        (7, 3, 2, 1, 41, (1, 7)),
        (4, 12, 2, 4, 23, (4, 2)),  # not one row fits: the inner dimension is cut too
        (4, 12, 2, 4, 11, (4, 4)),
        (4, 12, 2, 4, 5, None),  # nor does it then
        (12, 30, 1, 1, 4, None),  # a vector: BLAS has another routine
    ],
)
@pytest.mark.parametrize("transposed", [False, True])
def test_blocks(
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    inner: int,
    batch: int,
    parts: int,
    limit: int,
    pieces: tuple[int, int] | None,
    transposed: bool,
) -> None:
    small(monkeypatch, limit)
    rng = np.random.default_rng(1)
    weight = rng.normal(size=(inner, rows)).T if transposed else rng.normal(size=(rows, inner))
    product = Blocks(weight, batch, parts)
    weight += 1.0  # it changes in place
    operand, out = rng.normal(size=(inner, batch)), np.full((rows, batch), np.nan)
    product.multiply(operand, out)
    np.testing.assert_allclose(out, weight @ operand, rtol=0, atol=1e-12)
    assert (product._blocks is None) == (pieces is None)
    if product._blocks is not None:
        assert product._blocks.shape[:2] == pieces


def test_whole_where_the_kernels_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, 1, pays=False)
    assert Blocks(np.ones((8, 8)), 8, 1)._blocks is None


def test_no_lower_than_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, 8 * 8, least=2)
    assert Blocks(np.ones((8, 8)), 8, 1)._blocks is None
    assert height_of(8, 8, 8) == 1
    assert height_of(8, 8, 9) == 0


@each_variant
def test_a_window_of_every_cell(
    monkeypatch: pytest.MonkeyPatch, cell: str, options: Mapping[str, Any]
) -> None:
    model = random_model(cell, options, hidden_size=6, num_layers=2)
    ids, targets = random_ids(model, 4, 3, seed=6), random_ids(model, 4, 3, seed=7)
    found = []
    for limit in (10**9, 60):
        small(monkeypatch, limit)
        network = Network(model, 4, 3, backward=True)
        randomise(network.state)
        gradient = np.zeros(model.size)
        loss = network.train(ids, targets, model.views(gradient), weight=0.5)
        found.append((loss, gradient))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-12)
    np.testing.assert_allclose(found[1][1], found[0][1], rtol=0, atol=1e-12)
