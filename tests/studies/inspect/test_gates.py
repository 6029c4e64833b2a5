"""How gates are counted: against the obvious way, and with gates that are stuck by hand."""

import numpy as np
import pytest
from models import CHARACTERS, VOCABULARY, wild_model

from charlstm.errors import CharlstmError, CorpusError
from charlstm.nn.blocks import rows_of
from charlstm.nn.cells import CELLS
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import record
from charlstm.studies.inspect import gates as gates_module
from charlstm.studies.inspect.character_classes import CLASSES, class_of
from charlstm.studies.inspect.gates import measure_gates
from charlstm.studies.inspect.gates_report import GatesReport
from charlstm.studies.inspect.kept import STEPS

TEXT = "The cats ate. The bats\nfeast on bread ☃ here.\n" * 6
IDS = VOCABULARY.encode(TEXT)


def stick(model: Parameters, gate: str, unit: int, bias: float) -> None:
    """Hold one gate of one unit of layer 0 open or shut, whatever comes in."""
    H = model.architecture.hidden_size
    row = rows_of(model.cell.gates, gate, H).start + unit
    model.by_name["layers.0.W"][row] = 0.0
    model.by_name["layers.0.E"][:, row] = 0.0
    model.by_name["layers.0.b"][row] = bias


@pytest.mark.parametrize("cell", [name for name in CELLS if name != "rnn"])
def test_counts_are_those_of_the_obvious_way(cell: str) -> None:
    model = wild_model(cell, num_layers=2)
    gates = measure_gates(model, IDS, CHARACTERS)
    recording = record(model, IDS[:, None])
    assert gates.characters == len(TEXT)
    assert {(use.layer, use.gate) for use in gates.uses} == {
        (layer, gate) for layer in (0, 1) for gate in model.cell.sigmoids
    }
    for use in gates.uses:
        values = recording.gates[use.layer][use.gate][:, :, 0]
        np.testing.assert_allclose(use.right, (values > 0.9).mean(axis=0))
        np.testing.assert_allclose(use.left, (values < 0.1).mean(axis=0))
        np.testing.assert_allclose(use.mean, values.mean(axis=0), rtol=1e-6)
        for k, name in enumerate(CLASSES):
            chosen = [t for t, c in enumerate(TEXT) if class_of(c) == name and c != "☃"]
            chosen += [t for t, c in enumerate(TEXT) if c == "☃" and name == "other"]
            if chosen:
                np.testing.assert_allclose(use.by_class[k], values[chosen].mean(axis=0), rtol=1e-6)
            else:
                assert np.isnan(use.by_class[k]).all()
        for unit in range(values.shape[1]):
            marks = "".join("x" if v > 0.9 else " " for v in values[:, unit])
            lengths = [len(stretch) for stretch in marks.split()]
            assert use.stretch[unit] == pytest.approx(np.mean(lengths or [0]))


def test_a_gate_that_is_stuck_counts_as_saturated_all_the_time() -> None:
    model = wild_model()
    stick(model, "f", 2, 30.0)
    stick(model, "o", 4, -30.0)
    gates = measure_gates(model, IDS, CHARACTERS)
    by_name = {use.gate: use for use in gates.uses}
    assert by_name["f"].right[2] == 1.0 and by_name["f"].left[2] == 0.0
    assert by_name["f"].stretch[2] == len(TEXT)
    assert by_name["o"].left[4] == 1.0 and by_name["o"].stretch[4] == 0.0
    use, unit = gates.longest_memories[0]
    assert (use.gate, unit) == ("f", 2)
    assert 0.0 < gates.saturated < 1.0


def test_a_layer_with_i_as_1_minus_f_counts_as_coupled() -> None:
    model = wild_model()
    H = model.architecture.hidden_size
    i, f = (rows_of(model.cell.gates, gate, H) for gate in "if")
    apart = measure_gates(model, IDS, CHARACTERS).couplings[0]
    assert apart.distance > 0.2 and apart.within < 0.6
    for name in ("W", "b"):
        view = model.by_name[f"layers.0.{name}"]
        view[i] = -view[f]  # σ(-a) = 1 - σ(a)
    model.by_name["layers.0.E"][:, i] = -model.by_name["layers.0.E"][:, f]
    coupled = measure_gates(model, IDS, CHARACTERS).couplings[0]
    assert coupled.distance == pytest.approx(0.0, abs=1e-9)
    assert coupled.within == 1.0
    assert coupled.correlation == pytest.approx(1.0)
    assert measure_gates(wild_model("coupled"), IDS, CHARACTERS).couplings == []


def test_columns_count_every_character_once_but_for_a_few_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gates_module, "LEAST", 50)
    monkeypatch.setattr(gates_module, "WARM_UP", 8)
    ids = np.arange(277)
    where, counts = gates_module._in_columns(ids)
    assert where.shape == counts.shape == (61, 5)
    counted = sorted(where[counts])
    assert counted == list(range(273))
    assert (np.diff(where, axis=0) == 1).all()
    assert not counts[:8, 1:].any()
    where, counts = gates_module._in_columns(ids[:7])
    assert where[:, 0].tolist() == list(range(7)) and counts.all()


