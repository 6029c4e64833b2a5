"""`charlstm describe`: its page, its JSON, the texts and runs it reads, and bad input."""

from pathlib import Path

import pytest
from command_line import TEXT, Runner

from charlstm import load
from charlstm.nn.cells import CELLS
from charlstm.nn.parameters import Architecture, Parameters

SIZES = ("--hidden-size=128", "--batch-size=64")


def test_the_page(charlstm: Runner) -> None:
    shown = charlstm.ok("describe", *SIZES, "--num-layers=3").stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0] == "lstm: 3 layers of 128 units, 65 characters, 64 columns"
    assert "f_t = σ(W_f·[h_{t-1}, x_t] + b_f) (H, H+D)·(H+D, B) → (H, B)" in lines
    assert "f_t (128, 194)·(194, 64) → (128, 64)" in lines
    assert "f_t (128, 256)·(256, 64) → (128, 64)" in lines
    assert "y_t = softmax(W_y·h_t + b_y) (V, H)·(H, B) → (V, B)" in lines
    assert "y_t (65, 128)·(128, 64) → (65, 64)" in lines
    assert "layer 0 i W_i (128, 194) b_i (128, 1) 24,960 99,840" in lines
    assert "layers 1 to 2, each i W_i (128, 256) b_i (128, 1) 32,896 131,584" in lines
    model = Parameters(Architecture("lstm", {}, 128, 3), 65)
    assert f"all {model.num_parameters:,} {4 * model.num_parameters:,}" in lines
    assert "layer 0 131,072 2,176 133,248" in lines
    assert "layers 1 to 2, each 262,144 2,176 264,320" in lines


def test_the_page_of_attention(charlstm: Runner) -> None:
    """The memory of 128 outputs of 512 units for 64 columns is 17 MB."""
    flags = ("--attention=128", "--hidden-size=512", "--batch-size=64")
    lines = [" ".join(line.split()) for line in charlstm.ok("describe", *flags).stdout.splitlines()]
    assert lines[1] == "Each step looks back at the last 128 outputs, with 4 heads."
    assert "k_t = m_t·q_t/√F + d B × R × (M, F)·(F, 1) → (R, M, B)" in lines
    assert "Attention, M = 128, R = 4, F = H/R = 128." in lines
    assert "k_t 64 × 4 × (128, 128)·(128, 1) → (4, 128, 64)" in lines
    assert "y_t = softmax(W_y·z_t + b_y) (V, H)·(H, B) → (V, B)" in lines
    assert "attention q W_a (512, 512) b_a (512, 1) 262,656 1,050,624" in lines
    assert "k d (4, 128) 512 2,048" in lines
    assert "attention 786,432 3,072 789,504" in lines
    carried = lines[
        lines.index("Attention carries 262,148 bytes of it: 16,777,472 for 64 columns.")
    ]
    assert lines[lines.index(carried) - 1].endswith("is 266,244 bytes for each column.")
    found = charlstm.ok("describe", *flags, "--json").json
    assert found["state_bytes"] == 266_244
    assert found["attention_block"]["state_bytes"] == 262_148
    assert found["attention_heads"] == 4
    one = charlstm.ok("describe", *flags, "--attention-heads=1").stdout
    assert "with 1 head.\n" in one and "Attention, M = 128.\n" in one
    assert "k_t = m_t·q_t/√H + d           B × (M, H)·(H, 1) → (M, B)\n" in one
    assert charlstm.ok("describe", "--json").json["attention_block"] is None


def test_a_run_says_whether_it_reads_lines(charlstm: Runner, here: Path) -> None:
    flags = ("train", here / "text.txt", "--max-steps=1", "--hidden-size=4", "--workers=1", "--out")
    charlstm.ok(*flags, "one")
    charlstm.ok(*flags, "many", "--lines", "--attention=3")
    assert "It reads one text:" in charlstm.ok("describe", "--run=one").stdout
    assert "It reads lines:" in charlstm.ok("describe", "--run=many").stdout
    found = charlstm.ok("describe", "--run=many", "--json").json
    assert found["lines"] is True and found["attention"] == 3
    assert charlstm.ok("describe", "--json").json["lines"] is None


@pytest.mark.parametrize("cell", list(CELLS))
def test_each_cell_has_a_page_of_moderate_width(charlstm: Runner, cell: str) -> None:
    shown = charlstm.ok("describe", "--cell", cell, "--attention=4096").stdout
    assert shown.startswith(cell)
    assert max(map(len, shown.splitlines())) <= 100
    assert all(line == line.rstrip() for line in shown.splitlines())


def test_options_reach_the_cell_and_the_defaults_are_told(charlstm: Runner) -> None:
    flags = ("--cell=peephole", "--peephole-kind=diagonal", "--hidden-size=16", "--batch-size=1")
    shown = charlstm.ok("describe", *flags).stdout
    assert shown.splitlines()[0] == (
        "peephole, peephole_kind diagonal, peepholes ifo: "
        "1 layer of 16 units, 65 characters, 1 column"
    )
    assert "P_f (16, 1)" in shown
    found = charlstm.ok("describe", *flags, "--json").json
    assert found["cell_options"] == {"peephole_kind": "diagonal", "peepholes": "ifo"}


