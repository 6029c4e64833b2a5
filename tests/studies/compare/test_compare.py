"""Settings side by side: what a plan asks for, what is made and skipped, and what is written."""

import csv
import json
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import Runner, start
from printed import check_png
from repository import ROOT

from charlstm.config_file import find_config
from charlstm.errors import ConfigError, CorpusError
from charlstm.nn.cells import CELLS
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.studies.agreement.grammar import CONSTRUCTIONS
from charlstm.studies.agreement.grammar_pairs import grammar_pairs
from charlstm.studies.compare.comparison import read_comparison
from charlstm.studies.compare.groups import groups
from charlstm.studies.compare.outcome import Outcome
from charlstm.studies.compare.result import ComparisonResult
from charlstm.studies.compare.runner import compare, hidden_size_for
from charlstm.training.defaults import updates_in_budget
from charlstm.training.events import Finished

pytestmark = pytest.mark.slow

ONE = CONSTRUCTIONS[0]
BASE = "base: {corpus: text.txt, batch_size: 8, seq_length: 12, shards: 2, workers: 1, lr: 0.03}"
OFTEN = BASE.replace("lr", "eval_every: 1, lr")
PLAN = f"""
{OFTEN}
vary:
  cell: [rnn, gru]
  seed: [1, 2]
budget: {{parameters: 2_000, characters: 960}}
"""


def written(folder: Path, text: str = PLAN) -> Path:
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def outcome(name: str = "a", **values: Any) -> Outcome:
    given = {"chosen": {"cell": name}, "hidden_size": 3, "parameters": 40, "steps": 2}
    cost = {"characters": 2000, "seconds": 2.0, "best_val_nats": 1.5, "last_val_nats": 1.6}
    losses = [(1000, 2.0), (2000, 1.5)]
    return Outcome(**{"name": name, **given, **cost, "losses": losses, **values})


def lines(outcomes: Sequence[Outcome]) -> list[str]:
    return ComparisonResult(outcomes, Path("runs"), "title").lines()


# Plans


def test_every_combination_is_planned(here: Path) -> None:
    plan = read_comparison(written(here))
    assert [run.name for run in plan.runs] == [
        "rnn_seed-1", "rnn_seed-2", "gru_seed-1", "gru_seed-2",
    ]  # fmt: skip
    assert [(run.config.cell, run.config.seed) for run in plan.runs] == [
        ("rnn", 1), ("rnn", 2), ("gru", 1), ("gru", 2),
    ]  # fmt: skip
    assert {run.config.max_steps for run in plan.runs} == {10}
    assert {run.config.corpus for run in plan.runs} == {(str(here / "text.txt"),)}
    assert (plan.out, plan.parameters) == (Path("runs/plan"), 2000)


def test_an_option_in_base_is_for_the_cells_that_have_it(here: Path) -> None:
    given = PLAN.replace("lr: 0.03", "lr: 0.03, gru_reset: after")
    plan = read_comparison(written(here, given))
    assert [run.config.cell_options for run in plan.runs] == [{}] * 2 + [{"gru_reset": "after"}] * 2
    with pytest.raises(ConfigError, match="'rnn' has no option 'gru_reset'"):
        read_comparison(written(here, given.replace("[rnn, gru]", "[rnn, lstm]")))


def test_a_value_that_varies_may_be_several_settings(here: Path) -> None:
    cells = "[rnn, {cell: gru, gru_reset: before, lr: 0.01}, {cell: gru, gru_reset: after}]"
    plan = read_comparison(
        written(here, PLAN.replace("[rnn, gru]", cells).replace("[1, 2]", "[1]"))
    )
    assert [(run.config.lr, run.config.cell_options) for run in plan.runs] == [
        (0.03, {}), (0.01, {"gru_reset": "before"}), (0.03, {"gru_reset": "after"}),
    ]  # fmt: skip
    assert [run.name for run in plan.runs] == [
        "rnn_seed-1", "gru_gru_reset-before_lr-0.01_seed-1", "gru_gru_reset-after_seed-1",
    ]  # fmt: skip
    chosen = {"cell": "gru", "gru_reset": "before", "lr": 0.01, "seed": 1}
    assert plan.runs[1].chosen == chosen
    assert "\ngru gru_reset=before lr=0.01 " in "\n".join(lines([outcome(chosen=chosen)]))


