"""Each pass reads each line once, whole and in an order of its own, whatever a window is."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from place_names import as_lines, place_names

from charlstm.text.lines import drawn_order
from charlstm.training.line_streams import LineStreams

LINES = st.lists(st.text("abc", min_size=1, max_size=7), min_size=1, max_size=15)


def ids_of(lines: list[str]) -> NDArray[np.uint8]:
    return np.frombuffer("".join(f"{line}\n" for line in lines).encode(), np.uint8)


def by_hand(lines: list[str], column: int, columns: int, seed: int, passes: int) -> str:
    """The first passes of a column, in plain loops: they begin with the newline before them."""
    text, places = "".join(f"{line}\n" for line in lines), []
    for k in range(columns + 1):
        places.append(k * len(text) // columns)
        while 0 < places[-1] < len(text) and text[places[-1] - 1] != "\n":
            places[-1] -= 1
    first, last = places[column], max(places[column + 1], text.index("\n", places[column]) + 1)
    own = text[first:last].splitlines(keepends=True)
    stream = "\n"
    for number in range(passes):
        stream += "".join(own[k] for k in drawn_order(len(own), seed, number, column + 1))
    return stream


@given(LINES, st.integers(1, 6), st.integers(1, 20), st.integers(0, 3))
def test_windows_are_those_of_plain_loops(
    lines: list[str], batch: int, length: int, seed: int
) -> None:
    streams = LineStreams(ids_of(lines), 10, batch, length, seed)
    windows = [streams.window(update, slice(0, batch)) for update in range(5)]
    read = np.concatenate([windows[0][:1], *(window[1:] for window in windows)])
    for earlier, later in pairwise(windows):
        np.testing.assert_array_equal(earlier[-1], later[0])
    for column in range(batch):
        expected = by_hand(lines, column, batch, seed, passes=5 * length + 1)
        assert bytes(read[:, column].tolist()).decode() == expected[: 5 * length + 1]


@given(LINES, st.integers(1, 9))
def test_columns_share_out_the_lines(lines: list[str], batch: int) -> None:
    own = [by_hand(lines, column, batch, 1, 1)[1:].splitlines() for column in range(batch)]
    assert {line for column in own for line in column} == set(lines)
    assert all(own)


def test_each_pass_has_an_order_of_its_own() -> None:
    names = place_names(40)
    size = len(as_lines(names))
    streams = LineStreams(ids_of(names), 10, 1, size, 1)
    orders = []
    for update in range(3):
        text = bytes(streams.window(update, slice(0, 1))[1:, 0].tolist()).decode()
        orders.append(text.splitlines())
        assert sorted(orders[-1]) == names
    assert len({tuple(order) for order in orders}) == 3 and names not in orders


def test_the_number_of_an_update_alone_decides_its_window() -> None:
    ids = ids_of(place_names(30))
    one, other = (LineStreams(ids, 10, 4, 11, 1) for _ in range(2))
    for update in (0, 1, 2, 90, 3, 10**9):
        one.window(update, slice(0, 4))
    whole = one.window(57, slice(0, 4))
    np.testing.assert_array_equal(other.window(57, slice(0, 4)), whole)
    parts = [other.window(57, part) for part in (slice(0, 1), slice(1, 4))]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    assert whole.dtype == np.intp
    assert (LineStreams(ids, 10, 4, 11, 2).window(57, slice(0, 4)) != whole).any()


def test_a_line_longer_than_a_column_is_read_by_each_column_that_it_covers() -> None:
    streams = LineStreams(ids_of(["ab", "c" * 50, "d"]), 10, 3, 60, 1)
    read = streams.window(0, slice(0, 3))
    assert [{*map(chr, read[:, k].tolist())} for k in range(3)] == [{*"\nab"}, {*"\nc"}, {*"\ncd"}]
