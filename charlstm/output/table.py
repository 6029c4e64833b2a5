"""Measures as files: rows with a head as CSV, everything as one JSON object."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from charlstm.store.atomic import atomic_write


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """One line for each row; a number that is none, or NaN, is an empty field.

    Raises:
        RunError: if it cannot be written; what stood there before still does.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([plain(value) for value in row] for row in rows)
    with atomic_write(path) as file:
        file.write(text.getvalue().encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """One JSON object.

    Raises:
        RunError: as `write_csv`.
    """
    with atomic_write(path) as file:
        file.write(
            f"{json.dumps(plain(value), indent=1, ensure_ascii=False)}\n".encode(
                "utf-8", "backslashreplace"
            )
        )


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
