"""The LSTM of the notes (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

    i, f, o = σ(W·[h', x] + b)      how much to write, to keep, to show
    g = tanh(W·[h', x] + b)         the candidate, the notes' C̃
    c = f⊙c' + i⊙g                  the cell state
    h = o⊙tanh(c)                   the hidden state, the output

The backward pass is derived in docs/backward.md.
"""

from collections.abc import Mapping
from typing import Any

from numpy import add, multiply, subtract, tanh

from charlstm.nn.cells.base import Cell, Notes, Product, sigmoid_from_tanh


class LSTM(Cell):
    """Four gate blocks on one product."""

    name = "lstm"
    gates = inputs = "ifog"
    sigmoids = "ifo"
    states = ("h", "c")
    memory, bounded_memory, retention = "c", False, "f"
    tape = ("h", "c", "tanh_c")
    products = (Product("W", "ifog", "h'"),)
    # Start by remembering (Jozefowicz et al. 2015), and as slow to write as to forget: b_i = −b_f
    # (Tallec & Ollivier 2018), as with coupled gates.
    biases = {"f": 1.0, "i": -1.0}

    def forward(self, s: Any) -> None:
        s.W.add(s.h_, s.a)
        tanh(s.a, out=s.a)
        sigmoid_from_tanh(s.ifo)
        multiply(s.i, s.g, out=s.tmp)
        multiply(s.f, s.c_, out=s.c)
        add(s.c, s.tmp, out=s.c)
        tanh(s.c, out=s.tanh_c)
        multiply(s.o, s.tanh_c, out=s.h)

    def backward(self, s: Any) -> None:
        # dc += dh⊙o⊙(1 − tanh²c) = dh⊙(o − h⊙tanh c)
        multiply(s.h, s.tanh_c, out=s.tmp)
        subtract(s.o, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dh, out=s.tmp)
        add(s.dc, s.tmp, out=s.dc)
        # da[i, f, o] = (1 − [i, f, o])⊙[i⊙g, f⊙c', h]⊙[dc, dc, dh], since σ' = σ(1 − σ)
        subtract(1.0, s.ifo, out=s.da_ifo)
        multiply(s.da_o, s.h, out=s.da_o)
        multiply(s.da_o, s.dh, out=s.da_o)
        multiply(s.f, s.c_, out=s.tmp)
        multiply(s.da_f, s.tmp, out=s.da_f)
        multiply(s.da_f, s.dc, out=s.da_f)
        multiply(s.i, s.g, out=s.tmp)
        multiply(s.da_i, s.tmp, out=s.da_i)
        multiply(s.da_i, s.dc, out=s.da_i)
        # da[g] = dc⊙i⊙(1 − g²) = dc⊙(i − i⊙g⊙g)
        multiply(s.tmp, s.g, out=s.tmp)
        subtract(s.i, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dc, out=s.da_g)
        # dc' = dc⊙f, dh' = Wᵀ·da
        multiply(s.dc, s.f, out=s.dc)
        s.W.back(s.da, s.dh)

    def plain(self, n: Notes, state: Mapping[str, Any]) -> dict[str, Any]:
        h, c = state["h"], state["c"]
        f = n.sigmoid(n.gate("f", h))
        i = n.sigmoid(n.gate("i", h))
        g = n.tanh(n.gate("g", h))
        o = n.sigmoid(n.gate("o", h))
        c = f * c + i * g
        return {"h": o * n.tanh(c), "c": c}
