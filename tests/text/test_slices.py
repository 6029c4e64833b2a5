"""How texts are laid side by side: long ones in columns, short ones in batches."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from charlstm.text.slices import Columns, batches_by_length


def test_columns_have_neighbouring_parts_and_read_what_stands_before_them() -> None:
    columns = Columns(start=8, length=50, count=5, warm_up=8)
    own = columns.positions(0, 50)
    assert own.shape == (50, 5)
    assert sorted(own.ravel()) == list(range(8, 258))
    warm_up = columns.positions(-8, 0)
    np.testing.assert_array_equal(warm_up[-1] + 1, own[0])
    assert warm_up[0, 0] == 0


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 8))
def test_batches_hold_every_text_once_and_the_short_ones_first(
    lengths: list[int], most: int
) -> None:
    batches = batches_by_length(lengths, most)
    order = [k for batch in batches for k in batch]
    assert order == sorted(range(len(lengths)), key=lambda k: (lengths[k], k))
    assert all(0 < len(batch) <= most for batch in batches)
    assert all(len(batch) == most for batch in batches[:-1])


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(0, 90))
def test_a_long_text_is_no_measure_for_short_ones(lengths: list[int], padded: int) -> None:
    batches = batches_by_length(lengths, 6, padded)
    order = [k for batch in batches for k in batch]
    assert order == sorted(range(len(lengths)), key=lambda k: (lengths[k], k))
    for batch, after in zip(batches, [*batches[1:], []], strict=False):
        assert len(batch) == 1 or len(batch) * lengths[batch[-1]] <= padded
        full = len(batch) == 6 or not after or (len(batch) + 1) * lengths[after[0]] > padded
        assert len(batch) <= 6 and full
