"""State and gradient stop before the character that begins a line, at any step of a window."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_ids, random_model, randomise
from gradient_check import wrong_in_network

from charlstm.nn import reference
from charlstm.nn.ablation import ablated
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters

NEWLINE = 2
PLACES = [(0, 1), (2, 0), (3, 0), (3, 2)]  # a first step, two in a row, and two columns at once


@each_variant
@pytest.mark.parametrize(("num_layers", "attention"), [(1, 0), (2, 0), (2, 3)])
def test_gradients_stop_where_a_line_begins(
    cell: str, options: Mapping[str, Any], num_layers: int, attention: int
) -> None:
    model = random_model(
        cell, options, hidden_size=2, num_layers=num_layers, reset_at=NEWLINE, attention=attention
    )
    assert wrong_in_network(model, 5, 3, resets=PLACES) == []


def test_gradients_stop_where_a_line_begins_under_dropout_and_a_penalty() -> None:
    model = random_model(hidden_size=4, num_layers=2, reset_at=NEWLINE)
    assert wrong_in_network(model, 5, 3, dropout=0.3, memory_penalty=0.4, resets=PLACES) == []


@each_variant
@pytest.mark.parametrize("attention", [0, 5])
def test_nothing_of_a_line_reaches_the_next(
    cell: str, options: Mapping[str, Any], attention: int
) -> None:
    model = random_model(cell, options, num_layers=2, reset_at=NEWLINE, attention=attention)
    ids, targets = random_ids(model, 9, 2), random_ids(model, 9, 2, seed=5)
    ids[ids == NEWLINE] = 0
    ids[4], ids[0] = NEWLINE, NEWLINE
    whole, alone = Network(model, 9, 2), Network(model, 5, 2)
    randomise(whole.state)
    randomise(alone.state, seed=7)
    both = whole.score(ids, targets)
    np.testing.assert_array_equal(both[4:], alone.score(ids[4:], targets[4:]))
    for name, state in whole.state.items():
        np.testing.assert_array_equal(state, alone.state[name])

    backward = Network(model, 9, 2, backward=True)
    randomise(backward.state)
    silent = targets.copy()
    silent[:4] = model.vocabulary_size  # no loss before the second line
    grads = [model.views(np.zeros(model.size)) for _ in range(2)]
    backward.loss_and_gradients(ids, silent, grads[0], loss_scale=1.0)
    assert all((layer.dstate["h"] == 0).all() for layer in backward.layers)
    backward.loss_and_gradients(ids[4:], targets[4:], grads[1], loss_scale=1.0)
    for name, grad in grads[0].items():
        np.testing.assert_allclose(grad, grads[1][name], rtol=1e-12, atol=1e-14, err_msg=name)


@each_variant
def test_a_window_with_resets_equals_the_reference(cell: str, options: Mapping[str, Any]) -> None:
    model = random_model(cell, options, num_layers=2, reset_at=NEWLINE)
    ids = random_ids(model, 12, 4)
    ids[[0, 5, 6, 6], [0, 1, 1, 3]] = NEWLINE
    stepped, window = Network(model, 1, 4), Network(model, 12, 4)
    randomise(stepped.state)
    randomise(window.state)
    logits, state = reference.run(model, ids, {k: v.copy() for k, v in stepped.state.items()})
    np.testing.assert_allclose([stepped.step(row) for row in ids], logits, rtol=0, atol=1e-10)
    window.read(ids)
    for name, view in window.state.items():
        np.testing.assert_allclose(view, state[name], rtol=0, atol=1e-10)


def test_the_reference_begins_a_line_from_zero() -> None:
    model = random_model(reset_at=NEWLINE)
    line = np.array([[NEWLINE], [1], [0], [4]])
    first, _ = reference.run(model, line)
    both, _ = reference.run(model, np.concatenate([line, line]))
    np.testing.assert_array_equal(both, np.concatenate([first, first]))
    carried = Parameters(model.architecture, 5, flat=model.flat)
    assert not np.allclose(reference.run(carried, np.concatenate([line, line]))[0][4:], first)


def test_a_line_longer_than_a_window_is_carried_on() -> None:
    model = random_model(num_layers=2, reset_at=NEWLINE)
    ids = random_ids(model, 20, 1)
    ids[ids == NEWLINE] = 1
    ids[0] = ids[13] = NEWLINE
    whole, short = Network(model, 20, 1), Network(model, 3, 1)
    scores = whole.score(ids, ids)
    parts = [short.score(ids[k : k + 3], ids[k : k + 3]) for k in range(0, 20, 3)]
    np.testing.assert_allclose(np.concatenate(parts), scores, rtol=1e-12)


def test_an_ablated_model_begins_its_lines_as_before() -> None:
    assert ablated(random_model(reset_at=NEWLINE), (0, 1)).reset_at == NEWLINE
