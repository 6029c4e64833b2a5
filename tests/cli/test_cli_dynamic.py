"""`charlstm eval --dynamic`: the score by weights that follow the text, beside the plain one."""

import math
import shutil
from pathlib import Path

import pytest
from command_line import TEXT, TINY, Runner

from charlstm import load
from charlstm.errors import CheckpointError, ConfigError
from charlstm.store import archive

SETTINGS = {"rate", "decay", "segment"}


def test_both_scores_are_given_apart(charlstm: Runner, learnt_run: Path, here: Path) -> None:
    before = {path: path.read_bytes() for path in learnt_run.iterdir()}
    plain = charlstm.ok("eval", "text.txt", "-r", learnt_run, "--json").json
    both = charlstm.ok("eval", "text.txt", "-r", learnt_run, "--dynamic", "--json")
    dynamic = both.json["dynamic"]
    assert {name: value for name, value in both.json.items() if name != "dynamic"} == plain
    assert dynamic.keys() == plain.keys() | SETTINGS
    assert (dynamic["characters"], dynamic["unknown"]) == (len(TEXT), 0)
    assert dynamic["bits_per_char"] == pytest.approx(dynamic["nats_per_char"] / math.log(2))
    assert charlstm.ok("eval", "text.txt", "-r", learnt_run, "--dynamic", "--json") == both
    named = (f"--dynamic-rate={dynamic['rate']}", f"--dynamic-decay={dynamic['decay']}")
    again = charlstm.ok("eval", "text.txt", "-r", learnt_run, "--dynamic", *named, "--json")
    assert again.output == both.output
    assert load(learnt_run).evaluate(TEXT, dynamic=True).nats_per_char == dynamic["nats_per_char"]
    assert {path: path.read_bytes() for path in learnt_run.iterdir()} == before
    del here


def test_its_line_says_what_changed_and_how(charlstm: Runner, learnt_run: Path, here: Path) -> None:
    del here
    flags = ("eval", "text.txt", "-r", learnt_run)
    plain = charlstm.ok(*flags).stdout.splitlines()
    given = ("--dynamic", "--dynamic-rate=0.002", "--dynamic-decay=0.25")
    *same, line = charlstm.ok(*flags, *given).stdout.splitlines()
    assert same == plain
    found = charlstm.ok(*flags, *given, "--json").json
    before, nats = found["nats_per_char"], found["dynamic"]["nats_per_char"]
    more = "less" if nats <= before else "more"
    assert line == (
        f"with --dynamic: {nats:.4f} nats/char, {nats / math.log(2):.4f} bits/char, "
        f"{math.exp(nats):.4f} perplexity; {abs(nats - before):.4f} nats {more} "
        "(rate 0.002, decay 0.25, a step each 16 characters)"
    )


def test_at_rate_0_the_score_is_that_of_the_model(
    charlstm: Runner, learnt_run: Path, here: Path
) -> None:
    """The text is so short that it is read as one stream without --dynamic, too."""
    del here
    score = charlstm.ok(
        "eval", "text.txt", "-r", learnt_run, "--dynamic", "--dynamic-rate=0", "--json"
    ).json
    assert score["dynamic"]["nats_per_char"] == pytest.approx(score["nats_per_char"], rel=1e-6)


def test_another_text_that_repeats_itself_is_learnt(charlstm: Runner, learnt_run: Path) -> None:
    text = "The wet cats were a bird.\n" * 200
    score = charlstm.ok("eval", "-", "-r", learnt_run, "--dynamic", "--json", stdin=text.encode())
    assert score.json["dynamic"]["nats_per_char"] < 0.5 * score.json["nats_per_char"]


@pytest.mark.parametrize("text", ["T", "The cat", "The ☃ is é.\n" * 3])
def test_short_texts_and_unknown_characters(charlstm: Runner, learnt_run: Path, text: str) -> None:
    found = charlstm.ok(
        "eval", "-", "-r", learnt_run, "--dynamic", "--json", stdin=text.encode()
    ).json
    dynamic = found["dynamic"]
    assert math.isfinite(dynamic["nats_per_char"])
    assert dynamic["unknown"] == found["unknown"] == sum(c in "☃é" for c in text)
    if len(text) <= 16:
        assert dynamic["nats_per_char"] == pytest.approx(found["nats_per_char"], rel=1e-6)


