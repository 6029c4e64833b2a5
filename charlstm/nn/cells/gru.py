"""The gated recurrent unit (Cho et al. 2014): two gates, no separate cell state.

    r, z = σ(W·[h', x] + b)                           reset and update
    n = tanh(W_n·[r⊙h', x] + b)                       reset `before` the product, the default
    n = tanh(W_nx·x + b + r⊙(W_nh·h' + b_m))          reset `after` it: cuDNN's form
    h = z⊙h' + (1 − z)⊙n

With Cho et al. z keeps the old state; the well-known drawing swaps z and 1 − z.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy import add, multiply, subtract, tanh

from charlstm.config import setting
from charlstm.nn.cells.base import Cell, Notes, Product, sigmoid_from_tanh


class GRU(Cell):
    """Both forms, h as n + z⊙(h' − n); W_nh·h' + b_m is a block `m` without input."""

    @dataclass(frozen=True)
    class Options:
        """Where the reset gate acts."""

        gru_reset: str = setting(
            "before",
            "Reset gate before or after the product (cell gru).",
            choices=("before", "after"),
        )

    name = "gru"
    inputs = "nrz"
    sigmoids = "rz"
    states = ("h",)
    retention = "z"

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.after = self.options.gru_reset == "after"
        if self.after:
            self.gates = "nrzm"
            self.tape = ("h",)
            self.products = (Product("W", "rzm", "h'"),)
        else:
            self.gates = "nrz"
            self.tape = ("h", "reset")  # reset = r⊙h'
            self.products = (Product("W", "rz", "h'"), Product("W_n", "n", "reset"))

    def forward(self, s: Any) -> None:
        s.W.add(s.h_, s.rzm if self.after else s.rz)
        tanh(s.rz, out=s.rz)
        sigmoid_from_tanh(s.rz)
        if self.after:
            multiply(s.r, s.m, out=s.tmp)
            add(s.n, s.tmp, out=s.n)
        else:
            multiply(s.r, s.h_, out=s.reset)
            s.W_n.add(s.reset, s.n)
        tanh(s.n, out=s.n)
        subtract(s.h_, s.n, out=s.tmp)
        multiply(s.z, s.tmp, out=s.h)
        add(s.h, s.n, out=s.h)

    def backward(self, s: Any) -> None:
        # da[n] = dh⊙(1 − z)⊙(1 − n²)
        subtract(1.0, s.rz, out=s.da_rz)
        multiply(s.n, s.n, out=s.tmp)
        subtract(1.0, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dh, out=s.tmp)
        multiply(s.tmp, s.da_z, out=s.da_n)
        # with dh' = dh⊙z at first, da[z] = dh'⊙(h' − n)⊙(1 − z)
        multiply(s.dh, s.z, out=s.dh)
        subtract(s.h_, s.n, out=s.tmp)
        multiply(s.da_z, s.tmp, out=s.da_z)
        multiply(s.da_z, s.dh, out=s.da_z)
        multiply(s.da_r, s.r, out=s.da_r)
        if self.after:
            # da[m] = da[n]⊙r, da[r] = da[n]⊙m⊙r⊙(1 − r), dh' += Wᵀ·da[r, z, m]
            multiply(s.da_n, s.r, out=s.da_m)
            multiply(s.da_r, s.m, out=s.da_r)
            multiply(s.da_r, s.da_n, out=s.da_r)
            s.W.back(s.da_rzm, s.tmp)
        else:
            # d(r⊙h') = W_nᵀ·da[n]; da[r] is it ⊙h'⊙r⊙(1 − r), dh' += it⊙r + Wᵀ·da[r, z]
            s.W_n.back(s.da_n, s.tmp)
            multiply(s.da_r, s.h_, out=s.da_r)
            multiply(s.da_r, s.tmp, out=s.da_r)
            multiply(s.tmp, s.r, out=s.tmp)
            add(s.dh, s.tmp, out=s.dh)
            s.W.back(s.da_rz, s.tmp)
        add(s.dh, s.tmp, out=s.dh)

    def plain(self, n: Notes, state: Mapping[str, Any]) -> dict[str, Any]:
        h = state["h"]
        r = n.sigmoid(n.gate("r", h))
        z = n.sigmoid(n.gate("z", h))
        if self.after:
            candidate = n.tanh(n.input("n") + r * (n.product("W", "m", h) + n.bias("m")))
        else:
            candidate = n.tanh(n.input("n") + n.product("W_n", "n", r * h))
        return {"h": z * h + (1.0 - z) * candidate}
