"""The number of cores, and independent pieces of work shared among them as threads.

NumPy lets other threads run while it computes. The steps of training are too short for that, so
training has processes instead (`training.workers`).
"""

import math
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

GROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def cores() -> int:
    """The cores this process may use: those it may run on, but no more than its quota pays for."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, math.ceil(min(count, quota())))


@cache
def quota(groups: Path = GROUPS, own: Path = OWN_GROUPS) -> float:
    """How many cores' time the control groups of this process grant it; infinite without a limit.

    A container may have such a quota (`docker run --cpus=2`), and yet it sees all cores of its
    host. The narrowest of all groups around a process counts. `groups` is where they are mounted,
    version 1 or 2, and `own` names those of this process.
    """
    limits = [math.inf]
    with suppress(OSError, ValueError):
        for line in own.read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers or "cpu" in controllers.split(","):
                group = groups / ("cpu" if controllers else "") / path.lstrip("/")
                limits += [_granted(folder) for folder in (group, *group.parents)]
    return min(limits)


def _granted(group: Path) -> float:
    for names in (["cpu.max"], ["cpu.cfs_quota_us", "cpu.cfs_period_us"]):  # version 2, version 1
        with suppress(OSError, ValueError):  # "max 100000" and "-1" are no limit
            texts = " ".join((group / name).read_text(encoding="utf-8") for name in names)
            time, period = map(int, texts.split())
            if time > 0 and period > 0:
                return time / period
    return math.inf


def on_all_cores(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results of `work` on each item, in the items' order. Each thread has one BLAS thread."""
    if len(items) < 2:
        return [work(item) for item in items]
    # Imported here, because a single item needs neither, and commands start sooner without them.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    with threadpool_limits(1), ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(work, items))
