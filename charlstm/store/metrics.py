"""A run's `metrics.csv`: one row for each validation, up to the checkpoint that a run resumes."""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

from charlstm.errors import RunError
from charlstm.store.atomic import atomic_write

COLUMNS = (
    "update",
    "characters",
    "epoch",
    "seconds",
    "train_nats",
    "val_nats",
    "lr",
    "grad_norm",
    "clipped",
)


@dataclass
class Sums:
    """What a run adds up over its updates until the next row: the means of that row."""

    updates: int = 0
    nats: float = 0.0  # per character
    grad_norm: float = 0.0
    clipped: int = 0

    def __post_init__(self) -> None:
        if not all(0 <= value < math.inf for value in astuple(self)):
            raise ValueError("sums that no run can have")

    def add(self, nats: float, grad_norm: float, *, clipped: bool) -> None:
        """Count one update."""
        self.updates += 1
        self.nats += nats
        self.grad_norm += grad_norm
        self.clipped += clipped

    def means(self) -> dict[str, float]:
        """The mean columns of a row."""
        names = "train_nats", "grad_norm", "clipped"
        sums = self.nats, self.grad_norm, self.clipped
        return {name: value / self.updates for name, value in zip(names, sums, strict=True)}


class Metrics:
    """The file of one run. Making this drops its rows after `update`.

    `train_nats`, `grad_norm` and `clipped` are means over the updates since the row before.
    """

    def __init__(self, run: Path, update: int) -> None:
        self._path = run / "metrics.csv"
        rows = [row for row in read(self._path) if int(float(row["update"])) <= update]
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        with atomic_write(self._path) as file:
            file.write(text.getvalue().encode())

    def add(self, row: Mapping[str, float | None]) -> None:
        """Append a row.

        Raises:
            RunError: if it cannot be written.
        """
        line = ",".join("" if (v := row[name]) is None else f"{v:.8g}" for name in COLUMNS)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as problem:
            raise RunError(f"cannot write {str(self._path)!r}: {problem.strerror}") from problem


def read(path: Path) -> list[dict[str, str]]:
    """The complete rows of a metrics file, as text; none where there is no file.

    Raises:
        RunError: if it cannot be read.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise RunError(f"cannot read {str(path)!r}: {problem}") from problem
    complete = [row for row in rows if None not in row.values()]
    return [row for row in complete if 0 <= _number(row.get("update")) < math.inf]


def read_numbers(path: Path) -> list[dict[str, float]]:
    """The complete rows of a metrics file as numbers; none where there is no file.

    Each row has every name of `COLUMNS`. NaN stands for a field that is empty or missing, or that
    is not a number.

    Raises:
        RunError: if it cannot be read.
    """
    return [{name: _number(row.get(name)) for name in COLUMNS} for row in read(path)]


def _number(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return math.nan
