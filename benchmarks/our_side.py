"""Our side of the comparison: one size, characters per second and peak memory as JSON."""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from charlstm.model import Architecture, CharModel
from charlstm.sampler import Filters, generate
from charlstm.training.optim import Adam
from charlstm.training.parallel import Job, Part, Team
from charlstm.training.shard import Plan
from charlstm.training.trainer import train

V = 65


def train_rate(args: argparse.Namespace, folder: Path) -> float:
    """Characters per second over the timed updates: loss, gradients, clipping, Adam."""
    ids = np.random.default_rng(0).integers(0, V, 200_000).astype(np.uint8)
    path = folder / "text.ids"
    ids.tofile(path)
    plan = Plan(
        Architecture(args.cell, {}, args.hidden, args.layers), V, args.batch, args.length, 2
    )
    job = Job(plan, Part(str(path), "uint8", 0, ids.size), None, 0)
    with threadpool_limits(1), Team(job, args.workers) as team:
        team.model.initialise(1)
        optimiser = Adam(team.model.size, np.dtype(np.float32))
        each = args.batch * args.length
        updates = train(
            team, optimiser, lambda _: 2e-3, characters=each, clip_norm=1.0, worst_loss=99.0
        )
        next(updates)
        next(updates)
        count, began = 0, time.perf_counter()
        for _ in updates:
            count += 1
            if time.perf_counter() - began > args.seconds:
                break
        return float(count * each / (time.perf_counter() - began))


def sample_rate(args: argparse.Namespace) -> float:
    """Characters per second, `batch` columns at a time."""
    model = CharModel(Architecture(args.cell, {}, args.hidden, args.layers), V)
    model.initialise(1)
    with threadpool_limits(1):
        drawn = generate(model, np.zeros(1, int), 10**9, Filters(), range(args.batch))
        next(drawn)
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < args.seconds:
            next(drawn)
            count += args.batch
    return float(count / (time.perf_counter() - began))


def main() -> None:
    """Print the figures of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("train", "sample"))
    parser.add_argument("--cell", default="lstm")
    for name in ("hidden", "layers", "batch", "length", "workers"):
        parser.add_argument(f"--{name}", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    args = parser.parse_args()
    if args.task == "train":
        with tempfile.TemporaryDirectory() as folder:
            rate = train_rate(args, Path(folder))
    else:
        rate = sample_rate(args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(json.dumps({"rate": rate, "peak_bytes": peak, "worker_peak_bytes": workers}))


if __name__ == "__main__":
    main()
