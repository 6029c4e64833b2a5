"""`charlstm inspect units`: the table, its verdict, files and refusals."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest
from command_line import Runner

from charlstm.pairs.files import write_pairs
from charlstm.pairs.pair import Pair
from charlstm.studies.inspect.units import Unit, Units, find_units
from charlstm.studies.inspect.units_verdict import verdict


@pytest.fixture
def pairs(here: Path) -> Path:
    """Pairs in the small run's own words, half of them incongruent."""
    found = []
    for noun in ("cat", "dog", "bird"):
        for other in ("bird", "birds"):
            for number, form in (("singular", noun), ("plural", noun + "s")):
                start = f"The {form} here the {other} here "
                good, bad = ("was", "were") if number == "singular" else ("were", "was")
                congruent = (other == "birds") is (number == "plural")
                item = f"{noun} {other}"
                texts = (f"{start}{good} wet.", f"{start}{bad} wet.")
                found.append(Pair(*texts, "c", item, number, congruent))
    write_pairs(here / "pairs.jsonl", found)
    return here / "pairs.jsonl"


LOOK = ("inspect", "units", "--candidates=3", "--controls=19", "--long=10", "-r")


def test_json_and_files(charlstm: Runner, tiny_run: Path, pairs: Path, here: Path) -> None:
    save = ("--save", "u.csv", "--save", "u.json")
    flags = (*LOOK, tiny_run, "--pairs", pairs, "--unit", "0:2", "--json", *save)
    found = charlstm.ok(*flags).json
    assert found == json.loads((here / "u.json").read_text(encoding="utf-8"))
    assert found["pairs"]["long_singular"] == 6
    assert found["accuracy"]["short"] is None
    assert [course["unit"] for course in found["courses"]] == [2, 2]
    with (here / "u.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["unit"]) for row in rows] == [unit["unit"] for unit in found["units"]]


def test_what_is_asked_for_is_what_is_measured(
    charlstm: Runner, tiny_run: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def watched(*given: Any, **named: Any) -> Units:
        asked.append(named)
        return find_units(*given, **named)

    monkeypatch.setattr("charlstm.studies.inspect.units.find_units", watched)
    flags = ("--candidates=2", "--controls=20", "--long=9", "--seed=6", "--pairs", pairs)
    charlstm.ok("inspect", "units", "-r", tiny_run, *flags)
    expected = {"candidates": 2, "controls": 20, "long": 9, "seed": 6}
    assert {name: asked[0][name] for name in expected} == expected


def test_a_picture(charlstm: Runner, tiny_run: Path, pairs: Path, here: Path) -> None:
    pytest.importorskip("matplotlib")
    charlstm.ok(*LOOK, tiny_run, "--pairs", pairs, "--save", "unit.svg")
    drawn = (here / "unit.svg").read_text(encoding="utf-8")
    assert "singular, incongruent" in drawn and "plural, then singular" in drawn


def test_what_it_refuses(charlstm: Runner, tiny_run: Path, pairs: Path, here: Path) -> None:
    own = (*LOOK, tiny_run, "--pairs", pairs)
    assert "no unit 0:8; this model has layer 0" in charlstm.fails(*own, "--unit", 8)
    assert "no unit 3:0" in charlstm.fails(*own, "--unit", "3:0")
    assert "both readings of gender" in charlstm.fails(*own, "--feature", "gender")
    long = charlstm.fails(*own, "--long", 99)
    assert "more than 99 characters (--long) between its subject and its verb; the most are" in long
    (here / "alone.tsv").write_text("The cat was wet.\tThe cat were wet.\n", encoding="utf-8")
    alone = ("--pairs", here / "alone.tsv")
    assert "(1 with no subject_number)" in charlstm.fails(*LOOK, tiny_run, *alone)
    four = pairs.read_text(encoding="utf-8").splitlines(keepends=True)[:8]
    (here / "four.jsonl").write_text("".join(four), encoding="utf-8")
    few = charlstm.fails(*LOOK, tiny_run, "--pairs", here / "four.jsonl")
    assert "no condition has 5 items in both readings" in few and "4, are in c" in few


def test_without_a_carrier_the_verdict_says_whether_there_is_anything_to_carry() -> None:
    def words(accuracy: float) -> str:
        costs = {(0, 7): 0.01, (1, 2): 0.03}
        units = [
            Unit(*place, {}, {"c": 0.8}, 0.8, 1.0, 0.0, {"long": cost}, 0.2, 0.3, carries=False)
            for place, cost in costs.items()
        ]
        return verdict(Units({"long": accuracy}, units, {}, 0, {}, {}), "number")

    assert words(0.59) == (
        "On these pairs 59.0% are right over a long way, little more than by chance: they show no "
        "agreement in number that a unit could carry."
    )
    assert words(0.41).startswith("On these pairs 41.0% are right over a long way, no more than by")
    assert words(0.61).startswith("On these pairs no unit carries number by itself")
    assert words(0.61).endswith("Of these units, 1:2 costs most (+3.0 points).")


def test_the_verdict_is_silent_about_pairs_that_are_not_there() -> None:
    separability = {"pronoun_gender": 0.95}
    cost = {"long": 0.5, "short": math.nan}
    unit = Unit(0, 7, {}, separability, 0.95, 1.0, 0.0, cost, 0.001, 1 / 31, carries=True)
    units = Units({"long": 1.0, "short": math.nan}, [unit], {}, 0, {}, {})
    assert verdict(units, "gender").endswith(
        "without it, agreement falls over a long way from 100.0% to 50.0%. If the labels meant "
        "nothing, some unit would separate them so well with p = 0.001; a random unit costs so "
        "much with p = 0.032."
    )
