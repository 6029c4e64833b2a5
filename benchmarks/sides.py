"""Runs one side of a comparison in a process of its own, and reads the numbers that it prints."""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charlstm.threads import cores

HERE = Path(__file__).parent
NAMES = ("cell", "hidden_size", "num_layers", "batch_size", "seq_length")
Record = dict[str, Any]


def named(*size: object) -> Record:
    """A size by the names of its parts."""
    return dict(zip(NAMES, size, strict=True))


def spread(ratios: list[float]) -> Record:
    """The median of at least one ratio, and the lowest and the highest."""
    return {"ratio": statistics.median(ratios), "ratio_range": [min(ratios), max(ratios)]}


def selected(args: argparse.Namespace, size: Record) -> bool:
    """Whether --cell and --hidden-size ask for this size."""
    cells, sizes = args.cell or [size["cell"]], args.hidden_size or [size["hidden_size"]]
    return size["cell"] in cells and size["hidden_size"] in sizes


def environment() -> dict[str, str]:
    """The environment without limits on threads, and with compiled modules kept, for both sides."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("_NUM_THREADS") and name != "PYTHONDONTWRITEBYTECODE"
    }


def options(size: Mapping[str, Any]) -> list[object]:
    """The options that say a size; both sides have them."""
    return [word for name, value in size.items() for word in (f"--{name}", value)]


def run(*command: object) -> dict[str, float]:
    """The numbers in the last line that a process prints."""
    done = subprocess.run(
        list(map(str, command)), check=True, capture_output=True, text=True, env=environment()
    )
    numbers: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return numbers


def ours(*words: object) -> dict[str, float]:
    """One run of our side."""
    return run(sys.executable, HERE / "our_side.py", *words)


def on_ranks(count: int, *words: object) -> dict[str, float] | None:
    """One run of our side on MPI ranks; None without the extra charlstm[mpi]."""
    launcher = shutil.which("mpiexec", path=str(Path(sys.executable).parent))
    if launcher is None:
        return None
    return run(launcher, "-n", count, sys.executable, HERE / "our_side.py", *words, "--mpi")


@dataclass(frozen=True)
class Torch:
    """The side of PyTorch, run by a Python that has it."""

    python: str

    def run(self, *words: object) -> dict[str, float] | None:
        """One run; None if it fails three times, because gloo sometimes fails once."""
        for _ in range(3):
            port = ["--port", free_port()]
            try:
                return run(self.python, HERE / "torch_side.py", *words, *port)
            except subprocess.CalledProcessError as error:
                print(f"PyTorch failed: {words}: {error.stderr[-300:]}", file=sys.stderr)
        return None


def variants(task: str) -> list[tuple[object, ...]]:
    """How PyTorch may do a task: embedding or one-hot; one thread, all, or ranks of gloo."""
    ways: list[tuple[object, ...]] = [("--threads", threads) for threads in sorted({1, cores()})]
    if task == "train" and cores() > 1:
        ways.append(("--ranks", cores()))
    return [(*onehot, *way) for onehot in ((), ("--onehot",)) for way in ways]


def free_port() -> int:
    """A free port, for the processes of gloo to meet."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def timed(*command: object) -> tuple[float, float]:
    """Seconds until a process writes its first byte, and until it ends."""
    began = time.perf_counter()
    with subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        bufsize=0,
    ) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        first = time.perf_counter() - began
        process.stdout.read()
        process.wait()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(map(str, command)))
    return first, time.perf_counter() - began
