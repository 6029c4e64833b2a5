"""`charlstm agree --suite`: test suites of SyntaxGym as they are published."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest
from command_line import Runner
from planted import CARRIER
from printed import cells, each

from charlstm import load
from charlstm.pairs.statistics import wilson

MATCHES = "(2;%sing_match%) < (2;%sing_mismatch%)"
BOTH = f"[{MATCHES}] & [(2;%plur_match%) < (2;%plur_mismatch%)]"
WRONG = "(2;%sing_match%) > (2;%sing_mismatch%) + 0.5"


def item(number: int, filler: str = "xyz", end: str = ".") -> dict[str, Any]:
    """An item whose subject is A with the verb p, or B with q, as the planted model has learnt."""
    conditions = []
    for name, subject, verb in (
        ("sing_match", "A", "p"),
        ("sing_mismatch", "A", "q"),
        ("plur_match", "B", "q"),
        ("plur_mismatch", "B", "p"),
    ):
        contents = [f"x {subject} {filler}", f" {verb}", "", end]
        regions = [{"region_number": k + 1, "content": c} for k, c in enumerate(contents)]
        conditions.append({"condition_name": name, "regions": regions})
    return {"item_number": number, "conditions": conditions}


def suite(*predictions: str, items: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "meta": {"name": "planted", "metric": "sum", "comment": ""},
        "region_meta": {"1": "subject", "2": "verb", "3": "gap", "4": "end"},
        "predictions": [{"type": "formula", "formula": text} for text in predictions],
        "items": items or [item(1), item(2, "zz"), item(5, "y x")],
    }


def write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_the_share_of_items_for_which_a_prediction_holds(
    charlstm: Runner, here: Path, planted_run: Path
) -> None:
    file = write(here / "s.json", suite(BOTH, WRONG))
    found = charlstm.ok("agree", "-r", planted_run, "--suite", file, "--json").json
    assert found["run"] == str(planted_run)
    (of_suite,) = found["suites"]
    right = {"holds": 3, "share": 1.0, "interval": list(wilson(1.0, 3))}
    wrong = {"holds": 0, "share": 0.0, "interval": list(wilson(0.0, 3))}
    assert of_suite == {
        "suite": "planted",
        "items": 3,
        "left_out": 0,
        "predictions": [
            {"prediction": 0, "formula": BOTH, **right},
            {"prediction": 1, "formula": WRONG, **wrong},
        ],
        "all_hold": wrong,
    }
    outcome = charlstm.ok("agree", "-r", planted_run, "--suite", file)
    title, *rows = outcome.stdout.splitlines()
    assert title == "planted: 3 items"
    shown = [cells(row) for row in rows]
    assert [row[:2] for row in shown] == [
        *(["prediction", "right"], ["0", "100.0"], ["1", "0.0"], ["all", "0.0"])
    ]
    each(shown[1][2].split(" - "), wilson(1.0, 3), 100)
    said = "planted: a blank stands before the punctuation with which 12 regions begin\n"
    assert outcome.stderr == said


def test_the_surprisal_of_a_region_is_that_of_the_same_sentence_with_tabs(
    charlstm: Runner, here: Path, planted_run: Path
) -> None:
    file = write(here / "s.json", suite(BOTH, WRONG))
    command = ("agree", "-r", planted_run, "--suite", file, "--items")
    charlstm.ok(*command, "i.csv")
    with (here / "i.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == 3 * 4 * 4
    assert list(rows[0])[:4] == ["suite", "item", "condition", "region"]
    assert [row["item"] for row in rows[::16]] == ["1", "2", "5"]
    for start in range(0, len(rows), 4):
        regions = rows[start : start + 4]
        assert [r["region_name"] for r in regions] == ["subject", "verb", "gap", "end"]
        line = "\t".join(r["content"] for r in regions)
        expected = load(planted_run).surprisal(line, "region").to_records()
        for row, record in zip(regions, expected, strict=True):
            assert float(row["surprisal"]) == pytest.approx(record["surprisal"], rel=1e-5)
            assert (row["prediction_0"], row["prediction_1"]) == ("True", "False")
        assert regions[2]["content"] == "" and float(regions[2]["surprisal"]) == 0.0
    by_item = {(r["condition"], r["region"]): float(r["surprisal"]) for r in rows[:16]}
    assert by_item["sing_match", "2"] < by_item["sing_mismatch", "2"]
    charlstm.ok(*command, "i.jsonl")
    lines = (here / "i.jsonl").read_text(encoding="utf-8").splitlines()
    record = json.loads(lines[5])
    assert (record["condition"], record["content"]) == ("sing_mismatch", "q")
    assert record["prediction_0"] is True
    charlstm.ok(*command, "i.tsv")
    cells = (here / "i.tsv").read_text(encoding="utf-8").splitlines()[6].split("\t")
    assert cells[:6] == ["planted", "1", "sing_mismatch", "2", "verb", "q"]


def test_a_star_stands_for_the_sum_over_all_regions(
    charlstm: Runner, here: Path, planted_run: Path
) -> None:
    regions = " + ".join(f"({k};%sing_match%)" for k in (1, 2, 3, 4))
    file = write(here / "s.json", suite(f"(*;%sing_match%) = {regions}"))
    found = charlstm.ok("agree", "-r", planted_run, "--suite", file, "--json").json
    assert found["suites"][0]["predictions"][0]["holds"] == 3


def test_several_suites_are_saved_as_one_table_and_one_picture(
    charlstm: Runner, here: Path, planted_run: Path
) -> None:
    first, second = suite(BOTH), suite(WRONG, MATCHES)
    second["meta"]["name"] = "other"
    files = [f"--suite={write(here / name, s)}" for name, s in (("a", first), ("b", second))]
    pytest.importorskip("matplotlib")
    saved = ("--save=t.csv", "--save=p.svg", "--items=i.csv")
    outcome = charlstm.ok("agree", "-r", planted_run, *files, *saved)
    with (here / "t.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    keys = [(r["suite"], r["prediction"], r["holds"]) for r in rows]
    assert keys == [
        ("planted", "0", "3"),
        *(("other", "0", "0"), ("other", "1", "3"), ("other", "all", "0")),
    ]
    assert float(rows[0]["low"]) == pytest.approx(wilson(1.0, 3)[0])
    picture = (here / "p.svg").read_text(encoding="utf-8")
    assert "planted 0" in picture and "other all" in picture
    assert outcome.stdout.count("items\n") == 2
    with (here / "i.csv").open(encoding="utf-8", newline="") as text:
        assert {row["prediction_1"] for row in csv.DictReader(text)} == {"", "True"}


def test_ablation_of_the_carrier_changes_what_holds(
    charlstm: Runner, here: Path, planted_run: Path
) -> None:
    file = write(here / "s.json", suite(BOTH))
    flags = ("agree", "-r", planted_run, "--suite", file, "--json")
    found = charlstm.ok(*flags, f"--ablate=0:{CARRIER}").json
    assert found["changes"] == [f"without 0:{CARRIER}"]
    assert found["suites"][0]["predictions"][0]["holds"] < 3


def test_the_format_of_published_files(charlstm: Runner, here: Path, planted_run: Path) -> None:
    value = suite()
    value["meta"]["string_predictions"] = [BOTH]  # as in the files of Hu et al. 2020
    value["items"][0]["conditions"][0]["regions"][0]["metric_value"] = {"sum": 15.0}
    text = json.dumps(value, indent=4)
    (here / "s.json").write_text(f"\ufeff{text}", encoding="utf-8")
    command = ("agree", "-r", planted_run, "--json", "--suite")
    found = charlstm.ok(*command, "s.json").json
    assert [p["formula"] for p in found["suites"][0]["predictions"]] == [BOTH]
    assert charlstm.ok(*command, "-", stdin=text.encode()).json == found
    (here / "wide.json").write_text(text, encoding="utf-16")
    assert charlstm.ok(*command, "wide.json").json == found
    for metric in ("all", ["mean", "sum"]):
        value["meta"]["metric"] = metric
        assert charlstm.ok(*command, write(here / "m.json", value)).json == found
    del value["meta"]["name"], value["region_meta"]
    named = charlstm.ok(*command, write(here / "name.json", value)).json
    assert named["suites"][0]["suite"] == "name"


def test_blanks_around_a_region_are_not_read(
    charlstm: Runner, here: Path, planted_run: Path
) -> None:
    def surprisal(value: dict[str, Any]) -> list[float]:
        file = write(here / "s.json", value)
        command = ("agree", "-r", planted_run, "--suite", file, "--items=i.csv", "--force")
        charlstm.ok(*command)
        with (here / "i.csv").open(encoding="utf-8", newline="") as text:
            return [float(row["surprisal"]) for row in csv.DictReader(text)]

    plain, blanks = suite(BOTH), suite(BOTH)
    for of_item in blanks["items"]:
        for condition in of_item["conditions"]:
            for region in condition["regions"]:
                region["content"] = f" {region['content']} "
    assert surprisal(blanks) == surprisal(plain)


def test_items_with_unknown_characters_are_left_out(
    charlstm: Runner, here: Path, planted_run: Path
) -> None:
    items = [item(1), item(2, "X"), item(3, "☃"), item(4, "Y")]
    file = write(here / "s.json", suite(BOTH, items=items))
    flags = ("agree", "-r", planted_run, "--suite", file)
    outcome = charlstm.ok(*flags, "--json")
    assert outcome.json["suites"][0]["items"] == 1
    assert outcome.json["suites"][0]["left_out"] == 3
    said = "left out 3 items of planted: characters never seen: 'X' '☃' 'Y'"
    assert said in outcome.stderr
    file = write(here / "n.json", suite(BOTH, items=items[2:3]))
    message = charlstm.fails(*flags[:-1], file)
    assert message.startswith("the model can read no item of planted: it has never seen")


def test_small_letters_help_a_model_of_small_letters(
    charlstm: Runner, here: Path, tiny_run: Path
) -> None:
    items = [item(1)]
    for condition in items[0]["conditions"]:
        condition["regions"][0]["content"] = "THE CAT"
        condition["regions"][1]["content"] = "IS" if "match" in condition["condition_name"] else "I"
    file = write(here / "s.json", suite(MATCHES, items=items))
    flags = ("agree", "-r", tiny_run, "--suite", file)
    assert "--lower lets it read 1 of them" in charlstm.fails(*flags)
    charlstm.ok(*flags, "--lower", "--items=i.csv")
    assert "the cat" in (here / "i.csv").read_text(encoding="utf-8")


def changed(path: str, value: object) -> dict[str, Any]:
    """A suite in which the value at a path of keys is another, or is gone if it is ...."""
    whole = suite(BOTH)
    *before, last = [int(key) if key.isdecimal() else key for key in path.split("/")]
    place: Any = whole
    for key in before:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return whole


CONDITION = "items/1/conditions/0"
BAD: list[tuple[object, str]] = [
    ([suite(BOTH)], "a SyntaxGym suite is a list of 1; expected an object"),
    (changed("items", ...), "the suite has no items"),
    (changed("items", []), "the suite has no items"),
    (changed("predictions", ...), "the suite has no predictions"),
    (changed("predictions", {}), "predictions is an object of 0; expected a list"),
    (changed("predictions/0/formula", ...), "predictions[0].formula is missing; expected a text"),
    (changed("predictions/0/type", "code"), "predictions[0]: type 'code'; only 'formula' is read"),
    (changed("meta/metric", "mean"), "meta.metric 'mean': a suite is read with 'sum' alone"),
    (changed("items/1/conditions", ...), "items[1] has no conditions"),
    (changed(f"{CONDITION}/regions", []), "items[1].conditions[0] has no regions"),
    (changed(f"{CONDITION}/regions", "x"), "items[1].conditions[0].regions is 'x'; expected a"),
    (changed(f"{CONDITION}/regions/1/content", None), ".regions[1].content is missing; expected"),
    (changed(f"{CONDITION}/regions/1/content", "a\nb"), ".regions[1].content has a line break"),
    (changed(f"{CONDITION}/regions/1/content", "\ud800"), "content has half a surrogate pair"),
    (
        changed(f"{CONDITION}/regions/1/region_number", "2"),
        "region_number is '2'; expected a",
    ),
    (changed(f"{CONDITION}/regions/1/region_number", True), "region_number is True; expected a"),
    (changed(f"{CONDITION}/regions/1/region_number", 1), "conditions[0]: region 1 is there twice"),
    (changed(f"{CONDITION}/condition_name", "plur_match"), "the condition 'plur_match' is there"),
    (
        changed(f"{CONDITION}/condition_name", "other"),
        "prediction 0, (2;%sing_match%): item 2 has no condition 'sing_match'; it has 'other', ",
    ),
    (
        suite("(7;%sing_match%) < 1"),
        "prediction 0, (7;%sing_match%): item 1 has no region 7 in 'sing_match'; it has 1, 2, 3, 4",
    ),
    (suite("(2;%sing%) < 1"), "item 1 has no condition 'sing'; it has 'sing_match', 'sing_mis"),
    (suite("(*;%sing%) < 1"), "prediction 0, (*;%sing%): item 1 has no condition 'sing'"),
    (
        suite(BOTH, "max((2;%sing_match%), 1) < 2"),
        "prediction 1, 'max((2;%sing_match%), 1) < 2': position 0: 'm' is not understood; there",
    ),
]


@pytest.mark.parametrize(("value", "said"), BAD, ids=[said for _, said in BAD])
def test_what_is_no_suite_is_one_line(
    charlstm: Runner, here: Path, tiny_run: Path, value: object, said: str
) -> None:
    write(here / "s.json", value)
    message = charlstm.fails("agree", "-r", tiny_run, "--suite=s.json")
    assert message.startswith("s.json: ") and said in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "s.json: not JSON (Expecting value at line 1, column 1)"),
        (b'{"meta": 3,}', "s.json: not JSON (Expecting property name enclosed in double quotes"),
        (b'{"a": "caf\xe9"}', "s.json: not JSON that can be read"),
        (b"[" * 100_000, "s.json: not JSON that can be read"),
        (b"null", "a SyntaxGym suite is missing; expected an object"),
    ],
)
def test_what_is_no_json_is_one_line(
    charlstm: Runner, here: Path, tiny_run: Path, content: bytes, said: str
) -> None:
    (here / "s.json").write_bytes(content)
    assert said in charlstm.fails("agree", "-r", tiny_run, "--suite=s.json")


def test_other_mistakes_with_suites(charlstm: Runner, here: Path, tiny_run: Path) -> None:
    file = write(here / "s.json", suite(BOTH))
    message = charlstm.fails("agree", "-r", tiny_run, "--suite=gone.json")
    assert message == "gone.json: cannot read the suite (No such file or directory)"
    assert "the name of a suite is empty" in charlstm.fails("agree", "-r", tiny_run, "--suite=")
    several = ("agree", "-r", tiny_run, "-r", tiny_run, "--suite", file)
    assert "scored by one run" in charlstm.fails(*several, status=2)
    refused = charlstm.fails("agree", "-r", tiny_run, "--suite", file, "--score=verb", status=2)
    assert refused.startswith("--score has no effect with --suite: a suite has its own sentences")
    flags = ("agree", "-r", tiny_run, "--suite=s.json", "--items=s.json", "--force")
    assert "is an input of this command" in charlstm.fails(*flags)
    assert json.loads(file.read_text(encoding="utf-8"))["meta"]["name"] == "planted"


def test_python_has_the_same(here: Path, planted_run: Path) -> None:
    write(here / "s.json", suite(BOTH, WRONG))
    result = load(planted_run).suites("s.json")
    assert [record["share"] for record in result.to_records()] == [1.0, 0.0, 0.0]
    assert repr(result).startswith("planted: 3 items")
    bits = result.scores[0].scores[0].bits["sing_match"]
    assert math.fsum(bits.values()) == pytest.approx(
        -load(planted_run).log_likelihood("x A xyz p .\n") / math.log(2), rel=1e-5
    )
