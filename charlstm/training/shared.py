"""The arrays that the workers of one machine share: views of one block of memory."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlstm.nn import Array
from charlstm.nn.parameters import flat_size, state_sizes
from charlstm.score import Score, total
from charlstm.training.optim import CHUNK, OPTIMISERS
from charlstm.training.shards import Plan

PAGE = 4096  # bytes


@dataclass(frozen=True)
class SharedArrays:
    """The numbers that the workers of one machine share: views of one block of bytes."""

    parameters: Array  # (size,)
    gradients: Array  # (shards, size); the first one becomes the sum
    moments: Array  # (moments, size) the optimiser's running averages
    squares: Array  # (chunks,) the sums of squares of the sum's chunks
    states: list[Array]  # one flat vector for each shard: every state of every layer
    losses: Array  # (shards,) nats summed over a shard's window
    scores: Array  # (groups, 3 + layers·gates): nats, characters, unknown, saturated shares
    dropped: Array  # (2,) the shares of outputs and of recurrent weights dropped

    def score(self) -> Score:
        """The score of the validation text, once every group has its own."""
        return total(Score(float(n), int(c), int(u)) for n, c, u in self.scores[:, :3])

    def saturated(self, layers: int) -> Array:
        """The share of saturated values of each gate (layers, gates): the mean over the groups."""
        shares: Array = self.scores[:, 3:].mean(axis=0)
        return shares.reshape(layers, -1)

    @staticmethod
    def shapes(plan: Plan, groups: int) -> list[tuple[tuple[int, ...], str]]:
        """Shape and dtype of each array, states one by one, in the order they are laid out."""
        size = flat_size(plan.architecture, plan.vocabulary_size)
        gates = len(plan.architecture.make_cell().sigmoids) * plan.architecture.num_layers
        rows = sum(state_sizes(plan.architecture))
        return [
            ((size,), plan.dtype),
            ((plan.shards, size), plan.dtype),
            ((len(OPTIMISERS[plan.optimizer].names), size), plan.dtype),
            ((-(-size // CHUNK),), "float64"),
            *(((rows * (c.stop - c.start),), plan.dtype) for c in plan.columns),
            ((plan.shards,), "float64"),
            ((max(1, groups), 3 + gates), "float64"),
            ((2,), "float64"),
        ]

    @staticmethod
    def bytes_needed(plan: Plan, groups: int) -> int:
        """The size of the block, each array starting on a page."""
        return sum(_whole_pages(*entry) for entry in SharedArrays.shapes(plan, groups))

    @staticmethod
    def over(block: Any, plan: Plan, groups: int) -> "SharedArrays":
        """The arrays as views of a zeroed `block`."""
        views, start = [], 0
        for shape, dtype in SharedArrays.shapes(plan, groups):
            view = np.frombuffer(block, dtype, math.prod(shape), start)
            views.append(view.reshape(shape))
            start += _whole_pages(shape, dtype)
        parameters, gradients, moments, squares, *states, losses, scores, dropped = views
        return SharedArrays(
            parameters, gradients, moments, squares, states, losses, scores, dropped
        )


def _whole_pages(shape: tuple[int, ...], dtype: str) -> int:
    size = np.dtype(dtype).itemsize * math.prod(shape)
    return -(-size // PAGE) * PAGE
