"""The streams go round the whole text, window after window, and shards cut them fairly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlstm.nn.parameters import Architecture
from charlstm.training.shards import Plan, Streams


def columns_of(batch: int, shards: int) -> list[slice]:
    return Plan(Architecture(), 10, batch, 1, shards).columns


@given(st.integers(2, 50), st.integers(1, 9), st.integers(1, 12))
def test_windows_are_contiguous_and_circular(size: int, batch: int, length: int) -> None:
    ids = np.arange(size, dtype=np.uint8)
    streams = Streams(ids, batch, length)
    updates = 2 * size // length + 2
    windows = [streams.window(update, slice(0, batch)) for update in range(updates)]
    assert all(window.shape == (length + 1, batch) for window in windows)
    inputs = np.concatenate([window[:-1] for window in windows])
    targets = np.concatenate([window[1:] for window in windows])
    np.testing.assert_array_equal(targets[:-1], inputs[1:])
    for column in range(batch):
        start = column * size // batch
        expected = (start + np.arange(len(inputs))) % size
        np.testing.assert_array_equal(inputs[:, column], expected)


def test_a_shard_sees_its_columns_of_the_window() -> None:
    streams = Streams(np.arange(40, dtype=np.uint16), 5, 3)
    whole = streams.window(7, slice(0, 5))
    parts = [streams.window(7, part) for part in columns_of(5, 3)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    assert whole.dtype == np.intp


def test_windows_far_on_do_not_overflow() -> None:
    streams = Streams(np.arange(7, dtype=np.uint8), 1, 5)
    assert streams.window(10**12, slice(0, 1))[0, 0] == 5 * 10**12 % 7


@given(st.data(), st.integers(1, 300))
def test_shards_cover_every_column_once(data: st.DataObject, batch: int) -> None:
    shards = data.draw(st.integers(1, batch))
    parts = columns_of(batch, shards)
    assert [c for part in parts for c in range(batch)[part]] == list(range(batch))
    sizes = [part.stop - part.start for part in parts]
    assert len(sizes) == shards
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("shards", [1, 4])
def test_equal_shards(shards: int) -> None:
    assert columns_of(shards * 3, shards) == [slice(3 * k, 3 * k + 3) for k in range(shards)]
