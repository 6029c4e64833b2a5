"""The one way to write a result: its table as CSV, its mapping as JSON, its figure or its page."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from charlstm.output.figure import PICTURES, write_figure
from charlstm.output.tsv import tsv_lines
from charlstm.store.json_text import json_text, plain
from charlstm.store.target import target_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Table = tuple[Sequence[str], Iterable[Sequence[Any]]]  # the head, and rows of as many values


@runtime_checkable
class Tabular(Protocol):
    """A result with a table."""

    def to_table(self) -> Table:
        """The head and the rows of a CSV file."""


@runtime_checkable
class Mappable(Protocol):
    """A result with a JSON object."""

    def to_mapping(self) -> Mapping[str, Any]:
        """The whole result for JSON; NumPy's values are allowed."""


@runtime_checkable
class Drawable(Protocol):
    """A result with a figure."""

    def to_figure(self) -> "Figure":
        """A matplotlib figure.

        Raises:
            CharlstmError: if matplotlib is missing, or the result cannot be drawn.
        """


@runtime_checkable
class Paged(Protocol):
    """A result with a web page."""

    def to_page(self) -> bytes:
        """One self-contained HTML file in UTF-8."""


Result = Tabular | Mappable | Drawable | Paged


def save(path: Path, result: Result, *, force: bool = False) -> None:
    """Write a result in the form that the ending of `path` names.

    The endings are .csv, .json, .html, .png and .svg. `charlstm.store.target` has the rule that
    says whether it may replace an old file; `force` lets it.

    Raises:
        OutputError: if the file may not or cannot be written.
        CharlstmError: if the result cannot be drawn.
        TypeError: if the result has no such form.
    """
    ending = path.suffix.lower()
    if ending == ".csv" and isinstance(result, Tabular):
        _write(path, _csv(*result.to_table()), force)
    elif ending == ".json" and isinstance(result, Mappable):
        _write(path, _json(result.to_mapping(), indent=1), force)
    elif ending == ".html" and isinstance(result, Paged):
        _write(path, result.to_page(), force)
    elif ending in PICTURES and isinstance(result, Drawable):
        write_figure(path, result.to_figure(), force=force)
    else:
        raise TypeError(f"{type(result).__name__} has no form for {ending!r}")


def write_json_lines(
    path: Path, values: Iterable[Mapping[str, Any]], *, force: bool = False
) -> None:
    """One JSON object on each line.

    Raises:
        OutputError: if it may not or cannot be written; an old file then stays.
    """
    _write(path, "".join(map(_json, values)), force)


def write_records(path: Path, records: Iterable[Mapping[str, Any]], *, force: bool = False) -> None:
    """Records as a table if the ending is .csv or .tsv, else one JSON object on each line.

    The table has a column for each key, in order of appearance; a cell without a value is empty.

    Raises:
        OutputError: if it may not or cannot be written; an old file then stays.
    """
    if path.suffix.lower() not in TABLES:
        write_json_lines(path, records, force=force)
        return
    several = list(records)
    head = list(dict.fromkeys(name for record in several for name in record))
    write_rows(path, head, ([each.get(name) for name in head] for each in several), force=force)


def write_rows(
    path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]], *, force: bool = False
) -> None:
    """Rows as a table if the ending is .csv or .tsv, else one JSON object on each line.

    Raises:
        OutputError: if it may not or cannot be written; an old file then stays.
    """
    ending = path.suffix.lower()
    if ending in TABLES:
        _write(path, TABLES[ending](head, rows), force)
    else:
        pairs = (zip(head, row, strict=True) for row in rows)
        filled = ({name: value for name, value in pair if value is not None} for pair in pairs)
        write_json_lines(path, filled, force=force)


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """One line for each row; None and a number that is not finite are empty cells."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([plain(value) for value in row] for row in rows)
    return text.getvalue()


def _tsv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    return "".join(tsv_lines([head, *rows]))


TABLES = {".csv": _csv, ".tsv": _tsv}  # how they are written, by their ending


def _json(value: Mapping[str, Any], indent: int | None = None) -> str:
    return json_text(value, indent=indent) + "\n"


def _write(path: Path, content: str | bytes, force: bool) -> None:
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")
    with target_file(path, force=force) as file:
        file.write(content)
