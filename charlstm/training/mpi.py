"""MPI ranks as workers, on one machine or on many: `mpiexec -n N charlstm train`.

Rank 0 has the texts, the parameters and the run; the other ranks know only what it sends. For an
update it sends the parameters to all ranks, and to each rank the windows and carried states of its
shards (rank, rank + N, …). The ranks sum the gradients by slices: rank k gets slice k of every
shard's gradient, adds them in the order of the shards, so that the number of ranks changes no bit,
and sends the sum to rank 0.
"""

import os
import platform
import signal
import traceback
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from charlstm.errors import RunError
from charlstm.evaluate import Scorer
from charlstm.nn import Array
from charlstm.score import Score
from charlstm.training.loop import Pool
from charlstm.training.own_slice import OwnSlice
from charlstm.training.shards import Windows
from charlstm.training.shared import SharedArrays
from charlstm.training.worker import Kind, Task, Worker
from charlstm.training.workers import Job
from charlstm.training.world import World


class RankPool(Pool):
    """Makes updates on all ranks, as a `WorkerPool` does; used on rank 0, closed when done."""

    def __init__(self, world: World, job: Job, threads: int = 1) -> None:
        self._world, self._plan = world, job.plan
        world.send((job.to_json(), np.array(job.val.open()) if job.val else None, threads))
        self._streams = job.streams()
        self._rank = _Rank(world, job, job.scorer(), self._streams)
        self.worker = self._rank.worker
        arrays = self.worker.arrays  # of which the first gradient is the sum that the ranks send
        alone = replace(arrays, gradients=arrays.gradients[:1])
        self._whole = OwnSlice(alone, job.plan.optimizer, 0, 1)

    def gradient(self, update: int) -> tuple[float, Array]:
        """The summed loss in nats and the gradient (size,) of the mean loss of one update."""
        size, shards = self._world.size, self._plan.shards
        inputs: list[_Inputs] = [
            {k: self._input(update, k) for k in range(rank, shards, size)} if rank else {}
            for rank in range(size)
        ]
        self._run(Task(Kind.SHARDS, update), inputs)
        self._whole.add()
        return float(sum(self.worker.arrays.losses)), self.worker.arrays.gradients[0]

    def step(self, update: int, lr: float, scale: float) -> None:
        """Update the parameters by the last gradient."""
        self._whole.step(update, lr, scale)

    def validate(self) -> Score:
        """The score of the validation text with the present parameters."""
        self._run(Task(Kind.VALIDATE), [{}] * self._world.size)
        return self.worker.arrays.score()

    def close(self) -> None:
        """End the job: the other ranks wait for the next one."""
        if not self._world.busy:
            self._world.comm.scatter([(None, {})] * self._world.size)

    def _input(self, update: int, shard: int) -> "_Input":
        return self._streams.window(update, self._plan.columns[shard]), self.states[shard]

    def _run(self, task: Task, inputs: "list[_Inputs]") -> None:
        """Have every rank do its share of a task."""
        self._world.busy = True
        self._world.comm.scatter([(task, of_rank) for of_rank in inputs])
        problem = self._rank.run(task)
        self._world.busy = False
        if problem:
            raise RunError(
                f"{problem}; the last checkpoint is intact, and --resume continues from it."
            )


_Input = tuple[NDArray[np.intp], Array]  # a shard's window and carried state
_Inputs = dict[int, _Input]  # by shard


def serve(world: World) -> None:
    """Work for rank 0 until it ends; rank 0 reports the errors of this rank."""

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
                _serve_job(world, Job.from_json(text), val)
    except BaseException:  # noqa: BLE001 - without this rank all would wait for ever
        os.write(2, traceback.format_exc().encode())
        world.comm.Abort(1)


