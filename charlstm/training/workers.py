"""Local workers: processes that compute the shards of an update on shared memory.

The first process starts the others and writes to their standard input: a job, then one task after
another. Each answers on its standard output when its share is done, and ends when its input does,
so it never outlives the first process.
"""

import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import BinaryIO

import numpy as np

from charlstm.errors import RunError
from charlstm.evaluate import Score, Scorer, total
from charlstm.nn import Array
from charlstm.text.slices import TextSlice
from charlstm.training.loop import GradientSource
from charlstm.training.shards import Plan, Streams
from charlstm.training.worker import VALIDATE, SharedArrays, Worker

TASK = struct.Struct("<q")  # the number of an update, or VALIDATE
DONE, FAILED = b".", b"!"  # a worker's answers; the reason follows FAILED
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


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
        return Scorer(self.val.open(), self.prime) if self.val else None

    def streams(self) -> Streams:
        """The training text in windows."""
        return Streams(self.train.open(), self.plan.batch_size, self.plan.seq_length)

    def bytes_needed(self) -> int:
        """The size of the block that the workers of one machine share."""
        scorer = self.scorer()
        return SharedArrays.bytes_needed(self.plan, scorer.groups if scorer else 0)

    def worker(self, block: bytearray | mmap.mmap, rank: int, workers: int) -> Worker:
        """Number `rank` of so many workers on this machine, which share `block`."""
        scorer = self.scorer()
        arrays = SharedArrays.over(block, self.plan, scorer.groups if scorer else 0)
        return Worker(self.plan, arrays, self.streams(), scorer, rank, workers)


class WorkerPool(GradientSource):
    """Computes gradients in `workers` processes, this one among them; close it when done."""

    def __init__(self, job: Job, workers: int = 1, threads: int = 1) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        size = job.bytes_needed()
        if workers == 1:
            self.worker = job.worker(bytearray(size), 0, 1)
            return
        with _anonymous_file(size) as file:
            self.worker = job.worker(mmap.mmap(file.fileno(), size), 0, workers)
            for rank in range(1, workers):
                self._processes.append(_start(job, file.fileno(), size, rank, workers, threads))

    def gradient(self, update: int) -> tuple[float, Array]:
        """The summed loss in nats and the gradient (size,) of the mean loss of one update."""
        self._start_others(update)
        self.worker.run(update)
        self._wait_for_others()
        arrays = self.worker.arrays
        gradient: Array = arrays.gradients[0]
        for of_shard in arrays.gradients[1:]:
            np.add(gradient, of_shard, out=gradient)
        return float(sum(arrays.losses)), gradient

    def validate(self) -> Score:
        """The score of the validation text with the present parameters."""
        self._start_others(VALIDATE)
        self.worker.run(VALIDATE)
        self._wait_for_others()
        return total(Score(float(n), int(c), int(u)) for n, c, u in self.worker.arrays.scores)

    def close(self) -> None:
        """End the other processes."""
        for process in self._processes:
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(OSError):  # it has ended already
                process.stdin.close()
            process.stdout.close()
            process.wait()
        self._processes = []

    def _start_others(self, task: int) -> None:
        for rank, process in enumerate(self._processes, 1):
            assert process.stdin is not None
            try:
                process.stdin.write(TASK.pack(task))
            except OSError as error:
                raise _lost(rank, process) from error

    def _wait_for_others(self) -> None:
        for rank, process in enumerate(self._processes, 1):
            assert process.stdout is not None
            if process.stdout.read(1) != DONE:
                raise _lost(rank, process)


def _anonymous_file(size: int) -> BinaryIO:
    """A file of `size` zero bytes without a name, so nothing stays behind however we end."""
    if hasattr(os, "memfd_create"):
        file: BinaryIO = os.fdopen(os.memfd_create("charlstm"), "w+b")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.truncate(size)
    return file


def _start(
    job: Job, descriptor: int, size: int, rank: int, workers: int, threads: int
) -> subprocess.Popen[bytes]:
    """Start worker `rank` on the shared file of that descriptor and size, and give it the job."""
    arguments = [str(number) for number in (descriptor, size, rank, workers)]
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
    # A process keeps the signals blocked that are blocked when it starts. A terminal sends Ctrl-C
    # to all processes, but the first one alone decides when to stop.
    stop_signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-m", "charlstm.training.workers", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[descriptor],
            env=environment,
            bufsize=0,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert process.stdin is not None
    process.stdin.write(job.to_json().encode() + b"\n")
    return process


def _lost(rank: int, process: subprocess.Popen[bytes]) -> RunError:
    code = process.wait()
    assert process.stdout is not None
    reason = process.stdout.read().decode(errors="replace").lstrip((DONE + FAILED).decode())
    return RunError(
        f"worker {rank} ended unexpectedly ({reason or f'exit code {code}'}); "
        f"the last checkpoint is intact, "
        f"and --resume continues from it."
    )


def main() -> None:
    """Be a worker; report an error to the first process, which prints it."""
    try:
        _serve(*map(int, sys.argv[1:]))
    except Exception as error:  # noqa: BLE001 - a traceback from here would help no user
        with suppress(OSError):
            os.write(sys.stdout.fileno(), FAILED + repr(error).encode(errors="replace")[:400])
        sys.exit(1)


def _serve(descriptor: int, size: int, rank: int, workers: int) -> None:
    job = Job.from_json(sys.stdin.buffer.readline().decode())
    worker = job.worker(mmap.mmap(descriptor, size), rank, workers)
    while len(task := sys.stdin.buffer.read(TASK.size)) == TASK.size:
        worker.run(*TASK.unpack(task))
        try:
            os.write(sys.stdout.fileno(), DONE)
        except BrokenPipeError:  # the first process has closed the pool during an update
            return


if __name__ == "__main__":
    main()
