"""`charlstm inspect why` and `inspect step`: what is explained, and what is refused."""

import json
from pathlib import Path

import pytest
from command_line import TEXT, TINY, Runner

from charlstm import load

BEFORE = "The cats on the barn"


def test_by_default_it_explains_the_last_character(charlstm: Runner, tiny_run: Path) -> None:
    found = charlstm.ok("inspect", "why", "The cats", "-r", tiny_run, "--json").json
    assert (found["text"], found["continuation"], found["against"]) == ("The cat", "s", None)
    (value,) = found["log_probabilities_nats"]
    model = load(tiny_run)
    given = model.log_likelihood("s", "\nThe cat")
    assert found["log_odds_nats"] == value == pytest.approx(given, rel=1e-5)
    first = model.why("The cat", "s").to_records()[3]
    assert found["characters"][3] == pytest.approx(first)
    assert found["logit"]["sum"] == pytest.approx(
        sum(unit["term"] for unit in found["logit"]["units"]) + found["logit"]["bias"]
    )


@pytest.mark.parametrize(
    ("text", "against", "at", "before", "continuation"),
    [
        (f"{BEFORE} were", " was", (), BEFORE, " were"),
        (f"{BEFORE} were", "was", (), f"{BEFORE} ", "were"),
        (f"{BEFORE} were", " was", ("--at=8",), "The cats", " on the barn were"),
        ("The cats were", " was", (), "The cats", " were"),
    ],
)
def test_against_compares_the_last_word_or_the_text_from_a_place_on(
    charlstm: Runner,
    tiny_run: Path,
    text: str,
    against: str,
    at: tuple[str, ...],
    before: str,
    continuation: str,
) -> None:
    look = ("inspect", "why", text, "--against", against, *at, "-r", tiny_run)
    found = charlstm.ok(*look, "--json").json
    assert (found["text"], found["continuation"]) == (before, continuation)
    assert found["against"] == against
    good, bad = load(tiny_run).log_likelihoods([continuation, against], f"\n{before}")
    assert found["log_odds_nats"] == pytest.approx(good - bad, abs=1e-4)
    shown = charlstm.ok(*look, "--color=never").stdout
    assert shown.startswith(f"log P('{continuation}') − log P('{against}') = {good - bad:.3f} nats")


def test_colours_legend_and_files(charlstm: Runner, tiny_run: Path, tmp_path: Path) -> None:
    saved = [f"--save={tmp_path / f'why.{ending}'}" for ending in ("csv", "json", "png", "svg")]
    look = ("inspect", "why", "The cats are", "--against", " is", "-r", tiny_run)
    shown = charlstm.ok(*look, "--color=always", *saved).stdout
    assert "\x1b[" in shown
    assert "blue speaks for ' are', red against it" in shown
    assert len((tmp_path / "why.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(
        "The cats"
    )
    assert json.loads((tmp_path / "why.json").read_text(encoding="utf-8"))["agreement"]
    assert (tmp_path / "why.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("The cats", "--at=8"),
            "--at 8: there is no such character; the text has characters 0 to 7",
        ),
        (("The cats", "--at=-1"), "--at -1: there is no such character"),
        (("The cats", "--at=0"), "nothing comes before it; give --at a later character"),
        (("cats", "--against=dogs"), "nothing comes before it"),
        (("",), "there is no text to look at"),
        (("The cats were", "--against= were"), "one continuation is the beginning of the other"),
        (("The cats were", "--against= we"), "one continuation is the beginning of the other"),
        (("The cats were", "--against="), "there is nothing to explain"),
        (("The cats were", "--against= ☃"), "the model has never seen '☃'"),
        (("The cat☃",), "the model has never seen '☃'"),
        (("a" * 1001,), "the text is longer than the 1,000 characters"),
    ],
)
def test_a_mistake_gets_one_line(
    charlstm: Runner, tiny_run: Path, arguments: tuple[str, ...], message: str
) -> None:
    assert message in charlstm.fails("inspect", "why", *arguments, "-r", tiny_run)


@pytest.mark.usefixtures("here")
def test_places_of_a_byte_model_count_bytes(charlstm: Runner) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--tokens=byte", "--max-steps=2", "--out=bytes")
    found = charlstm.ok("inspect", "why", "é at", "--at=3", "-r", "bytes", "--json").json
    assert (found["text"], found["continuation"]) == ("\\xc3\\xa9 ", "a")
    said = charlstm.fails("inspect", "why", "é", "--at=2", "-r", "bytes")
    assert "the text has bytes 0 to 1" in said
    step = charlstm.ok("inspect", "step", "é", "--unit=0", "-r", "bytes", "--json").json
    assert (step["at"], step["character"]) == (1, "\\xa9")


def test_a_step_says_what_the_trace_has(charlstm: Runner, looking_run: Path) -> None:
    look = ("inspect", "step", TEXT[:9], "--at=4", "--unit=0:5", "-r", looking_run)
    found = charlstm.ok(*look, "--json").json
    trace = load(looking_run).trace(TEXT[:9])
    values = {line["name"]: line["value"] for line in found["equations"]}
    assert values["c_t"] == pytest.approx(trace.states[0]["c"][4, 5], rel=1e-5)
    assert values["f_t"] == pytest.approx(trace.gates[0]["f"][4, 5], rel=1e-5)
    shown = charlstm.ok(*look).stdout
    assert f"h_t = o_t⊙tanh(c_t)\n    = {values['o_t']:.3f}·tanh(" in shown
    assert set(found["equations"][0]["sources"]) == {"h_{t-1}", "x_t", "the bias"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--unit=0:99",), "there is no unit 0:99"),
        (("--unit=1:0",), "there is no unit 1:0"),
        (("--unit=0:1", "--at=99"), "--at 99: there is no such character"),
    ],
)
def test_a_step_that_is_not_there_is_refused(
    charlstm: Runner, tiny_run: Path, arguments: tuple[str, ...], message: str
) -> None:
    assert message in charlstm.fails("inspect", "step", "The cat", *arguments, "-r", tiny_run)
