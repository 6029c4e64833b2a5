"""How fast training and sampling are here, against the cost of a step's matrix products alone.

The step that is compared is that of one worker's share of the batch, alone on the machine, with
one BLAS thread, as its products have.
"""

import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from charlstm.nn.parameters import Architecture, Parameters
from charlstm.sampler import Filters, generate
from charlstm.studies.speed.products import OwnProducts, Products
from charlstm.text.slices import TextSlice
from charlstm.threads import cores
from charlstm.training.loop import train
from charlstm.training.optim import Adam
from charlstm.training.shards import Plan
from charlstm.training.workers import Job, WorkerPool

TEXT = 200_000  # characters of the random text that is trained on
BATCH = 64  # samples written at once
TURN = 5  # calls in a row

Clock = Callable[[], float]
Call = Callable[[], object]


@dataclass(frozen=True)
class Size:
    """What is measured: a network, a window, and how many processes share the batch."""

    architecture: Architecture
    batch_size: int
    seq_length: int
    vocabulary_size: int
    workers: int

    @property
    def share(self) -> int:
        """The batch columns of the largest share, a worker's."""
        return -(-self.batch_size // self.workers)


@dataclass(frozen=True)
class Figure:
    """The median of several measurements, and the least and the greatest of them."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(values: Sequence[float]) -> "Figure":
        """The figure of at least one value."""
        return Figure(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Figures:
    """What was measured of one size."""

    training: Figure  # characters/s of all workers: forward, backward, clipping, Adam
    sampling: Figure  # characters/s, one sample alone
    sampling_batch: Figure  # characters/s, BATCH samples at once
    step: Figure  # seconds of an update of one worker's share, alone with one BLAS thread
    products: Figure  # seconds of the same update's matrix products alone, plain ones
    ratio: Figure  # step ÷ products
    product_share: Figure  # of the step's time: its own products, alone, ÷ step
    gflops: Figure  # of the products alone


def measure(size: Size, repeats: int, seconds: float, clock: Clock = time.perf_counter) -> Figures:
    """Measure one size `repeats` times, each part for about `seconds` each time.

    The parts take turns, since a machine's speed drifts; step and products do so every few calls.
    """
    training: list[float] = []
    single: list[float] = []
    batch: list[float] = []
    steps: list[float] = []
    products: list[float] = []
    shares: list[float] = []
    with _ready(size) as (update, step, product, own, write, write_batch):
        for _ in range(repeats):
            (times,) = alternate([update], seconds, clock)
            training.append(size.batch_size * size.seq_length / statistics.median(times))
            both = alternate([step, product.run], seconds, clock)
            steps.append(statistics.median(both[0]))
            products.append(statistics.median(both[1]))
            (times,) = alternate([own], seconds, clock)
            shares.append(statistics.median(times) / steps[-1])
            (times,) = alternate([write], seconds, clock)
            single.append(len(times) / sum(times))
            (times,) = alternate([write_batch], seconds, clock)
            batch.append(BATCH * len(times) / sum(times))
    return Figures(
        Figure.of(training),
        Figure.of(single),
        Figure.of(batch),
        Figure.of(steps),
        Figure.of(products),
        Figure.of([step / plain for step, plain in zip(steps, products, strict=True)]),
        Figure.of(shares),
        Figure.of([product.flop / plain / 1e9 for plain in products]),
    )


def machine() -> dict[str, str | int]:
    """What the figures depend on: processor, cores, system, Python, NumPy and its BLAS."""
    processor = platform.processor() or platform.machine()
    with suppress(OSError):  # Linux
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        names = [line.partition(": ")[2] for line in info.splitlines() if "model name" in line]
        processor = names[0] if names else processor
    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {
        "processor": processor,
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": " ".join(f"{p['internal_api']} {p['version']}" for p in blas) or "unknown",
    }


def alternate(calls: Sequence[Call], seconds: float, clock: Clock) -> list[list[float]]:
    """Make the calls in turn until each has had `seconds` on average; the times of each.

    A turn is several calls in a row: in training too, a step finds its buffers in the cache.
    """
    times: list[list[float]] = [[] for _ in calls]
    began = clock()
    while not times[0] or clock() - began < seconds * len(calls):
        for call, own in zip(calls, times, strict=True):
            for _ in range(TURN):
                start = clock()
                call()
                own.append(clock() - start)
    return times


@contextmanager
def _ready(size: Size) -> Iterator[tuple[Call, Call, Products, Call, Call, Call]]:
    """An update by all workers, one of a worker's share, its products (two ways), two samplers."""
    V = size.vocabulary_size
    parameters = Parameters(size.architecture, V)
    parameters.initialise(1)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        ids = np.random.default_rng(0).integers(0, V, TEXT).astype(np.min_scalar_type(V))
        path = Path(folder) / "text.ids"
        ids.tofile(path)
        text = TextSlice(str(path), str(ids.dtype), 0, TEXT)
        plan = Plan(size.architecture, V, size.batch_size, size.seq_length, size.workers)
        one = Plan(size.architecture, V, size.share, size.seq_length, 1)
        with (
            WorkerPool(Job(plan, text, None, 0), size.workers) as team,
            WorkerPool(Job(one, text, None, 0)) as single,
        ):
            calls = [_updates(team, plan), _updates(single, one)]
            product = Products(parameters, size.seq_length, size.share)
            own = OwnProducts(parameters, size.seq_length, size.share).run
            writers = [_sampling(parameters, count) for count in (1, BATCH)]
            for call in (*calls, product.run, own, *writers):  # the first time allocates
                call()
                call()
            yield calls[0], calls[1], product, own, writers[0], writers[1]


def _updates(team: WorkerPool, plan: Plan) -> Call:
    team.parameters.initialise(1)
    optimiser = Adam(team.parameters.size, np.dtype(np.float32))
    each = plan.batch_size * plan.seq_length
    steps = train(team, optimiser, lambda _: 1e-3, characters=each, clip_norm=1.0, worst_loss=1e9)
    return lambda: next(steps)


def _sampling(parameters: Parameters, count: int) -> Call:
    drawn = generate(parameters, np.zeros(1, np.intp), 10**12, Filters(), range(count))
    return lambda: next(drawn)
