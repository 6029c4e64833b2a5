"""The LSTM whose gates may look at the cell state (Gers & Schmidhuber 2000).

    i, f = σ(W·[h', x] + P·c' + b)      chosen gates see the old cell state
    g = tanh(W·[h', x] + b)
    c = f⊙c' + i⊙g
    o = σ(W·[h', x] + P·c + b)          the output gate sees the new one
    h = o⊙tanh(c)

P is a matrix for each chosen gate (`full`: the notes' W·[c, h, x]) or a vector (`diagonal`: Gers
& Schmidhuber's own). "Many papers will give some peepholes and not others": `peepholes` says which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy import add, multiply, subtract, tanh

from charlstm.config import setting
from charlstm.errors import ConfigError
from charlstm.nn.cells.base import Cell, Notes, Product, sigmoid_from_tanh


class Peephole(Cell):
    """The LSTM's equations, with o computed after c."""

    @dataclass(frozen=True)
    class Options:
        """Which gates look, and through what."""

        peephole_kind: str = setting(
            "full",
            "Peephole weights: matrices or vectors (cell peephole).",
            choices=("full", "diagonal"),
        )
        peepholes: str = setting("ifo", "Gates with peepholes: letters of ifo (cell peephole).")

        def __post_init__(self) -> None:
            letters = self.peepholes
            if not letters or set(letters) - set("ifo") or len(set(letters)) < len(letters):
                raise ConfigError(
                    f"peepholes must be some of the letters i, f and o, each once, not {letters!r}."
                )

    name = "peephole"
    gates = inputs = "ifgo"
    sigmoids = "ifo"
    states = ("h", "c")
    memory, bounded_memory, retention = "c", False, "f"
    tape = ("h", "c", "tanh_c")
    biases = {"f": 1.0, "i": -1.0}  # as the LSTM's

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        chosen, diagonal = self.options.peepholes, self.options.peephole_kind == "diagonal"
        self.early = [(gate, f"P_{gate}") for gate in "if" if gate in chosen]
        self.late = "o" in chosen
        self.products = (
            Product("W", "ifgo", "h'"),
            *(Product(name, gate, "c'", diagonal) for gate, name in self.early),
            *([Product("P_o", "o", "c", diagonal)] if self.late else []),
        )

    def forward(self, s: Any) -> None:
        s.W.add(s.h_, s.a)
        for gate, name in self.early:
            getattr(s, name).add(s.c_, getattr(s, gate))
        tanh(s.ifg, out=s.ifg)
        sigmoid_from_tanh(getattr(s, "if"))
        multiply(s.i, s.g, out=s.tmp)
        multiply(s.f, s.c_, out=s.c)
        add(s.c, s.tmp, out=s.c)
        if self.late:
            s.P_o.add(s.c, s.o)
        tanh(s.o, out=s.o)
        sigmoid_from_tanh(s.o)
        tanh(s.c, out=s.tanh_c)
        multiply(s.o, s.tanh_c, out=s.h)

    def backward(self, s: Any) -> None:
        # da[o] = dh⊙h⊙(1 − o)
        subtract(1.0, s.o, out=s.da_o)
        multiply(s.da_o, s.h, out=s.da_o)
        multiply(s.da_o, s.dh, out=s.da_o)
        # dc += dh⊙(o − h⊙tanh c) + P_oᵀ·da[o]
        multiply(s.h, s.tanh_c, out=s.tmp)
        subtract(s.o, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dh, out=s.tmp)
        add(s.dc, s.tmp, out=s.dc)
        if self.late:
            s.P_o.back(s.da_o, s.tmp)
            add(s.dc, s.tmp, out=s.dc)
        # da[i] = dc⊙i⊙g⊙(1 − i), da[g] = dc⊙(i − i⊙g⊙g)
        subtract(1.0, getattr(s, "if"), out=s.da_if)
        multiply(s.i, s.g, out=s.tmp)
        multiply(s.da_i, s.tmp, out=s.da_i)
        multiply(s.da_i, s.dc, out=s.da_i)
        multiply(s.tmp, s.g, out=s.tmp)
        subtract(s.i, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dc, out=s.da_g)
        # with dc' = dc⊙f, da[f] = dc'⊙c'⊙(1 − f)
        multiply(s.dc, s.f, out=s.dc)
        multiply(s.da_f, s.c_, out=s.da_f)
        multiply(s.da_f, s.dc, out=s.da_f)
        # dc' += Pᵀ·da of the gates that saw it; dh' = Wᵀ·da
        for gate, name in self.early:
            getattr(s, name).back(getattr(s, "da_" + gate), s.tmp)
            add(s.dc, s.tmp, out=s.dc)
        s.W.back(s.da, s.dh)

    def plain(self, n: Notes, state: Mapping[str, Any]) -> dict[str, Any]:
        h, c = state["h"], state["c"]

        def peep(gate: str, c: Any) -> Any:
            a = n.gate(gate, h)
            return a + n.product(f"P_{gate}", gate, c) if gate in self.options.peepholes else a

        f = n.sigmoid(peep("f", c))
        i = n.sigmoid(peep("i", c))
        g = n.tanh(n.gate("g", h))
        c = f * c + i * g
        o = n.sigmoid(peep("o", c))
        return {"h": o * n.tanh(c), "c": c}
