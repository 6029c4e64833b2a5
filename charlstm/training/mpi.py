"""Shards on MPI ranks: the team of `mpiexec -n N charlstm train`, on one machine or on many.

Rank 0 has the texts, the weights and the run; the others know only what it sends. For an update it
sends the weights to all, and to each rank the windows and carried states of its shards (rank,
rank + N, …). The gradients are summed by slices: rank k gets slice k of each shard's, adds them in
the shards' order, so that the number of ranks changes no bit, and sends the sum to rank 0.
"""

import os
import platform
import signal
import traceback
from types import FrameType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from charlstm.errors import RunError
from charlstm.evaluate import Score, Scorer, total
from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.training.shards import SharedArrays
from charlstm.training.streams import Streams, Windows
from charlstm.training.workers import VALIDATE, Job, Worker
from charlstm.training.world import World

CLOSE = -2  # what ranks are told instead of the number of an update when a team's work is over


class _Handed:
    """The windows that rank 0 has cut from the text for this rank's shards, by first column."""

    def __init__(self) -> None:
        self.windows: dict[int, NDArray[np.intp]] = {}

    def window(self, update: int, shard: slice) -> NDArray[np.intp]:
        del update
        return self.windows[shard.start]


class _Part:
    """One rank's part in a job."""

    def __init__(self, world: World, job: Job, scorer: Scorer | None, streams: Windows) -> None:
        plan, groups = job.plan, scorer.groups if scorer else 0
        self.world, self.plan, self.groups = world, plan, groups
        block = bytearray(
            SharedArrays.bytes_needed(plan, groups)
        )  # what no one writes takes no memory
        self.member = Worker(job, block, scorer, world.rank, world.size, streams)
        self.memory = self.member.memory
        self._edges = self.memory.params.size * np.arange(world.size + 1) // world.size
        self._sizes = np.diff(self._edges)
        self._slices = np.empty((world.size, self._sizes[world.rank]), plan.dtype)
        self._total = np.empty_like(self._slices[0])

    def run(self, message: int) -> str:
        """Do this rank's share and bring all shares together on rank 0; say what went wrong."""
        comm, world, problem = self.world.comm, self.world, ""
        comm.Bcast(self.memory.params)
        try:
            self.member.run(message)
        except Exception as error:  # noqa: BLE001 - rank 0 must hear of any
            problem = f"rank {world.rank} on {platform.node()} failed with {error!r}"
        reports = comm.allgather((problem, world.signal))
        if world.rank == 0:  # elsewhere a signal may have come since the report
            world.signal = next((number for _, number in reports if number), 0)
        problem = next((problem for problem, _ in reports if problem), "")
        if not problem:
            self._bring_scores() if message == VALIDATE else self._bring_gradient()
        return problem

    def _bring_scores(self) -> None:
        mine = self.memory.scores[self.world.rank : self.groups : self.world.size]
        for rank, theirs in enumerate(self.world.comm.gather(mine) or []):
            self.memory.scores[rank : self.groups : self.world.size] = theirs

    def _bring_gradient(self) -> None:
        world, memory = self.world, self.memory
        shards = range(world.rank, self.plan.shards, world.size)
        mine = {k: (memory.losses[k], memory.states[k]) for k in shards}
        for theirs in world.comm.gather(mine) or []:
            for k, (loss, state) in theirs.items():
                memory.losses[k], memory.states[k][...] = loss, state
        for first in range(0, self.plan.shards, world.size):
            self._add(first, min(world.size, self.plan.shards - first))
        world.comm.Gatherv(self._total, [memory.gradients[0], (self._sizes, self._edges[:-1])])

    def _add(self, first: int, count: int) -> None:
        """Add this rank's slice of the gradients of shards first … first + count - 1 to the sum."""
        rank, size = self.world.rank, self.world.size
        shard = self.memory.gradients[min(first + rank, self.plan.shards - 1)]
        sent = self._sizes if rank < count else np.zeros_like(self._sizes)
        got = np.where(np.arange(size) < count, self._sizes[rank], 0)
        self.world.comm.Alltoallv(
            [shard, (sent, self._edges[:-1])],
            [self._slices, (got, self._sizes[rank] * np.arange(size))],
        )
        for k in range(count):
            if first == k == 0:
                self._total[...] = self._slices[0]
            else:
                np.add(self._total, self._slices[k], out=self._total)


def serve(world: World) -> None:
    """Work for rank 0 until it leaves; what goes wrong here is said there."""

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        world.signal = number

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # rank 0 decides when to stop
        number = getattr(signal, name, signal.SIGINT)
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, note)
    try:
        while job := world.next_job():
            text, val, threads = job
            with threadpool_limits(threads):
                _follow(world, Job.from_json(text), val)
    except BaseException:  # noqa: BLE001 - without this rank all would wait for ever
        os.write(2, traceback.format_exc().encode())
        world.comm.Abort(1)


def _follow(world: World, job: Job, val: NDArray[Any] | None) -> None:
    """Do this rank's part in a job until rank 0 closes its team."""
    windows = _Handed()
    scorer = Scorer(val, job.prime) if val is not None else None
    part = _Part(world, job, scorer, windows)
    while True:
        message, parcel = world.comm.scatter(None)
        if message == CLOSE:
            return
        for shard, (window, state) in parcel.items():
            windows.windows[job.plan.columns[shard].start] = window
            part.memory.states[shard][...] = state
        part.run(message)


class RankPool:
    """Rank 0's team of all ranks, itself among them: a `Reducer`; close it when done."""

    def __init__(self, world: World, job: Job, threads: int = 1) -> None:
        plan, scorer = job.plan, job.scorer()
        self._world, self._plan = world, plan
        world.send((job.to_json(), np.array(job.val.open()) if job.val else None, threads))
        self._streams = Streams(job.train.open(), plan.batch_size, plan.seq_length)
        self._part = _Part(world, job, scorer, self._streams)

    @property
    def parameters(self) -> Parameters:
        """The model whose flat vector is sent to everyone; change it only between calls."""
        return self._part.member.parameters

    @property
    def states(self) -> list[Array]:
        """The carried state of each shard, flat; write to it only between calls."""
        return self._part.memory.states

    def gradient(self, update: int) -> tuple[float, Array]:
        """The summed loss in nats and the gradient (size,) of the mean loss of one update."""
        self._run(update)
        return float(sum(self._part.memory.losses)), self._part.memory.gradients[0]

    def validate(self) -> Score:
        """The score of the validation text with the present weights."""
        self._run(VALIDATE)
        return total(Score(float(n), int(c), int(u)) for n, c, u in self._part.memory.scores)

    def close(self) -> None:
        """End the job: the other ranks wait for the next one."""
        if not self._world.busy:
            self._world.comm.scatter([(CLOSE, {})] * self._world.size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, message: int) -> None:
        world = self._world
        parcels = [(message, self._parcel(message, rank)) for rank in range(world.size)]
        world.busy = True
        world.comm.scatter(parcels)
        problem = self._part.run(message)
        world.busy = False
        if problem:
            raise RunError(
                f"{problem}; the last checkpoint is intact, and --resume continues from it."
            )

    def _parcel(self, message: int, rank: int) -> dict[int, tuple[NDArray[np.intp], Array]]:
        """The windows and states of a rank's shards."""
        if message == VALIDATE or rank == 0:
            return {}
        plan, states = self._plan, self.states
        shards = range(rank, plan.shards, self._world.size)
        return {k: (self._streams.window(message, plan.columns[k]), states[k]) for k in shards}
