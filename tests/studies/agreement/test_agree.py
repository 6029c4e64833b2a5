"""The command `agree`: default pairs, sweeps, pairs from files, pictures and mistakes."""

import csv
import json
import sys
from pathlib import Path

import pytest
from command_line import TINY, Runner
from printed import check_png

from charlstm import load
from charlstm.pairs.files import read_pairs
from charlstm.pairs.scores import score_pairs, scored_parts
from charlstm.studies.agreement.corpus import CorpusSettings, read_settings
from charlstm.studies.agreement.grammar import CONSTRUCTIONS
from charlstm.studies.agreement.grammar_pairs import (
    DISTANCES,
    GrammarPairs,
    bundled_grammar_pairs,
    grammar_pairs,
)

pytestmark = pytest.mark.slow

KEYS = {"pairs", "accuracy", "congruent", "incongruent", "singular", "plural", "joint", "ties"}
MADE = CONSTRUCTIONS[0]  # the corpus of the fixture is without it
FEW = ("--per-condition", "6")


@pytest.fixture(scope="module")
def corpus(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("agree") / "small.txt"
    charlstm.ok("corpus", "agreement", path, "--sentences=3000", "--seed=3", "--without", MADE)
    return path


@pytest.fixture(scope="module")
def run(charlstm: Runner, corpus: Path) -> Path:
    folder = corpus.parent / "runs" / "small"
    charlstm.ok("train", corpus, *TINY, "--max-steps=2", "--out", folder)
    return folder


# Scores


def test_scores_are_those_of_the_model(run: Path, corpus: Path) -> None:
    model = load(run)
    pairs = GrammarPairs(read_settings(corpus)).default(4).pairs
    whole = score_pairs(model.parameters, model.vocabulary, pairs)
    verbs = score_pairs(model.parameters, model.vocabulary, pairs, "verb")
    for sentence, verb in zip(whole[::5], verbs[::5], strict=True):
        good, bad = sentence.pair.sentence_good, sentence.pair.sentence_bad
        assert sentence.good == pytest.approx(model.log_likelihood(good + "\n"), abs=1e-4)
        assert sentence.bad == pytest.approx(model.log_likelihood(bad + "\n"), abs=1e-4)
        before, *parts = scored_parts(sentence.pair, "verb")
        expected = [model.log_likelihood(part, "\n" + before) for part in parts]
        assert [verb.good, verb.bad] == pytest.approx(expected, abs=1e-4)
        assert verb.right is (verb.log_odds > 0)


# The command


def test_the_default_set_is_made_like_the_corpus(
    charlstm: Runner, run: Path, corpus: Path, tmp_path: Path
) -> None:
    items, table = tmp_path / "items.jsonl", tmp_path / "table.csv"
    outcome = charlstm.ok("agree", "-r", run, *FEW, "--items", items, "--save", table, "--json")
    report = outcome.json
    assert set(report["conditions"]) == set(CONSTRUCTIONS)
    for result in (*report["conditions"].values(), report["overall"], report["unseen"]):
        assert result.keys() >= KEYS
    unseen = [name for name, result in report["conditions"].items() if result["unseen"]]
    assert unseen == [MADE]
    assert report["unseen"]["pairs"] == 6
    assert report["overall"]["pairs"] == 6 * (len(CONSTRUCTIONS) - 1)
    assert report["pairs"] == 6 * len(CONSTRUCTIONS) and report["left_out"] == 0
    assert "settings" not in outcome.stderr

    expected = GrammarPairs(read_settings(corpus)).default(6).pairs
    assert read_pairs(items) == expected
    rows = [json.loads(line) for line in items.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        assert row["right"] is (row["score_good"] > row["score_bad"])
    right = sum(row["right"] for row in rows if row["condition"] != MADE)
    assert report["overall"]["accuracy"] == right / report["overall"]["pairs"]

    with table.open(encoding="utf-8", newline="") as file:
        cells = {row["condition"]: row for row in csv.DictReader(file)}
    assert list(cells) == list(report["conditions"])
    for name, result in report["conditions"].items():
        assert float(cells[name]["accuracy"]) == result["accuracy"]
        assert [float(cells[name][key]) for key in ("low", "high")] == result["interval"]
        assert cells[name]["unseen"] == str(result["unseen"])


def test_the_table_in_the_terminal(charlstm: Runner, run: Path) -> None:
    lines = charlstm.ok("agree", "-r", run, *FEW).stdout.splitlines()
    assert lines[0].split()[:2] == ["pairs", "right"]
    first = lines.index("")
    assert [line.split()[0] for line in lines[1:first]] == list(CONSTRUCTIONS)
    assert lines[1].startswith(f"{MADE} *")
    assert lines[first + 1] == "good sentence"
    assert [line.split()[0] for line in lines[first + 2 : -4]] == ["longer", "shorter"]
    assert [line.split()[0] for line in lines[-3:]] == ["overall", "unseen", "*"]
    rows = [line for line in lines if line and line[0] != "*" and line != "good sentence"]
    assert len({len(line) for line in rows}) == 1


def test_written_pairs_give_the_same_scores(
    charlstm: Runner, run: Path, corpus: Path, here: Path
) -> None:
    charlstm.ok("corpus", "pairs", "p.jsonl", "--corpus", corpus, *FEW, "--seed=2")
    expected = charlstm.ok("agree", "-r", run, *FEW, "--seed=2", "--json").json
    report = charlstm.ok("agree", "-r", run, "--pairs", "p.jsonl", "--json").json
    for name, result in expected["conditions"].items():
        assert report["conditions"][name] | {"unseen": result["unseen"]} == result
    assert report["unseen"] is None  # a file does not say what the corpus was like
    charlstm.ok("corpus", "pairs", "b.jsonl", *FEW)
    assert read_pairs(here / "b.jsonl") == bundled_grammar_pairs().default(6).pairs
    charlstm.ok("corpus", "pairs", "d.jsonl", *FEW, "--sweep=distance")
    conditions = {p.condition for p in read_pairs(here / "d.jsonl")}
    assert len(conditions) == len(DISTANCES)


def test_which_corpus_the_pairs_are_made_like(
    charlstm: Runner, tiny_run: Path, corpus: Path, here: Path
) -> None:
    (here / "p.tsv").write_text("The cat is wet.\tThe cat are wet.\n", encoding="utf-8")
    outcome = charlstm("agree", "-r", tiny_run, *FEW)
    assert "has no settings beside it: the pairs are made like the bundled corpus" in outcome.stderr
    outcome = charlstm("agree", "-r", tiny_run, *FEW, "--corpus", corpus)
    assert "settings" not in outcome.stderr
    charlstm.ok("corpus", "agreement", "all.txt", "--sentences=9", "--no-hold-out")
    outcome = charlstm("agree", "-r", tiny_run, *FEW, "--corpus", "all.txt")
    assert "holds nothing out" in outcome.stderr
    assert "charlstm corpus agreement FILE writes both" in charlstm.fails(
        "agree", "-r", tiny_run, "--corpus", "text.txt"
    )
    (here / "text.json").write_text("[]", encoding="utf-8")
    message = charlstm.fails("agree", "-r", tiny_run, "--corpus", "text.txt")
    assert "text.json: expected exactly the settings" in message


def test_the_first_corpus_with_settings_counts(corpus: Path) -> None:
    pairs = grammar_pairs(["-", "none.txt", "a.json", str(corpus)])
    assert pairs == GrammarPairs(read_settings(corpus))
    assert grammar_pairs(["-", "none.txt"]) is None
    assert grammar_pairs([]) is None


NEIGHBOURS = {
    "a list": b'[{"stars": 5}]',
    "an object": b'{"sentences": 3, "seed": 1, "stars": [5]}',
    "lines": b'{"stars": 5}\n{"stars": 4}\n',
    "no json": b"\xff\xfe\0",
    "deep": b"[" * 100_000,
    "long": b'{"text": "%s"}' % (b"x" * 20_000),
}


@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_a_neighbours_file_is_not_read_as_ours(tmp_path: Path, kind: str) -> None:
    (tmp_path / "reviews.json").write_bytes(NEIGHBOURS[kind])
    assert grammar_pairs([str(tmp_path / "reviews.txt")]) is None
    (tmp_path / "reviews.json").unlink()
    (tmp_path / "reviews.json").mkdir()
    assert grammar_pairs([str(tmp_path / "reviews.txt")]) is None


def test_no_command_stops_at_a_neighbours_file(charlstm: Runner, here: Path) -> None:
    text = (here / "text.txt").read_text(encoding="utf-8") + "".join(map(chr, range(32, 127)))
    (here / "reviews.txt").write_text(text, encoding="utf-8")
    (here / "reviews.json").write_bytes(NEIGHBOURS["an object"])
    charlstm.ok("train", "reviews.txt", *TINY, "--max-steps=1")
    assert "has no settings beside it" in charlstm.ok("agree", *FEW).stderr
    few = ("--per-condition=12", "--candidates=1", "--controls=19")
    assert "has no settings beside it" in charlstm.ok("inspect", "units", *few).stderr
    charlstm.ok("inspect", "gradients", "--steps=5", "--samples=2")
    (here / "plan.yaml").write_text(
        "base: {corpus: reviews.txt, hidden_size: 4}\nvary: {cell: [rnn]}\n"
        "budget: {characters: 2000}\n",
        encoding="utf-8",
    )
    charlstm.ok("compare", "plan.yaml")
    outcome = charlstm.fails("agree", *FEW, "--corpus=reviews.txt")
    assert "reviews.json: expected exactly the settings" in outcome


def test_pairs_beyond_the_models_characters(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    text = "The cat is wet.\tThe cat are wet.\nThe elk is wet.\tThe elk are wet.\n"
    (here / "p.tsv").write_text(text, encoding="utf-8")
    outcome = charlstm.ok("agree", "-r", tiny_run, "--pairs", "p.tsv", "--json")
    assert "left out 1 pair: characters never seen: 'l' 'k'" in outcome.stderr
    assert (outcome.json["left_out"], outcome.json["pairs"]) == (1, 1)
    assert outcome.json["conditions"]["pairs"]["pairs"] == 1
    (here / "p.tsv").write_text("zzz\tzz\n", encoding="utf-8")
    message = charlstm.fails("agree", "-r", tiny_run, "--pairs", "p.tsv", "--items", "i.jsonl")
    assert "can read none of the 1 pairs: it has never seen 'z'" in message
    assert not (here / "i.jsonl").exists()


def test_score_verb_says_where_it_does_not_see_all(
    charlstm: Runner, tiny_run: Path, here: Path
) -> None:
    text = "The cat is wet.\tThe cat are wet.\nThe cat is wet.\tThe cats are wet.\n"
    (here / "p.tsv").write_text(text, encoding="utf-8")
    flags = ("agree", "-r", tiny_run, "--pairs", "p.tsv", "--score=verb")
    said = "1 of 2 pairs differ in more than a word; only the first word that differs is scored\n"
    shown = charlstm.ok(*flags)
    assert shown.stdout.endswith(said) and said not in shown.stderr
    found = charlstm.ok(*flags, "--json")
    assert found.stderr == said and found.json["more_than_a_word"] == {"pairs": 1}
    assert said not in charlstm.ok(*flags[:-1]).stdout


# Sweeps


@pytest.mark.parametrize("axis", ["depth", "distance"])
def test_sweeps_go_beyond_the_corpus(
    charlstm: Runner, run: Path, corpus: Path, axis: str, tmp_path: Path
) -> None:
    settings = read_settings(corpus)
    most = {"depth": settings.max_attractors, "distance": settings.max_filler}[axis]
    flags = ("agree", "-r", run, *FEW, "--sweep", axis)
    report = charlstm.ok(*flags, "--json", "--save", tmp_path / "s.csv").json
    conditions = report["conditions"].values()
    steps = {"depth": {1, 2, 3, 4}, "distance": set(DISTANCES)}[axis]
    assert {result[axis] for result in conditions} == steps
    assert {result[axis] for result in conditions if not result["unseen"]} == {
        step for step in steps if step <= most
    }
    assert report["overall"]["pairs"] + report["unseen"]["pairs"] == report["pairs"]
    assert (report["sweep"], report["seq_length"]) == (axis, 12)
    if axis == "depth":
        assert all(result["counts"]["incongruent"] == 3 for result in conditions)
    with (tmp_path / "s.csv").open(encoding="utf-8", newline="") as file:
        assert {int(row[axis]) for row in csv.DictReader(file)} == steps
    shown = charlstm.ok(*flags).stdout
    assert ("BPTT window: 12 characters" in shown) is (axis == "distance")


def test_sweeps_keep_a_series_together() -> None:
    depth = GrammarPairs(CorpusSettings(max_attractors=2)).sweep("depth", 4)
    at = [depth.at[name] for name in dict.fromkeys(p.condition for p in depth.pairs)]
    assert at == [1, 2, 3, 4] * (len(at) // 4)
    assert {depth.at[name] for name in depth.unseen} == {3, 4}
    for p in depth.pairs:
        assert p.attractors in (0, depth.at[p.condition])


# Pictures


@pytest.mark.parametrize("arguments", [[], ["--sweep=depth"], ["--sweep=distance"]])
def test_pictures(charlstm: Runner, run: Path, here: Path, arguments: list[str]) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra charlstm[plot]")
    flags = ("agree", "-r", run, "--per-condition=2", *arguments)
    charlstm.ok(*flags, "--save", "a.png", "--save", "a.SVG")
    check_png(here / "a.png")
    picture = (here / "a.SVG").read_text(encoding="utf-8")
    assert "<svg" in picture and "chance" in picture
    charlstm.ok(*flags, "--save", "b.svg")
    assert (here / "b.svg").read_text(encoding="utf-8") == picture


def test_pictures_of_odd_names(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra charlstm[plot]")
    names = ["$x", "猫\\frac", "\x1b[31m", "a" * 80]
    rows = [f"The cat is wet.\tThe cat are wet.\t{name}\n" for name in names]
    (here / "p.tsv").write_text("".join(rows), encoding="utf-8")
    flags = ("agree", "-r", tiny_run, "--pairs", "p.tsv", "--save", "a.png")
    outcome = charlstm.ok(*flags)
    assert "\x1b" not in outcome.stdout
    check_png(here / "a.png")
    rows = [f"The cat is wet.\tThe cat are wet.\tc{k}\n" for k in range(300)]
    (here / "p.tsv").write_text("".join(rows), encoding="utf-8")
    assert "300 conditions are too many for a picture" in charlstm.fails(*flags)


def test_without_matplotlib(
    charlstm: Runner, run: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    flags = ("agree", "-r", run, *FEW, "--save", "a.csv")
    assert "pip install 'charlstm[plot]'" in charlstm.fails(*flags, "--save", "a.png")
    assert not (here / "a.csv").exists()
    charlstm.ok(*flags)


# Mistakes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "p.jsonl: no pairs in it; write some with charlstm corpus pairs"),
        (b"c\tc\n", "all pairs are left out (1): identical"),
        (b'{"sentence_good": "a"}\n', "line 1: sentence_bad is missing or is not a text"),
        (b"only one column\n", "line 1: it has no tabs, and no columns that are known"),
        (b"a\tb\n\xff\tb\n", "line 2: not UTF-8"),
        (None, "p.jsonl: cannot read the pairs (No such file or directory)"),
    ],
)
def test_bad_pair_files(
    charlstm: Runner, tiny_run: Path, here: Path, content: bytes | None, message: str
) -> None:
    if content is not None:
        (here / "p.jsonl").write_bytes(content)
    before = sorted(here.iterdir())
    outputs = ("--items", "i.jsonl", "--save", "t.csv")
    assert message in charlstm.fails("agree", "-r", tiny_run, "--pairs", "p.jsonl", *outputs)
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--save=a.pdf"], "'a.pdf' must end in .csv or .png or .svg."),
        (["--save=no/a.csv"], "there is no folder 'no'"),
        (["--save=folder.csv"], "'folder.csv' is a folder"),
        (["--items=no/a.jsonl"], "there is no folder 'no'"),
        (["--pairs=p.tsv", "--sweep=depth"], "--sweep has no effect with --pairs"),
        (["--pairs=p.tsv", "--seed=0"], "--seed has no effect with --pairs"),
        (["--per-condition=1"], "x>=2"),
        (["--score=word"], "'word' is not one of 'sentence', 'verb'"),
        (["--sweep=width"], "'width' is not one of 'depth', 'distance'"),
    ],
)
def test_wrong_usage(
    charlstm: Runner, tiny_run: Path, here: Path, arguments: list[str], message: str
) -> None:
    (here / "folder.csv").mkdir()
    assert message in charlstm.fails("agree", "-r", tiny_run, *arguments, status=2)


def test_more_pairs_than_there_are(charlstm: Runner, run: Path, here: Path) -> None:
    del here
    message = charlstm.fails("agree", "-r", run, "--per-condition=100000")
    assert "different pairs; ask for fewer" in message
    message = charlstm.fails("corpus", "pairs", "p.jsonl", "--per-condition=100000")
    assert "different pairs; ask for fewer" in message
    assert not Path("p.jsonl").exists()
