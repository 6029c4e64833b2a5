"""A network reads windows of characters: input, layers, attention, readout, and the way back."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.activation import gate_scale
from charlstm.nn.attention import Attention
from charlstm.nn.inputs import Characters, LowerLayer
from charlstm.nn.layer import Layer
from charlstm.nn.loss import cross_entropy, dropout_mask
from charlstm.nn.parameters import Parameters, layer_parameters, parameters_at

READOUT_BLOCK = 2**17  # logits computed at a time: half a megabyte, so that they stay in cache


class Network:
    """Buffers for windows of up to `length` steps of `batch` columns.

    `layers` are the recurrent layers, from below. `attention` holds one block above them, or none.
    Call `refresh` after the parameters change.
    """

    def __init__(
        self,
        parameters: Parameters,
        length: int,
        batch: int,
        *,
        backward: bool = False,
        dropout: float = 0.0,
        memory_penalty: float = 0.0,
    ) -> None:
        self.parameters, self.batch, self.dropout = parameters, batch, dropout
        self._penalty = memory_penalty / parameters.architecture.hidden_size
        cell, H, dtype = parameters.cell, parameters.architecture.hidden_size, parameters.flat.dtype
        scale = gate_scale(cell.gates, cell.sigmoids, H, dtype)
        self.layers: list[Layer] = []
        self.inputs: list[LowerLayer] = []
        for index in range(parameters.architecture.num_layers):
            params = layer_parameters(parameters.by_name, index)
            b = params["b"]
            if index == 0:
                source: Characters | LowerLayer
                source = self.characters = Characters(params["E"], b, scale, H, compact=backward)
            else:
                source = LowerLayer(params["W_x"], b, scale, H, batch)
                self.inputs.append(source)
            at = parameters.reset_at
            layer = Layer(cell, H, params, source, length, batch, backward=backward, reset_at=at)
            self.layers.append(layer)
        self.attention: list[Attention] = []
        if parameters.architecture.attention:
            params, at = parameters_at(parameters.by_name, "attention"), parameters.reset_at
            self.attention = [Attention(params, length, batch, backward=backward, reset_at=at)]
        self._dropped = [
            np.empty((length * batch, H), dtype) for _ in self.layers if backward and dropout
        ]
        self._dy = np.empty((length * batch, H), dtype) if backward else None
        self._W_y, self._b_y = parameters.by_name["W_y"], parameters.by_name["b_y"]
        V = parameters.vocabulary_size
        self._block = min(length * batch, max(1, READOUT_BLOCK // V))
        self._logits = np.empty(V * self._block, dtype)
        self.refresh()

    @property
    def state(self) -> dict[str, Array]:
        """Views of the carried state, which you may write to before the next window.

        There is an array (H, B) for each state of each layer (`layers.0.h`, …), and what the
        attention carries (`attention.m`, `attention.n`; see there).
        """
        blocks = {f"layers.{index}": layer.state for index, layer in enumerate(self.layers)}
        for head in self.attention:
            blocks["attention"] = head.state
        return {
            f"{block}.{n}": view for block, state in blocks.items() for n, view in state.items()
        }

    def refresh(self) -> None:
        """Read the changed parameters."""
        for layer in self.layers:
            layer.refresh()
        for head in self.attention:
            head.refresh()

    def reset(self, columns: slice = slice(None)) -> None:
        """Set the carried state to zero, of all columns or of some."""
        for layer in self.layers:
            for view in layer.state.values():
                view[:, columns] = 0.0
        for head in self.attention:
            for view in head.state.values():
                view[columns] = 0.0

    def step(self, ids: NDArray[np.intp]) -> Array:
        """Read one character in each column, ids (B,); return the logits (V, B) of the next one."""
        y = self._forward(ids[None, :])
        self._carry(1)
        # For one column dot is 0.6 µs faster than @.
        return np.asarray(self._W_y.dot(y.T) + self._b_y)

    def predict(self, ids: NDArray[np.intp]) -> Array:
        """Read a window `ids` (T, B); return the logits (T, V, B) of each next character."""
        y = self._forward(ids).reshape(*ids.shape, -1)
        self._carry(len(ids))
        return np.asarray(np.matmul(self._W_y, y.swapaxes(1, 2)) + self._b_y)

    def looked_at(self, steps: int) -> Array:
        """How much each head looked at 1 … M steps ago in the last window, (T, B, R, M)."""
        for head in self.attention:
            return head.weights(steps)
        return np.empty((steps, self.batch, 1, 0), self._logits.dtype)

    def read(self, ids: NDArray[np.intp]) -> None:
        """Read a window `ids` (T, B); only the carried state changes."""
        self._forward(ids)
        self._carry(len(ids))

    def score(self, ids: NDArray[np.intp], targets: NDArray[np.intp]) -> Array:
        """Read a window `ids` (T, B); return the loss (T, B) of each of `targets` in nats.

        An unknown target has the loss 0.
        """
        y = self._forward(ids)
        losses = np.empty(targets.size)
        for block in self._blocks(targets.size):
            losses[block] = cross_entropy(self._logits_of(y[block]), targets.ravel()[block])
        self._carry(len(ids))
        return losses.reshape(targets.shape)

    def loss_and_gradients(
        self,
        ids: NDArray[np.intp],
        targets: NDArray[np.intp],
        grads: Mapping[str, Array],
        *,
        loss_scale: float,
        mask_key: tuple[int, int, int] = (0, 0, 0),
    ) -> float:
        """Run one window forward and back; return the summed loss of `targets` (T, B) in nats.

        It writes d(loss_scale · loss)/dparameter to every array of `grads`. There the loss has,
        for each character, `memory_penalty` times the mean square of each layer's memory added
        (activation regularisation, Merity et al. 2017). `mask_key` is (seed, update, shard) and
        decides the dropout masks.
        """
        assert self._dy is not None
        steps = len(ids)
        masks: list[Array] = []
        y = self._forward(ids, masks, mask_key)
        dy = self._dy[: steps * self.batch]
        loss = self._readout(y, targets.ravel(), dy, grads, loss_scale)
        for index in reversed(range(len(self.layers))):
            if masks:
                np.multiply(dy, masks[index], out=dy)
            for head in self.attention if index == len(self.layers) - 1 else ():
                h = self.layers[index].outputs(steps)
                dy = head.backward(dy, h, parameters_at(grads, "attention"))
            layer_grads = layer_parameters(grads, index)
            dx = self.layers[index].backward(steps, dy, layer_grads, self._penalty * loss_scale)
            if dx is not None:
                dy = dx
        self._carry(steps)
        return loss

    def _forward(
        self,
        ids: NDArray[np.intp],
        masks: list[Array] | None = None,
        mask_key: tuple[int, int, int] = (0, 0, 0),
    ) -> Array:
        """What the readout reads (T·B, H). With `masks`, apply dropout and append them."""
        steps = len(ids)
        self.characters.set_window(ids)
        y: Array = np.empty(0)
        for index, layer in enumerate(self.layers):
            if index:
                self.inputs[index - 1].set_window(y)
            if layer.resets:
                layer.resets.set_window(ids)
            layer.forward(steps)
            y = layer.outputs(steps)
            for head in self.attention if index == len(self.layers) - 1 else ():
                y = head.forward(ids, y)
            if masks is not None and self.dropout:
                seed, update, shard = mask_key
                mask = dropout_mask(self.dropout, y.shape, (seed, update, index, shard))
                masks.append(mask)
                y = np.multiply(y, mask, out=self._dropped[index][: len(y)])
        return y

    def _readout(
        self,
        y: Array,
        targets: NDArray[np.intp],
        dy: Array,
        grads: Mapping[str, Array],
        loss_scale: float,
    ) -> float:
        """Return the summed loss of a window's rows; write its gradients to `dy` and `grads`."""
        dW_y, db_y = grads["W_y"], grads["b_y"]
        dW_y.fill(0.0)
        db_y.fill(0.0)
        loss = 0.0
        for block in self._blocks(targets.size):
            logits = self._logits_of(y[block])
            loss += float(cross_entropy(logits, targets[block]).sum(dtype=np.float64))
            dlogits = logits  # cross_entropy has put the gradient in place of the logits
            dlogits *= loss_scale
            dW_y += dlogits @ y[block]
            db_y += dlogits.sum(axis=1, keepdims=True)
            np.matmul(dlogits.T, self._W_y, out=dy[block])
        return loss

    def _logits_of(self, y: Array) -> Array:
        V = self.parameters.vocabulary_size
        logits = self._logits[: V * len(y)].reshape(V, len(y))
        np.matmul(self._W_y, y.T, out=logits)
        logits += self._b_y
        return logits

    def _blocks(self, count: int) -> list[slice]:
        return [slice(i, min(i + self._block, count)) for i in range(0, count, self._block)]

    def _carry(self, steps: int) -> None:
        for layer in self.layers:
            layer.carry(steps)
        for head in self.attention:
            head.carry(steps)
