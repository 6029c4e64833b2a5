"""The one way to write a result: its table as CSV, its mapping as JSON, its figure or its page."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from charlstm.output.figure import write_figure
from charlstm.store.atomic import atomic_write

Table = tuple[Sequence[str], Iterable[Sequence[Any]]]  # the head, and rows of as many cells


class Result(Protocol):
    """What a study found, in the forms that a file may have."""

    def to_table(self) -> Table:
        """The head and the rows of a CSV file."""

    def to_mapping(self) -> Mapping[str, Any]:
        """The whole result for JSON; NumPy's values are allowed."""

    def to_figure(self) -> Any:
        """A matplotlib figure.

        Raises:
            CharlstmError: if matplotlib is missing, or the result cannot be drawn.
        """


class Page(Protocol):
    """A result that is a web page as well."""

    def to_page(self) -> bytes:
        """One self-contained HTML file in UTF-8."""


def save(path: Path, result: Any) -> None:
    """Write a `Result`, or a `Page`, in the form that the ending of `path` names.

    The endings are .csv, .json, .html, .png and .svg. What stood at `path` is replaced at once, or
    not at all.

    Raises:
        RunError: if the file cannot be written.
        CharlstmError: if the result cannot be drawn.
    """
    match path.suffix.lower():
        case ".csv":
            write_csv(path, *result.to_table())
        case ".json":
            write_json(path, result.to_mapping())
        case ".html":
            _write(path, result.to_page())
        case _:
            write_figure(path, result.to_figure())


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """One line for each row; None and a number that is not finite are empty cells.

    Raises:
        RunError: if it cannot be written; what stood there before still does.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([plain(value) for value in row] for row in rows)
    _write(path, text.getvalue().encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """One JSON object.

    Raises:
        RunError: if it cannot be written; what stood there before still does.
    """
    text = json.dumps(plain(value), indent=1, ensure_ascii=False)
    _write(path, f"{text}\n".encode("utf-8", "backslashreplace"))


def write_json_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object on each line.

    Raises:
        RunError: if it cannot be written; what stood there before still does.
    """
    lines = (f"{json.dumps(plain(value), ensure_ascii=False)}\n" for value in values)
    _write(path, "".join(lines).encode("utf-8", "backslashreplace"))


def plain(value: Any) -> Any:
    """A value as JSON knows it: NumPy's numbers as Python's, and None for NaN and the infinite."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _write(path: Path, data: bytes) -> None:
    with atomic_write(path) as file:
        file.write(data)
