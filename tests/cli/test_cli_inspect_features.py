"""`charlstm inspect features`: its table, JSON, files, own features and refusals."""

import csv
import json
import signal
import time
from pathlib import Path

import pytest
from command_line import TEXT, Runner, sentences, start
from planted_brackets import CARRIER, bracket_text, write_bracket_run

from charlstm.studies.features.characters import defined
from charlstm.studies.features.characters.catalogue import BY_NAME

LOOK = ("inspect", "features", "--controls=19", "-r")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model holds in one known unit whether a bracket is open."""
    return write_bracket_run(tmp_path_factory.mktemp("planted") / "runs" / "brackets")


@pytest.fixture
def text(here: Path) -> Path:
    (here / "brackets.txt").write_text(bracket_text(), encoding="utf-8")
    return here / "brackets.txt"


def test_the_planted_unit_is_in_the_table_and_in_the_verdict(
    charlstm: Runner, run: Path, text: Path
) -> None:
    out = charlstm.ok(*LOOK, run, text).stdout
    (row,) = (line for line in out.splitlines() if line.startswith("* parentheses "))
    assert f" 0:{CARRIER} " in row and "+1.00" in row
    assert f"* 0:{CARRIER} carries parentheses: inside (…).\n" in out
    assert "never occurs: quotes, single-quotes," in out
    found = charlstm.ok(*LOOK, run, text, "--json").json
    assert found["carriers"] == [{"feature": "parentheses", "layer": 0, "unit": CARRIER}]
    assert {each["feature"] for each in found["features"]} | {
        each["name"] for each in found["left_out"]
    } == set(BY_NAME)
    assert found["characters"] == len(bracket_text()) - 257


def test_files_and_pipes_and_cuts(charlstm: Runner, run: Path, text: Path, here: Path) -> None:
    ask = (*LOOK, run, "--feature", "parentheses", "--feature=word", "--json")
    found = charlstm.ok(*ask, text, "--save=f.csv", "--save=f.json").json
    assert [each["feature"] for each in found["features"]] == ["parentheses", "word"]
    assert found == json.loads((here / "f.json").read_text(encoding="utf-8"))
    assert found == charlstm.ok(*ask, "-", stdin=bracket_text().encode()).json
    assert charlstm.ok(*ask, text, "--cut=6000").json["characters"] == 6000 - 257
    with (here / "f.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["feature"] for row in rows] == ["parentheses"] * 3 + ["word"] * 3
    first = found["features"][0]["units"][0]
    assert float(rows[0]["cost_nats"]) == pytest.approx(first["cost_nats"])


def test_a_picture_and_a_page_name_the_unit(
    charlstm: Runner, run: Path, text: Path, here: Path
) -> None:
    pytest.importorskip("matplotlib")
    ask = (*LOOK, run, text, "--feature=parentheses")
    charlstm.ok(*ask, "--save=f.svg", "--save=f.html")
    assert f"parentheses 0:{CARRIER}" in (here / "f.svg").read_text(encoding="utf-8")
    names = f'"names":{{"0:{CARRIER}":"parentheses"}}'
    assert names in (here / "f.html").read_text(encoding="utf-8")


def test_a_feature_of_ones_own_is_found_and_named(charlstm: Runner, run: Path, text: Path) -> None:
    pattern = r"bracket=\([^)]*(?P<needs>\))"
    found = charlstm.ok(*LOOK, run, text, "--feature=word", "--define", pattern, "--json").json
    own = found["features"][1]
    assert own["feature"] == "bracket" and own["about"] == r"in a match of \([^)]*(?P<needs>\))"
    assert [(unit["unit"], unit["carries"]) for unit in own["units"]][:1] == [(CARRIER, True)]
    alone = charlstm.ok(*LOOK, run, text, "--feature=bracket", "--define", pattern, "--json").json
    assert [each["feature"] for each in alone["features"]] == ["bracket"]


def test_a_feature_without_needs_is_told_and_not_carried(
    charlstm: Runner, run: Path, text: Path
) -> None:
    out = charlstm.ok(*LOOK, run, text, "--feature=own", "--define", r"own=\([^)]*").stdout
    assert "\n+ own " in out and "No unit carries a feature by itself." in out


def test_the_list_needs_no_run(charlstm: Runner, here: Path) -> None:
    assert here
    out = charlstm.ok("inspect", "features", "--list").stdout
    assert all(f"\n{name} " in out for name in BY_NAME)
    listed = charlstm.ok("inspect", "features", "--list", "--json").json["features"]
    assert [each["feature"] for each in listed] == list(BY_NAME)
    message = charlstm.fails("inspect", "features", "text.txt", "--list", status=2)
    assert message.startswith("TEXT has no effect with --list: it lists the library")


def test_without_text_it_reads_the_validation_part(
    charlstm: Runner, here: Path, tiny_run: Path
) -> None:
    assert "has 277 characters, and features need 5,257" in charlstm.fails(*LOOK, tiny_run)
    (here / "long.txt").write_text(sentences(600), encoding="utf-8")
    flags = ("--hidden-size=8", "--seq-length=12", "--workers=1", "--shards=1", "--max-steps=3")
    charlstm.ok("train", "long.txt", *flags, "--val-fraction=0.6", "--out=run")
    found = charlstm.ok(*LOOK, "run", "--feature=word", "--json").json
    assert found["characters"] == len(sentences(600)) - int(len(sentences(600)) * 0.4) - 257
    charlstm.ok("train", "long.txt", *flags, "--val-fraction=0", "--out=whole")
    assert "has no validation part; name a text" in charlstm.fails(*LOOK, "whole")


def test_bytes_are_called_bytes(charlstm: Runner, here: Path) -> None:
    (here / "long.txt").write_text("«é» and (ä)\n" * 500, encoding="utf-8")
    flags = ("--hidden-size=8", "--seq-length=12", "--workers=1", "--shards=1", "--max-steps=3")
    charlstm.ok("train", "long.txt", *flags, "--tokens=byte", "--out=run")
    out = charlstm.ok(*LOOK, "run", "long.txt").stdout
    assert "character" not in out and "bytes" in out and "guillemets" in out
    assert charlstm.ok(*LOOK, "run", "long.txt", "--feature=word", "--json").json["bytes"] > 6000


def test_what_it_refuses(
    charlstm: Runner, run: Path, text: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = (*LOOK, run, text)
    assert "did you mean 'quotes'?" in charlstm.fails(*ask, "--feature=quote")
    assert "charlstm inspect features --list lists" in charlstm.fails(*ask, "--feature=zzzz")
    assert "write NAME=REGEX" in charlstm.fails(*ask, "--define=year", status=2)
    assert "99<=x<=9999" in charlstm.fails(*ask, f"--shifts={10**30}", status=2)
    twice = ("--define=a=b", "--define=a=c")
    assert "'a' is defined twice" in charlstm.fails(*ask, *twice, status=2)
    assert "missing )" in charlstm.fails(*ask, "--define=a=(b")
    assert "the pattern of 'a' is empty" in charlstm.fails(*ask, "--define=a=")
    assert "feature of the library" in charlstm.fails(*ask, "--define=quotes=a")
    never = charlstm.fails(*ask, "--feature=a", "--define=a=zzz")
    assert never == "none of the features occurs often enough in this text: a never occurs"
    rare = charlstm.fails(*ask, "--feature=a", r"--define=a=\A.")
    assert "occurs too rarely: at 0 places" in rare
    monkeypatch.setattr(defined, "SECONDS", 0.5)
    endless = charlstm.fails(*ask, "--feature=a", r"--define=a=(\w+\s*)+\d")
    assert "takes more than 0.5 seconds to match in 8,000 characters" in endless
    (here / "short.txt").write_text(TEXT[:99], encoding="utf-8")
    assert "name a longer text" in charlstm.fails(*LOOK, run, "short.txt")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_ctrl_c_ends_a_pattern_that_never_ends(run: Path, text: Path) -> None:
    pattern = r"--define=a=(\w+\s*)+\d"
    process = start("inspect", "features", text, "-r", run, "--feature=a", pattern)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None and not children.read_text():  # until the matching has begun
        time.sleep(0.05)
    (matching,) = map(int, children.read_text().split())
    process.send_signal(signal.SIGINT)
    errors = process.communicate()[1].decode()
    assert process.returncode == 130 and "Traceback" not in errors
    while Path(f"/proc/{matching}").exists():  # it has been killed; if not, this never ends
        time.sleep(0.05)
