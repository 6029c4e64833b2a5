"""A training run: resumed bit for bit, stopped by patience, begun from old weights, recorded."""

import csv
import io
import itertools
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import TEXT, Runner

from charlstm import load
from charlstm.checkpoint import load as load_checkpoint
from charlstm.checkpoint import save as save_checkpoint
from charlstm.config import Config, from_mapping
from charlstm.config_file import read_yaml
from charlstm.errors import CorpusError, DivergedError, RunError
from charlstm.nn.cells import cell_options
from charlstm.store import archive
from charlstm.training.events import Event, Finished, Note, Preview, Started, Updated, Validated
from charlstm.training.fit import fit
from charlstm.training.texts import read_texts

pytestmark = pytest.mark.slow

SMALL = Config(
    hidden_size=8, batch_size=8, seq_length=12, shards=2, workers=1, max_steps=20, warmup_steps=4,
    lr=0.004, dropout=0.0, clip_norm=0.2,
)  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Config:
    text = tmp_path / "text.txt"
    text.write_text(TEXT, encoding="utf-8")
    return replace(SMALL, corpus=(str(text),))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def after(count: int) -> Callable[[], bool]:
    """A `stop` that says yes when it is asked the count-th time, that is after so many updates."""
    asked = itertools.count(1)
    return lambda: next(asked) >= count


def run(config: Config, root: Path, **more: Any) -> tuple[Finished, list[Event]]:
    events = list(fit(config, root=root, **more))
    finished = events[-1]
    assert isinstance(finished, Finished)
    return finished, events


def resume(folder: Path, **more: Any) -> tuple[Finished, list[Event]]:
    """As the command line does: the checkpoint's own config, with `changes`."""
    settings = more.pop("changes", {})
    path = folder if folder.is_file() else folder / "last.npz"
    config = replace(load_checkpoint(path).config, **settings)
    return run(config, Path("unused"), resume=folder, **more)


def everything(run: Path, name: str = "last") -> dict[str, Any]:
    """All arrays of a checkpoint: weights, moments and carried state."""
    return archive.load(run / f"{name}.npz").arrays


def same(a: Path, b: Path, name: str = "last") -> bool:
    first, second = everything(a, name), everything(b, name)
    return first.keys() == second.keys() and all(
        np.array_equal(first[key], second[key]) for key in first
    )


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != ".lock"}


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout and two layers": {"dropout": 0.3, "num_layers": 2},
    "rmsprop": {"optimizer": "rmsprop", "schedule": "constant"},
    "sgd": {"optimizer": "sgd", "lr": 0.5},
    "bytes": {"tokens": "byte"},
    "attention": {"attention": 30, "num_layers": 2, "dropout": 0.2},
    "shrunk": {"batch_size": 4096, "seq_length": 40, "shards": None},
    "in epochs": {"max_steps": None, "epochs": 0.77},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_interrupted_run_ends_like_an_uninterrupted_one(
    config: Config, root: Path, variant: str
) -> None:
    config = replace(config, **VARIANTS[variant])
    whole, _ = run(config, root)
    part, _ = run(config, root, stop=after(10))
    assert (whole.steps, part.steps, part.reason) == (20, 10, "stopped")
    assert not same(whole.run, part.run)
    rest, events = resume(part.run)
    assert [e.update for e in events if isinstance(e, Started)] == [10]
    assert (rest.steps, rest.reason, rest.run) == (20, "done", part.run)
    assert same(whole.run, part.run)
    assert same(whole.run, part.run, "best")
    assert (rest.best_val_nats, rest.last_val_nats) == (whole.best_val_nats, whole.last_val_nats)
    for ours, theirs in zip(rows(whole.run), rows(part.run), strict=True):
        assert {**ours, "seconds": ""} == {**theirs, "seconds": ""}


