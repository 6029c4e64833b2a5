"""`charlstm inspect attention`: which step it shows, pairs, files, and what it refuses."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import TINY, Runner

from charlstm import load
from charlstm.nn.network import Network
from charlstm.pairs.files import write_pairs
from charlstm.pairs.pair import Pair

TEXT = "The cats were here."
LOOK = ("inspect", "attention", TEXT, "-r")


def test_at_n_is_the_step_that_predicts_character_n(charlstm: Runner, looking_run: Path) -> None:
    model = load(looking_run)
    ids = model.vocabulary.encode("\n" + TEXT).astype(np.intp)[:, None]
    network = Network(model.parameters, len(ids), 1)
    network.predict(ids)
    heads = network.looked_at(len(ids))[9, 0, :, ::-1]  # (4, 7): step 9 reads character 8
    for asked, head, weights in (((), None, heads.mean(axis=0)), (("--head=2",), 2, heads[2])):
        found = charlstm.ok(*LOOK, looking_run, "--at", 9, "--json", *asked).json
        (step,) = found["steps"]
        assert (found["heads"], found["head"]) == (4, head)
        assert (step["at"], step["character"], step["first"]) == (9, "w", 1)
        np.testing.assert_allclose(step["weights"], weights, rtol=1e-5)
        np.testing.assert_allclose(step["by_head"], heads, rtol=1e-5)
        assert sum(step["weights"]) == pytest.approx(1.0)


@pytest.mark.parametrize("head", [-1, 4, 10**9])
@pytest.mark.parametrize("text", [(), (TEXT,)])
def test_a_head_that_there_is_not_is_refused_with_the_range(
    charlstm: Runner, looking_run: Path, head: int, text: tuple[str, ...]
) -> None:
    said = charlstm.fails("inspect", "attention", *text, "-r", looking_run, f"--head={head}")
    assert said == f"--head {head}: there is no such head; looking has heads 0 to 3"


@pytest.mark.usefixtures("here")
def test_one_head_needs_no_words(charlstm: Runner, looking_run: Path) -> None:
    train = (*TINY, "--attention=5", "--attention-heads=1", "--max-steps=1", "--warmup-steps=1")
    charlstm.ok("train", looking_run.parents[1] / "text.txt", *train, "--out", "one")
    for asked in ((), ("--head=0",)):
        assert "head" not in charlstm.ok(*LOOK, "one", *asked).stdout
    said = charlstm.fails(*LOOK, "one", "--head=1")
    assert said == "--head 1: there is no such head; one has one head, 0"


def test_the_first_step_has_nothing_to_look_at_and_the_next_the_newline(
    charlstm: Runner, looking_run: Path
) -> None:
    lines = charlstm.ok(*LOOK, looking_run).stdout.splitlines()
    assert lines[:2] == ["weights: mean of 4 heads", ""]
    assert lines[3].split() == ["0", '"T"']
    assert lines[4].split() == ["1", '"h"', "-1", '"⏎"', "100.0%"]


def test_json_and_files_hold_the_same(charlstm: Runner, looking_run: Path, here: Path) -> None:
    save = ("--save", "a.csv", "--save", "a.json", "--save", "a.html", "--head=3")
    found = charlstm.ok(*LOOK, looking_run, "--at", 5, "--at", 9, "--json", *save).json
    assert found == json.loads((here / "a.json").read_text(encoding="utf-8"))
    with (here / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    weights = [weight for step in found["steps"] for weight in step["weights"]]
    assert [float(row["weight"]) for row in rows] == weights
    assert (rows[0]["place"], rows[0]["seen"]) == ("-1", "\n")
    written = (here / "a.html").read_text(encoding="utf-8")
    assert '"view":4,"start":5' in written and "4 heads over 7 outputs" in written


def test_pictures_of_some_steps_and_of_all(charlstm: Runner, looking_run: Path, here: Path) -> None:
    pytest.importorskip("matplotlib")
    charlstm.ok(*LOOK, looking_run, "--save", "all.svg")
    charlstm.ok(*LOOK, looking_run, "--at", 9, "--save", "one.svg")
    drawn = {name: (here / f"{name}.svg").read_text(encoding="utf-8") for name in ("all", "one")}
    assert "step that predicts" in drawn["all"] and ">9 w<" in drawn["one"]
    assert all("mean of 4 heads" in drawing for drawing in drawn.values())
    long = ("inspect", "attention", "-", "-r", looking_run, "--save", "long.png")
    assert "--cut 160" in charlstm.fails(*long, stdin=b"cat " * 50)
    assert not (here / "long.png").exists()
    charlstm.ok(*long, "--at", 150, stdin=b"cat " * 50)


def test_a_page_s_limit_is_named(
    charlstm: Runner, looking_run: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charlstm.studies.inspect.attention.LARGEST", 5 * 7 * 9)
    flags = (*LOOK, looking_run, "--save", "page.html")
    assert "--cut 9 looks" in charlstm.fails(*flags)
    charlstm.ok(*flags, "--cut", 9)
    assert (here / "page.html").exists()


def test_a_run_without_attention_says_how_to_train_one(charlstm: Runner, tiny_run: Path) -> None:
    assert charlstm.fails(*LOOK, tiny_run) == (
        "tiny has no attention to look at; train a model that has: "
        "charlstm train TEXT --attention 128"
    )


@pytest.mark.parametrize("place", [-1, 19, 10**9])
def test_a_place_outside_the_text_is_refused_with_the_range(
    charlstm: Runner, looking_run: Path, place: int
) -> None:
    said = charlstm.fails(*LOOK, looking_run, f"--at={place}")
    assert said == f"--at {place}: there is no such character; the text has characters 0 to 18"
    assert f"--at {place}" in charlstm.fails(*LOOK, looking_run, f"--at={place}", "--cut=4")


def test_an_empty_text_is_refused(charlstm: Runner, looking_run: Path) -> None:
    empty = charlstm.fails("inspect", "attention", "", "-r", looking_run)
    assert empty.startswith("there is no text to look at")


def test_a_character_that_the_model_does_not_know_is_named(
    charlstm: Runner, looking_run: Path
) -> None:
    outcome = charlstm.ok("inspect", "attention", "a☃\x1b", "-r", looking_run, "--at=2")
    assert "'☃'" in outcome.stderr and "never seen in training" in outcome.stderr
    assert "\x1b" not in outcome.stdout and "☃␛" in outcome.stdout


def test_a_text_that_names_a_file_is_told_how_to_be_read(
    charlstm: Runner, looking_run: Path, here: Path
) -> None:
    (here / "a t").write_text("The")
    said = charlstm.ok("inspect", "attention", "a t", "-r", looking_run).stderr
    assert "charlstm inspect attention - < 'a t'" in said


def pair(noun: str, verb: str, wrong: str, name: str, end: int | None) -> Pair:
    good, bad = (f"The {noun} {form} here." for form in (verb, wrong))
    return Pair(good, bad, name, "1", subject_end=end)


PAIRS = [
    pair("cat", "is", "are", "near", 7),
    pair("cats", "were", "was", "near", 8),
    replace(pair("dog", "is", "are", "far", 7), attractor_end=3, congruent=False),
    pair("dogs", "are", "is", "none", None),
]


@pytest.fixture
def pairs(here: Path) -> Path:
    write_pairs(here / "pairs.jsonl", PAIRS)
    return here / "pairs.jsonl"


def test_one_s_own_pairs_in_json_and_files(
    charlstm: Runner, looking_run: Path, pairs: Path, here: Path
) -> None:
    flags = ("inspect", "attention", "-r", looking_run, "--pairs", pairs)
    outcome = charlstm.ok(*flags, "--json", "--save", "a.csv", "--save", "a.json")
    found = outcome.json
    assert "left out 1 pair without subject_end" in outcome.stderr
    assert found == json.loads((here / "a.json").read_text(encoding="utf-8"))
    assert [found[key] for key in ("run", "reach", "heads", "head")] == ["looking", 7, 4, None]
    assert list(found["conditions"]) == ["near", "far"]
    assert "congruent" not in found and found["incongruent"] == found["conditions"]["far"]
    with (here / "a.csv").open(encoding="utf-8", newline="") as file:
        near, far = csv.DictReader(file)
    assert (near["condition"], near["pairs"], near["attractor"]) == ("near", "2", "")
    assert float(far["attractor"]) == found["conditions"]["far"]["attractor"]
    # "is" and "are" differ at once, after the blank: 7 outputs are seen, "cat" and not the blank.
    assert found["conditions"]["far"]["subject_chance"] == pytest.approx(3 / 7)
    heads = [charlstm.ok(*flags, "--json", "--head", k).json for k in range(4)]
    for name, group in found["conditions"].items():
        shares = [head["conditions"][name]["subject"] for head in heads]
        assert group["subject"] == pytest.approx(np.mean(shares))
        assert group["best_head"] == np.argmax(shares)
        assert group["subject_in_best_head"] == pytest.approx(max(shares))


def test_a_picture_of_pairs_and_no_page(
    charlstm: Runner, looking_run: Path, pairs: Path, here: Path
) -> None:
    flags = ("inspect", "attention", "-r", looking_run, "--pairs", pairs, "--save")
    said = charlstm.fails(*flags, "p.html", status=2)
    assert "a page shows a TEXT" in said and not (here / "p.html").exists()
    pytest.importorskip("matplotlib")
    charlstm.ok(*flags, "p.svg", "--head=1")
    drawn = (here / "p.svg").read_text(encoding="utf-8")
    assert "head 1 of 0 to 3" in drawn
    assert "other noun" in drawn and "subject hidden" in drawn


def test_pairs_that_say_nothing_of_their_subject_are_refused(
    charlstm: Runner, looking_run: Path, here: Path
) -> None:
    write_pairs(here / "p.jsonl", PAIRS[-1:])
    flags = ("inspect", "attention", "-r", looking_run, "--pairs", "p.jsonl")
    assert "add subject_end" in charlstm.fails(*flags)
    (here / "q.tsv").write_text("Öl ist gut.\tÖl sind gut.\n", encoding="utf-8")
    assert "can read none of the 1 pairs" in charlstm.fails(*flags[:-1], "q.tsv")


def test_pairs_of_a_run_without_attention_are_refused_at_once(
    charlstm: Runner, tiny_run: Path
) -> None:
    assert "has no attention" in charlstm.fails("inspect", "attention", "-r", tiny_run)