def _serve_job(world: World, job: Job, val: NDArray[Any] | None) -> None:
    """Do this rank's share of every task until rank 0 closes its pool."""
    windows = _ReceivedWindows()
    scorer = job.scorer_of(val) if val is not None else None
    rank = _Rank(world, job, scorer, windows)
    while True:
        task, inputs = world.comm.scatter(None)
        if task is None:  # the end of the job
            return
        for shard, (window, state) in inputs.items():
            windows.by_first_column[job.plan.columns[shard].start] = window
            rank.arrays.states[shard][...] = state
        rank.run(task)


class _ReceivedWindows:
    """The windows that rank 0 has sent for this rank's shards."""

    def __init__(self) -> None:
        self.by_first_column: dict[int, NDArray[np.intp]] = {}

    def window(self, update: int, columns: slice) -> NDArray[np.intp]:
        """See `Windows.window`."""
        del update
        return self.by_first_column[columns.start]


class _Rank:
    """One rank's worker, and what brings the results of all ranks together on rank 0."""

    def __init__(self, world: World, job: Job, scorer: Scorer | None, windows: Windows) -> None:
        plan, groups = job.plan, scorer.groups if scorer else 0
        self.world, self.plan, self.groups = world, plan, groups
        block = bytearray(SharedArrays.bytes_needed(plan, groups))  # unwritten, it takes no memory
        self.arrays = SharedArrays.over(block, plan, groups)
        self.worker = Worker(plan, self.arrays, windows, scorer, world.rank, world.size)
        self._edges = self.arrays.parameters.size * np.arange(world.size + 1) // world.size
        self._sizes = np.diff(self._edges)
        self._slices = np.empty((world.size, self._sizes[world.rank]), plan.dtype)
        self._total = np.empty_like(self._slices[0])

    def run(self, task: Task) -> str:
        """Do this rank's share and gather all shares on rank 0; return what went wrong, or ""."""
        comm, world, problem = self.world.comm, self.world, ""
        comm.Bcast(self.arrays.parameters)
        comm.Bcast(self.arrays.dropped)
        try:
            self.worker.run(task)
        except Exception as error:  # noqa: BLE001 - rank 0 must hear of any
            problem = f"rank {world.rank} on {platform.node()} failed with {error!r}"
        reports = comm.allgather((problem, world.signal))
        if world.rank == 0:  # elsewhere a signal may have come since the report
            world.signal = next((number for _, number in reports if number), 0)
        problem = next((problem for problem, _ in reports if problem), "")
        if not problem:
            self._gather_scores() if task.kind == Kind.VALIDATE else self._gather_gradient()
        return problem

    def _gather_scores(self) -> None:
        scores, size = self.arrays.scores, self.world.size
        own = scores[self.world.rank : self.groups : size]
        for rank, received in enumerate(self.world.comm.gather(own) or []):
            scores[rank : self.groups : size] = received

    def _gather_gradient(self) -> None:
        world, arrays = self.world, self.arrays
        shards = range(world.rank, self.plan.shards, world.size)
        own = {k: (arrays.losses[k], arrays.states[k]) for k in shards}
        for received in world.comm.gather(own) or []:
            for k, (loss, state) in received.items():
                arrays.losses[k], arrays.states[k][...] = loss, state
        for first in range(0, self.plan.shards, world.size):
            self._add(first, min(world.size, self.plan.shards - first))
        world.comm.Gatherv(self._total, [arrays.gradients[0], (self._sizes, self._edges[:-1])])

    def _add(self, first: int, count: int) -> None:
        """Add this rank's slice of the gradients of shards first … first + count - 1 to the sum."""
        rank, size = self.world.rank, self.world.size
        shard = self.arrays.gradients[min(first + rank, self.plan.shards - 1)]
        sent = self._sizes if rank < count else np.zeros_like(self._sizes)
        received = np.where(np.arange(size) < count, self._sizes[rank], 0)
        self.world.comm.Alltoallv(
            [shard, (sent, self._edges[:-1])],
            [self._slices, (received, self._sizes[rank] * np.arange(size))],
        )
        for k in range(count):
            if first == k == 0:
                self._total[...] = self._slices[0]
            else:
                np.add(self._total, self._slices[k], out=self._total)
