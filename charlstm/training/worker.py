"""One worker: a process's share of each task."""

import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from charlstm.evaluate import Scorer
from charlstm.nn import Array
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters
from charlstm.training.optim import OPTIMISERS
from charlstm.training.own_slice import OwnSlice
from charlstm.training.shards import Plan, Windows
from charlstm.training.shared import SharedArrays


class Kind(IntEnum):
    """What there is to do: three parts of an update, each once all workers have done the last."""

    SHARDS = 0  # the gradient of each shard
    SUM = 1  # of these, slice by slice
    STEP = 2  # of the optimiser, slice by slice
    VALIDATE = 3


class Task(NamedTuple):
    """What all workers do together, each its share. Updates count from 0."""

    kind: Kind
    update: int = 0
    lr: float = 0.0
    scale: float = 1.0

    def pack(self) -> bytes:
        """The task in `TASK_BYTES` bytes."""
        return _FORM.pack(*self)

    @staticmethod
    def unpack(packed: bytes) -> "Task":
        """The reverse of `pack`."""
        kind, *numbers = _FORM.unpack(packed)
        return Task(Kind(kind), *numbers)


_FORM = struct.Struct("<bqdd")
TASK_BYTES = _FORM.size


class Worker:
    """One process's share of the work: every `workers`-th shard from number `rank` on.

    It shares the validation in the same way, by the scorer's groups of streams. Of the parameters
    it updates its own slice. It reads the parameters and the dropouts from `arrays`, and writes
    there what it computes. One network serves all its shards of the same width, one after another.
    """

    def __init__(
        self,
        plan: Plan,
        arrays: SharedArrays,
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
        self._dropped = 0.0, 0.0  # the shares of outputs and weights that they drop
        names = OPTIMISERS[plan.optimizer].names
        self.moments = dict(zip(names, arrays.moments, strict=True))
        self.own = OwnSlice(arrays, plan.optimizer, rank, workers)
        self._shards = range(rank, plan.shards, workers)
        self._groups = range(rank, scorer.groups if scorer else 0, workers)

    def run(self, task: Task) -> None:
        """Do this worker's share of a task."""
        if task.kind == Kind.SHARDS:
            self.run_shards(task.update)
        elif task.kind == Kind.SUM:
            self.own.add()
        elif task.kind == Kind.STEP:
            self.own.step(task.update, task.lr, task.scale)
        else:
            self._validate()

    def run_shards(self, update: int) -> None:
        """Compute the gradients and losses of this worker's shards; carry their states on."""
        plan, arrays = self._plan, self.arrays
        fresh: set[int] = set()  # the columns of networks that have read the changed parameters
        for shard in self._shards:
            ids = self._windows.window(update, plan.columns[shard])
            network = self._network(columns := ids.shape[1])
            if columns not in fresh:
                network.refresh(plan.seed, update)
                fresh.add(columns)
            unpack(arrays.states[shard], network.state)
            arrays.losses[shard] = network.loss_and_gradients(
                ids[:-1],
                ids[1:],
                self._gradients[shard],
                loss_scale=1.0 / (plan.batch_size * plan.seq_length),
                mask_key=(plan.seed, update, shard),
            )
            pack(network.state, arrays.states[shard])

    def _validate(self) -> None:
        for group in self._groups:
            assert self._scorer is not None
            score = self._scorer.score(self.parameters, group)
            self.arrays.scores[group, :3] = score.nats, score.characters, score.unknown
            self.arrays.scores[group, 3:] = self._scorer.saturated(group).ravel()

    def _network(self, columns: int) -> Network:
        dropout, weight_drop = map(float, self.arrays.dropped)
        if self._dropped != (dropout, weight_drop):
            self._networks = {}  # they were decided after some updates were timed
            self._dropped = dropout, weight_drop
        if columns not in self._networks:
            self._networks[columns] = Network(
                self.parameters,
                self._plan.seq_length,
                columns,
                backward=True,
                dropout=dropout,
                weight_drop=weight_drop,
                memory_penalty=self._plan.memory_penalty,
            )
        return self._networks[columns]


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
