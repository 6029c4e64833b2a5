"""A network reads windows of characters: input, layers, attention, readout, and the way back."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array, aligned
from charlstm.nn.activation import gate_scale
from charlstm.nn.attention import Attention
from charlstm.nn.dropout import WeightDrop, dropout_mask
from charlstm.nn.inputs import Characters, LowerLayer
from charlstm.nn.layer import Layer
from charlstm.nn.parameters import Parameters, layer_parameters, parameters_at
from charlstm.nn.readout import Readout


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
        weight_drop: float = 0.0,
        memory_penalty: float = 0.0,
    ) -> None:
        self.parameters, self.batch, self.dropout = parameters, batch, dropout
        self._penalty = memory_penalty / parameters.architecture.hidden_size
        cell, H, dtype = parameters.cell, parameters.architecture.hidden_size, parameters.flat.dtype
        scale = gate_scale(cell.gates, cell.sigmoids, H, dtype)
        self.layers: list[Layer] = []
        self.inputs: list[LowerLayer] = []
        self._weight_drops: list[WeightDrop] = []  # one for each layer, or none
        for index in range(parameters.architecture.num_layers):
            params: Mapping[str, Array] = layer_parameters(parameters.by_name, index)
            if weight_drop:
                self._weight_drops.append(WeightDrop(cell, params, index, weight_drop))
                params = self._weight_drops[-1].params
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
            of_head, at = parameters_at(parameters.by_name, "attention"), parameters.reset_at
            self.attention = [Attention(of_head, length, batch, backward=backward, reset_at=at)]
        self._dropped = [
            aligned.empty((length * batch, H), dtype) for _ in self.layers if backward and dropout
        ]
        self._dy = aligned.empty((length * batch, H), dtype) if backward else None
        W_y, b_y = parameters.by_name["W_y"], parameters.by_name["b_y"]
        self._readout = Readout(W_y, b_y, length * batch)
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

    def refresh(self, seed: int = 0, update: int = 0) -> None:
        """Read the changed parameters; seed and update decide which weights are dropped."""
        for drop in self._weight_drops:
            drop.draw(seed, update)
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
        return self._readout.step(y)

    def predict(self, ids: NDArray[np.intp]) -> Array:
        """Read a window `ids` (T, B); return the logits (T, V, B) of each next character."""
        y = self._forward(ids).reshape(*ids.shape, -1)
        self._carry(len(ids))
        return self._readout.predict(y)

    def looked_at(self, steps: int) -> Array:
        """How much each head looked at 1 … M steps ago in the last window, (T, B, R, M)."""
        for head in self.attention:
            return head.weights(steps)
        return np.empty((steps, self.batch, 1, 0), self.parameters.flat.dtype)

    def read(self, ids: NDArray[np.intp]) -> None:
        """Read a window `ids` (T, B); only the carried state changes."""
        self._forward(ids)
        self._carry(len(ids))

    def score(self, ids: NDArray[np.intp], targets: NDArray[np.intp]) -> Array:
        """Read a window `ids` (T, B); return the loss (T, B) of each of `targets` in nats.

        An unknown target has the loss 0.
        """
        y = self._forward(ids)
        losses = self._readout.losses(y, targets.ravel())
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
        loss = self._readout.loss_and_gradients(y, targets.ravel(), dy, grads, loss_scale)
        if masks:
            np.multiply(dy, masks[-1], out=dy)
        for head in self.attention:
            h = self.layers[-1].outputs(steps)
            dy = head.backward(dy, h, parameters_at(grads, "attention"))
        for index in reversed(range(len(self.layers))):
            layer_grads = layer_parameters(grads, index)
            dx = self.layers[index].backward(steps, dy, layer_grads, self._penalty * loss_scale)
            for drop in self._weight_drops[index : index + 1]:
                drop.backward(layer_grads)
            if dx is not None:
                dy = np.multiply(dx, masks[index - 1], out=dx) if masks else dx
        self._carry(steps)
        return loss

    def _forward(
        self,
        ids: NDArray[np.intp],
        masks: list[Array] | None = None,
        mask_key: tuple[int, int, int] = (0, 0, 0),
    ) -> Array:
        """What the readout reads (T·B, H). With `masks`, apply dropout and append them."""
        steps, top = len(ids), len(self.layers) - 1
        self.characters.set_window(ids)
        y: Array = np.empty(0)
        for index, layer in enumerate(self.layers):
            if index:
                self.inputs[index - 1].set_window(y)
            if layer.resets:
                layer.resets.set_window(ids)
            layer.forward(steps)
            y = layer.outputs(steps)
            if index < top:
                y = self._drop(y, index, masks, mask_key)
        for head in self.attention:
            y = head.forward(ids, y)
        return self._drop(y, top, masks, mask_key)

    def _drop(
        self, y: Array, index: int, masks: list[Array] | None, mask_key: tuple[int, int, int]
    ) -> Array:
        """Rows (T·B, H) after dropout, where there is any; append its mask to `masks`."""
        if masks is None or not self.dropout:
            return y
        seed, update, shard = mask_key
        masks.append(dropout_mask(self.dropout, y.shape, (seed, update, index, shard)))
        return np.asarray(np.multiply(y, masks[-1], out=self._dropped[index][: len(y)]))

    def _carry(self, steps: int) -> None:
        for layer in self.layers:
            layer.carry(steps)
        for head in self.attention:
            head.carry(steps)
