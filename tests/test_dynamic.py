"""Dynamic evaluation: the weights follow the text, and never one that they have not scored."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_model
from numpy.typing import NDArray

from charlstm import dynamic
from charlstm.dynamic import SEGMENT, Dynamic, MovingWeights, dynamic_scores
from charlstm.errors import ConfigError
from charlstm.nn import Array
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters

V, PRIME = 5, 3


def text(size: int, seed: int = 1) -> NDArray[np.uint8]:
    """Ids, now and then the unknown one."""
    return np.random.default_rng(seed).integers(0, V + 1, size).astype(np.uint8)


def squares_of(model: Parameters) -> Array:
    """Mean squares of every size, and some that are 0."""
    squares = np.random.default_rng(4).exponential(1.0, model.size)
    squares[::7] = 0.0
    for name, view in model.views(squares).items():
        if name == "b_y":
            view[...] = 0.0
    return squares.astype(model.flat.dtype)


def losses(
    model: Parameters, ids: NDArray[np.uint8], settings: Dynamic, squares: Array | None = None
) -> list[float]:
    squares = squares_of(model) if squares is None else squares
    return [score.nats for score in dynamic_scores(model, squares, ids, PRIME, settings)]


def one_stream(model: Parameters, ids: NDArray[np.uint8]) -> list[float]:
    """The losses of the segments, by a network whose weights stay as they are."""
    network = Network(model, SEGMENT, 1)
    inputs, targets = np.array([PRIME, *ids[:-1]], np.intp), ids.astype(np.intp)
    parts = [slice(start, start + SEGMENT) for start in range(0, ids.size, SEGMENT)]
    return [float(network.score(inputs[part, None], targets[part, None]).sum()) for part in parts]


@each_variant
@pytest.mark.parametrize("attention", [0, 20])
def test_at_rate_0_the_weights_stay(cell: str, options: Mapping[str, Any], attention: int) -> None:
    model = random_model(cell, options, num_layers=2, attention=attention, reset_at=2)
    ids = text(5 * SEGMENT + 3)
    still = losses(model, ids, Dynamic(0.0, 0.5))
    assert still == pytest.approx(one_stream(model, ids), rel=1e-12)
    assert losses(model, ids, Dynamic(0.1, 0.5))[1:] != still[1:]


@each_variant
@pytest.mark.parametrize("attention", [0, 20])
def test_each_step_is_that_of_the_formula(
    cell: str, options: Mapping[str, Any], attention: int
) -> None:
    """By hand, in double precision, with a new network for each segment."""
    model = random_model(cell, options, num_layers=2, attention=attention, reset_at=2)
    ids, squares = text(4 * SEGMENT), squares_of(model)
    r = np.sqrt(squares / SEGMENT)
    mean = r.sum() / model.num_parameters
    rates = np.where(r > 0, 0.03 / (r + mean / 100), 0.0)
    theta, carried, expected = model.flat.copy(), Network(model, SEGMENT, 1).state, []
    inputs, targets = np.array([PRIME, *ids[:-1]], np.intp)[:, None], ids.astype(np.intp)[:, None]
    for start in range(0, ids.size, SEGMENT):
        part = slice(start, start + SEGMENT)
        network = Network(model.with_numbers(theta), SEGMENT, 1, backward=True)
        for name, view in network.state.items():
            view[...] = carried[name]
        g = np.zeros_like(theta)
        loss = network.loss_and_gradients(
            inputs[part], targets[part], model.views(g), loss_scale=1.0 / SEGMENT
        )
        expected.append(loss)
        carried = network.state
        theta = theta - rates * g + np.minimum(0.2 * r / mean, 1.0) * (model.flat - theta)
    assert losses(model, ids, Dynamic(0.03, 0.2), squares) == pytest.approx(expected, rel=1e-9)


def test_without_a_gradient_the_weights_go_back_as_the_formula_says() -> None:
    model = random_model(hidden_size=4)
    squares, first = squares_of(model), model.flat.copy()
    weights = MovingWeights(model, squares, Dynamic(0.5, 0.5))
    gradient = np.random.default_rng(5).normal(size=model.size)
    weights.step(gradient.copy())
    away = weights.parameters.flat - first
    r = np.sqrt(squares / SEGMENT)
    back = np.minimum(0.5 * r * model.num_parameters / r.sum(), 1.0)
    assert back.max() == 1.0 > back[back > 0].min()
    for steps in range(1, 4):
        weights.step(np.zeros(model.size))
        expected = first + away * (1.0 - back) ** steps
        np.testing.assert_allclose(weights.parameters.flat, expected, rtol=1e-12)
    assert np.array_equal(model.flat, first)
    assert (away[squares == 0] == 0.0).all()
    assert (away[squares > 0] != 0.0).all()


@pytest.mark.parametrize("attention", [0, 20])
def test_no_character_is_scored_by_weights_that_have_seen_it(attention: int) -> None:
    """A character that changes leaves the bits of all segments before its own."""
    model = random_model(dtype=np.float32, attention=attention)
    ids, settings = text(6 * SEGMENT), Dynamic(0.1, 0.01)
    whole = losses(model, ids, settings)
    assert losses(model, ids, settings) == whole
    for place in (ids.size - 1, 3 * SEGMENT, 3 * SEGMENT + 7):
        other = ids.copy()
        other[place] = (other[place] + 1) % V
        changed, segment = losses(model, other, settings), place // SEGMENT
        assert changed[:segment] == whole[:segment]
        assert changed[segment] != whole[segment]
    # Within a segment: its loss is the sum of those before the change, and of that at the end.
    for size in range(5 * SEGMENT + 1, 6 * SEGMENT):
        assert losses(model, ids[:size], settings)[:5] == whole[:5]


def test_within_a_segment_the_losses_are_those_of_the_weights_before_it() -> None:
    model = random_model()
    ids, settings = text(2 * SEGMENT), Dynamic(0.1, 0.01)
    sums = [losses(model, ids[:size], settings)[1] for size in range(SEGMENT + 1, 2 * SEGMENT + 1)]
    other = ids.copy()
    other[-1] = (other[-1] + 1) % V
    again = [losses(model, other[:size], settings)[1] for size in range(SEGMENT + 1, ids.size)]
    assert again == sums[:-1]
    assert np.diff(sums).min() >= 0.0  # a loss is never negative


def test_a_text_that_repeats_itself_gets_cheaper() -> None:
    model = random_model(dtype=np.float32, hidden_size=16, spread=0.3)
    ids = np.tile(text(SEGMENT), 100)
    ids[ids == V] = 0
    squares = np.full_like(model.flat, 0.01)
    found = losses(model, ids, Dynamic(0.05, 0.0), squares)
    assert found[-1] < 0.2 * found[0]
    assert losses(model, ids, Dynamic(0.0, 0.0), squares)[-1] > 0.8 * found[0]


def test_unknown_characters_have_no_loss_and_short_texts_a_score() -> None:
    model = random_model()
    for size in (0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1):
        ids = text(size, seed=size)
        scores = list(dynamic_scores(model, squares_of(model), ids, PRIME, Dynamic()))
        assert len(scores) == -(-size // SEGMENT)
        assert sum(score.characters for score in scores) == (ids < V).sum()
        assert sum(score.unknown for score in scores) == (ids == V).sum()
    unknown = np.full(3 * SEGMENT, V, np.uint8)
    assert losses(model, unknown, Dynamic(1.0)) == [0.0, 0.0, 0.0]


@pytest.mark.filterwarnings("error")
def test_weights_that_run_away_are_one_line() -> None:
    model = random_model("rnn", dtype=np.float32, num_layers=2, attention=20)
    squares = np.full_like(model.flat, 1e-42)
    message = r"^the weights ran away by character [0-9]+ of the text; .* dynamic_rate than 1$"
    with pytest.raises(ConfigError, match=message):
        losses(model, text(40 * SEGMENT), Dynamic(1.0, 0.0), squares)


def test_chunks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    model = random_model(dtype=np.float32)
    whole = losses(model, text(40), Dynamic(0.1, 0.1))
    monkeypatch.setattr(dynamic, "CHUNK", 7)
    assert losses(model, text(40), Dynamic(0.1, 0.1)) == whole


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), "x", True, None])
def test_a_rate_or_a_decay_out_of_range_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"^dynamic_rate must be "):
        Dynamic(value)
    with pytest.raises(ConfigError, match=r"^dynamic_decay must be "):
        Dynamic(0.1, value)
