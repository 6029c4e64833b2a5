"""Local workers: processes that make an update together, on shared memory.

The first process gives the others a job and then one task after another. Each answers when its
share is done, and ends when it hears nothing more, so it never outlives the first process.
"""

import json
import mmap
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from charlstm.evaluate import Scorer
from charlstm.nn import Array
from charlstm.score import Score
from charlstm.text.slices import TextSlice
from charlstm.training.line_streams import LineStreams
from charlstm.training.loop import Pool
from charlstm.training.own_slice import owners
from charlstm.training.processes import Process, answer_done, answering
from charlstm.training.shards import Plan, Streams, Windows
from charlstm.training.shared import SharedArrays
from charlstm.training.worker import TASK_BYTES, Kind, Task, Worker


@dataclass(frozen=True)
class Job:
    """All that workers must know: plan, texts, and the id that precedes the validation text."""

    plan: Plan
    train: TextSlice
    val: TextSlice | None
    prime: int

    def to_json(self) -> str:
        """The job as one line for a worker."""
        return json.dumps(asdict(self) | {"plan": self.plan.to_mapping()})

    @staticmethod
    def from_json(line: str) -> "Job":
        """The job that `to_json` wrote."""
        form = json.loads(line)
        val = TextSlice(**form["val"]) if form["val"] else None
        plan = Plan.from_mapping(form["plan"])
        return Job(plan, TextSlice(**form["train"]), val, form["prime"])

    def scorer(self) -> Scorer | None:
        """What scores the validation text, if there is one."""
        return self.scorer_of(self.val.open()) if self.val else None

    def scorer_of(self, ids: NDArray[Any]) -> Scorer:
        """What scores the validation text, whose ids (N,) are given."""
        plan = self.plan
        return Scorer(ids, self.prime, plan.reset_at, plan.architecture.attention)

    def streams(self) -> Windows:
        """The training text in windows."""
        ids, plan = self.train.open(), self.plan
        if plan.reset_at is None:
            return Streams(ids, plan.batch_size, plan.seq_length)
        return LineStreams(ids, plan.reset_at, plan.batch_size, plan.seq_length, plan.seed)

    def bytes_needed(self) -> int:
        """The size of the block that the workers of one machine share."""
        scorer = self.scorer()
        return SharedArrays.bytes_needed(self.plan, scorer.groups if scorer else 0)

    def worker(self, block: Any, rank: int, workers: int) -> Worker:
        """Number `rank` of so many workers on this machine, which share `block`."""
        scorer = self.scorer()
        arrays = SharedArrays.over(block, self.plan, scorer.groups if scorer else 0)
        return Worker(self.plan, arrays, self.streams(), scorer, rank, workers)


class WorkerPool(Pool):
    """Makes updates in `workers` processes, this one among them; close it when done."""

    def __init__(self, job: Job, workers: int = 1, threads: int = 1) -> None:
        self._others: list[Process] = []
        size = job.bytes_needed()
        if workers == 1:
            self.worker = job.worker(np.zeros(size, np.uint8), 0, 1)
            return
        with _anonymous_file(size) as file:
            self.worker = job.worker(mmap.mmap(file.fileno(), size), 0, workers)
            try:
                for rank in range(1, workers):
                    numbers = (file.fileno(), size, rank, workers)
                    other = Process(f"worker {rank}", __name__, numbers, file.fileno(), threads)
                    self._others.append(other)
                    other.send(job.to_json().encode() + b"\n")
            except BaseException:
                self.close()
                raise

    def gradient(self, update: int) -> tuple[float, Array]:
        """The summed loss in nats and the gradient (size,) of the mean loss of one update."""
        self._run(Task(Kind.SHARDS, update), self._others)
        self._run(Task(Kind.SUM), self._owners)
        return float(sum(self.worker.arrays.losses)), self.worker.arrays.gradients[0]

    def step(self, update: int, lr: float, scale: float) -> None:
        """Update the parameters by the last gradient."""
        self._run(Task(Kind.STEP, update, lr, scale), self._owners)

    def validate(self) -> Score:
        """The score of the validation text with the present parameters."""
        self._run(Task(Kind.VALIDATE), self._others)
        return self.worker.arrays.score()

    def close(self) -> None:
        """End the other processes."""
        for other in self._others:
            other.close()
        self._others = []

    @property
    def _owners(self) -> list[Process]:
        """Those of the other processes that own a slice."""
        return self._others[: owners(self.parameters.size, len(self._others) + 1) - 1]

    def _run(self, task: Task, others: list[Process]) -> None:
        """Have these processes and this one do their share of a task."""
        for other in others:
            other.send(task.pack())
        self.worker.run(task)
        for other in others:
            other.wait()


def _anonymous_file(size: int) -> BinaryIO:
    """A file of `size` zero bytes without a name, so nothing stays behind however we end."""
    if hasattr(os, "memfd_create"):
        file: BinaryIO = os.fdopen(os.memfd_create("charlstm"), "w+b")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.truncate(size)
    return file


def main() -> None:
    """Be a worker: get a job, then do one task after another."""
    with answering():
        descriptor, size, rank, workers = map(int, sys.argv[1:])
        job = Job.from_json(sys.stdin.buffer.readline().decode())
        worker = job.worker(mmap.mmap(descriptor, size), rank, workers)
        while len(task := sys.stdin.buffer.read(TASK_BYTES)) == TASK_BYTES:
            worker.run(Task.unpack(task))
            answer_done()
