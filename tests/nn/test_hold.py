"""A gate that is held has its value at every step, and nothing else of a step changes."""

from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant
from models import VOCABULARY, wild_model

from charlstm.errors import ConfigError
from charlstm.nn.hold import held
from charlstm.nn.recording import record

IDS = VOCABULARY.encode("The cats ate.\nThe ☃ was.")[:, None]
UNIT = 2


@each_variant
@pytest.mark.parametrize("layer", [0, 1])
def test_a_held_gate_has_its_value_at_every_step(
    cell: str, options: dict[str, Any], layer: int
) -> None:
    model = wild_model(cell, num_layers=2, options=options, scale=0.7)
    before = record(model, IDS)
    for gate in model.cell.inputs:
        low = 0.0 if gate in model.cell.sigmoids else -1.0
        for value in (low, 0.3, 1.0):
            after = record(held(model, layer, UNIT, {gate: value}), IDS)
            np.testing.assert_allclose(after.gates[layer][gate][:, UNIT], value, atol=1e-12)
            assert not np.allclose(after.logits[-1], before.logits[-1])


@each_variant
def test_the_first_step_of_the_other_gates_is_as_before(cell: str, options: dict[str, Any]) -> None:
    model = wild_model(cell, options=options, scale=0.7)
    first = model.cell.inputs[0]
    before, after = (record(m, IDS[:1]) for m in (model, held(model, 0, UNIT, {first: 0.3})))
    others = np.delete(after.gates[0][first], UNIT, axis=1)
    np.testing.assert_allclose(others, np.delete(before.gates[0][first], UNIT, axis=1), atol=1e-12)
    for gate in model.cell.inputs[1:]:
        sees_c = gate == "o" and cell == "peephole" and "o" in options["peepholes"]
        if not sees_c:  # c is another one, and the output gate sees it
            np.testing.assert_allclose(after.gates[0][gate], before.gates[0][gate], atol=1e-12)


def test_several_gates_can_be_held_and_the_model_itself_stays() -> None:
    model = wild_model()
    flat = model.flat.copy()
    recording = record(held(model, 0, UNIT, {"f": 1.0, "i": 0.0}), IDS)
    np.testing.assert_allclose(recording.states[0]["c"][:, UNIT], 0.0, atol=1e-12)
    np.testing.assert_array_equal(model.flat, flat)


@pytest.mark.parametrize(
    ("cell", "gate", "value", "message"),
    [
        ("gru", "f", 0.5, "the cell 'gru' has no gate 'f'; it has n, r, z"),
        ("lstm", "c", 0.5, r"has no gate 'c' \(it is a state\); it has i, f, o, g"),
        ("coupled", "i", 0.5, "has no gate 'i'; it has f, o, g"),
        ("lstm", "f", 1.5, "the gate f lies between 0 and 1, so it cannot be 1.5"),
        ("lstm", "g", -2.0, "the gate g lies between -1 and 1, so it cannot be -2"),
        ("lstm", "f", float("nan"), "cannot be nan"),
    ],
)
def test_what_cannot_be_held_is_named(cell: str, gate: str, value: float, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        held(wild_model(cell), 0, UNIT, {gate: value})