def test_an_empty_text_is_refused(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("eval", "-", "-r", learnt_run, "--dynamic")
    assert charlstm.fails(*flags, stdin=b"") == "there is no text to score"
    assert "knows none of the text's" in charlstm.fails(*flags, stdin="日本".encode())


def test_runs_of_lines_of_bytes_and_with_attention(
    charlstm: Runner, names_run: Path, looking_run: Path, here: Path
) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--tokens=byte", "--max-steps=20", "--out=bytes")
    for run in (names_run, looking_run, here / "bytes"):
        found = charlstm.ok("eval", "-r", run, "--dynamic", "--json").json
        assert found["dynamic"]["bytes"] == found["bytes"]
        assert found["dynamic"]["nats_per_byte"] != found["nats_per_byte"]
        assert found["dynamic"]["nats_per_byte"] == pytest.approx(found["nats_per_byte"], rel=0.4)
    line = charlstm.ok("eval", "-r", here / "bytes", "--dynamic").stdout.splitlines()[-1]
    assert " nats/byte, " in line and "a step each 16 bytes" in line


def test_a_checkpoint_without_mean_squares_says_which_has_them(
    charlstm: Runner, here: Path
) -> None:
    train = ("train", "text.txt", *TINY, "--max-steps=9", "--keep-early=2")
    charlstm.ok(*train, "--out=plain", "--optimizer=sgd")
    charlstm.ok(*train, "--out=adam")
    message = charlstm.fails("eval", "-r", "plain", "--dynamic")
    assert message == (
        "the mean squares of gradients are not in 'plain/best.npz', which is of a run with the "
        "optimizer sgd, which keeps none; take best.npz or last.npz of a run that adam has trained"
    )
    early = str(next((here / "adam").glob("early-*.npz")).relative_to(here))
    message = charlstm.fails("eval", "text.txt", "-r", early, "--dynamic")
    assert message.startswith(f"the mean squares of gradients are not in {early!r}, which has wei")
    charlstm.ok("eval", "-r", "adam/last.npz", "--dynamic")


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_damaged_mean_squares_are_refused(
    charlstm: Runner, tiny_run: Path, here: Path, value: float
) -> None:
    shutil.copytree(tiny_run, here / "damaged")
    path = here / "damaged" / "best.npz"
    saved = archive.load(path)
    arrays = {name: array.copy() for name, array in saved.arrays.items()}
    arrays["v/layers.0.W"][3, 2] = value
    archive.save(path, saved.header, arrays)
    message = charlstm.fails("eval", "text.txt", "-r", "damaged", "--dynamic")
    assert message == "cannot use checkpoint 'damaged/best.npz': a mean square is no number from 0"


def test_a_run_of_an_earlier_version(charlstm: Runner, here: Path) -> None:
    golden = Path(__file__).parents[1] / "golden" / "run-format1.npz"
    found = charlstm.ok("eval", "text.txt", "-r", golden, "--dynamic", "--json").json
    assert math.isfinite(found["dynamic"]["nats_per_char"])
    del here


def test_python_refuses_what_has_no_effect_and_what_cannot_follow(
    learnt_run: Path, tiny_run: Path
) -> None:
    model = load(learnt_run)
    with pytest.raises(ConfigError, match=r"^dynamic_decay has no effect without dynamic"):
        model.evaluate(TEXT, dynamic_decay=0.1)
    with pytest.raises(ConfigError, match=r"^dynamic_rate must be at least 0 and at most 1, not 2"):
        model.evaluate(TEXT, dynamic=True, dynamic_rate=2)
    with pytest.raises(ConfigError, match=r"^the weights of learnt, without 0:3 cannot follow"):
        model.ablate((0, 3)).evaluate(TEXT, dynamic=True)
    with pytest.raises(ConfigError, match=r"^the weights of a blend cannot follow"):
        model.blend({load(tiny_run): 0.5}).evaluate(TEXT, dynamic=True)
    with pytest.raises(CheckpointError):
        gone = load(tiny_run)
        gone.path = tiny_run / "none.npz"
        gone.evaluate(TEXT, dynamic=True)
