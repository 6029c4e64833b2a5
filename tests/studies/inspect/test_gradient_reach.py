"""Gradients by steps back: against differences, and where they vanish or explode by design."""

import numpy as np
import pytest
from models import CHARACTERS, VOCABULARY, wild_model
from planted import VOCABULARY as PLANTED_VOCABULARY
from planted import planted_pairs

from charlstm.errors import CorpusError
from charlstm.nn import reference
from charlstm.nn.cells import CELLS
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.studies.inspect.gradients import (
    Losses,
    Reach,
    clipping,
    losses_along,
    losses_at_verbs,
    measured_steps,
    reach,
)
from charlstm.studies.inspect.gradients_report import verdict
from charlstm.studies.inspect.spans import spans_of

V = len(CHARACTERS)
IDS = np.random.default_rng(0).integers(0, V, (12, 3))
TARGETS = np.array([1, 0, 5])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("layers", "attention"), [(1, 0), (2, 0), (2, 4)])
def test_norms_are_those_of_differences(cell: str, layers: int, attention: int) -> None:
    model = wild_model(cell, hidden_size=3, num_layers=layers, scale=0.6, attention=attention)
    result = reach(model, Losses(IDS, TARGETS, "here"), steps=9)
    assert result.back == list(range(1, 10))
    for k in (1, 4, 9):
        _, carried = reference.run(model, IDS[:-k])

        def loss(state: dict[str, np.ndarray], k: int = k) -> np.ndarray:
            logits, _ = reference.run(model, IDS[-k:], state)
            last = logits[-1]
            return np.asarray(np.log(np.exp(last).sum(axis=0)) - last[TARGETS, np.arange(3)])

        for name in model.cell.states:
            squares = np.zeros(3)
            for layer in range(layers):
                key = f"layers.{layer}.{name}"
                for unit in range(3):
                    ends = []
                    for step in (1e-5, -1e-5):
                        moved = {n: view.copy() for n, view in carried.items()}
                        moved[key][unit] += step
                        ends.append(loss(moved))
                    squares += ((ends[0] - ends[1]) / 2e-5) ** 2
            expected = np.sqrt(squares).mean()
            assert result.norms[name][k - 1] == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("scale", [0.5, 1.5])
def test_a_linear_network_s_gradient_is_multiplied_by_its_weight(scale: float) -> None:
    model = wild_model("rnn", hidden_size=4)
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    for name in ("E", "b"):
        model.by_name[f"layers.0.{name}"][...] = 0.0  # h stays 0, where tanh' is 1
    model.by_name["layers.0.W"][...] = scale * rotation
    result = reach(model, Losses(np.zeros((60, 2), np.intp), np.array([1, 2]), "here"), steps=50)
    assert result.factor == pytest.approx(scale)
    assert result.below(0.6) == (2 if scale < 1 else None)
    assert result.below(0.01) == (8 if scale < 1 else None)  # 0.5^7 < 0.01


def test_a_gain_makes_the_gradient_of_a_linear_network_explode() -> None:
    model = wild_model("rnn", hidden_size=4)
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    for name in ("E", "b"):
        model.by_name[f"layers.0.{name}"][...] = 0.0
    model.by_name["layers.0.W"][...] = 0.5 * rotation
    losses = Losses(np.zeros((60, 2), np.intp), np.array([1, 2]), "here")
    result = reach(model, losses, steps=50, gain=4.0)
    assert result.factor == pytest.approx(2.0)
    assert result.above(100.0) == 8  # 2^7 > 100
    assert result.below(0.5) is None
    assert verdict(result) == "explodes, ×2.000 a step on average: a hundredfold 8 steps back"


def test_large_weights_make_a_fresh_rnn_explode_and_not_a_fresh_lstm() -> None:
    losses = Losses(np.random.default_rng(0).integers(0, V, (60, 4)), np.arange(4), "here")
    found = {}
    for cell in ("rnn", "lstm"):
        fresh = Parameters(Architecture(cell, hidden_size=48), V)
        fresh.initialise(1)
        for gain in (1.0, 4.0):
            found[cell, gain] = verdict(reach(fresh, losses, 40, gain)).partition(",")[0]
    assert found == {
        ("rnn", 1.0): "vanishes",
        ("rnn", 4.0): "explodes",
        ("lstm", 1.0): "vanishes",
        ("lstm", 4.0): "fades",
    }


def test_a_gradient_too_large_for_a_number_explodes() -> None:
    result = Reach([1, 2, 3, 4], {"h": np.array([1.0, 1e200, np.inf, np.nan])})
    assert result.factor == pytest.approx(1e200)
    assert verdict(result).startswith("explodes")


def test_a_gradient_too_small_for_a_number_vanishes() -> None:
    result = Reach([1, 2, 3, 4], {"h": np.array([1.0, 0.1, 0.01, 0.0])})
    assert result.factor == pytest.approx(0.1)
    assert verdict(result).startswith("vanishes")


def test_below_means_from_then_on() -> None:
    result = Reach([1, 2, 3, 4], {"h": np.array([1.0, 0.1, 0.9, 0.2])})
    assert result.below(0.5) == 4
    assert Reach([1, 2], {"h": np.array([0.0, 0.0])}).factor == 0.0


def test_it_looks_at_all_near_steps_and_the_last() -> None:
    assert measured_steps(3) == [1, 2, 3]
    assert measured_steps(33) == [*range(1, 21), 25, 30, 33]


def test_texts_end_where_the_verb_is_decided() -> None:
    losses = losses_at_verbs(
        PLANTED_VOCABULARY, spans_of(planted_pairs()).spans, steps=40, samples=3
    )
    ids, targets = losses.ids, losses.targets
    assert ids.shape == (72, len(targets))
    for column, target in zip(ids.T, targets, strict=True):
        text = PLANTED_VOCABULARY.decode(column)
        verb = PLANTED_VOCABULARY.decode([target])
        last = text.rpartition("\n")[2]
        assert last.endswith(" ")
        assert ("A" in last, verb) in ((True, "p"), (False, "q"))


def test_places_along_a_text() -> None:
    text = np.arange(200)
    losses = losses_along(text, steps=10, samples=5)
    ids, targets = losses.ids, losses.targets
    assert ids.shape == (42, 5)
    np.testing.assert_array_equal(ids[-1] + 1, targets)
    assert (targets[0], targets[-1]) == (42, 199)
    assert losses_along(text[:43], steps=10, samples=5).targets.tolist() == [42]
    with pytest.raises(CorpusError, match="43 are needed"):
        losses_along(text[:42], steps=10)


def test_unknown_characters_may_be_read() -> None:
    ids = VOCABULARY.encode("The ☃ " * 10)[:, None].astype(np.intp)
    losses = Losses(ids, np.array([0]), "here")
    assert np.isfinite(reach(wild_model(), losses, steps=20).total).all()


def test_clipping_is_weighted_by_updates() -> None:
    rows = [
        {"update": 0.0, "clipped": np.nan, "grad_norm": np.nan},
        {"update": 10.0, "clipped": 1.0, "grad_norm": 9.0},
        {"update": 40.0, "clipped": 0.0, "grad_norm": 2.0},
        {"update": 50.0, "clipped": np.nan, "grad_norm": 11.0},
        {"update": 60.0, "clipped": 1.0, "grad_norm": np.nan},
    ]
    result = clipping(rows, 5.0)
    assert result is not None
    assert (result.share, result.highest, result.limit) == (0.25, 9.0, 5.0)
    assert clipping([], 5.0) is None
