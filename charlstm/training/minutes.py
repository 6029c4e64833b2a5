"""Turns a budget in minutes into one in updates: it times some updates, without effect."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from charlstm.training.defaults import VALIDATIONS
from charlstm.training.loop import GradientSource
from charlstm.training.start import Training

TIMING_SECONDS = 1.0  # how long updates are timed
VALIDATION_COST = 0.4  # of a character validated, against one trained on
VALIDATING_MOST = 0.25  # the share of the minutes that validations may take


def updates_in_minutes(training: Training, began: float) -> tuple[int, int]:
    """The last update that `config.max_minutes` leave time for, and how many between validations.

    The minutes began at `began` on the monotonic clock.
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
    validation = val * VALIDATION_COST * each / training.characters_per_update
    left = seconds - (time.monotonic() - began)
    updates, eval_every = updates_within(left, 1.02 * each, validation, config.eval_every)
    return training.progress.update + updates, eval_every


def updates_within(
    seconds: float, each: float, validation: float, eval_every: int | None
) -> tuple[int, int]:
    """How many updates fit in `seconds`, and how many of them lie between validations.

    An update takes `each` seconds, a validation `validation`. If `eval_every` is open, there are
    20 validations, or fewer, so that they take at most a quarter of the time.
    """
    if eval_every:
        return max(1, int(seconds / (each + validation / eval_every))), eval_every
    affordable = VALIDATING_MOST * seconds / validation if validation else math.inf
    times = max(1, int(min(VALIDATIONS, affordable)))
    updates = max(1, int((seconds - times * validation) / each))
    return updates, max(1, updates // times)


@contextmanager
def states_kept(pool: GradientSource) -> Iterator[None]:
    """Put the carried states back in the end, so that gradients computed inside have no effect."""
    states = [state.copy() for state in pool.states]
    yield
    for state, before in zip(pool.states, states, strict=True):
        state[...] = before
