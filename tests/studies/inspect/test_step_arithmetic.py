"""The arithmetic of a step: its numbers are those of the network, and each line adds up."""

import re
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant
from models import VOCABULARY, wild_model

from charlstm.nn.parameters import Parameters
from charlstm.studies.describe.equations import one_step
from charlstm.studies.inspect.step import StepArithmetic, step_arithmetic
from charlstm.trace import trace_text

TEXT, UNIT = "The cats ate.", 2
FUNCTIONS = {"σ": lambda a: 1.0 / (1.0 + np.exp(-a)), "tanh": np.tanh}


def arithmetic(model: Parameters, at: int, layer: int = 0, text: str = TEXT) -> StepArithmetic:
    step = one_step(model.cell)
    unit = (layer, UNIT)
    return step_arithmetic(model, VOCABULARY, text, at, unit, step.graph, step.written, "run")


def value(form: str) -> float:
    """A line's numbers, computed."""
    plain = form.replace("−", "-").replace("·", "*")
    assert re.fullmatch(r"[-+*(). 0-9σtanh]+", plain), plain
    return float(eval(plain, {"__builtins__": {}}, dict(FUNCTIONS)))


@each_variant
@pytest.mark.parametrize("layer", [0, 1])
def test_every_value_is_that_of_the_network(cell: str, options: dict[str, Any], layer: int) -> None:
    model = wild_model(cell, num_layers=2, options=options, scale=0.7)
    trace = trace_text(model, VOCABULARY, TEXT)
    step = arithmetic(model, 5, layer)
    known = {**trace.gates[layer], **trace.states[layer]}
    for line in step.equations:
        name = line.name.removesuffix("_t")
        if name in known:
            assert line.value == pytest.approx(known[name][5, UNIT], abs=1e-9)
    for state, before in step.before.items():
        assert before == pytest.approx(trace.states[layer][state][4, UNIT])


@each_variant
def test_every_form_of_a_line_has_its_value(cell: str, options: dict[str, Any]) -> None:
    model = wild_model(cell, options=options, scale=0.7)
    for line in arithmetic(model, 3).equations:
        for form in line.numbers:
            assert value(form) == pytest.approx(line.value, abs=0.01), line
        if line.sources:
            assert line.sources[-1][0] in ("the bias", "x_t", "h_{t-1}", "c_{t-1}", "c_t"), line


def test_the_lstm_is_written_as_on_a_board() -> None:
    model = wild_model()
    model.flat[:] = 0.0
    b = model.by_name["layers.0.b"][:, 0].reshape(4, 6)
    b[:, UNIT] = np.log(3.0), np.log(9.0), -np.log(3.0), np.arctanh(0.4)  # of i, f, o, g
    lines = list(arithmetic(model, 0).lines())
    assert lines[0] == "unit 0:2 of run reads 'T', character 0, the last of 'T'"
    assert lines[1:3] == ["x_t is the character 'T'", "h_{t-1} = 0.073, c_{t-1} = 0.300"]
    c = lines.index("c_t = f_t⊙c_{t-1} + i_t⊙g_t")
    assert lines[c + 1 : c + 3] == [
        "    = 0.900·0.300 + 0.750·0.400",
        "    = 0.270 + 0.300 = 0.570",
    ]
    assert lines[-3:] == [
        "h_t = o_t⊙tanh(c_t)",
        "    = 0.250·tanh(0.570)",
        "    = 0.250·0.515 = 0.129",
    ]
    f = lines.index("f_t = σ(W_f·[h_{t-1}, x_t] + b_f)")
    assert lines[f + 1] == "    = σ(0.000 + 0.000 + 2.197)      from h_{t-1}, x_t, the bias"
    assert lines[f + 2] == "    = σ(2.197) = 0.900"


def test_a_line_of_the_text_begins_from_zero_where_lines_are_apart() -> None:
    model = wild_model()
    model.reset_at = int(VOCABULARY.encode("\n")[0])
    assert arithmetic(model, 3, text="The\ncat").before == {"h": 0.0, "c": 0.0}
    assert arithmetic(model, 4, text="The\ncat").before["c"] != 0.0


def test_records_hold_the_equations() -> None:
    names = [record["name"] for record in arithmetic(wild_model(), 3).to_records()]
    assert names == ["f_t", "i_t", "g_t", "o_t", "c_t", "h_t"]
