"""One validation of a run: its score, its row of metrics, and what the user should know of it.

A note comes once, when something happens, and again only after it has passed. So what was said is
kept in the checkpoint.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from charlstm.hints import command
from charlstm.nn import Array
from charlstm.nn.saturation import FLAT, Sizes, memory_sizes
from charlstm.progress import Sums
from charlstm.store.metrics import SATURATED
from charlstm.training.start import Training

FAR = 0.1  # of all that was learnt, from the first loss to the best validation
LEAST_FAR = 0.1  # nats per token, for a run that has learnt little yet
RUN_AWAY = 100.0  # |c| that has taken 100 characters to come so far, and takes as many to return
STUCK, IN_A_ROW = 0.99, 3  # share of saturated values, and validations


class Validation(NamedTuple):
    """A row of metrics without its seconds, whether it is the best, and notes for the user."""

    row: dict[str, float | None]
    best: bool
    notes: list[str]


def validate(training: Training, lr: float) -> Validation:
    """Score the validation text, if there is one, and bring the run's progress up to date."""
    t, progress = training, training.progress
    means, progress.since_row = progress.since_row.means(), Sums()
    val_nats = t.pool.validate().nats_per_char if t.texts.val else None
    best = val_nats is not None and (progress.best_val is None or val_nats < progress.best_val)
    progress.last_val = val_nats
    if best:
        progress.best_val, progress.validations_since_best = val_nats, 0
        progress.course.best_update = progress.update
    elif val_nats is not None:
        progress.validations_since_best += 1
    cell, layers = t.pool.parameters.cell, t.config.num_layers
    sizes = memory_sizes(t.pool.parameters.architecture, t.pool.states)
    shares = t.pool.worker.arrays.saturated(layers) if t.texts.val else np.empty((0, 0))
    largest = dict(zip(cell.sigmoids, shares.max(axis=0), strict=True)) if shares.size else {}
    characters = progress.update * t.characters_per_update
    row = {
        "update": progress.update,
        "characters": characters,
        "epoch": characters / t.texts.train.size,
        "val_nats": val_nats,
        "lr": lr,
        **means,
        **{f"c_{name}": value for name, value in (sizes._asdict() if sizes else {}).items()},
        **{SATURATED + gate: float(share) for gate, share in largest.items()},
    }
    notes = [
        *_fall(training, means["train_nats"]),
        *_flat_memory(training, sizes),
        *_stuck_gates(training, shares),
    ]
    return Validation(row, best, notes)


def warning(training: Training) -> str:
    """What the user should know of a run whose validation is far off its best; else ""."""
    config, progress, course = training.config, training.progress, training.progress.course
    if not course.fall or progress.best_val is None or progress.last_val is None:
        return ""
    when = f" of update {course.best_update:,}" if course.best_update else ""
    far = (
        f"validation is at {progress.last_val:.4f} nats/{config.tokens}, far off its best "
        f"{progress.best_val:.4f}{when}, and training has "
    )
    kept = f"best.npz keeps the model{when}"
    if course.fall == "by heart":
        return (
            f"{far}not risen with it: the model learns its text by heart. {kept}; "
            f"more text or a larger --dropout helps, and --patience 3 ends such a run in time"
        )
    lower = command("train", "--config", training.folder / "config.yaml", "--lr")
    return (
        f"{far}risen with it: the run has fallen apart. {kept}; "
        f"try a lower rate: {lower} {config.lr / 4:.2g}"
    )


def _fall(training: Training, train_nats: float) -> Iterator[str]:
    """A note when validation has come far off its best.

    Where training has risen too, the run falls apart. Else the model learns its text by heart.
    """
    progress, course = training.progress, training.progress.course
    best, last = progress.best_val, progress.last_val
    if best is None or last is None:
        return
    lowest = course.lowest_train if course.lowest_train is not None else best
    course.lowest_train = min(lowest, train_nats)
    far = max(LEAST_FAR, FAR * ((progress.start_loss or best) - best))
    if last > best + far:
        before = course.fall
        risen = train_nats > max(best, lowest + far / 4)
        course.fall = "apart" if risen else before or "by heart"
        if course.fall != before:
            yield warning(training)
    elif last < best + far / 2:
        course.fall = ""


def _flat_memory(training: Training, sizes: Sizes | None) -> Iterator[str]:
    """A note when half of the cell state lets no gradient pass, or a tenth of it has run away."""
    course = training.progress.course
    if sizes is None:
        return
    excess = max(sizes.median / FLAT, sizes.p90 / RUN_AWAY)
    if excess > 1.0 and not course.flat:
        course.flat = True
        median, p90, largest = sizes.shown()
        above = f"half of |c| is above {median}"
        if sizes.median <= FLAT:
            above = f"a tenth of |c| is above {p90}"
        yield (
            f"{above}, and the largest is {largest}: "
            f"tanh(c) is flat there, so that hardly any gradient passes; "
            f"a larger --memory-penalty or a lower --lr keeps c small"
        )
    elif excess < 0.5:
        course.flat = False


def _stuck_gates(training: Training, shares: Array) -> Iterator[str]:
    """A note when nearly all values of a gate are saturated at several validations in a row."""
    course, cell = training.progress.course, training.pool.parameters.cell
    stuck = [
        f"{cell.sigmoids[gate]} of layer {layer}" for layer, gate in np.argwhere(shares >= STUCK)
    ]
    course.stuck = course.stuck + 1 if stuck else 0
    if course.stuck == IN_A_ROW:
        yield (
            f"nearly all values of a gate are below 0.1 or above 0.9, at {IN_A_ROW} validations in "
            f"a row: {', '.join(stuck)}; hardly any gradient passes through such a gate, and "
            f"a lower --lr may keep it open"
        )
