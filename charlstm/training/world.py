"""The ranks that `mpiexec` started: rank 0 has jobs done by the others, and lets them go."""

import os
import sys
import time
from typing import Any, Self

from charlstm.errors import RunError

SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")  # set by Open MPI; by MPICH, Intel MPI and others
NAP = 0.01  # seconds between looks for a job, so that a rank without one leaves its core free


def join(*, asked: bool) -> "World | None":
    """The ranks that `mpiexec` started, or None if this process is alone and MPI not `asked` for.

    Raises:
        RunError: if there is no mpi4py or no MPI, or `mpiexec` is that of another MPI.
    """
    sizes = [os.environ.get(name, "") for name in SIZES]
    started = max(int(size) if size.isdecimal() else 1 for size in sizes)
    if started == 1 and not asked:
        return None
    try:
        from mpi4py import MPI  # noqa: PLC0415 - optional
    except (ImportError, RuntimeError) as problem:  # RuntimeError: mpi4py without an MPI library
        missing = "mpi4py" if isinstance(problem, ImportError) else "an MPI library"
        raise RunError(
            f"training on MPI ranks needs {missing}; install it with: pip install 'charlstm[mpi]'"
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
        self.signal = 0  # on rank 0, one that another rank has got
        self.busy = False  # on rank 0, whether the others wait for their part of a call

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, problem: object, __: object) -> None:
        if self.busy:  # the others cannot be told: they wait for the rest of a call
            os.write(2, f"Error: rank 0 failed with {problem!r}\n".encode())
            self.comm.Abort(1)
        self.send(None)

    def send(self, job: Any) -> None:
        """Give all other ranks a job, or None to let them go."""
        for rank in range(1, self.size):
            self.comm.send(job, rank)

    def next_job(self) -> Any:
        """What rank 0 sends this rank next: a job, or None."""
        while not self.comm.iprobe(0):
            time.sleep(NAP)
        return self.comm.recv(source=0)
