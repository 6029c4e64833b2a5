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

from charlstm.cells.base import Array, Cell, Product
from charlstm.cells.blocks import pick, rows_of, runs, stacked
from charlstm.cells.inputs import Input
from charlstm.cells.weight import Diagonal, Full


class Layer:
    """A cell with weights and buffers for windows of up to `length` steps of `batch` columns.

    `params` holds the views of this layer's parameters by name: every product's weight, the bias
    `b` (G·H, 1) and what its input needs. `gates` and `tape` name [T, H, B] and [T+1, H, B] views
    of the last window, for looking inside; slot 0 of the tape is the state carried in. `state`
    names (H, B) views of that, and `dstate` of its gradient after `backward`.
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
        self.cell, self.inputs, self.length, self.batch = cell, inputs, length, batch
        scale = gate_scale(cell, H, dtype)
        self._weights = {
            p.name: (Diagonal if p.diagonal else Full)(
                p, params[p.name], scale[rows_of(cell.gates, p.gates, H)], batch
            )
            for p in cell.products
        }
        self._seen = len(cell.inputs)  # blocks of `a` that see the input; the rest has b alone
        self._bias, self._scale = (v.reshape(G, 1, H)[self._seen :] for v in (params["b"], scale))
        self._rest = np.empty_like(self._scale)

        self._a = np.empty((length, G, batch, H), dtype)
        self._tape = np.zeros((length + 1, len(cell.tape), batch, H), dtype)
        self._carried = self._tape[:, rows_of(cell.tape, cell.states)]
        self.gates = {g: self._a[:, k].swapaxes(1, 2) for k, g in enumerate(cell.gates)}
        self.tape = {n: self._tape[:, k].swapaxes(1, 2) for k, n in enumerate(cell.tape)}
        self.state = {name: self.tape[name][0] for name in cell.states}

        full = [p for p in cell.products if not p.diagonal]
        operands = {p.operand.rstrip("'") for p in full} if backward else set()
        self._rows = {
            name: np.empty(((length + 1) * batch, H), dtype) for name in sorted(operands | {"h"})
        }
        self._dA = np.empty((length * batch, G * H), dtype) if backward else None
        self._unkept = [g for g in cell.gates if not any(g in p.gates for p in full)]
        self._dstate = {name: np.zeros((batch, H), dtype) for name in cell.states}
        self.dstate = {name: gradient.T for name, gradient in self._dstate.items()}
        self._steps = [self._step(t, H) for t in range(length)]

    def _step(self, t: int, H: int) -> SimpleNamespace:
        """The views of step t that a cell's equations name."""
        cell, dtype = self.cell, self._a.dtype
        s = SimpleNamespace(**self._weights)
        s.a = self._a[t]
        s.x, s.rest = s.a[: self._seen], s.a[self._seen :]
        for run in runs(cell.gates):
            setattr(s, "".join(run), pick(s.a, cell.gates, run))
        for run in runs(cell.tape):
            setattr(s, "".join(run), pick(self._tape[t + 1], cell.tape, run))
            setattr(s, "".join(run) + "_", pick(self._tape[t], cell.tape, run))
        if self._dA is not None:
            if t == 0:
                self._da = np.empty_like(s.a)
                self._tmp = np.empty((self.batch, H), dtype)
            s.da, s.tmp = self._da, self._tmp
            for run in runs(cell.gates):
                setattr(s, "da_" + "".join(run), pick(s.da, cell.gates, run))
            for name, gradient in self._dstate.items():
                setattr(s, "d" + name, gradient)
            now = self._dA[t * self.batch : (t + 1) * self.batch]
            for name, weight in self._weights.items():
                setattr(s, name, weight.at(now[:, rows_of(cell.gates, weight.product.gates, H)]))
            s.kept = stacked(now, len(cell.gates))
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
        if steps == 1 and self._dA is None:
            return np.asarray(self._steps[0].h)  # rows already
        return self._as_rows("h", steps)[self.batch :]

    def carry(self, steps: int) -> None:
        """Make the state after `steps` steps the state carried into the next window."""
        np.copyto(self._carried[0], self._carried[steps])

    def backward(self, steps: int, dy: Array, grads: Mapping[str, Array]) -> Array | None:
        """From dL/dh as rows (steps·B, H) to the weights' gradients, written to `grads`.

        Returns the gradient of the input's rows, or None where the input is characters. After
        it, `dstate` holds the gradient of the state carried in.
        """
        assert self._dA is not None
        B, dh = self.batch, self._dstate["h"]
        for gradient in self._dstate.values():
            gradient.fill(0.0)
        for t in reversed(range(steps)):
            s = self._steps[t]
            np.add(dh, dy[t * B : (t + 1) * B], out=dh)
            self.cell.backward(s)
            for gate in self._unkept:
                np.copyto(pick(s.kept, self.cell.gates, gate), getattr(s, "da_" + gate))

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
        name, first = product.operand.rstrip("'"), 0 if product.operand.endswith("'") else 1
        if product.diagonal:
            tape = self._tape[first : first + steps, self.cell.tape.index(name)]
            return tape.reshape(-1, tape.shape[-1])
        rows = self._rows[name]
        if name != "h":  # outputs() has laid out h
            self._as_rows(name, steps)
        return rows[first * self.batch : (first + steps) * self.batch]

    def _as_rows(self, name: str, steps: int) -> Array:
        rows = self._rows[name][: (steps + 1) * self.batch]
        source = self._tape[: steps + 1, self.cell.tape.index(name)]
        np.copyto(rows.reshape(source.shape), source)
        return rows


def gate_scale(cell: Cell, hidden_size: int, dtype: Any) -> NDArray[Any]:
    """½ on the rows of σ gates, since σ(a) = ½ + ½·tanh(a/2), and 1 elsewhere: (G·H, 1)."""
    halves = [0.5 if gate in cell.sigmoids else 1.0 for gate in cell.gates]
    return np.repeat(np.array(halves, dtype), hidden_size)[:, None]
