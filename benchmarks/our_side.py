"""Our side of the comparison: measures one size, prints characters/s and peak memory as JSON."""

import argparse
import json
import resource
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from charlstm.nn.parameters import Architecture, Parameters
from charlstm.sampling import Filters, generate
from charlstm.text.slices import TextSlice
from charlstm.training.loop import Pool, train
from charlstm.training.shards import Plan
from charlstm.training.workers import Job, WorkerPool
from charlstm.training.world import World, join

V = 65


def train_rate(args: argparse.Namespace, world: World | None) -> float:
    """Characters per second over the timed updates: loss, gradients, clipping, Adam."""
    window = args.batch_size * args.seq_length
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))
        path = Path(stack.enter_context(tempfile.TemporaryDirectory()), "text.ids")
        ids = np.random.default_rng(0).integers(0, V, 200_000).astype(np.uint8)
        ids.tofile(path)
        plan = Plan(
            Architecture(args.cell, {}, args.hidden_size, args.num_layers),
            V,
            args.batch_size,
            args.seq_length,
            world.size if world else args.workers,
            memory_penalty=args.memory_penalty,
        )
        job = Job(plan, TextSlice(str(path), "uint8", 0, ids.size, ids.size), None, 0)
        pool: Pool
        if world:
            from charlstm.training.mpi import RankPool

            pool = stack.enter_context(RankPool(world, job))
        else:
            pool = stack.enter_context(WorkerPool(job, args.workers))
        pool.parameters.initialise(1)
        updates = train(pool, lambda _: 2e-3, characters=window, clip_norm=1.0, worst_loss=99.0)
        next(updates)
        next(updates)
        count, began = 0, time.perf_counter()
        for _ in updates:
            count += 1
            if time.perf_counter() - began > args.seconds:
                break
        return float(count * window / (time.perf_counter() - began))


def sample_rate(args: argparse.Namespace) -> float:
    """Characters per second, `batch_size` columns at a time."""
    parameters = Parameters(Architecture(args.cell, {}, args.hidden_size, args.num_layers), V)
    parameters.initialise(1)
    with threadpool_limits(1):
        drawn = generate(parameters, np.zeros(1, int), 10**9, Filters(), range(args.batch_size))
        next(drawn)
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < args.seconds:
            next(drawn)
            count += args.batch_size
    return float(count / (time.perf_counter() - began))


def rate(args: argparse.Namespace) -> float | None:
    """The characters per second of the task; None on a rank that only helps."""
    if args.task == "sample":
        return sample_rate(args)
    if not args.mpi:
        return train_rate(args, None)
    world = join(required=True)
    assert world
    if world.rank:
        from charlstm.training.mpi import serve

        serve(world)
        return None
    with world:
        return train_rate(args, world)


def main() -> None:
    """Print the numbers of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("train", "sample"))
    parser.add_argument("--cell", default="lstm")
    for name in ("hidden_size", "num_layers", "batch_size", "seq_length", "workers"):
        parser.add_argument(f"--{name}", type=int, default=1)
    parser.add_argument("--mpi", action="store_true", help="on the ranks that mpiexec started")
    parser.add_argument("--memory_penalty", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=3.0)
    args = parser.parse_args()
    measured = rate(args)
    if measured is not None:
        this = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # the largest
        peak = 1024 * (this + worker * (args.workers - 1))
        print(json.dumps({"rate": measured, "peak_bytes": peak}))


if __name__ == "__main__":
    main()
