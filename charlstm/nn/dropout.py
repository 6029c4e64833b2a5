"""Dropout: the outputs and the recurrent weights that an update leaves out, by random masks.

A mask depends on its key alone, not on the number of workers or on earlier draws.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from charlstm.nn import Array
from charlstm.nn.cells.base import Cell

SHARDS = 2**32  # no shard has a number as high: from here on a key is that of weights


def dropout_mask(rate: float, shape: tuple[int, int], key: tuple[int, int, int, int]) -> Array:
    """A mask (rows, columns) of 0 and 1/(1-rate) that only `key` decides.

    `key` is (seed, update, layer, shard) for Philox, a counter-based generator. One 16-bit draw
    decides one element, and the kept share is exact to 1/65536.
    """
    seed, update, layer, shard = key
    generator = np.random.Philox(key=seed, counter=[0, update, layer, shard])
    size = shape[0] * shape[1]
    draws = generator.random_raw(-(-size // 4)).view(np.uint16)[:size].reshape(shape)
    threshold = round(rate * 65536)
    scale = np.float32(65536 / (65536 - threshold))
    return np.multiply(draws >= threshold, scale, dtype=np.float32)


class WeightDrop:
    """The matrices of one layer's cell, each with a share `rate` of its numbers zero.

    The other numbers are 1/(1-rate) times as large (DropConnect, Wan et al. 2013; on recurrent
    weights, Merity et al. 2017). One mask serves all steps and columns of an update. `params` are
    the layer's parameters with copies in place of the matrices: `draw` fills the copies, and the
    layer reads them.
    """

    def __init__(
        self, cell: Cell[Any], params: Mapping[str, Array], layer: int, rate: float
    ) -> None:
        self._rate, self._layer = rate, layer
        self._weights = {p.name: params[p.name] for p in cell.products if not p.diagonal}
        self._kept = {name: np.empty_like(weight) for name, weight in self._weights.items()}
        self._masks = dict(self._kept)
        self.params: Mapping[str, Array] = {**params, **self._kept}

    def draw(self, seed: int, update: int) -> None:
        """Draw the masks of an update, and apply them to the present weights."""
        for number, (name, weight) in enumerate(self._weights.items()):
            key = seed, update, self._layer, SHARDS + number
            self._masks[name] = dropout_mask(self._rate, weight.shape, key)
            np.multiply(weight, self._masks[name], out=self._kept[name])

    def backward(self, grads: Mapping[str, Array]) -> None:
        """Turn the gradients of the copies in `grads` into those of the weights, in place."""
        for name, mask in self._masks.items():
            np.multiply(grads[name], mask, out=grads[name])
