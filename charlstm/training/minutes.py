"""Turns a budget in minutes into one in updates: it times some updates, without effect."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from charlstm.training.defaults import VALIDATIONS, validation_cost, validation_interval
from charlstm.training.loop import Pool
from charlstm.training.start import Training

TIMING_SECONDS = 1.0  # how long updates are timed


def updates_in_minutes(training: Training, began: float) -> int:
    """The last update that `config.max_minutes` leave time for.

    The minutes began at `began` on the monotonic clock. The updates are timed with the dropout that
    the pool has; while the config leaves it open, that is some, the slower case.
    """
    pool, config = training.pool, training.config
    seconds = 60.0 * (config.max_minutes or 0.0)
    with states_kept(pool):
        first, count = time.monotonic(), 0
        while count < 3 or time.monotonic() - first < min(TIMING_SECONDS, 0.1 * seconds):
            pool.gradient(training.progress.update)
            if count == 0:
                first = time.monotonic()  # the one before allocated memory, so it does not count
            count += 1
    each = (time.monotonic() - first) / (count - 1)
    val = training.texts.val.size if training.texts.val else 0
    left = seconds - (time.monotonic() - began)
    cost = validation_cost(config, val)
    return training.progress.update + updates_within(left / (1.02 * each), cost, config.eval_every)


def updates_within(time_for: float, cost: float, eval_every: int | None) -> int:
    """How many updates fit beside their validations where there is time for `time_for` updates.

    A validation costs as much as `cost` updates. If `eval_every` is open, the interval is that of
    `validation_interval`.
    """
    if eval_every:
        return max(1, int(time_for / (1.0 + cost / eval_every)))
    for times in range(1, 2 * VALIDATIONS):  # fewer than 2 · 20 even where 20 do not divide them
        updates = max(1, int(time_for - times * cost))
        if math.ceil(updates / validation_interval(updates, cost)) <= times:
            break
    return updates


@contextmanager
def states_kept(pool: Pool) -> Iterator[None]:
    """Put the carried states back in the end, so that gradients computed inside have no effect."""
    states = [state.copy() for state in pool.states]
    yield
    for state, before in zip(pool.states, states, strict=True):
        state[...] = before
