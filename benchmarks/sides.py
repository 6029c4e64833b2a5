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
from pathlib import Path
from typing import Any

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
    """Whether --cell, --hidden-size and --num-layers ask for this size."""
    return all(
        size[name] in (getattr(args, name) or [size[name]])
        for name in ("cell", "hidden_size", "num_layers")
    )


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


def run(*command: object, env: Mapping[str, str] | None = None) -> dict[str, float]:
    """The numbers in the last line that a process prints; `env` is added to its environment."""
    done = subprocess.run(
        list(map(str, command)),
        check=True,
        capture_output=True,
        text=True,
        env=environment() | dict(env or {}),
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
