"""Characters that a model has never seen are named and counted by every command."""

import unicodedata
from pathlib import Path

import pytest
from command_line import TEXT, TINY, Runner

pytestmark = pytest.mark.slow
T = (*TINY, "--max-steps=2")
NEVER = "never seen in training, read as unknown: "


@pytest.fixture
def run(charlstm: Runner, here: Path) -> Path:
    """A run on `text.txt`, beside texts that it knows nothing of, a half, or in another form."""
    charlstm.ok("train", "text.txt", *T, "--out=run")
    (here / "none.txt").write_text("日本語です。\n" * 50, encoding="utf-8")
    (here / "half.txt").write_text("The cat ☃☃☃☃☃☃☃\n" * 50, encoding="utf-8")
    return here / "run"


def test_a_validation_text(charlstm: Runner, run: Path) -> None:
    assert run
    message = charlstm.fails("train", "text.txt", *T, "--val=none.txt")
    assert message.startswith("the model knows no character of the validation text")
    assert f"none.txt: {NEVER}'。' 'す' 'で' '日' '本' '語' (300 of 350 characters)" in message
    outcome = charlstm.ok("train", "text.txt", *T, "--val=half.txt", "--out=v")
    assert f"half.txt: {NEVER}'☃' (350 of 800 characters)" in outcome.stderr
    assert charlstm.ok("eval", "-r", "v", "--json").json["unknown"] == 350


def test_a_run_that_goes_on_with_a_text_of_another_alphabet(
    charlstm: Runner, run: Path, here: Path
) -> None:
    again = ("train", "--resume", run, "--max-steps=4", "--allow-changed-corpus")
    kept = (here / "none.txt").read_text(encoding="utf-8")
    message = charlstm.fails(*again, "none.txt")
    assert "no character of the training text" in message and "300 of 350" in message
    (here / "tail.txt").write_text(TEXT * 2 + kept * 4, encoding="utf-8")
    assert "no character of the validation text" in charlstm.fails(*again, "tail.txt")
    outcome = charlstm.ok(*again, "half.txt")
    assert f"half.txt: {NEVER}'☃' (350 of 800 characters)" in outcome.stderr


def test_old_weights_that_get_new_characters(charlstm: Runner, run: Path) -> None:
    outcome = charlstm.ok("train", "half.txt", "--init-from", run, *T)
    assert "never seen by the old weights, learnt from nothing: '☃' (1 new)" in outcome.stderr


def test_eval_names_them_and_lines_do(charlstm: Runner, run: Path) -> None:
    for lines in ([], ["--lines"]):
        outcome = charlstm.ok("eval", "half.txt", "-r", run, *lines)
        assert outcome.stderr == f"{NEVER}'☃' (350 of 800 characters)\n"
        message = charlstm.fails("eval", "none.txt", "-r", run, *lines)
        assert message.startswith("the model knows none of the text's characters: '日' '本'")


def test_a_text_in_another_form_of_unicode(charlstm: Runner, here: Path) -> None:
    nfc = "Le café était là.\n" * 60
    (here / "nfc.txt").write_text(nfc, encoding="utf-8")
    (here / "nfd.txt").write_text(unicodedata.normalize("NFD", nfc), encoding="utf-8")
    (here / "p.tsv").write_text(
        unicodedata.normalize("NFD", "Le café.\tLe cafés.\n") + "Le\tLa\n", encoding="utf-8"
    )
    charlstm.ok("train", "nfc.txt", *T, "--out=c")
    cured = "the model's text has Unicode's form NFC"
    for command in (
        ("eval", "nfd.txt"),
        ("eval", "nfd.txt", "--lines"),
        ("sample", "--length=3", "--prime=cafe\u0301"),
        ("cloze", "--prime=cafe\u0301", "a", "e"),
        ("inspect", "text", "cafe\u0301"),
        ("agree", "--pairs=p.tsv"),
    ):
        assert cured in charlstm.ok(*command, "-r", "c").stderr, command
    assert cured in charlstm.fails("cloze", "-r", "c", "--prime=caf", "e\u0301")
    charlstm.ok("train", "nfd.txt", *T, "--out=d")
    assert "form NFD" in charlstm.ok("sample", "--length=3", "--prime=é", "-r", "d").stderr


def test_an_empty_prime_stands_for_a_newline_that_may_be_unknown(
    charlstm: Runner, here: Path
) -> None:
    (here / "one.txt").write_text("The cat is wet. " * 60, encoding="utf-8")
    charlstm.ok("train", "one.txt", *T, "--out=one")
    assert charlstm.ok("sample", "-r", "one", "--length=3").stderr == NEVER + "'\\n'\n"
    assert charlstm.ok("sample", "-r", "one", "--length=3", "--prime=T").stderr == ""


def test_compare_says_how_many_pairs_it_left_out(charlstm: Runner, here: Path) -> None:
    (here / "p.tsv").write_text("The cat is\tThe cat are\nThe ☃ is\tThe ☃ are\n", encoding="utf-8")
    (here / "plan.yaml").write_text(
        "base: {corpus: text.txt, hidden_size: 4, batch_size: 8, seq_length: 12, workers: 1}\n"
        "vary: {cell: [rnn]}\nbudget: {characters: 200}\npairs: p.tsv\n",
        encoding="utf-8",
    )
    outcome = charlstm.ok("compare", "plan.yaml")
    assert "1 pair left out with characters never seen" in outcome.stderr


def test_a_stop_that_can_never_come_is_named(charlstm: Runner, run: Path) -> None:
    outcome = charlstm.ok("sample", "-r", run, "--length=3", "--stop=☃", "--stop=e", "--prime=a")
    assert outcome.stderr == "the model never writes '☃', so --stop has no effect there\n"


def test_a_stop_in_another_form_of_unicode(charlstm: Runner, here: Path) -> None:
    (here / "cafe.txt").write_text("un café chaud\n" * 50, encoding="utf-8")
    charlstm.ok("train", "cafe.txt", *T, "--out=c")
    stop = unicodedata.normalize("NFD", "é")
    said = charlstm.ok("sample", "-r", "c", "--stop", stop, "--length=9").stderr
    assert "the model never writes" in said
    assert "NFC" in said
