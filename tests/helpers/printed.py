"""Reads back what a command prints, to compare it with the values that its JSON has."""

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

NOTHING = ("-", "—")


def same(shown: str, value: float | None, scale: float = 1.0) -> None:
    """Assert that `shown` is `scale` times the value, to its last digit; a dash shows None.

    A sign of percent is a scale of 100.
    """
    if value is None or math.isnan(value):
        assert shown in NOTHING, (shown, value)
        return
    text, scale = (shown[:-1], 100.0 * scale) if shown.endswith("%") else (shown, scale)
    mantissa, _, exponent = text.replace(",", "").partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    off = abs(float(mantissa) * 10.0 ** int(exponent or 0) - scale * value)
    assert off <= 0.5001 * unit, (shown, scale * value)


def each(shown: Iterable[str], values: Iterable[float | None], scale: float = 1.0) -> None:
    """Assert `same` of each."""
    for one, value in zip(shown, values, strict=True):
        same(one, value, scale)


def cells(line: str) -> list[str]:
    """The cells of a row, which have two blanks or more between them."""
    return re.split(r"\s{2,}", line.strip())


def table(lines: Iterable[str]) -> dict[str, dict[str, str]]:
    """The rows by their first cell, each a mapping from the head, whose first cell is blank."""
    head, *rows = (line for line in lines if line.strip())
    titles = cells(head)
    found = {name: values for name, *values in map(cells, rows)}
    return {n: dict(zip(titles, values, strict=True)) for n, values in found.items()}


def all_differ(values: Iterable[Any]) -> None:
    """Assert that no two values are the same: else a test could not see them exchanged."""
    seen = list(values)
    assert len({str(value) for value in seen}) == len(seen), seen


def check_png(path: Path) -> None:
    """Assert that a picture can be read, and has ink in its upper and in its lower half."""
    from matplotlib.image import imread

    ink = imread(path)[..., :3].min(axis=2) < 0.9
    middle = len(ink) // 2
    assert ink[:middle].any() and ink[middle:].any(), path
