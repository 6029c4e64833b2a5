"""What is recorded while a text is read, against the reference; which units are salient."""

import numpy as np
import pytest
from models import CHARACTERS, VOCABULARY, looked_at, wild_model

from charlstm.errors import CorpusError
from charlstm.nn import reference
from charlstm.nn.cells import CELLS
from charlstm.nn.recording import record, record_windows
from charlstm.studies.inspect.salience import salient_units
from charlstm.studies.inspect.text import TextView
from charlstm.text.vocabulary import Vocabulary
from charlstm.trace import trace_text

TEXT = "The cats ate the ☃ bread.\n" * 5  # more than one window


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_states_and_logits_are_those_of_the_reference(cell: str, layers: int) -> None:
    model = wild_model(cell, num_layers=layers)
    ids = VOCABULARY.encode(TEXT)[:, None]
    seen = record(model, ids)
    state = None
    for t in range(len(ids)):
        logits, state = reference.run(model, ids[t : t + 1].astype(np.intp), state)
        np.testing.assert_allclose(seen.logits[t], logits[0], rtol=1e-8, atol=1e-9)
        for layer in range(layers):
            for name in model.cell.states:
                expected = state[f"layers.{layer}.{name}"]
                np.testing.assert_allclose(seen.states[layer][name][t], expected, atol=1e-9)


@pytest.mark.parametrize("cell", CELLS)
def test_gates_of_a_unit_are_activations_in_their_range(cell: str) -> None:
    model = wild_model(cell)
    seen = record(model, VOCABULARY.encode(TEXT)[:, None])
    assert list(seen.gates[0]) == list(model.cell.inputs)
    for name, values in seen.gates[0].items():
        assert values.shape == (len(TEXT), 6, 1)
        low = 0.0 if name in model.cell.sigmoids else -1.0
        assert low <= values.min() < values.max() <= 1.0


def test_the_lstm_s_gates_make_its_cell_state() -> None:
    seen = record(wild_model(), VOCABULARY.encode(TEXT)[:, None])
    gates, c = seen.gates[0], seen.states[0]["c"]
    before = np.concatenate([np.zeros_like(c[:1]), c[:-1]])
    np.testing.assert_allclose(c, gates["f"] * before + gates["i"] * gates["g"], atol=1e-12)
    np.testing.assert_allclose(seen.states[0]["h"], gates["o"] * np.tanh(c), atol=1e-12)


def test_windows_do_not_matter() -> None:
    model, ids = wild_model(), VOCABULARY.encode(TEXT)[:, None]
    cut = np.concatenate([window.logits.copy() for window in record_windows(model, ids, 7)])
    np.testing.assert_allclose(cut, record(model, ids).logits, atol=1e-9)


def test_surprise_and_guesses_are_about_each_character_in_its_place() -> None:
    model = wild_model(scale=0.5)
    trace = trace_text(model, VOCABULARY, TEXT, top=4)
    ids = VOCABULARY.encode("\n" + TEXT).astype(np.intp)
    logits, _ = reference.run(model, ids[:, None])
    for t, character in enumerate(TEXT):
        odds = np.exp(logits[t, :, 0]) / np.exp(logits[t, :, 0]).sum()
        ranked = sorted(range(len(odds)), key=lambda k: -odds[k])[:4]
        assert trace.expected[t] == [CHARACTERS[k] for k in ranked]
        np.testing.assert_allclose(trace.shares[t], odds[ranked])
        if character == "☃":
            assert np.isnan(trace.surprisal[t])
        else:
            assert trace.surprisal[t] == pytest.approx(-np.log2(odds[CHARACTERS.index(character)]))


