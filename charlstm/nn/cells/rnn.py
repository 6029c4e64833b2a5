"""The vanilla recurrent network: a chain of modules with a single tanh layer (Elman 1990).

    h = tanh(W·[h', x] + b)

What it shows: dh' = Wᵀ·(dh⊙(1 − h²)) shrinks or grows by W's singular values at every step, so
gradients vanish or explode over long distances (Bengio et al. 1994, Pascanu et al. 2013).
"""

from collections.abc import Mapping
from typing import Any

from numpy import copyto, multiply, subtract, tanh

from charlstm.nn.cells.base import Cell, Notes, Product


class RNN(Cell):
    """One block, whose tanh is the hidden state itself."""

    name = "rnn"
    gates = inputs = "n"
    sigmoids = ""
    states = ("h",)
    tape = ("h",)
    products = (Product("W", "n", "h'"),)

    def forward(self, s: Any) -> None:
        s.W.add(s.h_, s.n)
        tanh(s.n, out=s.n)
        copyto(s.h, s.n)

    def backward(self, s: Any) -> None:
        # da = dh⊙(1 − h²), dh' = Wᵀ·da
        multiply(s.h, s.h, out=s.tmp)
        subtract(1.0, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dh, out=s.da_n)
        s.W.back(s.da_n, s.dh)

    def plain(self, n: Notes, state: Mapping[str, Any]) -> dict[str, Any]:
        return {"h": n.tanh(n.gate("n", state["h"]))}
