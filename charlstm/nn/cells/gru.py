"""The gated recurrent unit (Cho et al. 2014): two gates, and no cell state.

    r, z = σ(W·[h', x] + b)                           reset and update
    n = tanh(W_n·[r⊙h', x] + b)                       reset `before` the product, the default
    n = tanh(W_nx·x + b + r⊙(W_nh·h' + b_m))          reset `after` it, as in cuDNN and PyTorch
    h = z⊙h' + (1 − z)⊙n

Here z keeps the old state, as in Cho et al. 2014. Olah's drawing (2015) swaps z and 1 − z.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy import add, multiply, subtract, tanh

from charlstm.nn import Array
from charlstm.nn.activation import finish_sigmoid
from charlstm.nn.blocks import Product
from charlstm.nn.cells.base import BoundProduct, Cell, Step
from charlstm.nn.graph import Node, Operators
from charlstm.setting import setting


class GRUStep(Step):
    """The arrays of one step. Only `after` has `m` and `rzm`; only `before` has `reset`."""

    n: Array
    r: Array
    z: Array
    m: Array
    rz: Array
    rzm: Array
    reset: Array  # r⊙h'
    da_n: Array
    da_r: Array
    da_z: Array
    da_m: Array
    da_rz: Array
    da_rzm: Array
    W: BoundProduct
    W_n: BoundProduct


class GRU(Cell[GRUStep]):
    """Both forms. The code computes h as n + z⊙(h' − n). m = W_nh·h' + b_m is a block without x."""

    @dataclass(frozen=True)
    class Options:
        """Where the reset gate acts."""

        gru_reset: str = setting(
            "before",
            "Reset gate before or after the product (cell gru).",
            choices=("before", "after"),
        )

    name = "gru"
    step = GRUStep
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
            self.tape = ("h", "reset")
            self.products = (Product("W", "rz", "h'"), Product("W_n", "n", "reset"))

    def equations(self, op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
        h = state["h"]
        r = op.sigmoid(op.preactivation("r", h))
        z = op.sigmoid(op.preactivation("z", h))
        if self.after:
            n = op.tanh(op.input("n") + r * (op.product("W", "m", h) + op.bias("m")))
        else:
            n = op.tanh(op.input("n") + op.product("W_n", "n", r * h))
        return {"h": z * h + (1.0 - z) * n}

    def forward(self, s: GRUStep) -> None:
        # r, z = σ(W·h' + (W_x·x + b)), and m = W_nh·h' + b_m
        s.W.multiply_accumulate(s.h_prev, s.rzm if self.after else s.rz)
        tanh(s.rz, out=s.rz)
        finish_sigmoid(s.rz)
        # n = tanh(r⊙m + …) or tanh(W_n·(r⊙h') + …)
        if self.after:
            multiply(s.r, s.m, out=s.tmp)
            add(s.n, s.tmp, out=s.n)
        else:
            multiply(s.r, s.h_prev, out=s.reset)
            s.W_n.multiply_accumulate(s.reset, s.n)
        tanh(s.n, out=s.n)
        # h = n + z⊙(h' − n)
        subtract(s.h_prev, s.n, out=s.tmp)
        multiply(s.z, s.tmp, out=s.h)
        add(s.h, s.n, out=s.h)

    def backward(self, s: GRUStep) -> None:
        # da_r, da_z start as 1 − r, 1 − z
        subtract(1.0, s.rz, out=s.da_rz)
        # da_n = (1 − n²)⊙dh⊙(1 − z)
        multiply(s.n, s.n, out=s.tmp)
        subtract(1.0, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dh, out=s.tmp)
        multiply(s.tmp, s.da_z, out=s.da_n)
        # dh' = dh⊙z; da_z = (1 − z)⊙(h' − n)⊙dh'
        multiply(s.dh, s.z, out=s.dh)
        subtract(s.h_prev, s.n, out=s.tmp)
        multiply(s.da_z, s.tmp, out=s.da_z)
        multiply(s.da_z, s.dh, out=s.da_z)
        # r⊙(1 − r), the first part of da_r
        multiply(s.da_r, s.r, out=s.da_r)
        if self.after:
            # da_m = da_n⊙r, da_r = r⊙(1 − r)⊙m⊙da_n, dh' += Wᵀ·da of r, z and m
            multiply(s.da_n, s.r, out=s.da_m)
            multiply(s.da_r, s.m, out=s.da_r)
            multiply(s.da_r, s.da_n, out=s.da_r)
            s.W.transpose_product(s.da_rzm, s.tmp)
        else:
            # d(r⊙h') = W_nᵀ·da_n; da_r = r⊙(1 − r)⊙h'⊙d(r⊙h'); dh' += r⊙d(r⊙h')
            s.W_n.transpose_product(s.da_n, s.tmp)
            multiply(s.da_r, s.h_prev, out=s.da_r)
            multiply(s.da_r, s.tmp, out=s.da_r)
            multiply(s.tmp, s.r, out=s.tmp)
            add(s.dh, s.tmp, out=s.dh)
            # dh' += Wᵀ·da of r and z
            s.W.transpose_product(s.da_rz, s.tmp)
        add(s.dh, s.tmp, out=s.dh)