def test_equal_characters_are_equal_whatever_the_window(here: Path) -> None:
    text = (
        "base: {corpus: text.txt, hidden_size: 4}\nvary: {seq_length: [10, 20], batch_size: [8]}\n"
        "budget: {characters: 801}"
    )
    configs = [run.config for run in read_comparison(written(here, text)).runs]
    assert [c.max_steps for c in configs] == [11, 6]
    minutes = text.replace("characters: 801", "minutes: 0.5")
    configs = [run.config for run in read_comparison(written(here, minutes)).runs]
    assert [(c.max_minutes, updates_in_budget(c, 1000)) for c in configs] == [(0.5, None)] * 2


def test_paths_are_relative_to_the_file(here: Path) -> None:
    (here / "sub").mkdir()
    text = (
        "base: {hidden_size: 4, val: ../text.txt}\nvary: {corpus: [a.txt, [b.txt, c.txt]]}\n"
        "budget: {characters: 9}\nout: there\npairs: p.tsv"
    )
    plan = read_comparison(written(here / "sub", text))
    assert [run.config.corpus for run in plan.runs] == [
        (str(here / "sub" / "a.txt"),),
        (str(here / "sub" / "b.txt"), str(here / "sub" / "c.txt")),
    ]
    # The name is that of the plan, from wherever the command is given.
    assert [run.name for run in plan.runs] == ["corpus-a.txt", "corpus--b.txt-c.txt"]
    assert [run.chosen for run in plan.runs] == [
        {"corpus": "a.txt"}, {"corpus": ["b.txt", "c.txt"]},
    ]  # fmt: skip
    assert plan.runs[0].config.val == str(here / "text.txt")
    assert (plan.out, plan.pairs) == (here / "sub" / "there", (here / "sub" / "p.tsv",))
    assert read_comparison(here / "sub" / "plan.yaml", Path("x")).out == Path("x")


