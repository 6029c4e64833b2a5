"""One recurrent layer over a window: the buffers, the time loop and the matrix products of a cell.

Per-step buffers are [T, blocks, B, H]: each step's blocks are contiguous, and within them the
numbers of one column, an example, lie side by side. What the whole window needs at once, for one
product per weight after the loop, is laid out as rows, one for each column of each step: (T·B, …).
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.blocks import pick, rows_of, runs
from charlstm.nn.cells.base import Array, Cell, Product
from charlstm.nn.inputs import Input
from charlstm.nn.products import Diagonal, Full


class Layer:
    """A cell with weights and buffers for windows of up to `length` steps of `batch` columns.

    `params` holds the views of this layer's parameters by name: every product's weight, the bias
    `b` (G·H, 1) and what its input needs. `gates` and `tape` name [T, H, B] and [T+1, H, B] views
    of the last window, for looking inside (`gates` until `backward`); slot 0 of the tape is the
    state carried in. `state` names (H, B) views of that, `dstate` of its gradient after `backward`.
    """

    def __init__(
        self,
        cell: Cell,
        hidden_size: int,
        params: Mapping[str, Array],
        inputs: Input,
        length: int,
        batch: int,
        *,
        backward: bool,
    ) -> None:
        H, G, dtype = hidden_size, len(cell.gates), params["b"].dtype
        self.cell, self.inputs, self.batch = cell, inputs, batch
        scale = gate_scale(cell, H, dtype)
        self._row = np.empty((batch, G * H), dtype) if backward else None  # a step's dL/da, as rows
        self._weights: dict[str, Diagonal | Full] = {}
        for p in cell.products:
            at = rows_of(cell.gates, p.gates, H)
            row = None if self._row is None else self._row[:, at]
            kind = Diagonal if p.diagonal else Full
            self._weights[p.name] = kind(p, params[p.name], scale[at], batch, row)
        self._seen = len(cell.inputs)  # blocks of `a` that see the input; the rest has b alone
        self._bias, self._scale = (v.reshape(G, 1, H)[self._seen :] for v in (params["b"], scale))
        self._rest = np.empty_like(self._scale)

        self._a = np.empty((length, G, batch, H), dtype)
        self._tape = {name: np.zeros(((length + 1) * batch, H), dtype) for name in cell.tape}
        self.gates = {g: self._a[:, k].swapaxes(1, 2) for k, g in enumerate(cell.gates)}
        self.tape = {
            name: rows.reshape(length + 1, batch, H).swapaxes(1, 2)
            for name, rows in self._tape.items()
        }
        self.state = {name: self.tape[name][0] for name in cell.states}

        # Going back, a step's gates make way for their gradient, as rows.
        self._dA = self._a.reshape(length * batch, G * H) if backward else None
        self._dstate = {name: np.zeros((batch, H), dtype) for name in cell.states}
        self.dstate = {name: gradient.T for name, gradient in self._dstate.items()}
        shared = {"tmp": np.empty((batch, H), dtype), **self._weights, **self._backward_views(G, H)}
        self._steps = [self._step(t, shared) for t in range(length)]

    def _backward_views(self, G: int, H: int) -> dict[str, Any]:
        """What a cell's equations name going back, the same at every step."""
        if self._row is None:
            return {}
        cell = self.cell
        self._da = np.empty((G, self.batch, H), self._a.dtype)
        views: dict[str, Any] = {"da": self._da}
        views |= {"da_" + run: pick(self._da, cell.gates, run) for run in runs(cell.gates)}
        kept = "".join(p.gates for p in cell.products if not p.diagonal)
        self._unkept = [  # gates of no full product, which would lay them out as rows
            (self._row[:, rows_of(cell.gates, gate, H)], views["da_" + gate])
            for gate in cell.gates
            if gate not in kept
        ]
        return views | {"d" + name: gradient for name, gradient in self._dstate.items()}

    def _step(self, t: int, shared: Mapping[str, Any]) -> SimpleNamespace:
        """The views of step t that a cell's equations name."""
        gates, B = self.cell.gates, self.batch
        s = SimpleNamespace(**shared)
        s.a = self._a[t]
        s.x, s.rest = s.a[: self._seen], s.a[self._seen :]
        for run in runs(gates):
            setattr(s, run, pick(s.a, gates, run))
        for name, rows in self._tape.items():
            setattr(s, name, rows[(t + 1) * B : (t + 2) * B])
            setattr(s, name + "_", rows[t * B : (t + 1) * B])
        return s

    def refresh(self) -> None:
        """Take over changed parameters: call after each update, before the next window."""
        for weight in self._weights.values():
            weight.refresh()
        self.inputs.refresh()
        np.multiply(self._bias, self._scale, out=self._rest)

    def forward(self, steps: int) -> None:
        """Run `steps` steps from the state in slot 0; the inputs have been given their window."""
        for t in range(steps):
            s = self._steps[t]
            self.inputs.fill(t, s.x)
            if self._rest.size:
                np.copyto(s.rest, self._rest)
            self.cell.forward(s)

    def outputs(self, steps: int) -> Array:
        """The window's h as rows (steps·B, H)."""
        return self._tape["h"][self.batch : (steps + 1) * self.batch]

    def carry(self, steps: int) -> None:
        """Make the state after `steps` steps the state carried into the next window."""
        for name in self.cell.states:
            rows, B = self._tape[name], self.batch
            np.copyto(rows[:B], rows[steps * B : (steps + 1) * B])

    def backward(self, steps: int, dy: Array, grads: Mapping[str, Array]) -> Array | None:
        """From dL/dh as rows (steps·B, H) to the weights' gradients, written to `grads`.

        Returns the gradient of the input's rows, or None where the input is characters. After
        it, `dstate` holds the gradient of the state carried in.
        """
        assert self._dA is not None
        assert self._row is not None
        B, dh = self.batch, self._dstate["h"]
        for gradient in self._dstate.values():
            gradient.fill(0.0)
        for t in reversed(range(steps)):
            now = slice(t * B, (t + 1) * B)
            np.add(dh, dy[now], out=dh)
            self.cell.backward(self._steps[t])
            for block, da in self._unkept:
                np.copyto(block, da)
            np.copyto(self._dA[now], self._row)

        dA = self._dA[: steps * B]
        H = dh.shape[1]
        for name, weight in self._weights.items():
            da = dA[:, rows_of(self.cell.gates, weight.product.gates, H)]
            z = self._operand(weight.product, steps)
            if weight.product.diagonal:
                parts = da.reshape(len(da), -1, H) * z[:, None]
                np.sum(parts, axis=0, out=grads[name].reshape(-1, H))
            else:
                np.matmul(da.T, z, out=grads[name])
        seen = self._seen * H
        np.sum(dA[:, seen:], axis=0, out=grads["b"][seen:, 0])
        return self.inputs.backward(dA[:, :seen], grads)

    def _operand(self, product: Product, steps: int) -> Array:
        """What a weight met in the window, as rows (steps·B, H) to go with those of dA."""
        first = 0 if product.operand.endswith("'") else self.batch
        return self._tape[product.operand.rstrip("'")][first : first + steps * self.batch]


def gate_scale(cell: Cell, hidden_size: int, dtype: Any) -> NDArray[Any]:
    """½ on the rows of σ gates, since σ(a) = ½ + ½·tanh(a/2), and 1 elsewhere: (G·H, 1)."""
    halves = [0.5 if gate in cell.sigmoids else 1.0 for gate in cell.gates]
    return np.repeat(np.array(halves, dtype), hidden_size)[:, None]
