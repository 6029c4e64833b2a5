"""Measures how fast training and sampling are, and an update beside its matrix products alone.

The update that is compared with its products is that of one worker's share of the batch. It runs
alone on the machine with one BLAS thread, and so do the products.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from charlstm.nn.parameters import Parameters
from charlstm.sampling import Filters, generate
from charlstm.studies.speed.products import BlockedProducts, PlainProducts
from charlstm.studies.speed.result import SAMPLES, Size, Speed, Spread
from charlstm.text.slices import TextSlice
from charlstm.training.loop import train
from charlstm.training.shards import Plan
from charlstm.training.workers import Job, WorkerPool

TEXT = 200_000  # characters of the random text that is trained on
TURN = 5  # calls in a row

Clock = Callable[[], float]
Call = Callable[[], object]


@dataclass(frozen=True)
class _Parts:
    """The parts of one size that are timed."""

    update: Call  # by all workers
    step: Call  # an update of one worker's share
    products: PlainProducts  # of that share
    blocked_products: BlockedProducts
    sample: Call  # one character
    sample_batch: Call  # one character of each of SAMPLES samples


def measure(size: Size, repeats: int, seconds: float, clock: Clock = time.perf_counter) -> Speed:
    """Measure one size `repeats` times, each part for about `seconds` each time.

    The parts take turns, because the speed of a machine drifts. Step and products take turns every
    few calls.
    """
    with _prepared(size) as parts:
        rounds = [_round(size, parts, seconds, clock) for _ in range(repeats)]
    return Speed(size, **{name: Spread.of([r[name] for r in rounds]) for name in rounds[0]})


def _round(size: Size, parts: _Parts, seconds: float, clock: Clock) -> dict[str, float]:
    """One measurement of each quantity of a `Speed`."""

    def times(*calls: Call) -> list[list[float]]:
        return alternate(calls, seconds, clock)

    update, *_ = map(statistics.median, times(parts.update))
    step, products = map(statistics.median, times(parts.step, parts.products.run))
    blocked, *_ = map(statistics.median, times(parts.blocked_products.run))
    (single,) = times(parts.sample)
    (batch,) = times(parts.sample_batch)
    return {
        "training": size.batch_size * size.seq_length / update,
        "sampling": len(single) / sum(single),
        "sampling_batch": SAMPLES * len(batch) / sum(batch),
        "step": step,
        "products": products,
        "ratio": step / products,
        "product_share": blocked / step,
        "gflops": parts.products.flop / products / 1e9,
    }


def alternate(calls: Sequence[Call], seconds: float, clock: Clock) -> list[list[float]]:
    """Make the calls in turn until each has had `seconds` on average; return the times of each.

    A turn is several calls in a row: in training too, a step finds its buffers in the cache.
    """
    times: list[list[float]] = [[] for _ in calls]
    began = clock()
    while not times[0] or clock() - began < seconds * len(calls):
        for call, durations in zip(calls, times, strict=True):
            for _ in range(TURN):
                start = clock()
                call()
                durations.append(clock() - start)
    return times


@contextmanager
def _prepared(size: Size) -> Iterator[_Parts]:
    """The parts of a size, each called twice, because the first call allocates."""
    V = size.vocabulary_size
    parameters = Parameters(size.architecture, V)
    parameters.initialise(1)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        ids = np.random.default_rng(0).integers(0, V, TEXT).astype(np.min_scalar_type(V))
        path = Path(folder) / "text.ids"
        ids.tofile(path)
        text = TextSlice(str(path), str(ids.dtype), 0, TEXT, TEXT)
        whole = Plan(size.architecture, V, size.batch_size, size.seq_length, size.workers)
        share = Plan(size.architecture, V, size.share, size.seq_length, 1)
        with (
            WorkerPool(Job(whole, text, None, 0), size.workers) as pool,
            WorkerPool(Job(share, text, None, 0)) as single,
        ):
            parts = _Parts(
                _updates(pool, whole),
                _updates(single, share),
                PlainProducts(parameters, size.seq_length, size.share),
                BlockedProducts(parameters, size.seq_length, size.share),
                _samples(parameters, 1),
                _samples(parameters, SAMPLES),
            )
            products = (parts.products.run, parts.blocked_products.run)
            for call in (parts.update, parts.step, *products, parts.sample, parts.sample_batch):
                call()
                call()
            yield parts


def _updates(pool: WorkerPool, plan: Plan) -> Call:
    """A call that makes the next update."""
    pool.parameters.initialise(1)
    window = plan.batch_size * plan.seq_length
    steps = train(pool, lambda _: 1e-3, characters=window, clip_norm=1.0, worst_loss=1e9)
    return lambda: next(steps)


def _samples(parameters: Parameters, count: int) -> Call:
    """A call that draws the next character of each of `count` samples."""
    drawn = generate(parameters, np.zeros(1, np.intp), 10**12, Filters(), range(count))
    return lambda: next(drawn)