@pytest.mark.parametrize(("M", "R"), [(1, 1), (5, 3), (200, 2)])
def test_attention_is_what_the_step_that_predicts_each_character_looks_at(M: int, R: int) -> None:
    model = wild_model(attention=M, attention_heads=R, scale=0.7, num_layers=2)
    trace = trace_text(model, VOCABULARY, TEXT)
    assert (trace.attention.shape, trace.heads.shape) == ((len(TEXT), M), (len(TEXT), R, M))
    for head in (None, *range(R)):
        p = trace.attention if head is None else trace.heads[:, head]
        for t, weights in enumerate(looked_at(model, TEXT, head)):
            assert len(weights) == min(t, M)
            np.testing.assert_allclose(p[t, : len(weights)], weights[::-1], atol=1e-9)
            assert not p[t, len(weights) :].any()
    assert trace_text(wild_model(), VOCABULARY, TEXT).attention.shape == (len(TEXT), 0)


def test_memory_is_tanh_of_c_or_h() -> None:
    seen = record(wild_model(), VOCABULARY.encode("\nThe")[:, None])
    trace = trace_text(wild_model(), VOCABULARY, "The")
    assert trace.memory_label == "tanh(c)"
    np.testing.assert_allclose(trace.memory[0], np.tanh(seen.states[0]["c"][1:, :, 0]))
    trace = trace_text(wild_model("gru"), VOCABULARY, "The")
    assert trace.memory_label == "h"
    assert (wild_model("rnn").cell.memory, sorted(trace.gates[0])) == ("h", ["n", "r", "z"])


def test_bytes_that_are_no_letters_have_names() -> None:
    from charlstm.nn.parameters import Architecture, Parameters

    model = Parameters(Architecture(hidden_size=2), 256)
    trace = trace_text(model, Vocabulary("byte"), "é\n")
    assert list(trace.symbols) == ["\\xc3", "\\xa9", "\n"]
    assert len(trace.vocabulary.alphabet) == 256


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(CorpusError, match="no text"):
        trace_text(wild_model(), VOCABULARY, "")


def test_the_salient_unit_is_the_one_that_swings_and_stays() -> None:
    rng = np.random.default_rng(0)
    N = 200
    memory = np.zeros((N, 5))
    memory[:, 0] = np.sign(rng.normal(size=N))  # swings, does not stay
    memory[:, 1] = 0.05 * np.repeat([1, -1, 1, -1], N // 4)  # stays, does not swing
    memory[:, 2] = 0.9 * np.repeat([1, -1, 1, -1], N // 4)  # both
    memory[:, 3] = -memory[:, 2] * 0.99  # the same again
    memory[:, 4] = 0.6 * np.repeat([1, -1], N // 2)  # both, and something else
    assert salient_units(memory, 2) == [2, 4]
    assert sorted(salient_units(memory, 99)) == [0, 1, 2, 3, 4]
    assert salient_units(memory[:1], 1) == [0]  # nothing can swing in one character


def test_the_table_and_the_mapping_say_the_same() -> None:
    trace = trace_text(wild_model(), VOCABULARY, "The cat.")
    view = TextView(trace, [(0, 2)], 3, "run", {})
    mapping = view.to_mapping()
    head, rows = view.to_table()
    assert head[:4] == ["character", "bits", "guess_1", "probability_1"]
    assert [row[0] for row in rows] == list("The cat.")
    column = head.index("0:2_f")
    assert [row[column] for row in rows] == list(mapping["units"][0]["gates"]["f"])
    first = mapping["characters"][0]["expected"][0]
    assert [first["character"], first["probability"]] == rows[0][2:4]


@pytest.mark.parametrize(("cell", "names"), [("lstm", "ifogh"), ("coupled", "fogh"),
                                             ("gru", "nrz"), ("rnn", "n")])  # fmt: skip
def test_h_is_a_row_of_its_own_where_the_memory_is_c(cell: str, names: str) -> None:
    trace = trace_text(wild_model(cell), VOCABULARY, "The cat.")
    assert [strip.label for strip in trace.unit_strips(0, 2)] == [trace.memory_label, *names]
    head, rows = TextView(trace, [(0, 2)], 1, "run", {}).to_table()
    h = np.array([row[head.index("0:2_h")] for row in rows])
    np.testing.assert_array_equal(h, trace.states[0]["h"][:, 2])
    assert len(head) == len(set(head))
    ending = list(TextView(trace, [(0, 2)], 1, "run", {}).lines())[-1]
    assert ("0 to 1" in ending) is (cell != "rnn")