def test_the_means_of_a_row_count_the_updates_before_a_resume(config: Config, root: Path) -> None:
    config = replace(config, eval_every=8, checkpoint_every=8, clip_norm=0.2)
    whole, _ = run(config, root)
    part, _ = run(config, root, stop=after(3))
    for updates in (3, 6):  # to 6, within the first row, and to 12, within the second
        resume(part.run, stop=after(updates))
    resume(part.run)
    assert [row["update"] for row in rows(part.run)] == ["8", "16", "20"]
    assert len({row["train_nats"] for row in rows(part.run)}) == 3
    assert any(0 < float(row["clipped"]) < 1 for row in rows(part.run))
    for ours, theirs in zip(rows(whole.run), rows(part.run), strict=True):
        assert {**ours, "seconds": ""} == {**theirs, "seconds": ""}


def test_seconds_go_on_from_those_before_a_resume(config: Config, root: Path) -> None:
    part, _ = run(replace(config, eval_every=8, checkpoint_every=8), root, stop=after(3))
    saved = load_checkpoint(part.run / "last.npz")
    assert saved.progress.seconds == part.seconds > 0
    saved.progress.seconds = 1000.0
    save_checkpoint(part.run / "last.npz", saved)
    rest, _ = resume(part.run)
    assert rest.seconds > 1000.0
    assert all(float(row["seconds"]) > 1000.0 for row in rows(part.run))


def test_the_seconds_count_the_reading_of_the_text(
    config: Config, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*given: Any, **named: Any) -> Any:
        time.sleep(0.3)
        return read_texts(*given, **named)

    monkeypatch.setattr("charlstm.training.start.read_texts", slowly)
    finished, _ = run(replace(config, max_steps=1), root)
    assert finished.seconds > 0.3
    assert float(rows(finished.run)[-1]["seconds"]) > 0.3


def test_the_cell_does_not_matter(config: Config, root: Path) -> None:
    for cell, options in (("gru", {"gru_reset": "after"}), ("peephole", {"peepholes": "io"})):
        ours = replace(config, cell=cell, cell_options=options, dropout=0.2)
        whole, _ = run(ours, root)
        part, _ = run(ours, root, stop=after(10))
        resume(part.run)
        assert same(whole.run, part.run)


@pytest.mark.parametrize("attention", [0, 15])
@pytest.mark.parametrize(
    "changes",
    [
        {"workers": 2},
        {"eval_every": 3, "checkpoint_every": 2, "sample_every": 1, "keep": 2, "keep_early": 5},
        {"eval_every": 20, "checkpoint_minutes": 1e-9},
        {"threads": 2},
        {"patience": 50},
    ],
)
def test_how_it_is_run_does_not_change_the_weights(
    config: Config, root: Path, changes: dict[str, Any], attention: int
) -> None:
    config = replace(config, dropout=0.3, attention=attention)
    whole, _ = run(config, root)
    other, _ = run(replace(config, **changes), root)
    assert same(whole.run, other.run)
    part, _ = run(config, root, stop=after(7))
    resume(part.run, changes=changes)
    assert same(whole.run, part.run)
    part, _ = run(replace(config, **changes), root, stop=after(13))
    resume(part.run, changes={"workers": 1})
    assert same(whole.run, part.run)


def test_interrupted_again_and_again(config: Config, root: Path) -> None:
    whole, _ = run(config, root)
    part, _ = run(config, root, stop=after(1))
    for _ in range(19):
        finished, _ = resume(part.run, stop=after(1))
    assert (finished.steps, finished.reason) == (20, "done")
    assert same(whole.run, part.run)


def test_a_run_that_was_killed_goes_on_from_its_last_save(config: Config, root: Path) -> None:
    config = replace(config, eval_every=4)
    whole, _ = run(config, root)
    events = fit(config, root=root)
    for event in events:
        if isinstance(event, Updated) and event.update == 11:
            break
    assert isinstance(events, Iterator)
    killed = root / "text-2"
    (killed / ".last.npz.0123456789abcdef.tmp").write_bytes(b"half a checkpoint")
    events.close()
    assert load_checkpoint(killed / "last.npz").progress.update == 8
    resume(killed)
    assert same(whole.run, killed)
    assert [row["update"] for row in rows(killed)] == ["4", "8", "12", "16", "20"]
    assert not list(killed.glob(".*.tmp"))


