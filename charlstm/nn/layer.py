"""One recurrent layer over a window: the buffers, the time loop and the products of a cell.

Buffers of steps are [T, blocks, B, H]. The blocks of a step are contiguous. In a block the H
numbers of one column (one example of the batch) lie side by side. A product over the whole window
uses rows (T·B, H): one row for each column of each step.

The tape holds what the forward pass keeps for the backward pass. For each name that the cell
declares it has rows of T+1 steps. The first step is the state carried into the window.
"""

from collections.abc import Mapping, Sequence
from inspect import get_annotations
from keyword import iskeyword
from typing import Any

import numpy as np

from charlstm.nn import Array, aligned
from charlstm.nn.activation import gate_scale
from charlstm.nn.blocks import Product, pick, rows_of, runs
from charlstm.nn.cells.base import Cell, Step
from charlstm.nn.inputs import LayerInput
from charlstm.nn.products import DiagonalProduct, FullProduct
from charlstm.nn.resets import Resets


class Layer:
    """A cell with weights and buffers for windows of up to `length` steps of `batch` columns.

    `params` holds the layer's arrays by name: the weight of every product, the bias `b` (G·H, 1),
    and the weights of its input. By name, `gates` and `tape` hold views [T, H, B] and [T+1, H, B]
    of the last window; `backward` overwrites `gates`. `state` holds views (H, B) of the carried
    state. After `backward`, `dstate` holds views of its gradient. `reset_at` is an id that is read
    from zero state; give `resets` the ids of the window before `forward`.
    """

    def __init__(
        self,
        cell: Cell[Any],
        hidden_size: int,
        params: Mapping[str, Array],
        inputs: LayerInput,
        length: int,
        batch: int,
        *,
        backward: bool,
        reset_at: int | None = None,
    ) -> None:
        H, G, dtype = hidden_size, len(cell.gates), params["b"].dtype
        self.cell, self.inputs, self.batch = cell, inputs, batch
        scale = gate_scale(cell.gates, cell.sigmoids, H, dtype)
        self._products: dict[str, DiagonalProduct | FullProduct] = {}
        for p in cell.products:
            at = rows_of(cell.gates, p.gates, H)
            kind = DiagonalProduct if p.diagonal else FullProduct
            self._products[p.name] = kind(p, params[p.name], scale[at], batch, backward=backward)
        # The gates after those of `inputs` see no x: they start from the bias alone.
        self._seen = len(cell.inputs)
        self._bias, self._scale = (v.reshape(G, 1, H)[self._seen :] for v in (params["b"], scale))
        self._bias_alone = np.empty_like(self._scale)

        self._a = aligned.empty((length, G, batch, H), dtype)
        self._tape = {name: aligned.zeros(((length + 1) * batch, H), dtype) for name in cell.tape}
        self.gates = {g: self._a[:, k].swapaxes(1, 2) for k, g in enumerate(cell.gates)}
        self.tape = {
            name: rows.reshape(length + 1, batch, H).swapaxes(1, 2)
            for name, rows in self._tape.items()
        }
        self.state = {name: self.tape[name][0] for name in cell.states}
        self.resets: Resets | None = None
        if reset_at is not None:
            self.resets = Resets(reset_at, {s: self._tape[s] for s in cell.states}, length)

        # The backward pass overwrites the gates of a step with dL/da, laid out as rows.
        self._dA = self._a.reshape(length * batch, G * H) if backward else None
        self._dstate = {name: aligned.zeros((batch, H), dtype) for name in cell.states}
        self.dstate = {name: gradient.T for name, gradient in self._dstate.items()}
        self._tmp = aligned.empty((batch, H), dtype)
        shared = {"tmp": self._tmp, **self._products}
        if backward:
            shared |= self._backward_arrays(G, H)
        names = [name for kind in cell.step.__mro__ for name in get_annotations(kind)]
        self._steps = [self._step(t, names, shared) for t in range(length)]
        self._input_blocks = [a[: self._seen] for a in self._a]
        self._other_blocks = [a[self._seen :] for a in self._a]

    def _backward_arrays(self, G: int, H: int) -> dict[str, Any]:
        """The arrays that `backward` of the cell uses: the same ones at every step."""
        self._dA_blocks = list(self._a.reshape(-1, self.batch, G, H).swapaxes(1, 2))
        da = self._da = aligned.empty((G, self.batch, H), self._a.dtype)
        arrays: dict[str, Any] = {"da": da}
        gates = self.cell.gates
        arrays |= {"da_" + run: pick(da, gates, run) for run in runs(gates)}
        return arrays | {"d" + name: gradient for name, gradient in self._dstate.items()}

    def _step(self, t: int, names: Sequence[str], shared: Mapping[str, Any]) -> Step:
        """The arrays of step t, by those of `names` that this layer has."""
        gates, B = self.cell.gates, self.batch
        arrays = {"a": self._a[t], **shared}
        for run in runs(gates):
            arrays[run + "_" * iskeyword(run)] = pick(self._a[t], gates, run)
        for name, rows in self._tape.items():
            arrays[name] = rows[(t + 1) * B : (t + 2) * B]
            arrays[name + "_prev"] = self._before(name)[t * B : (t + 1) * B]
        step: Step = self.cell.step()
        for name in names:
            if name in arrays:
                setattr(step, name, arrays[name])
        return step

    def refresh(self) -> None:
        """Read the changed parameters. Call this after each update, before the next window."""
        for product in self._products.values():
            product.refresh()
        self.inputs.refresh()
        np.multiply(self._bias, self._scale, out=self._bias_alone)

    def forward(self, steps: int) -> None:
        """Run `steps` steps from the carried state. Give the inputs their window first."""
        for t in range(steps):
            if self.resets:
                self.resets.forward(t)
            self.inputs.fill(t, self._input_blocks[t])
            if self._bias_alone.size:
                np.copyto(self._other_blocks[t], self._bias_alone)
            self.cell.forward(self._steps[t])

    def outputs(self, steps: int) -> Array:
        """The hidden states of the window as rows (steps·B, H)."""
        return self._tape["h"][self.batch : (steps + 1) * self.batch]

    def carry(self, steps: int) -> None:
        """Carry the state after `steps` steps into the next window."""
        for name in self.cell.states:
            rows, B = self._tape[name], self.batch
            np.copyto(rows[:B], rows[steps * B : (steps + 1) * B])

    def backward(
        self, steps: int, dy: Array, grads: Mapping[str, Array], penalty: float = 0.0
    ) -> Array | None:
        """Compute the gradients of the weights from dL/dh `dy` (steps·B, H), into `grads`.

        L has `penalty` · Σ m² added to it, over the memory m of all steps. It returns dL/dx as
        rows, or None where the input is characters. It also sets `dstate`, the gradient of the
        state carried in.
        """
        assert self._dA is not None
        B, dh = self.batch, self._dstate["h"]
        memory, dmemory = self._tape[self.cell.memory], self._dstate[self.cell.memory]
        for gradient in self._dstate.values():
            gradient.fill(0.0)
        for t in reversed(range(steps)):
            now = slice(t * B, (t + 1) * B)
            np.add(dh, dy[now], out=dh)
            if penalty:
                np.multiply(memory[(t + 1) * B : (t + 2) * B], 2.0 * penalty, out=self._tmp)
                np.add(dmemory, self._tmp, out=dmemory)
            self.cell.backward(self._steps[t])
            if self.resets:
                self.resets.backward(t, self._dstate)
            np.copyto(self._dA_blocks[t], self._da)

        dA = self._dA[: steps * B]
        H = dh.shape[1]
        for name, weighted in self._products.items():
            da = dA[:, rows_of(self.cell.gates, weighted.product.gates, H)]
            operand = self._operand(weighted.product, steps)
            if weighted.product.diagonal:
                parts = da.reshape(len(da), -1, H) * operand[:, None]
                np.sum(parts, axis=0, out=grads[name].reshape(-1, H))
            else:
                np.matmul(da.T, operand, out=grads[name])
        seen = self._seen * H
        np.sum(dA[:, seen:], axis=0, out=grads["b"][seen:, 0])
        return self.inputs.backward(dA[:, :seen], grads)

    def input_gradient(self, steps: int) -> Array:
        """After `backward`, dL/da of the gates that see x at each step, (steps, B, g·H).

        Where x is a character, it is the gradient of its row of E at that step.
        """
        assert self._dA is not None
        dA = self._dA[: steps * self.batch, : self._seen * self._dstate["h"].shape[1]]
        return dA.reshape(steps, self.batch, -1)

    def _operand(self, product: Product, steps: int) -> Array:
        """The operand of a product over the window, as rows (steps·B, H)."""
        rows = steps * self.batch
        if product.operand.endswith("'"):
            return self._before(product.operand[:-1])[:rows]
        return self._tape[product.operand][self.batch :][:rows]

    def _before(self, name: str) -> Array:
        """The values of a name of the tape before each step, as rows from step 0 on."""
        return self.resets.before.get(name, self._tape[name]) if self.resets else self._tape[name]
