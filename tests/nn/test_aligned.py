"""Buffers start on cache lines: a vector across two lines is loaded twice."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_model

from charlstm.nn import Array, aligned
from charlstm.nn.network import Network


def off_the_line(array: Array) -> int:
    """How many bytes after a cache line an array starts."""
    return int(array.__array_interface__["data"][0]) % aligned.LINE


@pytest.mark.parametrize("shape", [(1,), (3, 5), (1000, 7), (2, 3, 500, 700)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_of_any_size_start_on_a_line(shape: tuple[int, ...], dtype: type) -> None:
    several = [aligned.zeros(shape, dtype) for _ in range(4)]  # one alone may do so by chance
    for array in (*several, aligned.empty(shape, dtype)):
        assert off_the_line(array) == 0
        assert array.shape == shape
        assert array.dtype == dtype
        assert array.flags.c_contiguous
    assert not any(array.any() for array in several)


@each_variant
def test_the_gates_and_states_of_each_step_start_on_a_line(
    cell: str, options: Mapping[str, Any]
) -> None:
    model = random_model(cell, options, hidden_size=16, num_layers=2)
    for layer in Network(model, 3, 5, backward=True).layers:
        for view in (*layer.gates.values(), *layer.tape.values()):
            assert [off_the_line(step) for step in view] == [0] * len(view)
