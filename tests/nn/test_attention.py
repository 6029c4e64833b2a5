"""Attention over every cell: its numbers, its gradients, and what it may look at."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_ids, random_model, randomise
from gradient_check import wrong_in_network

from charlstm.nn import attention, outputs, reference
from charlstm.nn.network import Network


@each_variant
@pytest.mark.parametrize(("M", "T", "R"), [(2, 3, 1), (3, 5, 2), (6, 3, 1)])
def test_every_gradient_is_right(
    cell: str, options: Mapping[str, Any], M: int, T: int, R: int
) -> None:
    model = random_model(cell, options, hidden_size=2, attention=M, attention_heads=R, reset_at=2)
    assert wrong_in_network(model, T, 2, resets=[(1, 0)]) == []


@pytest.mark.parametrize(("M", "T"), [(2, 7), (3, 4), (5, 9), (9, 5)])
def test_gradients_are_right_over_several_blocks_of_steps(
    M: int, T: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "BLOCK", 3)
    model = random_model(hidden_size=4, num_layers=2, attention=M, attention_heads=2)
    assert wrong_in_network(model, T, 2, dropout=0.3, memory_penalty=0.5) == []


@each_variant
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-4)])
@pytest.mark.parametrize(("T", "R"), [(1, 3), (7, 1), (7, 3)])
def test_a_window_equals_the_reference(
    cell: str, options: Mapping[str, Any], dtype: Any, tolerance: float, T: int, R: int
) -> None:
    model = random_model(
        cell, options, num_layers=2, dtype=dtype, attention=4, attention_heads=R, reset_at=1
    )
    ids, network = random_ids(model, T, 3), Network(model, T, 3)
    randomise(network.state)
    logits, state = reference.run(model, ids, {k: v.copy() for k, v in network.state.items()})
    np.testing.assert_allclose(network.predict(ids), logits, rtol=0, atol=tolerance)
    for name, view in network.state.items():
        seen = np.ones(view.shape[: min(2, view.ndim)], np.bool_)
        if name == "attention.m":  # older rows are not looked at any more
            seen = np.arange(4) >= 4 - state["attention.n"][:, None]
        np.testing.assert_allclose(view[seen], state[name][seen], rtol=0, atol=tolerance)


def test_scores_may_be_far_apart_between_steps_heads_and_columns() -> None:
    model = random_model(
        hidden_size=4, attention=5, attention_heads=2, reset_at=1, dtype=np.float32
    )
    model.by_name["attention.W_a"] *= 3e3
    ids, network = random_ids(model, 30, 3), Network(model, 30, 3)
    scores = reference.run(model, ids)[0]
    np.testing.assert_allclose(network.predict(ids), scores, rtol=0, atol=1e-4)


@pytest.mark.parametrize("M", [1, 5, 300])
@pytest.mark.parametrize(("B", "R"), [(1, 1), (1, 3), (2, 1)])
def test_single_steps_equal_the_reference(
    M: int, B: int, R: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "SLACK", 4)
    model = random_model("gru", attention=M, attention_heads=R, reset_at=4)
    ids, network = random_ids(model, 40, B), Network(model, 1, B)
    stepped = [network.step(characters) for characters in ids]
    np.testing.assert_allclose(stepped, reference.run(model, ids)[0], rtol=0, atol=1e-10)


@pytest.mark.parametrize(("T", "B"), [(1, 1), (1, 3), (2, 3), (5, 1), (5, 3), (33, 3)])
def test_windows_of_any_length_look_at_the_same(T: int, B: int) -> None:
    model = random_model(attention=7, attention_heads=3, reset_at=0)
    ids = random_ids(model, 66, B)
    whole, parts = Network(model, 66, B), Network(model, T, B)
    expected, found = whole.predict(ids), []
    weights = []
    for t in range(0, 66, T):
        found.append(parts.predict(ids[t : t + T]))
        weights.append(parts.looked_at(len(ids[t : t + T])))
    np.testing.assert_allclose(np.concatenate(found), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.concatenate(weights), whole.looked_at(66), rtol=0, atol=1e-12)


def test_a_step_looks_at_what_its_column_has_read_and_at_nothing_else() -> None:
    model = random_model(attention=4, reset_at=0)
    network = Network(model, 6, 2)
    ids = np.array([[1, 1], [2, 2], [3, 0], [4, 1], [1, 2], [2, 3]])
    network.predict(ids)
    weights = network.looked_at(6)[:, :, 0]
    assert (weights > 0).sum(axis=2).tolist() == [
        [0, 0], [1, 1], [2, 0], [3, 1], [4, 2], [4, 3],
    ]  # fmt: skip
    np.testing.assert_allclose(weights.sum(axis=2), [[0, 0], [1, 1], [1, 0]] + [[1, 1]] * 3)
    network.reset(slice(0, 1))
    network.predict(ids[:1])
    assert (network.looked_at(1)[:, :, 0] > 0).sum(axis=2).tolist() == [[0, 4]]


def test_with_v_zero_a_network_is_the_one_without_attention() -> None:
    model, plain = random_model(attention=3), random_model()
    model.by_name["attention.v"].fill(0.0)
    for name, view in plain.by_name.items():
        view[...] = model.by_name[name]
    ids = random_ids(model, 5, 2)
    np.testing.assert_array_equal(
        Network(model, 5, 2).predict(ids), Network(plain, 5, 2).predict(ids)
    )
