"""The ranks that `mpiexec` started: rank 0 gives jobs to the others, and ends them."""

import os
import sys
import time
from typing import Any, Self

from charlstm.errors import RunError
from charlstm.hints import install

SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")  # set by Open MPI; by MPICH, Intel MPI and others
NAP = 0.01  # seconds between two looks for a job: a rank without one leaves its core free


def join(*, required: bool) -> "World | None":
    """The ranks that `mpiexec` started, or None if this process is alone and MPI is not `required`.

    Raises:
        RunError: if there is no mpi4py or no MPI, or `mpiexec` is that of another MPI.
    """
    sizes = [os.environ.get(name, "") for name in SIZES]
    started = max(int(size) if size.isdecimal() else 1 for size in sizes)
    if started == 1 and not required:
        return None
    try:
        from mpi4py import MPI  # noqa: PLC0415 - optional
    except (ImportError, RuntimeError) as problem:  # RuntimeError: mpi4py without an MPI library
        missing = "mpi4py" if isinstance(problem, ImportError) else "an MPI library"
        raise RunError(
            f"training on MPI ranks needs {missing}; install it with: {install('mpi')}"
        ) from problem
    comm = MPI.COMM_WORLD
    if comm.size < started:
        raise RunError(
            f"mpiexec started {started} processes, but each of them is alone: mpiexec and mpi4py "
            f"belong to different MPIs; use the mpiexec beside {sys.executable!r}"
        )
    return World(comm)


class World:
    """All ranks. Rank 0 uses it in a `with` block; the others wait for jobs until that ends."""

    def __init__(self, comm: Any) -> None:
        self.comm = comm
        self.rank, self.size = int(comm.rank), int(comm.size)
        self.signal = 0  # that this rank got, or on rank 0 another rank; 0 for none
        self.busy = False  # on rank 0: the others are in the middle of a task

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, problem: object, __: object) -> None:
        if self.busy:  # the others wait for the rest of a task, and hear nothing else
            os.write(2, f"Error: rank 0 failed with {problem!r}\n".encode())
            self.comm.Abort(1)
        self.send(None)

    def send(self, job: Any) -> None:
        """Give all other ranks a job, or None, which ends them."""
        for rank in range(1, self.size):
            self.comm.send(job, rank)

    def next_job(self) -> Any:
        """The next job that rank 0 sends, or None at the end."""
        while not self.comm.iprobe(0):
            time.sleep(NAP)
        return self.comm.recv(source=0)
