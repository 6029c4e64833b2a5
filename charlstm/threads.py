"""The number of cores, and independent pieces of work shared among them as threads.

NumPy lets other threads run while it computes. The steps of training are too short for that, so
training has processes instead (`training.workers`).
"""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def on_all_cores(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results of `work` on each item, in the items' order. Each thread has one BLAS thread."""
    if len(items) < 2:
        return [work(item) for item in items]
    # Imported here, because a single item needs neither, and commands start sooner without them.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    with threadpool_limits(1), ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(work, items))