def test_json(charlstm: Runner) -> None:
    found = charlstm.ok("describe", *SIZES, "--cell=gru", "--vocabulary=30", "--json").json
    assert found["cell"] == "gru" and found["vocabulary"] == 30
    assert found["state_bytes"] == 4 * 128
    layer = found["layers"][0]
    assert layer["sizes"] == {"H": 128, "D": 31, "B": 64}
    assert [tensor["name"] for tensor in layer["tensors"]] == ["r_t", "z_t", "n_t", "h_t"]
    assert {
        "name": "r_t",
        "equation": "r_t = σ(W_r·[h_{t-1}, x_t] + b_r)",
        "dimensions": "(H, H+D)·(H+D, B) → (H, B)",
        "numbers": "(128, 159)·(159, 64) → (128, 64)",
        "shape": [128, 64],
    } in layer["tensors"]
    assert {
        "name": "r",
        "weights": {"W_r": [128, 159], "b_r": [128, 1]},
        "parameters": 20_480,
        "bytes": 81_920,
    } in layer["blocks"]
    assert found["bytes"] == 4 * found["parameters"]
    parts = [*found["layers"], found["readout"]]
    assert found["parameters"] == sum(part["parameters"] for part in parts)
    assert found["training_products_per_character"] == 3 * sum(
        part["operations"]["products"] for part in parts
    )


def test_a_run_is_described_by_its_own_settings(charlstm: Runner, tiny_run: Path) -> None:
    found = charlstm.ok("describe", "-r", tiny_run, "--json").json
    model = load(tiny_run)
    assert found["parameters"] == model.parameters.num_parameters
    assert found["vocabulary"] == model.vocabulary.size == len(set(TEXT))
    assert found["layers"][0]["sizes"]["B"] == 8


def test_the_characters_of_a_text_are_counted(charlstm: Runner, here: Path) -> None:
    (here / "more.txt").write_text("äöü", encoding="utf-8")
    flags = ("describe", "--json", "--corpus", "text.txt")
    assert charlstm.ok(*flags).json["vocabulary"] == len(set(TEXT))
    assert charlstm.ok(*flags, "--corpus=more.txt").json["vocabulary"] == len(set(TEXT)) + 3
    assert charlstm.ok("describe", "--json", "--corpus=-", stdin=b"abc").json["vocabulary"] == 3
    (here / "latin.txt").write_bytes(b"caf\xe9")
    latin = ("describe", "--json", "--corpus=latin.txt")
    assert charlstm.ok(*latin, "--encoding=latin-1").json["vocabulary"] == 4
    assert charlstm.ok("describe", "--json", "--tokens=byte").json["vocabulary"] == 256


def test_the_largest_network_needs_no_memory(charlstm: Runner) -> None:
    flags = ("--hidden-size=65536", "--num-layers=64", "--vocabulary=1114112")
    assert charlstm.ok("describe", *flags, "--json").json["parameters"] > 2**41


# Bad input


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--cell=gru", "--peepholes=i"],
            "the cell 'gru' has no option 'peepholes'; it belongs to",
        ),
        (["--gru-reset=after"], "the cell 'lstm' has no option 'gru_reset'; it belongs to gru."),
        (["--cell=peephole", "--peepholes=xyz"], "peepholes must be some of the letters i, f and"),
        (["--cell=lsmt"], "'lsmt' is not one of 'rnn', 'lstm'"),
        (["--hidden-size=0"], "hidden_size must be at least 1"),
        (["--num-layers=1000"], "num_layers must be at least 1 and at most 64"),
        (
            ["--attention=2", "--hidden-size=6"],
            "hidden_size is 6, which 4 heads of attention cannot",
        ),
        (["--attention=-1"], "attention must be at least 0 and at most 4096"),
        (["--run=x", "--attention=2"], "--attention has no effect with --run: a run has its own"),
        (["--vocabulary=0"], "0 is not in the range 1<=x<=1114112"),
        (["--run=x", "--gru-reset=after"], "--gru-reset has no effect with --run: a run has its"),
        (["extra"], "unexpected extra argument"),
    ],
)
def test_wrong_usage(charlstm: Runner, flags: list[str], message: str) -> None:
    assert message in charlstm.fails("describe", *flags, status=2)


def test_what_cannot_be_read(charlstm: Runner, here: Path) -> None:
    (here / "empty.txt").touch()
    (here / "latin.txt").write_bytes(b"caf\xe9")
    (here / "broken.npz").write_bytes(b"")
    assert "'x' is no run" in charlstm.fails("describe", "--run=x")
    assert "not a charlstm checkpoint" in charlstm.fails("describe", "--run=broken.npz")
    assert "cannot read x: No such file" in charlstm.fails("describe", "--corpus=x")
    assert "empty.txt" in charlstm.fails("describe", "--corpus=empty.txt")
    assert "latin.txt is not utf-8 text" in charlstm.fails("describe", "--corpus=latin.txt")
