"""One fixed share of the batch columns: its forward and backward passes, and its carried state."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from charlstm.nn import Array
from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture, Parameters, flat_size
from charlstm.training.streams import Windows, shards_of


@dataclass(frozen=True)
class Plan:
    """What decides every bit of a gradient: who computes it is left open."""

    architecture: Architecture
    vocabulary_size: int
    batch_size: int
    seq_length: int
    shards: int
    dropout: float = 0.0
    seed: int = 0
    dtype: str = "float32"

    def to_json(self) -> dict[str, Any]:
        """A form for another process, turned back by `from_json`."""
        return asdict(self) | {"architecture": self.architecture.to_header()}

    @staticmethod
    def from_json(form: Mapping[str, Any]) -> "Plan":
        """The plan another process was given."""
        return Plan(**{**form, "architecture": Architecture(**form["architecture"])})

    @property
    def columns(self) -> list[slice]:
        """The batch columns of each shard."""
        return shards_of(self.batch_size, self.shards)


class Shards:
    """Runs any of a plan's shards, one after another, on buffers they share.

    `gradients` (shards, size) and `states` (one flat vector for each shard) belong to the caller,
    so that processes can share them.
    """

    def __init__(
        self, plan: Plan, parameters: Parameters, streams: Windows, memory: "SharedArrays"
    ) -> None:
        self._plan, self._parameters, self._streams, self._memory = (
            plan,
            parameters,
            streams,
            memory,
        )
        self._networks: dict[int, Network] = {}
        self._gradients = [parameters.views(gradient) for gradient in memory.gradients]

    def run(self, update: int, shard: int) -> None:
        """Write the gradient, the summed loss and the new carried state of one shard."""
        plan, memory = self._plan, self._memory
        columns = plan.columns[shard]
        ids = self._streams.window(update, columns)
        network = self._network(ids.shape[1])
        network.refresh()
        unpack(memory.states[shard], network.state)
        memory.losses[shard] = network.train(
            ids[:-1],
            ids[1:],
            self._gradients[shard],
            loss_scale=1.0 / (plan.batch_size * plan.seq_length),
            mask_key=(plan.seed, update, shard),
        )
        pack(network.state, memory.states[shard])

    def _network(self, batch: int) -> Network:
        if batch not in self._networks:
            self._networks[batch] = Network(
                self._parameters,
                self._plan.seq_length,
                batch,
                backward=True,
                dropout=self._plan.dropout,
            )
        return self._networks[batch]


@dataclass(frozen=True)
class SharedArrays:
    """The numbers that those who run shards share, all views of one block of bytes."""

    params: Array  # (size,)
    gradients: Array  # (shards, size)
    states: list[Array]  # one flat vector for each shard: every state of every layer
    losses: Array  # (shards,) nats summed over a shard's window
    scores: Array  # (groups, 3): nats, characters, unknown of each group of validation streams

    @staticmethod
    def shapes(plan: Plan, groups: int) -> list[tuple[tuple[int, ...], Any]]:
        """Shape and dtype of each array, states one by one, in the order they are laid out."""
        size = flat_size(plan.architecture, plan.vocabulary_size)
        states = len(plan.architecture.make_cell().states)
        rows = states * plan.architecture.hidden_size * plan.architecture.num_layers
        return [
            ((size,), plan.dtype),
            ((plan.shards, size), plan.dtype),
            *(((rows * (c.stop - c.start),), plan.dtype) for c in plan.columns),
            ((plan.shards,), "float64"),
            ((max(1, groups), 3), "float64"),
        ]

    @staticmethod
    def bytes_needed(plan: Plan, groups: int) -> int:
        """The size of the block, each array starting on a page."""
        return sum(_pages(*entry) for entry in SharedArrays.shapes(plan, groups))

    @staticmethod
    def over(block: Any, plan: Plan, groups: int) -> "SharedArrays":
        """The arrays as views of a zeroed `block`."""
        views, start = [], 0
        for shape, dtype in SharedArrays.shapes(plan, groups):
            view = np.frombuffer(block, dtype, math.prod(shape), start)
            views.append(view.reshape(shape))
            start += _pages(shape, dtype)
        return SharedArrays(views[0], views[1], views[2:-2], views[-2], views[-1])


def _pages(shape: tuple[int, ...], dtype: Any) -> int:
    size: int = np.dtype(dtype).itemsize * math.prod(shape)
    return -(-size // 4096) * 4096


def pack(state: Mapping[str, Array], flat: Array) -> None:
    """Lay the named state arrays one after another in `flat`."""
    start = 0
    for view in state.values():
        flat[start : start + view.size] = view.ravel()
        start += view.size


def unpack(flat: Array, state: Mapping[str, Array]) -> None:
    """The reverse of `pack`."""
    start = 0
    for view in state.values():
        view[...] = flat[start : start + view.size].reshape(view.shape)
        start += view.size
