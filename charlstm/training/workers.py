"""Who runs which shards: this process alone, or with local workers on shared memory.

The shards are fixed by the plan and their gradients are summed in their order, so how many
processes share the work changes nothing but the time.
"""

import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Protocol, Self

import numpy as np

from charlstm.errors import RunError
from charlstm.evaluate import Score, Scorer, total
from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.text.slices import TextSlice
from charlstm.training.shards import Plan, Shards, SharedArrays
from charlstm.training.streams import Streams, Windows

VALIDATE = -1  # what workers are told instead of the number of an update
MESSAGE = struct.Struct("<q")
DONE, FAILED = b".", b"!"  # what they answer; what went wrong follows FAILED
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True)
class Job:
    """All that a worker must know: the plan, the texts, and what stands before the validation."""

    plan: Plan
    train: TextSlice
    val: TextSlice | None
    prime: int

    def to_json(self) -> str:
        """The job as one line for a worker."""
        return json.dumps(asdict(self) | {"plan": self.plan.to_json()})

    @staticmethod
    def from_json(line: str) -> "Job":
        """The job a worker was given."""
        form = json.loads(line)
        val = TextSlice(**form["val"]) if form["val"] else None
        return Job(Plan.from_json(form["plan"]), TextSlice(**form["train"]), val, form["prime"])

    def scorer(self) -> Scorer | None:
        """What scores the validation text, if there is one."""
        return Scorer(self.val.open(), self.prime) if self.val else None


class Worker:
    """One process's part in a job: every `team`-th shard and validation group from `rank` on."""

    def __init__(
        self,
        job: Job,
        block: Any,
        scorer: Scorer | None,
        rank: int,
        team: int,
        windows: Windows | None = None,
    ) -> None:
        plan = job.plan
        self._scorer = scorer
        groups = scorer.groups if scorer else 0
        self.memory = SharedArrays.over(block, plan, groups)
        self.parameters = Parameters(
            plan.architecture, plan.vocabulary_size, flat=self.memory.params
        )
        windows = windows or Streams(job.train.open(), plan.batch_size, plan.seq_length)
        self._shards = Shards(plan, self.parameters, windows, self.memory)
        self._mine = range(rank, plan.shards, team)
        self._my_groups = range(rank, groups, team)

    def run(self, message: int) -> None:
        """Do this process's share of an update, or of a validation."""
        if message == VALIDATE:
            assert self._scorer is not None
            for group in self._my_groups:
                score = self._scorer.score(self.parameters, group)
                self.memory.scores[group] = score.nats, score.characters, score.unknown
        else:
            for shard in self._mine:
                self._shards.run(message, shard)


class GradientSource(Protocol):
    """Gradients and scores of whole batches, whoever computes them."""

    @property
    def parameters(self) -> Parameters:
        """The model whose flat vector everyone reads; change it only between calls."""

    @property
    def states(self) -> list[Array]:
        """The carried state of each shard, flat; write to it only between calls."""

    def gradient(self, update: int) -> tuple[float, Array]:
        """The summed loss in nats and the gradient (size,) of the mean loss of one update."""

    def validate(self) -> Score:
        """The score of the validation text with the present weights."""


class WorkerPool:
    """Runs a job's shards in `workers` processes, this one included; close it when done."""

    def __init__(self, job: Job, workers: int = 1, threads: int = 1) -> None:
        scorer = job.scorer()
        size = SharedArrays.bytes_needed(job.plan, scorer.groups if scorer else 0)
        self._crew: list[subprocess.Popen[bytes]] = []
        if workers == 1:
            self._member = Worker(job, bytearray(size), scorer, 0, 1)
            return
        with _anonymous_file(size) as file:
            block = mmap.mmap(file.fileno(), size)
            self._member = Worker(job, block, scorer, 0, workers)
            for rank in range(1, workers):
                self._crew.append(_start(job, file.fileno(), size, rank, workers, threads))

    @property
    def parameters(self) -> Parameters:
        """The model whose flat vector everyone reads; change it only between calls."""
        return self._member.parameters

    @property
    def states(self) -> list[Array]:
        """The carried state of each shard, flat; write to it only between calls."""
        return self._member.memory.states

    def gradient(self, update: int) -> tuple[float, Array]:
        """The summed loss in nats and the gradient (size,) of the mean loss of one update."""
        self._run(update)
        memory = self._member.memory
        gradient: Array = memory.gradients[0]
        for other in memory.gradients[1:]:
            np.add(gradient, other, out=gradient)
        return float(sum(memory.losses)), gradient

    def validate(self) -> Score:
        """The score of the validation text with the present weights."""
        self._run(VALIDATE)
        return total(Score(float(n), int(c), int(u)) for n, c, u in self._member.memory.scores)

    def close(self) -> None:
        """End the workers."""
        for worker in self._crew:
            assert worker.stdin is not None
            assert worker.stdout is not None
            with suppress(OSError):  # it is gone already
                worker.stdin.close()
            worker.stdout.close()
            worker.wait()
        self._crew = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, message: int) -> None:
        for rank, worker in enumerate(self._crew, 1):
            assert worker.stdin is not None
            try:
                worker.stdin.write(MESSAGE.pack(message))
            except OSError as error:
                raise _lost(rank, worker) from error
        self._member.run(message)
        for rank, worker in enumerate(self._crew, 1):
            assert worker.stdout is not None
            answer = worker.stdout.read(1)
            if answer != DONE:
                raise _lost(rank, worker)


def _anonymous_file(size: int) -> BinaryIO:
    """A file of `size` zero bytes without a name, so that nothing is left behind however we end."""
    if hasattr(os, "memfd_create"):
        file: BinaryIO = os.fdopen(os.memfd_create("charlstm"), "w+b")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.truncate(size)
    return file


def _start(
    job: Job, memory: int, size: int, rank: int, team: int, threads: int
) -> subprocess.Popen[bytes]:
    arguments = [str(memory), str(size), str(rank), str(team)]
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
    with _signals_held():
        worker = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-m", "charlstm.training.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[memory],
            env=environment,
            bufsize=0,
        )
    assert worker.stdin is not None
    worker.stdin.write(job.to_json().encode() + b"\n")
    return worker


@contextmanager
def _signals_held() -> Iterator[None]:
    """A process started meanwhile never gets these signals: Ctrl-C in a terminal goes to all."""
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    )
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _lost(rank: int, worker: subprocess.Popen[bytes]) -> RunError:
    code = worker.wait()
    assert worker.stdout is not None
    reason = worker.stdout.read().decode(errors="replace").lstrip((DONE + FAILED).decode())
    return RunError(
        f"worker {rank} ended unexpectedly ({reason or f'exit code {code}'}); "
        f"the last checkpoint is intact, "
        f"and --resume continues from it."
    )
