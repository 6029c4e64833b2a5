"""A byte model's bytes are called bytes by every command, and never characters."""

from pathlib import Path

import pytest
from command_line import TINY, Runner

pytestmark = pytest.mark.slow
TEXT_OF_BYTES = "日本語のテキストé\n" * 60


@pytest.fixture
def run(charlstm: Runner, here: Path) -> Path:
    (here / "j.txt").write_text(TEXT_OF_BYTES, encoding="utf-8")
    flags = ("--tokens=byte", "--max-steps=4", "--eval-every=2", "--out=run")
    charlstm.ok("train", "j.txt", *TINY, *flags)
    return here / "run"


@pytest.mark.parametrize(
    "command",
    [
        ("plot", "run"),
        ("eval", "j.txt", "-r", "run", "--lines"),
        ("sample", "-r", "run", "--length=20", "--novelty"),
        ("inspect", "text", "日本", "-r", "run"),
        ("inspect", "gates", "-r", "run"),
        ("inspect", "gradients", "run", "--steps=10"),
        ("describe", "--run=run"),
        ("describe", "--tokens=byte"),
        ("agree", "-r", "run", "--sweep=distance", "--per-condition=2"),
    ],
    ids=" ".join,
)
def test_no_command_calls_them_characters(
    charlstm: Runner, run: Path, command: tuple[str, ...]
) -> None:
    assert run
    outcome = charlstm.ok(*command)
    said = outcome.output.decode(errors="replace") + outcome.stderr
    assert "character" not in said and "/char" not in said
    if command[0] not in ("eval", "inspect") or command[1] == "gates":
        assert "byte" in said


def test_pictures_have_bytes_on_their_axes(charlstm: Runner, run: Path, here: Path) -> None:
    pytest.importorskip("matplotlib")
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=2", "--out=c")
    charlstm.ok("plot", run, "--save=b.svg")
    charlstm.ok("plot", run, "c", "--save=both.svg")
    charlstm.ok("plot", "c", "--save=c.svg")
    texts = {
        name: (here / f"{name}.svg").read_text(encoding="utf-8") for name in ("b", "c", "both")
    }
    assert "nats/byte" in texts["b"] and "million bytes read" in texts["b"]
    assert "nats/char" in texts["c"] and "million characters read" in texts["c"]
    assert "nats/byte or nats/char" in texts["both"]
    charlstm.ok("inspect", "gradients", run, "--steps=10", "--save=g.svg")
    assert "steps before the loss, bytes" in (here / "g.svg").read_text(encoding="utf-8")


def test_a_comparison_of_both_kinds_is_per_character(charlstm: Runner, here: Path) -> None:
    (here / "j.txt").write_text(TEXT_OF_BYTES, encoding="utf-8")
    (here / "plan.yaml").write_text(
        "base: {corpus: j.txt, hidden_size: 8, batch_size: 8, seq_length: 12, workers: 1}\n"
        "vary: {tokens: [char, byte]}\nbudget: {characters: 400}\n",
        encoding="utf-8",
    )
    outcome = charlstm.ok("compare", "plan.yaml", "--json")
    by_char, by_byte = outcome.json["runs"]
    assert by_char["best_val_nats_per_char"] == by_char["best_val_nats"]
    size = len(TEXT_OF_BYTES.encode()) / len(TEXT_OF_BYTES)
    assert by_byte["best_val_nats_per_char"] == pytest.approx(
        by_byte["best_val_nats"] * size, rel=0.02
    )
    assert f"{by_byte['best_val_nats']:.4f} nats/byte" in outcome.stderr
    table = charlstm.ok("compare", "plan.yaml").stdout
    for run in (by_char, by_byte):
        assert f"{run['best_val_nats_per_char']:.4f}" in table
