"""The same pairs by several runs: `charlstm agree --run A --run B`, and the same from Python."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import TINY, Runner
from planted import save_planted, write_planted_run
from planted_results import labelled_pairs
from printed import cells, check_png, each, same

import charlstm as package
from charlstm.errors import ConfigError
from charlstm.pairs.files import write_pairs
from charlstm.pairs.pair import PairSet

SHARES = ("accuracy", "congruent", "incongruent", "singular", "plural", "joint", "bias_free")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A run that knows the number, and one that takes each verb for the other; with pairs."""
    folder = tmp_path_factory.mktemp("two") / "runs"
    right, wrong = write_planted_run(folder / "right"), folder / "wrong"
    wrong.mkdir()
    save_planted(wrong / "best.npz", wrong=True)
    write_pairs(folder.parent / "p.jsonl", labelled_pairs())
    return [right, wrong]


@pytest.fixture
def agree(runs: list[Path], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of the command, in the folder of the pairs."""
    monkeypatch.chdir(runs[0].parents[1])
    return ["agree", "-r", "right", "-r", "wrong", "--pairs", "p.jsonl"]


def test_each_run_has_the_report_that_it_has_alone(charlstm: Runner, agree: list[str]) -> None:
    found = charlstm.ok(*agree, "--json").json
    assert found.keys() == {"runs", "differences"}
    for name, report in zip(("right", "wrong"), found["runs"], strict=True):
        alone = charlstm.ok("agree", "-r", name, *agree[5:], "--json").json
        assert {"name": name, **alone} == report


def test_differences_are_those_of_the_items(
    charlstm: Runner, agree: list[str], tmp_path: Path
) -> None:
    items = tmp_path / "items.jsonl"
    found = charlstm.ok(*agree, "--json", "--items", items).json
    rows = [json.loads(line) for line in items.read_text(encoding="utf-8").splitlines()]
    by_run = {n: [row for row in rows if row["run"] == n] for n in ("right", "wrong")}
    right, wrong = ([row["right"] for row in by_run[n]] for n in by_run)
    assert [len(right), len(wrong)] == [len(labelled_pairs())] * 2
    assert [row["sentence_good"] for row in by_run["right"]] == [
        row["sentence_good"] for row in by_run["wrong"]
    ]
    (difference,) = found["differences"]
    assert (difference["name"], difference["against"]) == ("wrong", "right")
    overall = difference["overall"]["accuracy"]
    assert overall["difference"] == pytest.approx((sum(wrong) - sum(right)) / len(right))
    sums: dict[tuple[str, str], int] = {}
    for row, mine, other in zip(by_run["wrong"], wrong, right, strict=True):
        item = row["condition"], row["item"]
        sums[item] = sums.get(item, 0) + mine - other
    assert overall["better"] == sum(more > 0 for more in sums.values())
    assert overall["worse"] == sum(more < 0 for more in sums.values())
    low, high = overall["interval"]
    assert low <= overall["difference"] <= high < 0 and overall["p"] < 0.05
    one, other = found["runs"]
    for name in one["conditions"]:
        for share in SHARES:
            less = difference["conditions"][name][share]
            gap = other["conditions"][name][share] - one["conditions"][name][share]
            assert less["difference"] == pytest.approx(gap)
            assert less["interval"][0] <= gap <= less["interval"][1]


def test_the_table_shows_what_the_json_says(charlstm: Runner, agree: list[str]) -> None:
    found = charlstm.ok(*agree, "--json").json
    lines = charlstm.ok(*agree).stdout.splitlines()
    assert [line.split() for line in lines[:2]] == [["A", "right"], ["B", "wrong"]]
    assert cells(lines[3]) == ["pairs", "A", "B", "B - A", "95 %", "p"]
    (difference,) = found["differences"]
    reports = [{**run["conditions"], "overall": run["overall"]} for run in found["runs"]]
    tested = {**difference["conditions"], "overall": difference["overall"]}
    shown = {cells(line)[0]: cells(line)[1:] for line in lines[4:] if len(cells(line)) == 7}
    assert list(shown) == list(tested)
    for name, (pairs, one, other, gap, interval, p) in shown.items():
        accuracy = tested[name]["accuracy"]
        same(pairs, reports[0][name]["pairs"])
        same(one, reports[0][name]["accuracy"], 100)
        same(other, reports[1][name]["accuracy"], 100)
        same(gap, accuracy["difference"], 100)
        each(interval.split(" to "), accuracy["interval"], 100)
        if p == "<0.0001":
            assert accuracy["p"] < 0.0001
        else:
            same(p, accuracy["p"])
    assert "sign-flip test by item" in lines[-1]


def test_files_have_all_runs(charlstm: Runner, agree: list[str], tmp_path: Path) -> None:
    found = charlstm.ok(*agree, "--json", "--save", tmp_path / "t.csv").json
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(found["runs"][0]["conditions"])
    assert [(row["run"], row["condition"]) for row in rows] == [
        (run, name) for run in ("right", "wrong") for name in names
    ]
    for row in rows:
        run = found["runs"][row["run"] == "wrong"]["conditions"][row["condition"]]
        assert float(row["accuracy"]) == run["accuracy"]
        tested = found["differences"][0]["conditions"][row["condition"]]["accuracy"]
        values = [row[key] for key in ("difference", "difference_low", "difference_high", "p")]
        expected = [tested["difference"], *tested["interval"], tested["p"]]
        assert values == ["" if row["run"] == "right" else str(value) for value in expected]
    pytest.importorskip("matplotlib", reason="needs the extra charlstm[plot]")
    charlstm.ok(*agree, "--save", tmp_path / "t.png")
    check_png(tmp_path / "t.png")


def test_pairs_that_one_run_cannot_read_are_left_out_for_all(
    charlstm: Runner, here: Path, tiny_run: Path
) -> None:
    (here / "other.txt").write_text("The elk is wet.\nThe elks are wet.\n" * 60, encoding="utf-8")
    charlstm.ok("train", "other.txt", *TINY, "--max-steps=1", "--out", "other")
    rows = [
        (f"The {noun} is wet.", f"The {noun} are wet.", noun) for noun in ("cat", "elk", "tree")
    ]
    (here / "p.tsv").write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    runs = ("-r", tiny_run, "-r", "other", "--pairs", "p.tsv")
    outcome = charlstm.ok("agree", *runs, "--json")
    assert "left out 2 pairs (cat 1, elk 1): characters never seen: 'l' 'k' 'c'" in outcome.stderr
    for run in outcome.json["runs"]:
        assert list(run["conditions"]) == ["tree"]
        assert run["left_out_by_condition"] == {
            "cat": {"unknown characters": 1},
            "elk": {"unknown characters": 1},
        }
    shown = charlstm.ok("agree", *runs).stdout
    assert "left out: 2 unknown characters\nno pair is left of cat, elk" in shown
    (here / "p.tsv").write_text("\t".join(rows[0]), encoding="utf-8")
    assert "can read none of the 1 pairs" in charlstm.fails("agree", *runs)


def test_default_pairs_are_made_like_the_corpus_of_the_first_run(
    charlstm: Runner, here: Path
) -> None:
    for name, without in (("one", "simple"), ("two", "pp")):
        charlstm.ok("corpus", "agreement", f"{name}.txt", "--sentences=900", "--without", without)
        charlstm.ok("train", f"{name}.txt", *TINY, "--max-steps=1", "--out", name)
    del here
    few = ("--per-condition=2", "--json")
    outcome = charlstm.ok("agree", "-r", "two", "-r", "one", *few)
    assert "made like the corpus of two, not like the others'" in outcome.stderr
    for run in outcome.json["runs"]:
        assert [n for n, of in run["conditions"].items() if of["unseen"]] == ["pp"]
    assert outcome.json["differences"][0]["unseen"]["accuracy"]["interval"]
    assert "made like" not in charlstm.ok("agree", "-r", "two", "-r", "two/last.npz", *few).stderr
    swept = charlstm.ok("agree", "-r", "two", "-r", "one", "--sweep=depth", *few[:1]).stdout
    assert "depth_pp_2 *" in swept


def test_checkpoints_of_one_run_and_runs_of_one_name_have_names_that_differ(
    charlstm: Runner, agree: list[str], runs: list[Path], tmp_path: Path
) -> None:
    twin = write_planted_run(tmp_path / "right")
    names = [str(runs[0] / "best.npz"), str(twin / "best.npz")]
    lines = charlstm.ok("agree", "-r", runs[0], "-r", twin, *agree[5:]).stdout.splitlines()
    assert [line.split()[1] for line in lines[:2]] == names
    assert lines[4].split()[-5:] == ["+0.0", *lines[4].split()[-4:-1], "1"]
    message = charlstm.fails("agree", "-r", "right", "-r", runs[0], *agree[5:])
    assert "is there twice; name models that differ" in message
    many = [word for n in range(27) for word in ("-r", "wrong")]
    message = charlstm.fails("agree", *many, *agree[5:])
    assert message == "2 to 26 models can stand side by side, not 27"


def test_a_unit_is_ablated_in_every_run(charlstm: Runner, agree: list[str]) -> None:
    found = charlstm.ok(*agree, "--ablate=0:5", "--json").json
    assert [run["changes"] for run in found["runs"]] == [["without 0:5"]] * 2


def test_python_compares_models_and_changed_copies(
    charlstm: Runner, agree: list[str], runs: list[Path]
) -> None:
    models = [package.load(run.name) for run in runs]
    result = package.compare_agreement(models, "p.jsonl")
    assert json.loads(json.dumps(result.to_mapping())) == charlstm.ok(*agree, "--json").json
    assert repr(result) == charlstm.ok(*agree).stdout.rstrip("\n")
    without = models[0].ablate((0, 5))
    changed = package.compare_agreement([models[0], without], "p.jsonl")
    assert list(changed.models) == ["right", "right, without 0:5"]
    (difference,) = changed.to_mapping()["differences"]
    assert difference["overall"]["accuracy"]["difference"] < 0
    with pytest.raises(ConfigError, match="2 to 26 models can stand side by side, not 1"):
        package.compare_agreement(models[:1], "p.jsonl")


def test_groups_are_compared_too(runs: list[Path]) -> None:
    pairs = [
        replace(pair, labels={"term": "even" if n % 4 < 2 else "odd"})
        for n, pair in enumerate(labelled_pairs())
    ]
    models = [package.load(run) for run in runs]
    result = package.compare_agreement(models, PairSet(pairs, group_by=("term",)))
    one, other = (run["groups"]["term"] for run in result.to_mapping()["runs"])
    for name, tested in result.to_mapping()["differences"][0]["groups"]["term"].items():
        gap = other[name]["accuracy"] - one[name]["accuracy"]
        assert tested["accuracy"]["difference"] == pytest.approx(gap)
    head, rows = result.to_table()
    assert [row[head.index("group")] for row in rows[-2:]] == ["term", "term"]
    assert "even" in repr(result)


def test_more_than_two_runs_are_each_compared_with_the_first(
    charlstm: Runner, agree: list[str], tmp_path: Path
) -> None:
    write_planted_run(tmp_path / "third")
    outcome = charlstm.ok(*agree, "-r", tmp_path / "third")
    lines = outcome.stdout.splitlines()
    assert cells(lines[4]) == ["pairs", *"ABC", "B - A", "95 %", "p", "C - A", "95 %", "p"]
    found = charlstm.ok(*agree, "-r", tmp_path / "third", "--json").json
    assert [d["name"] for d in found["differences"]] == ["wrong", "third"]
    assert found["differences"][1]["overall"]["accuracy"]["p"] == 1.0
