"""`charlstm inspect text`: what it shows, its JSON and files, and what it refuses."""

import csv
import json
import re
from pathlib import Path

import pytest
from command_line import Runner

from charlstm import load

TEXT = "The cats were here."
LOOK = ("inspect", "text", TEXT, "-r")


def test_it_shows_the_text_its_units_and_the_mean_surprise(
    charlstm: Runner, tiny_run: Path
) -> None:
    outcome = charlstm.ok(*LOOK, tiny_run, "--unit", "0:3", "--unit", 5)
    lines = outcome.stdout.splitlines()
    assert lines[0] == f"     text  {TEXT}"
    assert "\x1b" not in outcome.stdout
    assert [line for line in lines if line.startswith("unit")] == ["unit 0:3", "unit 0:5"]
    bits = -load(tiny_run).log_likelihood(TEXT) / len(TEXT) / 0.6931471805599453
    assert f"{bits:.3f} bits/char over {len(TEXT)} characters" in lines


def test_the_page_says_that_the_network_looks_back(charlstm: Runner, here: Path) -> None:
    size = ("--hidden-size=4", "--attention=3", "--max-steps=1", "--workers=1")
    charlstm.ok("train", here / "text.txt", *size, "--out=run")
    charlstm.ok(*LOOK, "run", "--save=page.html")
    page = (here / "page.html").read_text("utf-8")
    assert "1 × 4 units, attention of 4 heads over 3 outputs" in page


def test_it_picks_units_and_says_so(charlstm: Runner, tiny_run: Path) -> None:
    outcome = charlstm.ok(*LOOK, tiny_run, "--count", 1)
    named = re.search(r"most salient of layer 0: (0:\d+);", outcome.stderr)
    assert named and f"unit {named[1]}\n" in outcome.stdout


def test_colours_always_never_and_by_default_none_to_a_file(
    charlstm: Runner, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    assert "\x1b[38;2;" in charlstm.ok(*LOOK, tiny_run, "--color", "always").stdout
    monkeypatch.delenv("COLORTERM")
    assert "\x1b[38;5;" in charlstm.ok(*LOOK, tiny_run, "--color", "always").stdout
    assert "\x1b" not in charlstm.ok(*LOOK, tiny_run, "--color", "never").stdout


def test_a_text_s_own_escape_sequences_do_nothing(charlstm: Runner, tiny_run: Path) -> None:
    outcome = charlstm.ok("inspect", "text", "a\x1b[31m\x9bb\r", "-r", tiny_run)
    assert "a␛[31m�b␍" in outcome.stdout
    assert "\x1b" not in outcome.stdout
    assert "never seen in training" in outcome.stderr


def test_json_and_files_hold_the_same(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    save = ("--save", "seen.csv", "--save", "seen.json")
    found = charlstm.ok(*LOOK, tiny_run, "--unit", 2, "--json", *save).json
    assert found == json.loads((here / "seen.json").read_text(encoding="utf-8"))
    assert found["text"] == TEXT
    assert [unit["unit"] for unit in found["units"]] == [2]
    assert list(found["units"][0]["gates"]) == list("ifog")
    with (here / "seen.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert "".join(row["character"] for row in rows) == TEXT
    assert float(rows[4]["bits"]) == found["characters"][4]["bits"]


def test_what_is_unknown_has_no_surprise(charlstm: Runner, tiny_run: Path) -> None:
    found = charlstm.ok("inspect", "text", "a☃", "-r", tiny_run, "--json").json
    assert [place["bits"] is None for place in found["characters"]] == [False, True]


def test_standard_input_endless_or_cut(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("inspect", "text", "-", "-r", tiny_run)
    stdin = TEXT.encode() * 60_000
    assert "--cut 10000" in charlstm.fails(*flags, stdin=stdin)
    found = charlstm.ok(*flags, "--cut", 4, "--json", stdin=stdin).json
    assert found["text"] == "The "


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["", "--json"], 1, "there is no text to look at"),
        (["a", "--unit", "8"], 1, "no unit 0:8; this model has layer 0 with units 0 to 7"),
        (["a", "--unit", "1:0"], 1, "there is no unit 1:0"),
        (["a", "--layer", "0", "--unit", "0:3"], 2, "no unit is left to pick"),
        (["a", "--layer", "1"], 1, "there is no layer 1; this model has layers 0 to 0"),
        (["a", "--save", "x.doc"], 2, "must end in"),
        (["a", "--save", "nowhere/x.csv"], 2, "no folder"),
        (["a", "--cut", "99999"], 0, ""),
    ],
)
def test_what_it_refuses(
    charlstm: Runner, tiny_run: Path, here: Path, arguments: list[str], status: int, message: str
) -> None:
    outcome = charlstm("inspect", "text", *arguments, "-r", tiny_run)
    assert outcome.status == status
    assert message in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert [path.name for path in here.iterdir()] == ["text.txt"]


def test_a_view_that_does_not_exist(charlstm: Runner) -> None:
    assert charlstm("inspect", "dreams").status == 2
    assert "gradients" in charlstm.ok("inspect", "--help").stdout


def test_a_page_and_a_picture(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    charlstm.ok(*LOOK, tiny_run, "--unit", 3, "--save", "page.html")
    page = (here / "page.html").read_text(encoding="utf-8")
    assert "<title>Inside tiny</title>" in page and '"start":[0,3]' in page
    pytest.importorskip("matplotlib")
    charlstm.ok(*LOOK, tiny_run, "--unit", 3, "--save", "text.svg")
    assert "tanh(c) of 0:3" in (here / "text.svg").read_text(encoding="utf-8")
    long = ("inspect", "text", "-", "-r", tiny_run, "--save", "long.png")
    assert "--cut 720" in charlstm.fails(*long, stdin=b"cat " * 200)
    assert not (here / "long.png").exists()


def test_a_page_s_limit_is_named(
    charlstm: Runner, tiny_run: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charlstm.output.page.network.LONGEST", 6)
    flags = (*LOOK, tiny_run, "--save", "page.html")
    assert "--cut 6 looks" in charlstm.fails(*flags)
    assert not (here / "page.html").exists()
    charlstm.ok(*flags, "--cut", 6)
    assert (here / "page.html").exists()


def test_units_that_are_on_over_a_part(charlstm: Runner, tiny_run: Path) -> None:
    from charlstm.studies.inspect.salience import units_on_over
    from charlstm.trace import trace_text

    model = load(tiny_run)
    memory = trace_text(model.parameters, model.vocabulary, TEXT).memory
    best = units_on_over(memory, TEXT.index("s"), TEXT.index("s") + 1)[0]
    outcome = charlstm.ok(*LOOK, tiny_run, "--span", "s", "--count", 1)
    assert f"unit 0:{best.unit}\n" in outcome.stdout
    assert "over all of it" in outcome.stderr
    assert "no part 'dogs'" in charlstm.fails(*LOOK, tiny_run, "--span", "dogs")
