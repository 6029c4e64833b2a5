"""A weight that changes is laid out anew for both products, however they cut it."""

import numpy as np
import pytest

from charlstm.nn import Array, blocked_gemm, layout
from charlstm.nn.blocks import Product
from charlstm.nn.products import FullProduct


def small(monkeypatch: pytest.MonkeyPatch, limit: int, rows: int, pays: bool) -> None:
    """Panels of up to 4 columns, laid out so many rows at a time."""
    monkeypatch.setattr(blocked_gemm, "SMALL", limit)
    for name, columns in (("WIDE", 4), ("DEEP", 6), ("LEAST", 1)):
        monkeypatch.setattr(blocked_gemm, name, columns)
    monkeypatch.setattr(blocked_gemm, "panels_pay", lambda: pays)
    monkeypatch.setattr(layout, "ROWS", rows)


@pytest.mark.parametrize("gates", ["f", "ifo"])
@pytest.mark.parametrize("units", [6, 8, 7])
@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("limit", [10**9, 60, 12])
@pytest.mark.parametrize("rows", [1, 3, 64])
@pytest.mark.parametrize("pays", [False, True])
def test_both_products_are_those_of_the_changed_weight(
    gates: str,
    units: int,
    batch: int,
    limit: int,
    rows: int,
    pays: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small(monkeypatch, limit, rows, pays)
    rng, G = np.random.default_rng(1), len(gates)
    weight = rng.normal(size=(G * units, units))
    scale = np.repeat([0.5, 1.0, 3.0][:G], units)[:, None]
    product = FullProduct(Product("W", gates, "h'"), weight, scale, batch, backward=True)
    weight[...] = rng.normal(size=weight.shape)
    product.refresh()

    def blocks(of_columns: Array) -> Array:
        stack = of_columns.reshape(batch, G, units).swapaxes(0, 1)
        return stack if G > 1 else stack[0]

    h, a = rng.normal(size=(batch, units)), rng.normal(size=(batch, G * units))
    out = blocks(a).copy()
    product.multiply_accumulate(h, out)
    np.testing.assert_allclose(out, blocks(a + h @ (scale * weight).T), rtol=0, atol=1e-12)
    dh = np.empty((batch, units))
    product.transpose_product(blocks(a), dh)
    np.testing.assert_allclose(dh, a @ weight, rtol=0, atol=1e-12)
