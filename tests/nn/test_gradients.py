"""Every gradient of every cell is right: parameters, initial states and inputs, in any shape."""

from collections.abc import Mapping
from typing import Any

import pytest
from cells_under_test import each_variant, random_model
from gradient_check import wrong_in_layer, wrong_in_network


@each_variant
@pytest.mark.parametrize(
    ("T", "B", "D", "hidden_size"), [(1, 1, 1, 1), (4, 1, 2, 1), (1, 3, 1, 2), (4, 2, 3, 2)]
)
def test_layer(
    cell: str, options: Mapping[str, Any], T: int, B: int, D: int, hidden_size: int
) -> None:
    assert wrong_in_layer(random_model(cell, options, hidden_size=hidden_size), T, B, D) == []


@each_variant
@pytest.mark.parametrize(
    ("T", "B", "hidden_size", "num_layers"), [(1, 1, 1, 1), (1, 2, 2, 1), (4, 2, 2, 2)]
)
def test_network(
    cell: str, options: Mapping[str, Any], T: int, B: int, hidden_size: int, num_layers: int
) -> None:
    model = random_model(cell, options, hidden_size=hidden_size, num_layers=num_layers)
    assert wrong_in_network(model, T, B) == []


def test_network_with_dropout() -> None:
    assert wrong_in_network(random_model(hidden_size=4, num_layers=2), 3, 2, dropout=0.3) == []


@each_variant
def test_network_with_dropped_weights(cell: str, options: Mapping[str, Any]) -> None:
    model = random_model(cell, options, hidden_size=3, num_layers=2)
    assert wrong_in_network(model, 4, 2, dropout=0.3, weight_drop=0.4) == []


@each_variant
def test_network_with_a_memory_penalty(cell: str, options: Mapping[str, Any]) -> None:
    model = random_model(cell, options, hidden_size=3, num_layers=2)
    assert wrong_in_network(model, 4, 2, memory_penalty=0.8) == []
