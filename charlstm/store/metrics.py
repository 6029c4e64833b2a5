"""A run's `metrics.csv`: one row for each validation, up to the checkpoint that a run resumes.

A spreadsheet may have saved it again: with a byte order mark, in UTF-16, with semicolons or tabs,
decimal commas, quotes, further columns, or the columns in another order.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from charlstm.errors import RunError
from charlstm.store.atomic import atomic_write

SATURATED = "saturated_"  # and a gate: the column of its share
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
    "c_median",
    "c_p90",
    "c_largest",
    *(SATURATED + gate for gate in "iforz"),
)
COUNTS = ("update", "characters")  # whole numbers


class Metrics:
    """The file of one run. Making this drops its rows after `update`.

    `train_nats`, `grad_norm` and `clipped` are means over the updates since the row before. The
    columns of c have the sizes of |c| in the carried state of training. Those of gates have the
    share of saturated values in the validation text, of the layer where it is largest.

    Raises:
        RunError: if there is a file that cannot be read, or it cannot be written.
    """

    def __init__(self, run: Path, update: int) -> None:
        self._path = run / "metrics.csv"
        rows = [row for row in read(self._path) if float(row["update"]) <= update]
        further = [name for name in (rows[0] if rows else ()) if name not in COLUMNS]
        self._end = "," * len(further) + "\n"
        text = io.StringIO()
        writer = csv.DictWriter(text, [*COLUMNS, *further], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        with atomic_write(self._path) as file:
            file.write(text.getvalue().encode())

    def add(self, row: Mapping[str, float | None]) -> None:
        """Append a row; a column that it does not have stays empty.

        Raises:
            RunError: if it cannot be written.
        """
        line = ",".join("" if (v := row.get(name)) is None else f"{v:.8g}" for name in COLUMNS)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + self._end)
        except OSError as problem:
            raise RunError(f"cannot write {str(self._path)!r}: {problem.strerror}") from problem


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a metrics file by its columns, as text; none where there is no file.

    `float` reads the text of each of `COLUMNS`, unless it is empty. A last row that was cut off
    while it was written does not count.

    Raises:
        RunError: if it cannot be read, or a row is not one of metrics; the message says what to do.
    """
    try:
        return _rows(_text(path))
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise RunError(f"cannot read {str(path)!r}: {problem.strerror}") from problem
    except (ValueError, csv.Error) as problem:
        reason = "it is not UTF-8" if isinstance(problem, UnicodeError) else problem
        raise RunError(
            f"cannot read {str(path)!r}: {reason}; mend it and save it as CSV in UTF-8, "
            f"or move it away to go on without these rows"
        ) from problem


def read_numbers(path: Path) -> list[dict[str, float]]:
    """The rows of a metrics file as numbers; none where there is no file.

    Each row has every name of `COLUMNS`. NaN stands for a field that is empty or missing.

    Raises:
        RunError: as `read`.
    """
    return [{name: float(row.get(name) or "nan") for name in COLUMNS} for row in read(path)]


def _text(path: Path) -> str:
    if path.exists() and not path.is_file():  # to open a pipe would wait for ever
        raise ValueError("it is no regular file")
    content = path.read_bytes()
    return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")


def _rows(text: str) -> list[dict[str, str]]:
    """The rows in the text of a file; ValueError or csv.Error names a line that is none."""
    if not text.strip(",;\t\r\n "):
        return []
    separator = max(",;\t", key=text.splitlines()[0].count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns = [name.strip() for name in next(lines)]
    if "update" not in columns:
        raise ValueError("its first line names no column 'update'")
    rows, broken = [], None
    for fields in lines:
        if broken:
            raise broken
        try:
            if any(fields):
                rows.append(_row(columns, fields))
        except ValueError as problem:
            broken = ValueError(f"line {lines.line_num}: {problem}")
    if broken and text.endswith(("\n", "\r")):
        raise broken
    return rows


def _row(columns: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """The fields of a row by their columns, with points in their numbers, or ValueError."""
    if len(fields) < len(columns) or any(fields[len(columns) :]):
        raise ValueError(f"it has {len(fields)} fields, not {len(columns)}")
    row = {name: field for name, field in zip(columns, fields, strict=False) if name}
    for name in row.keys() & set(COLUMNS):
        number = row[name].strip().replace(",", ".")
        if not _fits(name, number):
            kind = "whole number" if name in COUNTS else "number"
            raise ValueError(f"{name} is {row[name][:40]!r}, not a {kind}")
        row[name] = number
    return row


def _fits(column: str, number: str) -> bool:
    """Whether a field of one of `COLUMNS` may hold this text."""
    try:
        value = float(number or "nan")
    except ValueError:
        return False
    if column in COUNTS:
        return (value >= 0 and value.is_integer()) or (not number and column != "update")
    return True
