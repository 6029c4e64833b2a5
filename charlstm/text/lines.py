"""A text as lines: where they begin, how it is cut between them, and an order that a seed draws."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.signedinteger[Any]]

BLOCK = 1 << 20  # ids looked at at once
NEAR = 1 << 12  # ids looked at for the next end of a line
ORDERS = 2**63  # in a counter of Philox, so that no dropout mask has the same random numbers


def edges_of_lines(ids: NDArray[Any], newline: int) -> Places:
    """Where the lines of a text (N,) begin, and N; the last line may lack its newline.

    The places take 4 bytes each where they can.
    """
    dtype = np.dtype(np.int32 if len(ids) < 2**31 else np.int64)
    edges = [np.zeros(1, dtype)]
    for first in range(0, len(ids), BLOCK):
        ends = np.flatnonzero(ids[first : first + BLOCK] == newline) + (first + 1)
        edges.append(ends.astype(dtype))
    if len(ids) and ids[-1] != newline:
        edges.append(np.array([len(ids)], dtype))
    return np.concatenate(edges)


def count_lines(ids: NDArray[Any], newline: int, most: int) -> int:
    """How many lines a text (N,) has that ends with a newline, or `most` if there are more."""
    count = 0
    for first in range(0, len(ids), BLOCK):
        count += int(np.count_nonzero(ids[first : first + BLOCK] == newline))
        if count >= most:
            return most
    return count


def begin_of_line(ids: NDArray[Any], newline: int, place: int) -> int:
    """Where the line begins in which `place` is; it is 0 for the first line."""
    while place > 0:
        first = max(0, place - NEAR)
        ends = np.flatnonzero(ids[first:place] == newline)
        if ends.size:
            return first + int(ends[-1]) + 1
        place = first
    return 0


def end_of_line(ids: NDArray[Any], newline: int, place: int) -> int:
    """The place after the newline that ends the line in which `place` is."""
    for first in range(place, len(ids), NEAR):
        ends = np.flatnonzero(ids[first : first + NEAR] == newline)
        if ends.size:
            return first + int(ends[0]) + 1
    return len(ids)


def drawn_order(count: int, seed: int, *draw: int) -> NDArray[np.intp]:
    """An order of so many lines that the seed and the two numbers `draw` alone decide."""
    generator = np.random.Philox(key=seed, counter=[0, *draw, ORDERS])
    return np.argsort(generator.random_raw(count), kind="stable")


def split_lines(ids: NDArray[Any], newline: int, val_fraction: float) -> int:
    """Where a text (N,) of whole lines is cut into a training part and one to validate on.

    The cut lies where a line begins, so that the validation part has the wanted share or a little
    more. If there is a single line, all of it is for training.
    """
    if not val_fraction:
        return len(ids)
    cut = begin_of_line(ids, newline, int(len(ids) * (1 - val_fraction)))
    return cut or end_of_line(ids, newline, 0)


def whole_line_columns(ids: NDArray[Any], newline: int, count: int) -> tuple[int, int]:
    """In how many columns a text (N,) is read, and how many characters each reads before its own.

    These reach back to where a line begins, so each column starts as exactly as the first. There
    are `count` columns, or fewer if long lines would make them read more than their own parts.
    """
    while True:
        starts = range(-(-len(ids) // count), len(ids), -(-len(ids) // count))
        warm_up = max((s - begin_of_line(ids, newline, s) for s in starts), default=0)
        if warm_up <= starts.step:
            return count, warm_up
        count //= 2


def places_of(starts: Places, lengths: Places) -> Places:
    """The places of each line, from its start on, one after another."""
    shift = starts - (lengths.cumsum() - lengths)
    return np.asarray(np.arange(lengths.sum()) + np.repeat(shift, lengths))
