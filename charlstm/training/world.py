"""The ranks that `mpiexec` started: rank 0 gives jobs to the others, and ends them."""

import os
import sys
import time
from typing import Any, NamedTuple, Self

from charlstm.errors import RunError
from charlstm.hints import install

# What a launcher tells each process that it starts: its rank, and how many there are. Where several
# have started a process, one within the other, the upper lines are those of the inner ones.
LAUNCHERS = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),  # Open MPI
    ("PMI_RANK", "PMI_SIZE"),  # MPICH, Intel MPI and others
    ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),  # MVAPICH
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),  # srun; a batch script has the rank 0 alone
    ("PMIX_RANK", ""),  # any launcher with PMIx, which leaves the size to MPI
)
NAP = 0.01  # seconds between two looks for a job: a rank without one leaves its core free


class Place(NamedTuple):
    """What a launcher says of this process: its rank, how many there are, and by which variables.

    The size is 0 if it does not say.
    """

    rank: int
    size: int
    variables: str


def launched() -> Place:
    """The place of this process among those that a launcher has started; alone, it is 0 of 1."""
    for names in LAUNCHERS:
        said = [os.environ.get(name, "") for name in names]
        rank, size = (int(value) if value.isdecimal() else 0 for value in said)
        if rank or size:
            return Place(rank, size, " ".join(name for name in names if name in os.environ))
    return Place(0, 1, "")


def join(*, required: bool) -> "World | None":
    """The ranks that a launcher started, or None if this process is alone and MPI not `required`.

    Raises:
        RunError: if there is no mpi4py or no MPI, if the launcher is that of another MPI, or if it
            does not say how many ranks there are.
    """
    rank, size, variables = launched()
    if size == 1 and not required:
        return None
    alone = f", or unset {variables} to train in this process alone" if variables else ""
    if not size and not required:
        raise RunError(
            f"{variables} makes this process rank {rank}, but nothing says of how many; start it "
            f"with mpiexec, let MPI count the ranks with --mpi{alone}"
        )
    try:
        from mpi4py import MPI  # noqa: PLC0415 - optional
    except (ImportError, RuntimeError) as problem:  # RuntimeError: mpi4py without an MPI library
        missing = "mpi4py" if isinstance(problem, ImportError) else "an MPI library"
        raise RunError(
            f"training on MPI ranks needs {missing}; install it with: {install('mpi')}{alone}"
        ) from problem
    comm = MPI.COMM_WORLD
    if comm.size < max(size, rank + 1):
        raise RunError(
            f"this process is rank {rank} of {size or 'several'} ({variables}), but MPI finds it "
            f"alone: mpiexec and mpi4py belong to different MPIs; use the mpiexec beside "
            f"{sys.executable!r}{alone}"
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
