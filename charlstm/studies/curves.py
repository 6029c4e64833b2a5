"""Learning curves: what a run's metrics.csv says, as numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import RunError
from charlstm.store.metrics import COLUMNS, read

CURVES = {
    "train_nats": "train, nats/char",
    "val_nats": "validation, nats/char",
    "lr": "learning rate",
    "grad_norm": "gradient norm",
}


@dataclass(frozen=True)
class Curves:
    """One run's columns of metrics.csv by name, (N,) each; NaN where a field is empty."""

    name: str
    columns: Mapping[str, NDArray[np.float64]]


def curves(run: Path, name: str) -> Curves:
    """The curves of a run folder, or of the folder that a checkpoint is in.

    Raises:
        RunError: if it has no rows yet.
    """
    folder = run.parent if run.is_file() else run
    rows = read(folder / "metrics.csv")
    if not rows:
        raise RunError(f"{str(folder)!r} has no metrics yet; they are written at each validation")
    return Curves(name, {key: np.array([_number(row.get(key)) for row in rows]) for key in COLUMNS})


def _number(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return math.nan
