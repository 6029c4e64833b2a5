"""Tables that have the right and the wrong form of a pair in two lines."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from charlstm.pairs.source import Source

CLASSES = ("correct", "wrong")
Key = TypeVar("Key", bound=tuple[str, ...])
Row = TypeVar("Row")


def paired(
    source: Source, halves: Iterable[tuple[Key, str, Row]]
) -> Iterator[tuple[Key, Row, Row]]:
    """Each key with its correct and its wrong row, in whatever order the file has them.

    Raises:
        ValueError: for a class that is neither, or a row without its other half.
    """
    waiting: dict[Key, tuple[str, int, Row]] = {}
    for key, kind, row in halves:
        if kind not in CLASSES:
            raise ValueError(f"expected correct or wrong, found {kind!r}")
        if key not in waiting:
            waiting[key] = kind, source.number, row
            continue
        other, number, earlier = waiting.pop(key)
        if other == kind:
            raise ValueError(f"it is {kind}, and so is line {number} of the same id")
        yield (key, earlier, row) if other == "correct" else (key, row, earlier)
    for kind, number, _ in waiting.values():
        missing = CLASSES[kind == "correct"]
        raise ValueError(f"the {kind} form of line {number} has no {missing} one in another line")