def test_resuming_a_finished_run_changes_nothing(config: Config, root: Path) -> None:
    finished, _ = run(config, root)
    before = files(finished.run)
    for changes in ({}, {"max_steps": 20}, {"max_steps": 3}, {"max_steps": None, "epochs": 0.01}):
        again, events = resume(finished.run, changes=changes)
        assert (again.reason, again.steps) == ("already done", 20)
        assert events == [again]
        assert files(finished.run) == before
    assert again.best_val_nats == finished.best_val_nats


def test_a_larger_budget_goes_on(config: Config, root: Path) -> None:
    # At a constant rate the budget decides nothing else, so the two ways must meet.
    config = replace(config, schedule="constant", eval_every=5)
    whole, _ = run(config, root)
    short, _ = run(replace(config, max_steps=10), root)
    longer, _ = resume(short.run, changes={"max_steps": 20})
    assert (longer.reason, longer.steps) == ("done", 20)
    assert same(whole.run, short.run)
    assert read_yaml(short.run / "config.yaml")["max_steps"] == 20


def test_a_resumed_run_says_so_on_the_command_line(
    charlstm: Runner, config: Config, root: Path
) -> None:
    finished, _ = run(config, root)
    before = files(finished.run)
    outcome = charlstm.ok("train", "--resume", finished.run, "--json")
    assert "is finished after 20 updates; nothing was changed. To go on: " in outcome.stderr
    assert outcome.json["steps"] == 20
    assert files(finished.run) == before
    command = re.search(r"To go on: charlstm (.*)", outcome.stderr)
    assert command is not None
    assert charlstm.ok(*command[1].split(), "--json").json["steps"] == 40


def test_patience_stops_and_can_be_given_again(
    charlstm: Runner, config: Config, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "val.txt").write_text("sdrawkcab " * 20, encoding="utf-8")  # gets ever worse
    config = replace(
        config, val=str(tmp_path / "val.txt"), lr=0.1, eval_every=2, patience=3, max_steps=200
    )
    finished, events = run(config, root)
    assert finished.reason == "patience" and finished.steps < 200
    validated = [event for event in events if isinstance(event, Validated)]
    assert [event.best for event in validated[-4:]] == [True, False, False, False]
    best = min(event.val_nats or 0.0 for event in validated)
    assert finished.best_val_nats == best < (finished.last_val_nats or 0.0)
    assert load_checkpoint(finished.run / "best.npz").progress.update == finished.steps - 6

    before = files(finished.run)
    again, _ = resume(finished.run)
    assert again.reason == "already done"
    assert files(finished.run) == before
    message = charlstm.ok("train", "--resume", finished.run).stderr
    assert "--max-steps 400" in message  # more than it had, so that it does go on
    steps = finished.steps
    for changes in ({"max_steps": 400}, {"patience": 4}, {"max_steps": None, "epochs": 30.0}):
        copy = root / "copy"
        shutil.copytree(finished.run, copy)
        more, _ = resume(copy, changes=changes, stop=after(4))
        assert (more.reason, more.steps) == ("stopped", steps + 4)
        shutil.rmtree(copy)


def test_more_patience_changes_nothing_before(config: Config, root: Path) -> None:
    whole, _ = run(config, root)
    part, _ = run(replace(config, patience=1000), root, stop=after(10))
    resume(part.run, changes={"patience": None})
    assert same(whole.run, part.run)


