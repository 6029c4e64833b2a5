"""One worker: a process's share of the shards, and the arrays that workers share."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlstm.evaluate import Score, Scorer, total
from charlstm.nn import Array
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters, flat_size, state_sizes
from charlstm.training.shards import Plan, Windows

VALIDATE = -1  # asks a worker for a validation, in place of the number of an update
PAGE = 4096  # bytes


class Worker:
    """One process's share of the work: every `workers`-th shard from number `rank` on.

    It shares the validation in the same way, by the scorer's groups of streams. It reads the
    parameters and the dropout from `arrays`, and writes there what it computes. One network serves
    all its shards of the same width, one after another.
    """

    def __init__(
        self,
        plan: Plan,
        arrays: "SharedArrays",
        windows: Windows,
        scorer: Scorer | None,
        rank: int,
        workers: int,
    ) -> None:
        self.arrays = arrays
        self.parameters = Parameters(
            plan.architecture,
            plan.vocabulary_size,
            flat=arrays.parameters,
            reset_at=plan.reset_at,
        )
        self._plan, self._windows, self._scorer = plan, windows, scorer
        self._gradients = [self.parameters.views(gradient) for gradient in arrays.gradients]
        self._networks: dict[int, Network] = {}  # by their number of columns
        self._shards = range(rank, plan.shards, workers)
        self._groups = range(rank, scorer.groups if scorer else 0, workers)

    def run(self, task: int) -> None:
        """Do this worker's share of update number `task` (from 0), or of a validation."""
        if task == VALIDATE:
            self._validate()
            return
        plan, arrays = self._plan, self.arrays
        for shard in self._shards:
            ids = self._windows.window(task, plan.columns[shard])
            network = self._network(ids.shape[1])
            network.refresh(plan.seed, task)
            unpack(arrays.states[shard], network.state)
            arrays.losses[shard] = network.loss_and_gradients(
                ids[:-1],
                ids[1:],
                self._gradients[shard],
                loss_scale=1.0 / (plan.batch_size * plan.seq_length),
                mask_key=(plan.seed, task, shard),
            )
            pack(network.state, arrays.states[shard])

    def _validate(self) -> None:
        for group in self._groups:
            assert self._scorer is not None
            score = self._scorer.score(self.parameters, group)
            self.arrays.scores[group, :3] = score.nats, score.characters, score.unknown
            self.arrays.scores[group, 3:] = self._scorer.saturated(group).ravel()

    def _network(self, columns: int) -> Network:
        dropout = float(self.arrays.dropout[0])
        if columns in self._networks and self._networks[columns].dropout != dropout:
            del self._networks[columns]  # it was decided after some updates were timed
        if columns not in self._networks:
            self._networks[columns] = Network(
                self.parameters,
                self._plan.seq_length,
                columns,
                backward=True,
                dropout=dropout,
                weight_drop=self._plan.weight_drop,
                memory_penalty=self._plan.memory_penalty,
            )
        return self._networks[columns]


@dataclass(frozen=True)
class SharedArrays:
    """The numbers that the workers of one machine share: views of one block of bytes."""

    parameters: Array  # (size,)
    gradients: Array  # (shards, size)
    states: list[Array]  # one flat vector for each shard: every state of every layer
    losses: Array  # (shards,) nats summed over a shard's window
    scores: Array  # (groups, 3 + layers·gates): nats, characters, unknown, saturated shares
    dropout: Array  # (1,) the share of outputs dropped

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
            *(((rows * (c.stop - c.start),), plan.dtype) for c in plan.columns),
            ((plan.shards,), "float64"),
            ((max(1, groups), 3 + gates), "float64"),
            ((1,), "float64"),
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
        return SharedArrays(views[0], views[1], views[2:-3], *views[-3:])


def _whole_pages(shape: tuple[int, ...], dtype: str) -> int:
    size = np.dtype(dtype).itemsize * math.prod(shape)
    return -(-size // PAGE) * PAGE


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