def test_the_bundled_plan_compares_all_cells() -> None:
    plan = read_comparison(find_config("compare-cells"))
    assert {run.config.cell for run in plan.runs} == set(CELLS)
    assert len(plan.runs) == 3 * (len(CELLS) + 1)
    assert plan.parameters
    assert {run.config.max_steps for run in plan.runs} == {-(-8_000_000 // (16 * 64))}
    assert all(Path(name).is_file() for run in plan.runs for name in run.config.corpus)


def test_the_bundled_plan_of_attention_gives_each_cell_runs_with_it_and_without() -> None:
    plan = read_comparison(find_config("compare-attention"))
    assert plan.parameters == 100_000
    seen = Counter((run.config.cell, run.config.attention) for run in plan.runs)
    cells = ("rnn", "lstm", "gru", "coupled")
    assert seen == {(cell, M): 3 for cell in cells for M in (0, 128)}


@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize(("layers", "attention"), [(1, 0), (2, 0), (1, 40)])
def test_equal_parameters(cell: str, layers: int, attention: int) -> None:
    architecture = Architecture(cell, {}, 1, layers, attention)

    def count(hidden_size: int) -> int:
        return Parameters(replace(architecture, hidden_size=hidden_size), 10).num_parameters

    for wanted in (500, 20_000):
        H = hidden_size_for(architecture, 10, wanted)
        off = [abs(count(size) - wanted) for size in (H - 1, H, H + 1)]
        assert off[1] == min(off[1:] if H == 1 else off)
    assert hidden_size_for(architecture, 10, count(17)) == 17
    with pytest.raises(ConfigError, match="too few: the smallest network of"):
        hidden_size_for(architecture, 10, 20)


def test_heads_share_the_units_of_equal_parameters() -> None:
    architecture = Architecture("rnn", {}, 1, 1, 9, 4)
    assert hidden_size_for(architecture, 10, 20_000) % 4 == 0


VARY, BUDGET = "vary: {seed: [1]}", "budget: {characters: 9}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{BASE}\nvarry: {{}}\n{BUDGET}", "unknown key 'varry'; did you mean 'vary'?"),
        (f"{VARY}\n{BUDGET}", "base must be there, with `name: value` lines below it."),
        (f"{BASE}\nvary: []\n{BUDGET}", "vary must be there"),
        (f"{BASE}\nvary: {{sed: [1]}}\n{BUDGET}", "unknown setting 'sed'; did you mean 'seed'?"),
        (f"{BASE}\nvary: {{seed: 1}}\n{BUDGET}", "vary: seed must be a list such as [1, 2], not 1"),
        (f"{BASE}\nvary: {{seed: []}}\n{BUDGET}", "vary: seed must be a list"),
        (f"{BASE}\nvary: {{seed: [1, 1]}}\n{BUDGET}", "vary asks for 'seed-1' twice"),
        (f"{BASE}\nvary: {{seed: [a]}}\n{BUDGET}", "seed must be a whole number, not 'a'"),
        (f"{BASE}\nvary: {{lr: [1, 2]}}\n{BUDGET}", "lr is both in base and in vary"),
        (f"{BASE}\nvary: {{max_steps: [1]}}\n{BUDGET}", "max_steps is not for base or vary: write"),
        (f"{BASE}\nvary: {{out: [x]}}\n{BUDGET}", "out is not for base or vary: write it beside"),
        (f"{BASE}\nvary: {{cell: [lsmt]}}\n{BUDGET}", "no cell is called 'lsmt'; did you mean"),
        (f"{BASE}\nvary: {{cell: [{{lr: 1}}]}}\n{BUDGET}", "cell is not in {'lr': 1}; write it"),
        (
            f"{BASE}\nvary: {{cell: [{{cell: gru, epochs: 1}}]}}\n{BUDGET}",
            "epochs is not for {'cell': 'gru', 'epochs': 1}: write `characters`",
        ),
        (
            f"{BASE}\nvary: {{seed: [1], cell: [{{cell: gru, seed: 1}}]}}\n{BUDGET}",
            "seed is not for {'cell': 'gru', 'seed': 1}: give it once",
        ),
        (f"{BASE}\nvary: {{cell: [{{cell: gru, sed: 1}}]}}\n{BUDGET}", "setting 'sed'; did you"),
        (f"{BASE}\nvary: {{cell: [LSTM]}}\n{BUDGET}", "called 'LSTM'; did you mean 'lstm'? The ce"),
        (f"{BASE}\nvary: {{gru_reset: [after]}}\n{BUDGET}", "'lstm' has no option 'gru_reset'"),
        (f"{BASE}\n{VARY}", "budget must be there"),
        (f"{BASE}\n{VARY}\nbudget: {{minute: 1}}", "unknown budget 'minute'; did you mean 'minut"),
        (f"{BASE}\n{VARY}\nbudget: {{parameters: 9}}", "budget needs one of characters and minu"),
        (f"{BASE}\n{VARY}\nbudget: {{characters: 9, minutes: 1}}", "needs one of characters and"),
        (f"{BASE}\n{VARY}\nbudget: {{minutes: 0}}", "minutes must be a number above 0, not 0"),
        (f"{BASE}\n{VARY}\nbudget: {{characters: 1.5}}", "characters must be a whole number above"),
        (
            f"{BASE}\nvary: {{hidden_size: [1]}}\nbudget: {{characters: 9, parameters: 9}}",
            "hidden_size follows from `parameters`",
        ),
        (
            f"{BASE}\n{VARY}\n{BUDGET}\nsweeps: [deph]",
            "unknown sweep 'deph'; did you mean 'depth'?",
        ),
        (f"{BASE}\n{VARY}\n{BUDGET}\nsweeps: 3", "sweeps must be a list of depth and distance"),
        (
            f"{BASE}\n{VARY}\n{BUDGET}\npairs: [1]",
            "pairs must be a path or a list of paths, not [1]",
        ),
        (f"{BASE}\n{VARY}\n{BUDGET}\npairs: [a, -]", "pairs: - is standard input"),
        (f"{BASE}\n{VARY}\n{BUDGET}\npairs: a\nlower: 1", "lower must be true or false, not 1"),
        (
            f"{BASE}\n{VARY}\n{BUDGET}\nper_condition: 1",
            "per_condition must be a whole number from",
        ),
        (f"base: {{lr: 1}}\n{VARY}\n{BUDGET}", "name a corpus of files in base"),
        (f"base: {{corpus: '-'}}\n{VARY}\n{BUDGET}", "name a corpus of files in base"),
        (f"base: {{corpus: /dev/null}}\n{VARY}\n{BUDGET}", "name a corpus of files in base"),
        (f"{BASE}\nvary: {{seed: {list(range(1001))}}}\n{BUDGET}", "1,001 runs are more than"),
        (f"{BASE}\n{BASE}\n{VARY}\n{BUDGET}", "the key 'base' is repeated"),
        ("- 1", "must hold settings as `name: value` lines"),
    ],
)
def test_mistakes_in_a_plan(charlstm: Runner, here: Path, text: str, message: str) -> None:
    found = charlstm.fails("compare", written(here, text))
    assert message in found and "plan.yaml" in found
    assert not (here / "runs").exists()