def test_a_long_text_in_columns_has_nearly_the_same_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = np.concatenate([IDS] * 4)
    model = wild_model(scale=0.5)
    whole = measure_gates(model, ids, CHARACTERS)
    monkeypatch.setattr(gates_module, "LEAST", 100)
    cut = measure_gates(model, ids, CHARACTERS)
    assert 0 <= whole.characters - cut.characters < 32
    for one, other in zip(whole.uses, cut.uses, strict=True):
        np.testing.assert_allclose(one.mean, other.mean, atol=0.01)
        np.testing.assert_allclose(one.right, other.right, atol=0.02)


@pytest.mark.parametrize("cell", ["lstm", "coupled", "peephole"])
def test_the_sizes_of_c_are_those_of_all_units_after_all_characters(cell: str) -> None:
    model = wild_model(cell)
    states = record(model, IDS[:, None]).states
    for layer, found in enumerate(measure_gates(model, IDS, CHARACTERS).memory):
        sizes = np.abs(states[layer]["c"])
        assert found.largest == pytest.approx(sizes.max(), rel=1e-6)
        assert found.median == pytest.approx(np.quantile(sizes, 0.5), rel=0.01)
        assert found.p90 == pytest.approx(np.quantile(sizes, 0.9), rel=0.01)
    assert not measure_gates(wild_model("gru"), IDS, CHARACTERS).memory


@pytest.mark.parametrize("cell", [name for name in CELLS if name != "rnn"])
def test_what_a_gate_keeps_is_the_mean_of_its_product_over_the_steps(cell: str) -> None:
    model = wild_model(cell, num_layers=2, scale=0.4)
    recording = record(model, IDS[:, None])
    for layer, kept in enumerate(measure_gates(model, IDS, CHARACTERS).kept):
        assert (kept.layer, kept.gate) == (layer, model.cell.retention)
        values = recording.gates[layer][kept.gate][:, :, 0].astype(np.float64)
        for k, shares in zip(STEPS, kept.shares, strict=True):
            ends = range(k, len(values) + 1)
            products = [np.prod(values[end - k : end], axis=0) for end in ends]
            np.testing.assert_allclose(shares, np.mean(products, axis=0), rtol=1e-5)


def test_a_gate_that_is_always_open_keeps_all_and_one_that_is_always_shut_nothing() -> None:
    model = wild_model()
    stick(model, "f", 2, 30.0)
    stick(model, "f", 4, -300.0)
    (kept,) = measure_gates(model, IDS, CHARACTERS).kept
    np.testing.assert_allclose(kept.shares[:, 2], 1.0)
    np.testing.assert_allclose(kept.shares[:, 4], 0.0, atol=1e-12)
    assert kept.longest == 2


def test_a_line_that_begins_from_zero_keeps_nothing_of_the_one_before() -> None:
    model = wild_model()
    stick(model, "f", 2, 30.0)
    newline = CHARACTERS.index("\n")
    lines = Parameters(model.architecture, model.vocabulary_size, flat=model.flat, reset_at=newline)
    (kept,) = measure_gates(lines, IDS, CHARACTERS).kept
    within = [not (IDS[end - 10 : end] == newline).any() for end in range(10, len(IDS) + 1)]
    assert kept.shares[1, 2] == pytest.approx(np.mean(within))


@pytest.mark.parametrize("length", [10, 20, 40, 49])
def test_a_text_shorter_than_the_steps_leaves_their_share_unknown(length: int) -> None:
    report = GatesReport(measure_gates(wild_model(), IDS[:length], CHARACTERS), "run")
    assert np.isnan(report.gates.kept[0].means).tolist() == [False, False, True]
    assert any("? (too short a text) after 50" in line for line in report.lines())


def test_a_c_that_only_grows_is_as_large_as_the_text_is_long() -> None:
    model = wild_model()
    for gate, bias in (("i", 30.0), ("f", 40.0), ("g", 30.0)):
        stick(model, gate, 3, bias)
    sizes = measure_gates(model, IDS, CHARACTERS).memory[0]
    assert sizes.largest == pytest.approx(len(TEXT))


def test_kinds_of_characters() -> None:
    symbols = ["a", "ß", "日", "A", "7", " ", "\t", "\n", ".", "€", "\\xff", "☃", ""]
    kinds = [class_of(symbol) for symbol in symbols]
    expected = ["lower case"] * 3 + ["upper case", "digit", "space", "space", "newline"]
    assert kinds == [*expected, "punctuation", "punctuation", "other", "punctuation", "other"]


def test_what_cannot_be_counted() -> None:
    with pytest.raises(CharlstmError, match="'rnn' has no gates"):
        measure_gates(wild_model("rnn"), IDS, CHARACTERS)
    with pytest.raises(CorpusError, match="no text"):
        measure_gates(wild_model(), IDS[:0], CHARACTERS)


def test_rows_have_a_head() -> None:
    head, rows = GatesReport(measure_gates(wild_model(), IDS, CHARACTERS), "run").to_table()
    assert len(rows) == 3 * 6 and all(len(row) == len(head) for row in rows)
