"""How fast a size of network is on this machine, for a terminal and for JSON."""

import platform
import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from charlstm.nn.parameters import Architecture
from charlstm.threads import cores

SAMPLES = 64  # written at once


@dataclass(frozen=True)
class Size:
    """A size to measure: a network, a window, and the number of processes that share the batch."""

    architecture: Architecture
    batch_size: int
    seq_length: int
    vocabulary_size: int
    workers: int

    @property
    def share(self) -> int:
        """The batch columns of the worker that has most of them."""
        return -(-self.batch_size // self.workers)

    def to_mapping(self) -> dict[str, Any]:
        """The size for JSON."""
        return {
            "cell": self.architecture.cell,
            "hidden_size": self.architecture.hidden_size,
            "num_layers": self.architecture.num_layers,
            "attention": self.architecture.attention,
            "attention_heads": self.architecture.attention_heads,
            "batch_size": self.batch_size,
            "seq_length": self.seq_length,
            "vocabulary_size": self.vocabulary_size,
            "workers": self.workers,
            "share": self.share,
        }


@dataclass(frozen=True)
class Spread:
    """The median of several measurements, the lowest of them and the highest."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(values: Sequence[float]) -> "Spread":
        """The spread of at least one value."""
        return Spread(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Speed:
    """How fast one size is."""

    size: Size
    training: Spread  # characters/s of all workers: forward, backward, clipping, Adam
    sampling: Spread  # characters/s, one sample alone
    sampling_batch: Spread  # characters/s, SAMPLES samples at once
    step: Spread  # seconds of an update of one worker's share, alone with one BLAS thread
    products: Spread  # seconds of the same update's matrix products alone, as plain products
    ratio: Spread  # step ÷ products
    product_share: Spread  # of the step's time: its blocked products alone ÷ step
    gflops: Spread  # of the plain products

    def to_mapping(self) -> dict[str, Any]:
        """The size and, for each quantity, its median and the range beside it, for JSON."""
        mapping = self.size.to_mapping()
        for name, spread in vars(self).items():
            if isinstance(spread, Spread):
                mapping |= {name: spread.median, f"{name}_range": [spread.low, spread.high]}
        return mapping

    def lines(self) -> Iterator[str]:
        """The size, then a line for each quantity: its median, its unit and its range."""
        size, network = self.size, self.size.architecture
        yield (
            f"{network.cell} {network.num_layers}×{network.hidden_size}{network.looks_back}, "
            f"{size.batch_size} columns of {size.seq_length} characters, "
            f"{size.vocabulary_size} known"
        )
        workers = f"{size.workers} worker{'s' * (size.workers != 1)}"
        for label, spread, scale, unit in (
            (f"training, {workers}", self.training, 1e-3, "k characters/s"),
            ("sampling", self.sampling, 1e-3, "k characters/s"),
            (f"sampling, {SAMPLES} at once", self.sampling_batch, 1e-3, "k characters/s"),
            (f"update of {size.share} columns, one thread", self.step, 1e3, "ms"),
            ("its matrix products alone, plain", self.products, 1e3, "ms"),
            ("", self.gflops, 1.0, "GFLOP/s"),
            ("update ÷ products alone", self.ratio, 1.0, ""),
            ("share of its own products in the update", self.product_share, 100.0, "%"),
        ):
            median, low, high = (scale * x for x in (spread.median, spread.low, spread.high))
            yield f"  {label:42}{median:9.2f} {unit:15} {low:.2f}–{high:.2f}"


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
