"""--ablate and --hold: each command runs the changed model, and refuses what is not there."""

from pathlib import Path

import pytest
from command_line import Runner

from charlstm import load
from charlstm.errors import CharlstmError

PRIME = "The cats"
CLOZE = ("cloze", f"--prime={PRIME}", " is", " are", "-r")


def test_commands_run_the_changed_model_and_say_so(charlstm: Runner, tiny_run: Path) -> None:
    model = load(tiny_run).ablate((0, 3), (0, 1)).hold((0, 2), f=0.25, o=1.0)
    changes = ["without 0:3", "without 0:1", "0:2:f = 0.25", "0:2:o = 1"]
    flags = ("--ablate=0:3", "--ablate=1", "--hold=0:2:f=0.25", "--hold=2:o=1")
    done = charlstm.ok(*CLOZE, tiny_run, *flags, "--json")
    assert done.json["changes"] == changes == list(model.changes)
    assert f"the model is changed: {', '.join(changes)}" in done.stderr
    found = [choice["log_likelihood"] for choice in done.json["choices"]]
    assert found == pytest.approx(model.log_likelihoods([" is", " are"], PRIME), rel=1e-5)
    sample = ("sample", f"--prime={PRIME}", "--seed=1", "--length=30", "-r", tiny_run)
    (record,) = charlstm.ok(*sample, *flags, "--json").json["samples"]
    assert record["text"] == "".join(model.sample(PRIME, length=30, seed=1))


def test_scores_are_those_of_the_ablated_model(charlstm: Runner, tiny_run: Path) -> None:
    text = "The cats are here.\n"
    model = load(tiny_run).ablate((0, 3))
    scored = charlstm.ok("eval", "-", "-r", tiny_run, "--ablate=0:3", "--json", stdin=text.encode())
    assert scored.json["nats_per_char"] == pytest.approx(model.evaluate(text).nats_per_char)
    assert scored.json["changes"] == ["without 0:3"]
    pairs = tiny_run.parents[1] / "pairs.tsv"
    pairs.write_text("The cats are.\tThe cats is.\n", encoding="utf-8")
    agree = ("agree", "--pairs", pairs, "-r", tiny_run, "--json")
    changed = charlstm.ok(*agree, "--ablate=0:3").json
    own = model.agree(pairs)
    assert changed["overall"]["log_odds"] == own.report.overall.log_odds  # type: ignore[union-attr]
    assert changed["overall"]["log_odds"] != charlstm.ok(*agree).json["overall"]["log_odds"]
    assert "changes" not in charlstm.ok(*agree).json


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--ablate=0:99", "there is no unit 0:99"),
        ("--ablate=7:0", "there is no unit 7:0"),
        ("--hold=0:99:f=0", "there is no unit 0:99"),
        ("--hold=0:1:r=0", "the cell 'lstm' has no gate 'r'; it has i, f, o, g"),
        ("--hold=0:1:c=0", "has no gate 'c' (it is a state)"),
        ("--hold=0:1:f=1.01", "the gate f lies between 0 and 1, so it cannot be 1.01"),
        ("--hold=0:1:f=nan", "it cannot be nan"),
        ("--hold=0:1:g=-1.5", "the gate g lies between -1 and 1, so it cannot be -1.5"),
    ],
)
def test_what_is_not_there_is_refused(
    charlstm: Runner, tiny_run: Path, flag: str, message: str
) -> None:
    assert message in charlstm.fails(*CLOZE, tiny_run, flag)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--ablate=0.3",), "'0.3' names no unit; write layer:unit, such as 0:78"),
        (("--hold=0:3",), "'0:3' holds no gate; write layer:unit:gate=value, such as 0:78:f=0"),
        (("--hold=0:3:f",), "holds no gate"),
        (("--hold=0:3:f=high",), "holds no gate"),
        (("--hold=::f=1",), "':' names no unit"),
        (("--hold=0:3:f=0", "--hold=3:f=1"), "--hold names gate f of 0:3 twice"),
    ],
)
def test_a_slip_of_the_pen_is_shown_how_to_write_it(
    charlstm: Runner, tiny_run: Path, flags: tuple[str, ...], message: str
) -> None:
    assert message in charlstm.fails(*CLOZE, tiny_run, *flags, status=2)


def test_python_refuses_in_the_same_words(tiny_run: Path) -> None:
    model = load(tiny_run)
    with pytest.raises(CharlstmError, match="there is no unit 0:99"):
        model.ablate((0, 99))
    with pytest.raises(CharlstmError, match="the cell 'lstm' has no gate 'z'"):
        model.hold((0, 1), z=0.0)
    assert model.changes == ()
    assert model.ablate((0, 1)).name == f"{model.name}, without 0:1"