def test_old_weights_for_a_new_text(config: Config, root: Path, tmp_path: Path) -> None:
    old, _ = run(config, root)
    text = tmp_path / "new.txt"
    text.write_text("¡Zap! " + TEXT.replace("cat", "żuk"), encoding="utf-8")
    new = replace(config, corpus=(str(text),), max_steps=1, lr=1e-9)
    finished, _ = run(new, root, init_from=old.run)
    before, now = load(old.run / "best.npz"), load(finished.run / "last.npz")
    known = before.vocabulary.characters
    assert now.vocabulary.characters[: len(known)] == known
    added = now.vocabulary.characters[len(known) :]
    assert added == "".join(sorted(set(text.read_text(encoding="utf-8")) - set(known)))
    for name, weights in before.parameters.by_name.items():
        kept = now.parameters.by_name[name]
        if name.endswith(".E"):  # a row for each character, and the unknown one's at the end
            np.testing.assert_allclose(kept[: len(known)], weights[:-1], atol=1e-6)
            np.testing.assert_allclose(kept[-1], weights[-1], atol=1e-6)
            assert np.abs(kept[len(known) : -1]).min(axis=0).max() > 0
        else:
            np.testing.assert_allclose(kept[: len(weights)], weights, atol=1e-6)


def test_old_weights_on_the_command_line(
    charlstm: Runner, config: Config, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, _ = run(replace(config, cell="gru", num_layers=2), root)
    monkeypatch.chdir(root.parent)
    flags = ("--init-from", "text", "--max-steps=2", "--workers=1", "--json")
    result = charlstm.ok("train", "text.txt", *flags).json
    shape = load_checkpoint(Path(result["run"]) / "last.npz").config
    assert (shape.cell, shape.num_layers, shape.hidden_size) == ("gru", 2, 8)
    assert files(old.run) == files(root / "text")
    assert result["run"] == "runs/text-2"


def test_a_changed_corpus(charlstm: Runner, config: Config, root: Path) -> None:
    part, _ = run(config, root, stop=after(10))
    before = files(part.run)
    text = Path(config.corpus[0])
    text.write_text(TEXT + "The end.\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="has changed since the run was started; pass --allow-"):
        resume(part.run)
    assert files(part.run) == before
    message = charlstm.fails("train", "--resume", part.run)
    assert message.endswith("pass --allow-changed-corpus to go on with the new text")
    flags = ("--allow-changed-corpus", "--json")
    assert charlstm.ok("train", "--resume", part.run, *flags).json["steps"] == 20


def test_another_corpus_is_not_called_a_changed_one(
    charlstm: Runner, config: Config, root: Path, tmp_path: Path
) -> None:
    part, _ = run(config, root, stop=after(10))
    (tmp_path / "other.txt").write_text(TEXT + "The end.\n", encoding="utf-8")
    message = charlstm.fails("train", tmp_path / "other.txt", "--resume", part.run)
    assert f"other.txt is not the text of the run, which is {config.corpus[0]}; pass" in message


def test_a_corpus_that_moved(charlstm: Runner, config: Config, root: Path, tmp_path: Path) -> None:
    whole, _ = run(config, root)
    part, _ = run(config, root, stop=after(10))
    moved = Path(config.corpus[0]).rename(tmp_path / "moved.txt")
    assert "cannot read" in charlstm.fails("train", "--resume", part.run)
    charlstm.ok("train", moved, "--resume", part.run)
    assert same(whole.run, part.run)
    assert read_yaml(part.run / "config.yaml")["corpus"] == [str(moved)]


def test_a_project_folder_that_moved(
    charlstm: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each message says what to type, and that works; what came by a pipe is in the cache."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "c.txt").write_text(TEXT, encoding="utf-8")
    (old / "v.txt").write_text(TEXT[:200], encoding="utf-8")
    monkeypatch.chdir(old)
    flags = ("--hidden-size=4", "--batch-size=4", "--seq-length=8", "--workers=1", "--max-steps=2")
    charlstm.ok("train", "c.txt", "--val=v.txt", *flags)
    charlstm.ok("train", "c.txt", *flags, "--out=runs/d")
    charlstm.ok("train", "-", *flags, stdin=TEXT.encode())
    old.rename(new)
    monkeypatch.chdir(new)
    more = ("--max-steps=3",)
    charlstm.ok("train", "--resume=stdin", *more)
    charlstm.ok("eval", "--run=stdin")
    message = charlstm.fails("eval", "--run=c")
    assert message.endswith("c.txt: No such file or directory; name the file to read")
    charlstm.ok("sample", "--run=c", "--novelty", "--length=20")
    for name, words in [("c", "train c.txt --val v.txt"), ("d", "train c.txt")]:
        message = charlstm.fails("train", f"--resume={name}", *more)
        assert message == (
            f"cannot read {old / 'c.txt'}: No such file or directory; if it has moved, say where "
            f"it is: charlstm {words} --resume runs/{name}"
        )
        charlstm.ok(*message.rpartition("charlstm ")[2].split(), *more)
        charlstm.ok("train", f"--resume={name}", "--max-steps=4")
    message = charlstm.fails("train", "--resume=d", "--val=v.txt", "--max-steps=5", status=2)
    assert "--val cannot change" in message


def test_a_corpus_from_standard_input(
    config: Config, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = run(config, root)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    part, _ = run(replace(config, corpus=("-",)), root, stop=after(10))
    monkeypatch.setattr(sys, "stdin", None)
    resume(part.run)
    assert part.run == root / "stdin"
    assert same(whole.run, part.run)
    shutil.rmtree(root / ".cache")
    with pytest.raises(CorpusError, match=r"is gone or damaged; start a new run with --init-from"):
        resume(part.run, changes={"max_steps": 30})


def test_a_lost_cache_is_made_again(config: Config, root: Path) -> None:
    whole, _ = run(config, root)
    part, _ = run(config, root, stop=after(10))
    shutil.rmtree(root / ".cache")
    resume(part.run)
    assert same(whole.run, part.run)


def test_minutes_become_a_number_of_updates(config: Config, root: Path) -> None:
    timed, events = run(replace(config, max_steps=None, max_minutes=0.003), root)
    recorded = read_yaml(timed.run / "config.yaml")
    assert recorded["max_steps"] == timed.steps > 0
    assert recorded["max_minutes"] is None
    started = next(event for event in events if isinstance(event, Started))
    assert started.config.max_steps == timed.steps
    # Timing left no trace: the same number of updates gives the same weights.
    again, _ = run(from_mapping(recorded, cell_options()), root)
    assert same(timed.run, again.run)
    assert again.steps == timed.steps
    more, _ = resume(timed.run, changes={"max_steps": None, "max_minutes": 0.001})
    assert more.steps > timed.steps  # minutes are what is still to be spent


def test_the_budget_decides_the_intervals(config: Config, root: Path) -> None:
    finished, events = run(replace(config, max_steps=40, val_fraction=0.02), root)
    assert [e.update for e in events if isinstance(e, Validated)] == list(range(2, 41, 2))
    got = read_yaml(finished.run / "config.yaml")
    assert (got["eval_every"], got["checkpoint_every"]) == (2, 2)
    epoch, events = run(replace(config, max_steps=None, epochs=1.0), root)
    started = next(event for event in events if isinstance(event, Started))
    assert (epoch.steps - 1) * 8 * 12 < started.characters <= epoch.steps * 8 * 12


def test_metrics_are_cut_back_to_the_checkpoint(config: Config, root: Path) -> None:
    finished, _ = run(replace(config, eval_every=5, checkpoint_every=5, keep=9), root)
    whole, arrays = rows(finished.run), everything(finished.run)
    with (finished.run / "metrics.csv").open("a", encoding="utf-8") as file:
        file.write("25,24")  # cut off as by a full disk
    back, _ = resume(finished.run / "step-10.npz", stop=after(1))
    assert back.steps == 11
    assert [row["update"] for row in rows(finished.run)] == ["5", "10"]
    resume(finished.run)
    for ours, theirs in zip(whole, rows(finished.run), strict=True):
        for name in ("update", "characters", "epoch", "val_nats", "lr"):
            assert ours[name] == theirs[name]
    assert all(np.array_equal(arrays[k], a) for k, a in everything(finished.run).items())


def test_keep_leaves_the_newest_few(config: Config, root: Path) -> None:
    finished, _ = run(replace(config, checkpoint_every=3, eval_every=20, keep=2), root)
    names = {path.name for path in finished.run.glob("*.npz")}
    assert names == {"best.npz", "last.npz", "step-15.npz", "step-18.npz"}
    whole, _ = run(config, root)
    resume(finished.run / "step-15.npz")
    assert same(whole.run, finished.run)


def test_saves_by_the_clock(config: Config, root: Path) -> None:
    often = replace(config, checkpoint_every=20, eval_every=20, checkpoint_minutes=1e-9)
    for event in fit(often, root=root):
        if isinstance(event, Updated) and event.update == 6:
            break
    assert load_checkpoint(root / "text" / "last.npz").progress.update == 5


def test_one_training_at_a_time(config: Config, root: Path) -> None:
    events = fit(config, root=root)
    assert isinstance(next(events), Started)
    with pytest.raises(RunError, match="is training in"):
        resume(root / "text")
    assert [event.steps for event in events if isinstance(event, Finished)] == [20]
    assert resume(root / "text")[0].reason == "already done"


def test_divergence_keeps_the_last_good_checkpoint(config: Config, root: Path) -> None:
    wild = replace(
        config,
        optimizer="sgd",
        lr=1e5,
        clip_norm=0.0,
        warmup_steps=100_000,  # so the rate is 1, 2, 3, … and it begins well
        max_steps=100_000,
        checkpoint_every=3,
    )
    with pytest.raises(DivergedError, match=r"Try a lower --lr") as caught:
        run(wild, root)
    update = re.match(r"training diverged at update (\d+): loss ", str(caught.value))
    assert update is not None and int(update[1]) > 3
    snapshot = load_checkpoint(root / "text" / "last.npz")
    assert snapshot.progress.update == (int(update[1]) - 1) // 3 * 3
    assert np.isfinite(load(root / "text").evaluate(TEXT).nats)


def test_nothing_is_left_of_a_run_that_could_not_begin(
    config: Config, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise RunError("no worker could be started")

    mine = root.parent / "mine"
    mine.mkdir()
    monkeypatch.setattr("charlstm.training.start.WorkerPool", broken)
    for out in (None, str(root / "given"), str(mine)):
        with pytest.raises(RunError, match="no worker"):
            list(fit(replace(config, out=out), root=root))
    assert [path.name for path in root.iterdir()] == [".cache"]
    assert mine.is_dir()  # which was there before


def test_what_a_run_tells(config: Config, root: Path) -> None:
    _, events = run(replace(config, batch_size=999, sample_every=10, eval_every=10), root)
    kinds = [type(event) for event in events if not isinstance(event, Updated)]
    assert kinds == [Note, Started, Validated, Preview, Validated, Preview, Finished]
    updates = [event.update for event in events if isinstance(event, Updated)]
    assert updates == list(range(1, 21))
    previews = [event.text for event in events if isinstance(event, Preview)]
    assert all(len(text) == 200 and set(text) <= set(TEXT) for text in previews)


def test_validation_is_what_eval_reports(charlstm: Runner, config: Config, root: Path) -> None:
    for workers in (1, 2):
        finished, _ = run(replace(config, workers=workers, dropout=0.3), root)
        last = charlstm.ok("eval", "-r", finished.run / "last.npz", "--json").json
        best = charlstm.ok("eval", "-r", finished.run, "--json").json
        assert last["nats_per_char"] == finished.last_val_nats
        assert best["nats_per_char"] == finished.best_val_nats
