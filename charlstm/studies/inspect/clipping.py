"""How often and how hard the gradient was clipped in training, from a run's metrics."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Clipping:
    """Over a whole run: the share of updates clipped, and the largest mean norm between two rows.

    `limit` is the norm above which a gradient is scaled down.
    """

    share: float
    highest: float
    limit: float


def clipping(rows: Sequence[Mapping[str, str]], limit: float) -> Clipping | None:
    """From the rows of metrics.csv, means since the row before; None where there is nothing."""
    total = clipped = highest = before = 0.0
    for row in rows:
        update, share, norm = (_number(row.get(key)) for key in ("update", "clipped", "grad_norm"))
        if share is not None and norm is not None and update is not None and update > before:
            clipped += share * (update - before)
            total += update - before
            highest = max(highest, norm)
        before = update if update is not None else before
    return Clipping(clipped / total, highest, limit) if total else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return None if math.isnan(number) else number
