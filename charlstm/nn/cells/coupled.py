"""The LSTM with coupled forget and input gates: we only forget what we put something in place of.

    f, o = σ(W·[h', x] + b)
    g = tanh(W·[h', x] + b)
    c = f⊙c' + (1 − f)⊙g            i = 1 − f: there are no input-gate weights
    h = o⊙tanh(c)

Greff et al. 2017 call it CIFG.
"""

from collections.abc import Mapping
from typing import Any

from numpy import add, multiply, subtract, tanh

from charlstm.nn.cells.base import Cell, Notes, Product, sigmoid_from_tanh


class Coupled(Cell):
    """Three gate blocks; c is computed as g + f⊙(c' − g)."""

    name = "coupled"
    gates = inputs = "fog"
    sigmoids = "fo"
    states = ("h", "c")
    memory, bounded_memory, retention = "c", False, "f"
    tape = ("h", "c", "tanh_c")
    products = (Product("W", "fog", "h'"),)
    biases = {"f": 1.0}

    def forward(self, s: Any) -> None:
        s.W.add(s.h_, s.a)
        tanh(s.a, out=s.a)
        sigmoid_from_tanh(s.fo)
        subtract(s.c_, s.g, out=s.tmp)
        multiply(s.f, s.tmp, out=s.c)
        add(s.c, s.g, out=s.c)
        tanh(s.c, out=s.tanh_c)
        multiply(s.o, s.tanh_c, out=s.h)

    def backward(self, s: Any) -> None:
        # dc += dh⊙o⊙(1 − tanh²c) = dh⊙(o − h⊙tanh c)
        multiply(s.h, s.tanh_c, out=s.tmp)
        subtract(s.o, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dh, out=s.tmp)
        add(s.dc, s.tmp, out=s.dc)
        # da[f] = dc⊙(c' − g)⊙f⊙(1 − f), da[o] = dh⊙h⊙(1 − o)
        subtract(1.0, s.fo, out=s.da_fo)
        multiply(s.da_o, s.h, out=s.da_o)
        multiply(s.da_o, s.dh, out=s.da_o)
        # da[g] = dc⊙(1 − f)⊙(1 − g²)
        multiply(s.g, s.g, out=s.tmp)
        subtract(1.0, s.tmp, out=s.da_g)
        multiply(s.da_g, s.dc, out=s.da_g)
        multiply(s.da_g, s.da_f, out=s.da_g)
        # dc' = dc⊙f, dh' = Wᵀ·da
        multiply(s.dc, s.f, out=s.dc)
        multiply(s.da_f, s.dc, out=s.da_f)
        subtract(s.c_, s.g, out=s.tmp)
        multiply(s.da_f, s.tmp, out=s.da_f)
        s.W.back(s.da, s.dh)

    def plain(self, n: Notes, state: Mapping[str, Any]) -> dict[str, Any]:
        h, c = state["h"], state["c"]
        f = n.sigmoid(n.gate("f", h))
        g = n.tanh(n.gate("g", h))
        o = n.sigmoid(n.gate("o", h))
        c = f * c + (1.0 - f) * g
        return {"h": o * n.tanh(c), "c": c}