def test_plans_that_are_not_there(charlstm: Runner, here: Path) -> None:
    del here
    assert "no config 'none'; give a path" in charlstm.fails("compare", "none")
    assert "cannot read 'none.yaml'" in charlstm.fails("compare", "./none.yaml")
    assert "unknown key 'corpus'" in charlstm.fails("compare", "agreement")


def test_texts_that_are_not_there(charlstm: Runner, here: Path) -> None:
    path = written(here, PLAN.replace("text.txt", "none.txt"))
    assert "cannot read" in charlstm.fails("compare", path)
    assert not (here / "runs" / "plan" / "compare.csv").exists()


# Runs


@pytest.fixture(scope="module")
def compared(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cells by two seeds on an agreement corpus, finished; do not write to it."""
    folder = tmp_path_factory.mktemp("compare")
    charlstm.ok("corpus", "agreement", folder / "text.txt", "--sentences=200")
    path = written(folder, f"{PLAN}\nper_condition: 8\nsweeps: [depth]")
    outcome = charlstm.ok("compare", path, "--out", folder / "out", "--json")
    (folder / "out.json").write_bytes(outcome.output)
    return folder


def test_what_comes_of_it(compared: Path) -> None:
    found = json.loads((compared / "out.json").read_text(encoding="utf-8"))
    runs = {run["name"]: run for run in found["runs"]}
    assert list(runs) == ["rnn_seed-1", "rnn_seed-2", "gru_seed-1", "gru_seed-2"]
    for name, run in runs.items():
        assert (run["steps"], run["characters"], run["diverged"]) == (10, 960, None)
        assert abs(run["parameters"] - 2000) < 150
        assert [characters for characters, _ in run["losses"]] == [96 * k for k in range(1, 11)]
        for curve in (run["learning"]["overall"], run["learning"][ONE]):
            assert [characters for characters, _ in curve] == [96 * k for k in range(1, 11)]
        assert min(nats for _, nats in run["losses"]) == pytest.approx(run["best_val_nats"])
        assert {c["pairs"] for c in run["agreement"]["conditions"].values()} == {8}
        assert run["sweeps"]["depth"]["sweep"] == "depth"
        assert run["characters_per_second"] > 0
        assert not list((compared / "out" / name).glob("step-*.npz"))  # measured, then removed
    with (compared / "out" / "compare.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == list(runs)
    for row, run in zip(rows, runs.values(), strict=True):
        assert (row["cell"], row["seed"]) == (run["chosen"]["cell"], str(run["chosen"]["seed"]))
        assert float(row["agreement.accuracy"]) == run["agreement"]["overall"]["accuracy"]
        assert float(row[f"{ONE}.joint"]) == run["agreement"]["conditions"][ONE]["joint"]
        assert float(row["best_val_nats"]) == run["best_val_nats"]


def test_a_run_is_the_one_that_train_and_agree_make(charlstm: Runner, compared: Path) -> None:
    run = compared / "out" / "gru_seed-2"
    config = (run / "config.yaml").read_text(encoding="utf-8")
    (compared / "again.yaml").write_text(config, encoding="utf-8")
    charlstm.ok("train", "--config", compared / "again.yaml", "--out", compared / "again")
    found = json.loads((run / "result.json").read_text(encoding="utf-8"))
    flags = ("--per-condition=8", "--json")
    for folder in (run, compared / "again"):
        report = charlstm.ok("agree", "-r", folder, *flags).json
        assert report["conditions"] == found["agreement"]["conditions"]
    last = charlstm.ok(
        "agree", "-r", compared / "again" / "last.npz", "--per-condition=2", "--json"
    )
    assert last.json["overall"]["accuracy"] == found["learning"]["overall"][-1][1]


def test_what_is_finished_is_not_made_again(charlstm: Runner, compared: Path, here: Path) -> None:
    shutil.copytree(compared, here / "mine")
    path, out = here / "mine" / "plan.yaml", here / "mine" / "out"
    text = path.read_text(encoding="utf-8").replace("workers: 1", "workers: 2")
    path.write_text(text.replace("[depth]", "[depth, distance]"), encoding="utf-8")
    for asked in out.glob("*/asked.json"):  # the corpus is elsewhere now
        moved = asked.read_text(encoding="utf-8").replace(str(compared), str(here / "mine"))
        asked.write_text(moved, encoding="utf-8")
    before = {run: run.read_bytes() for run in out.glob("*/*.npz")}
    first = charlstm.ok("compare", path, "--out", out)
    assert first.stderr.count("finished before") == 4
    assert {run: run.read_bytes() for run in out.glob("*/*.npz")} == before
    assert "sweep: distance" in first.stdout  # a sweep can be added later
    kept = out / "rnn_seed-1" / "step-7.npz"
    shutil.copy(out / "rnn_seed-1" / "last.npz", kept)
    second = charlstm.ok("compare", path, "--out", out)
    assert second.stdout == first.stdout
    assert kept.exists()

    path.write_text(text.replace("0.03", "0.02"), encoding="utf-8")
    message = charlstm.fails("compare", path, "--out", out)
    assert "was begun with lr 0.03, not 0.02; choose another --out" in message
    (out / "rnn_seed-1" / "asked.json").unlink()
    assert "holds another run" in charlstm.fails("compare", path, "--out", out)
    (out / "rnn_seed-1" / "asked.json").write_text("{", encoding="utf-8")
    assert "damaged" in charlstm.fails("compare", path, "--out", out)


SHORT = BASE.replace("lr", "hidden_size: 4, lr") + "\nvary: {seed: [1]}\nbudget: {characters: 96}"
TWICE = SHORT.replace("[1]", "[1, 2]")
OTHER = "Of another text, as long as it may be, no two means are one.\n" * 40


def test_a_text_that_was_replaced_is_refused_and_not_averaged(charlstm: Runner, here: Path) -> None:
    charlstm.ok("compare", written(here, SHORT))
    before = (here / "text.txt").read_bytes()
    (here / "text.txt").write_text(OTHER, encoding="utf-8")
    message = charlstm.fails("compare", written(here, TWICE))
    assert f"{here / 'text.txt'} has changed since the run was started; choose another" in message
    assert "or remove the folder 'runs/plan/seed-1' to train it again" in message
    assert not (here / "runs" / "plan" / "seed-2" / "last.npz").exists()
    (here / "text.txt").write_bytes(before)
    charlstm.ok("compare", here / "plan.yaml")

    (here / "text.txt").unlink()  # what is finished can still be shown
    assert charlstm.ok("compare", here / "plan.yaml").stderr.count("finished before") == 2
    (here / "text.txt").write_text(OTHER, encoding="utf-8")
    shutil.rmtree(here / "runs" / "plan" / "seed-1")
    assert "'runs/plan/seed-2'" in charlstm.fails("compare", here / "plan.yaml")


def test_a_validation_text_that_was_replaced_is_refused(charlstm: Runner, here: Path) -> None:
    (here / "val.txt").write_text(OTHER, encoding="utf-8")
    text = SHORT.replace("lr", "val: val.txt, lr")
    charlstm.ok("compare", written(here, text))
    (here / "val.txt").write_text(OTHER[:-61], encoding="utf-8")
    assert "val.txt has changed since" in charlstm.fails("compare", here / "plan.yaml")


def test_a_text_that_changes_between_two_runs_ends_the_comparison(here: Path) -> None:
    plan = read_comparison(written(here, TWICE))
    with pytest.raises(CorpusError, match="has changed since the run was started; choose another"):
        for event in compare(plan, grammar_pairs):
            if isinstance(event, Outcome):
                (here / "text.txt").write_text(OTHER, encoding="utf-8")
    assert (plan.out / "seed-1" / "result.json").exists()
    assert not (plan.out / "seed-2" / "result.json").exists()


def test_pairs_that_were_replaced_are_refused(charlstm: Runner, here: Path) -> None:
    (here / "p.tsv").write_text("The cat is wet.\tThe cat are wet.\n", encoding="utf-8")
    charlstm.ok("compare", written(here, SHORT + "\npairs: p.tsv"))
    (here / "p.tsv").write_text("The cat was wet.\tThe cat were wet.\n", encoding="utf-8")
    path = written(here, TWICE + "\npairs: p.tsv")
    assert "'runs/plan/seed-1' was scored on it; choose" in charlstm.fails("compare", path)

    result = here / "runs" / "plan" / "seed-1" / "result.json"
    earlier = json.loads(result.read_text(encoding="utf-8"))
    assert earlier.pop("pairs_digest")
    result.write_text(json.dumps(earlier), encoding="utf-8")  # as earlier versions wrote it
    assert charlstm.ok("compare", path).stderr.count("finished before") == 1


def test_pairs_may_be_a_folder_or_a_list(charlstm: Runner, here: Path) -> None:
    (here / "d").mkdir()
    for name in ("a.tsv", "b.tsv"):
        (here / "d" / name).write_text("THE cat is.\tTHE cat are.\n", encoding="utf-8")
    (here / "d" / "c.txt").write_text("no pairs\n", encoding="utf-8")
    for given in ("pairs: d", "pairs: [d/a.tsv, d/b.tsv]"):
        flags = ("--out", f"out{len(given)}", "--json")
        outcome = charlstm.ok("compare", written(here, f"{SHORT}\n{given}\nlower: true"), *flags)
        (run,) = outcome.json["runs"]
        assert list(run["agreement"]["conditions"]) == ["a", "b"]
        assert ("passed over in" in outcome.stderr) is (given == "pairs: d")
    (here / "d" / "a.tsv").write_text("one\n", encoding="utf-8")
    message = charlstm.fails("compare", written(here, f"{SHORT}\npairs: [d/a.tsv]"), "--out=new")
    assert "it has no tabs" in message and not (here / "new").exists()


def test_settings_that_earlier_versions_had_or_lacked_do_not_matter(
    charlstm: Runner, here: Path
) -> None:
    charlstm.ok("compare", written(here, SHORT))
    asked = here / "runs" / "plan" / "seed-1" / "asked.json"
    settings = json.loads(asked.read_text(encoding="utf-8"))
    del settings["schedule"]
    asked.write_text(json.dumps({**settings, "average": 0.0}), encoding="utf-8")
    assert "finished before" in charlstm.ok("compare", here / "plan.yaml").stderr
    message = charlstm.fails(
        "compare", written(here, SHORT.replace("lr", "schedule: constant, lr"))
    )
    assert "was begun with schedule 'cosine', not 'constant'" in message


def test_a_stopped_comparison_goes_on(compared: Path, here: Path, charlstm: Runner) -> None:
    text = PLAN.replace("text.txt", str(compared / "text.txt")) + "\nper_condition: 8"
    text = text.replace("characters: 960", "characters: 19200").replace("[1, 2]", "[1]")
    text = text.replace("eval_every: 1", "eval_every: 10")
    path = written(here, text.replace("cell: [rnn, gru]", "cell: [gru]"))
    with start("compare", path) as process:
        assert process.stderr
        for line in process.stderr:
            if b"updates of" in line:
                process.send_signal(signal.SIGTERM)
                break
        rest = process.stderr.read().decode()
    assert process.returncode == 143, rest
    assert "0 of 1 runs done; give the same command to go on" in rest
    assert not (here / "runs" / "plan" / "compare.csv").exists()
    runs = charlstm.ok("compare", path, "--json").json["runs"]
    assert [run["steps"] for run in runs] == [200]
    assert len(runs[0]["learning"]["overall"]) == 20

    whole = charlstm.ok("compare", path, "--json", "--out", "whole").json["runs"]
    times = ("seconds", "characters_per_second")
    for run in (*runs, *whole):
        assert all(run.pop(name) > 0 for name in times)
    assert runs == whole


def test_stopped_while_measuring(compared: Path, here: Path) -> None:
    text = PLAN.replace("text.txt", str(compared / "text.txt")).replace("[1, 2]", "[1]")
    plan = read_comparison(written(here, text + "\nper_condition: 8"))
    scored: list[int] = []

    def interrupted(pairs: int) -> None:
        scored.append(pairs)
        if len(scored) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(compare(plan, grammar_pairs, on_scored=interrupted))
    assert not list(plan.out.glob("*/result.json"))
    before = (plan.out / "rnn_seed-1" / "last.npz").read_bytes()
    events = list(compare(plan, grammar_pairs))
    assert [event.reason for event in events if isinstance(event, Finished)] == [
        "already done", "done",
    ]  # fmt: skip
    assert (plan.out / "rnn_seed-1" / "last.npz").read_bytes() == before
    found = [event for event in events if isinstance(event, Outcome)]
    assert [len(o.learning["overall"]) for o in found] == [10, 10]
    assert list(compare(plan, grammar_pairs, stop=lambda: True)) == []


def test_a_run_that_diverges_does_not_end_the_others(charlstm: Runner, here: Path) -> None:
    text = BASE.replace("lr: 0.03", "hidden_size: 8, optimizer: sgd, clip_norm: 0, warmup_steps: 0")
    path = written(here, f"{text}\nvary: {{lr: [1e5, 0.01]}}\nbudget: {{characters: 960}}")
    bad, good = charlstm.ok("compare", path, "--json").json["runs"]
    assert "diverged at update" in bad["diverged"] and bad["steps"] < 3
    assert good["diverged"] is None and good["steps"] == 10
    shown = charlstm.ok("compare", path)
    assert "lr=100000.0 (diverged)" in shown.stdout
    assert shown.stderr.count("finished before") == 2


def test_a_corpus_without_agreement(charlstm: Runner, here: Path) -> None:
    path = written(here, PLAN.replace("[1, 2]", "[1]") + "\nsweeps: [depth]")
    outcome = charlstm.ok("compare", path, "--json")
    assert "sweeps have no effect: no corpus has the settings of a grammar" in outcome.stderr
    first, second = outcome.json["runs"]
    for run in (first, second):
        assert (run["agreement"], run["learning"], run["sweeps"]) == (None, {}, {})
    shown = charlstm.ok("compare", path, "--save", "t.csv").stdout.splitlines()
    assert [line.split()[0] for line in shown] == ["runs", "rnn", "gru"]
    assert (here / "t.csv").read_bytes() == (here / "runs" / "plan" / "compare.csv").read_bytes()

    (here / "p.tsv").write_text("The cat is wet.\tThe cat are wet.\n", encoding="utf-8")
    path = written(here, PLAN.replace("[1, 2]", "[1]") + "\npairs: p.tsv")
    assert "was begun with pairs None" in charlstm.fails("compare", path)
    runs = charlstm.ok("compare", path, "--out", "other", "--json").json["runs"]
    assert [run["agreement"]["pairs"] for run in runs] == [1, 1]


# Tables and pictures


def test_seeds_are_one_group() -> None:
    runs = [
        outcome("a", chosen={"cell": cell, "lr": 0.1, "seed": seed}, best_val_nats=nats)
        for cell, seed, nats in (("lstm", 1, 1.0), ("gru", 1, 3.0), ("lstm", 2, 2.0))
    ]
    found = groups(runs)
    assert [(group.label, len(group.runs)) for group in found] == [
        ("lstm lr=0.1", 2), ("gru lr=0.1", 1),
    ]  # fmt: skip
    assert found[0].mean(lambda o: o.best_val_nats) == 1.5
    assert found[0].mean(lambda _: None) is None


def test_until_95() -> None:
    curve = [(1000, 0.5), (2000, 0.95), (3000, 0.9), (4000, 1.0)]
    one = outcome(learning={"overall": curve, "pp": [(1000, 0.949)]})
    assert (one.characters_until(), one.characters_until("pp")) == (2000, None)
    assert one.characters_until("none") is None
    both = [one, outcome(learning={"overall": [(1000, 0.1)]})]
    assert "0.00 M (1/2)" in lines(both)[1]


def test_a_validation_less_run_has_a_table() -> None:
    assert "-" in lines([outcome(best_val_nats=None, last_val_nats=None, losses=[])])[1]


def test_pictures(charlstm: Runner, compared: Path, here: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra charlstm[plot]")
    check_png(compared / "out" / "compare.png")
    flags = ("compare", compared / "plan.yaml", "--out", compared / "out")
    charlstm.ok(*flags, "--save", here / "a.svg")
    assert "characters/s" in (here / "a.svg").read_text(encoding="utf-8")
    path = written(here, PLAN.replace("[1, 2]", "[1]"))
    charlstm.ok("compare", path)  # nothing but losses
    check_png(here / "runs" / "plan" / "compare.png")


def test_without_matplotlib(
    charlstm: Runner, compared: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    flags = ("compare", compared / "plan.yaml", "--out", compared / "out")
    assert "charlstm[plot]" in charlstm.fails(*flags, "--save", here / "a.png")
    assert "compare.png: a picture needs matplotlib" in charlstm.ok(*flags).stderr


def test_the_plan_in_the_documentation(here: Path) -> None:
    text = (ROOT / "docs" / "agreement.md").read_text(encoding="utf-8")
    block = text[text.index("    base:") :].split("\n\n")[0]
    plan = read_comparison(written(here, "\n".join(line[4:] for line in block.splitlines())))
    assert (len(plan.runs), plan.parameters, plan.sweeps) == (9, 100_000, ("depth", "distance"))
