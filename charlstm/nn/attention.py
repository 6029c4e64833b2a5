"""Attention: each step looks back at the last M outputs of the top layer, and picks from them.

    q = W_a·h + b_a                 the query of this step
    k_δ = q·m_δ/√H + d_δ            a score for the output m_δ of δ steps ago, 1 ≤ δ ≤ M
    p = softmax(k)                  what the step looks at
    u = Σ p_δ m_δ                   what it picks; zero where there is nothing to look at
    z = h + v⊙u                     what the readout reads, in place of h

This is the general score of Luong et al. (2015), with a number d for each distance. Keys and values
are the outputs themselves. With R heads (Vaswani et al. 2017), the H units are R groups of F = H/R.
Each group has its own row of d, its own scores, of its own units of q and m over √F, and its own p;
it picks its own units of u. So one step can look at several places.

Attention stands outside the recurrence: the time loop of the layers knows nothing of it, and a
window takes a few batched products. The outputs of earlier windows are constants. docs/attention.md
derives the backward pass.

Arrays of a window are [B, T, H] here, column by column, so that the products of a column work on
rows that lie side by side; `_heads` shows them as [B, R, T, F]. A block of steps has a band of
scores, [B, R, rows that it sees, steps].
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array, aligned
from charlstm.nn.diagonals import band, by_distance, own_units
from charlstm.nn.outputs import Outputs

BLOCK = 32  # steps whose scores are one product: a smaller band wastes less beside the reach
LOWEST = -1e30  # in place of the highest score where there is none
LOST = 1e-20  # a sum of a step below this has lost digits of float32


class Attention:
    """The attention of a network, for windows of up to `length` steps of `batch` columns.

    `params` holds `W_a` (H, H), `b_a` (H, 1), `d` (R, M), of which column δ−1 is for δ steps ago,
    and `v` (H, 1). `reset_at` is an id before which a column forgets all outputs.
    """

    def __init__(
        self,
        params: Mapping[str, Array],
        length: int,
        batch: int,
        *,
        backward: bool,
        reset_at: int | None = None,
    ) -> None:
        self._params, self._backward = params, backward
        (R, M), H, dtype = params["d"].shape, len(params["v"]), params["v"].dtype
        self._outputs = Outputs(M, length, batch, params["v"], reset_at)
        self.carry = self._outputs.carry
        self._scale = dtype.type(1.0 / np.sqrt(H // R))
        self._W = aligned.empty((H, H), dtype)  # W_a and b_a, divided by √F
        self._b = np.empty(H, dtype)
        steps = min(BLOCK, length)
        # d along the diagonals of a band, −∞ outside
        self._band = aligned.empty((R, M + steps - 1, steps), dtype)
        self._q, self._u = aligned.empty((2, batch, length, H), dtype)  # and later dq, du
        self._by_unit = aligned.empty((batch, R, H // R, length), dtype)  # q, and later du
        self._z, self._spare = aligned.empty((2, length, batch, H), dtype)
        self._p = aligned.empty((-(-length // BLOCK), batch, *self._band.shape), dtype)
        self._ones = np.ones((1, M + steps - 1), dtype)  # a product with it is the fastest sum
        self._one = [(rows, own_units(rows)) for rows in np.zeros((2, R, H), dtype)]
        if backward:
            self._dk = aligned.empty(self._p[0].shape, dtype)
            self._dm = aligned.empty((batch, length, H), dtype)
            self._part = aligned.empty((batch, R, M + steps - 1, H // R), dtype)
            self._v_by_head = np.zeros((R, H), dtype)  # the same of v
        self.refresh()

    @property
    def state(self) -> dict[str, Array]:
        """Views of what is carried: `m` (B, M, H), the newest output last, and their number `n`."""
        return self._outputs.state

    def refresh(self) -> None:
        """Read the changed parameters."""
        np.multiply(self._params["W_a"], self._scale, out=self._W)
        np.multiply(self._params["b_a"][:, 0], self._scale, out=self._b)
        self._v = self._params["v"][:, 0]
        self._v_of_heads = self._v.reshape(len(self._band), -1)
        if self._backward:
            np.copyto(own_units(self._v_by_head), self._v_of_heads)
        steps = self._band.shape[2]
        np.copyto(self._band, band(self._params["d"], steps))

    def forward(self, ids: NDArray[np.intp], h: Array) -> Array:
        """What the readout reads, rows (T·B, H), from the outputs `h` (T·B, H) at `ids` (T, B)."""
        if len(h) == 1 and not self._backward:
            return self._forward_one(int(ids[0, 0]), h[0])
        T, B = ids.shape
        by_step = h.reshape(T, B, -1)
        self._outputs.put(ids, by_step)
        q_rows = np.matmul(h, self._W.T, out=self._spare[:T].reshape(T * B, -1))
        q, u, by_unit = self._q[:, :T], self._heads(self._u), self._by_unit[..., :T]
        np.add(q_rows.reshape(T, B, -1).swapaxes(0, 1), self._b, out=q)
        np.copyto(by_unit, self._heads(q).swapaxes(2, 3))
        for t, end, m, p in self._blocks(T):
            # The highest score of a block is found sooner than that of each step, and serves as
            # well, unless it is so far above those of a step that their sum is lost.
            for axes in ((2, 3), (2,)):
                np.matmul(m, by_unit[..., t:end], out=p)
                np.add(p, self._band[:, : p.shape[2], : end - t], out=p)
                nothing = self._outputs.hide(p, t, end)
                np.subtract(p, np.maximum(p.max(axis=axes, keepdims=True), LOWEST), out=p)
                np.exp(p, out=p)
                total = np.matmul(self._ones[:, : p.shape[2]], p) + nothing
                if total.min() > LOST:
                    break
            np.divide(p, total, out=p)
            np.matmul(p.swapaxes(2, 3), m, out=u[:, :, t:end])
        z: Array = self._z[:T]
        np.multiply(self._u[:, :T].swapaxes(0, 1), self._v, out=z)
        np.add(z, by_step, out=z)
        return z.reshape(T * B, -1)

    def _forward_one(self, id_: int, h: Array) -> Array:
        """The same for one step of one column, as in sampling, without what a batch needs."""
        m, M = self._outputs.put_one(id_, h), self._outputs.reach
        first, p = M - len(m), self._p[0, 0, :, :M, 0]
        if first:
            p[:, :first] = 0.0
            if first == M:
                return h[None]
            p = p[:, first:]
        q = self._W.dot(h)
        q += self._b
        (query, own), (picked, own_picked) = self._one  # a row for each head; its own units there
        own[...] = q.reshape(own.shape)
        k: Array = query.dot(m.T)
        k += self._band[:, first:M, 0]
        k -= np.maximum.reduce(k, axis=1, keepdims=True)
        np.exp(k, out=k)
        np.divide(k, np.add.reduce(k, axis=1, keepdims=True), out=p)
        np.dot(p, m, out=picked)
        z = own_picked * self._v_of_heads
        return z.reshape(1, -1) + h

    def _heads(self, rows: Array) -> Array:
        """Rows (B, T, H) with the heads apart, as a view (B, R, T, F)."""
        B, T, H = rows.shape
        return rows.reshape(B, T, -1, H // len(self._band)).swapaxes(1, 2)

    def _blocks(self, T: int) -> list[tuple[int, int, Array, Array]]:
        """The blocks of T steps: their first step and end, the rows m they see, and their p."""
        blocks = []
        for p, t in zip(self._p, range(0, T, BLOCK), strict=False):
            end = min(t + BLOCK, T)
            m = self._heads(self._outputs.rows(t, end))
            blocks.append((t, end, m, p[:, :, : m.shape[2], : end - t]))
        return blocks

    def weights(self, steps: int) -> Array:
        """What each head looks at in each step of the last window, (T, B, R, M): p by distance."""
        R, M = self._params["d"].shape
        weights = np.empty((steps, len(self._u), R, M), self._b.dtype)
        for t, end, _, p in self._blocks(steps):
            np.copyto(weights[t:end], np.moveaxis(by_distance(p, M), 2, 0))
        return weights

    def backward(self, dz: Array, h: Array, grads: Mapping[str, Array]) -> Array:
        """Turn dL/dz (T·B, H) into dL/dh in place, and return it; write the gradients to `grads`.

        `h` are the outputs that `forward` was given.
        """
        (B, _, H), (R, M) = self._u.shape, self._params["d"].shape
        T = len(dz) // B
        u, dm = self._u[:, :T], self._dm[:, :T]
        by_step, by_unit, spare = dz.reshape(T, B, H), self._by_unit[..., :T], self._spare[:T]
        rows = spare.reshape(T * B, H)
        # dv = Σ dz⊙u; du = v⊙dz; and du·u of each head
        np.multiply(by_step, u.swapaxes(0, 1), out=spare)
        np.sum(rows, axis=0, out=grads["v"][:, 0])
        du_u = np.matmul(rows, self._v_by_head.T).reshape(T, B, R, 1).transpose(1, 2, 3, 0)
        du = np.multiply(by_step.swapaxes(0, 1), self._v, out=u)
        np.copyto(by_unit, self._heads(du).swapaxes(2, 3))
        dm.fill(0.0)
        grads["d"].fill(0.0)
        du, dm, q = map(self._heads, (du, dm, self._q))
        for t, end, m, p in self._blocks(T):
            # dk_δ = p_δ (du·m_δ − du·u)
            dk = self._dk[:, :, : p.shape[2], : end - t]
            np.matmul(m, by_unit[..., t:end], out=dk)
            np.subtract(dk, du_u[..., t:end], out=dk)
            np.multiply(dk, p, out=dk)
            # dd_δ = Σ dk_δ
            grads["d"] += by_distance(dk.sum(axis=0), M).sum(axis=1)
            # dm = Σ p du + Σ dk q over the steps that see it; the outputs carried in are constants
            seen = max(0, M - t)
            own, part = dm[:, :, max(0, t - M) : end - 1], self._part[:, :, seen : m.shape[2]]
            np.add(own, np.matmul(p[:, :, seen:], du[:, :, t:end], out=part), out=own)
            np.add(own, np.matmul(dk[:, :, seen:], q[:, :, t:end], out=part), out=own)
            # dq = Σ dk_δ m_δ, in place of q
            np.matmul(dk.swapaxes(2, 3), m, out=q[:, :, t:end])
        # dW_a = Σ dq·hᵀ, db_a = Σ dq, dh = dz + W_aᵀ·dq + dm
        np.multiply(self._q[:, :T].swapaxes(0, 1), self._scale, out=spare)
        np.matmul(rows.T, h, out=grads["W_a"])
        np.sum(rows, axis=0, out=grads["b_a"][:, 0])
        np.add(by_step, self._dm[:, :T].swapaxes(0, 1), out=by_step)
        through_q = np.matmul(rows, self._params["W_a"], out=self._z[:T].reshape(T * B, H))
        return np.asarray(np.add(dz, through_q, out=dz))
