"""What the log says of a run whose validation, memory or gates have gone astray, and how often."""

import re
import shlex
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from command_line import TEXT, TINY, Runner

from charlstm import checkpoint
from charlstm.config import Config
from charlstm.nn.cells import CELLS
from charlstm.nn.saturation import Sizes
from charlstm.progress import Progress
from charlstm.store import archive
from charlstm.training import validation

BUDGET = ("--max-steps=24", "--eval-every=4", "--checkpoint-every=4", "--lr=0.001", "--dropout=0")
FALL = "far off its best 0.5000 of update 4, and training has risen with it"


def planned(cell: str = "lstm") -> Any:
    """As much of a run as the notes look at, before its first validation."""
    progress = Progress(start_loss=4.0)
    pool = SimpleNamespace(parameters=SimpleNamespace(cell=CELLS[cell]()))
    config = Config(lr=0.02, dropout=0.0)
    return SimpleNamespace(progress=progress, pool=pool, config=config, folder=Path("runs/a run"))


def said(losses: Iterable[tuple[float, float]]) -> list[str]:
    """What is said of validations with these (training, validation) losses: "" for nothing."""
    run, notes = planned(), []
    for update, (train, val) in enumerate(losses, 1):
        progress = run.progress
        progress.update, progress.last_val = update, val
        if progress.best_val is None or val < progress.best_val:
            progress.best_val, progress.course.best_update = val, update
        found = list(validation._fall(run, train))
        assert len(found) <= 1
        notes.append(found[0] if found else "")
    return notes


def kinds(losses: Iterable[tuple[float, float]]) -> str:
    """A letter for each validation: a for falling apart, h for learning by heart."""
    words = {"fallen apart": "a", "by heart": "h"}
    return "".join(
        next((letter for word, letter in words.items() if word in note), ".")
        for note in said(losses)
    )


def test_a_run_that_falls_apart_is_said_once_for_each_fall() -> None:
    learning = [(3.0, 2.0), (1.0, 0.6), (0.5, 0.44)]
    apart = [(0.6, 0.9), (1.5, 1.9), (2.4, 2.5), (2.5, 2.5)]
    assert kinds([*learning, *apart]) == "...a..."
    recovered = [(0.6, 0.5), (0.5, 0.43)]
    assert kinds([*learning, *apart, *recovered, *apart]) == "...a....." + "a..."


def test_what_is_said_of_a_fall_names_the_losses_the_model_that_is_kept_and_a_lower_rate() -> None:
    note = said([(3.0, 2.0), (0.5, 0.437), (2.4, 2.501)])[-1]
    assert note == (
        "validation is at 2.5010 nats/char, far off its best 0.4370 of update 2, and training has "
        "risen with it: the run has fallen apart. best.npz keeps the model of update 2; "
        "try a lower rate: charlstm train --config 'runs/a run/config.yaml' --lr 0.005"
    )


def test_a_model_that_learns_its_text_by_heart_is_told_apart_from_one_that_falls_apart() -> None:
    learning = [(3.0, 2.0), (1.8, 1.6), (1.5, 1.61), (1.2, 1.7)]
    by_heart = [(0.9, 1.9), (0.6, 2.2), (0.62, 2.4)]
    assert kinds([*learning, *by_heart]) == "....h.."
    assert kinds([*learning, *by_heart, (2.6, 2.9), (2.5, 3.0)]) == "....h..a."
    note = said([*learning, *by_heart])[4]
    assert "learns its text by heart. best.npz keeps the model of update 2;" in note
    assert "--patience 3" in note and "--dropout" in note


def test_dropout_that_keeps_training_above_validation_is_no_fall() -> None:
    assert kinds([(3.0, 2.0), (2.0, 1.5), (1.9, 1.6), (1.85, 1.85), (1.8, 1.9)]) == "...h."


@pytest.mark.parametrize(
    "losses",
    [
        [(3.0, 2.0), (1.8, 1.6), (1.7, 1.7), (1.75, 1.62), (1.6, 1.8)],  # noise
        [(3.9, 3.8), (3.8, 3.85), (3.9, 3.88)],  # little was learnt, and little is lost
        [(3.0, 2.0)],
    ],
)
def test_ordinary_ups_and_downs_are_not_worth_a_word(losses: list[tuple[float, float]]) -> None:
    assert not any(said(losses))


def test_a_flat_memory_is_said_once_until_it_is_small_again() -> None:
    run = planned()
    medians = [1.0, 4.9, 5.1, 60.0, 3.0, 70.0, 2.0, 6.0]
    notes = ["".join(validation._flat_memory(run, Sizes(m, 1.1 * m, 100 * m))) for m in medians]
    assert [bool(note) for note in notes] == [m in (5.1, 6.0) for m in medians]
    assert notes[2].startswith("half of |c| is above 5.1, and the largest is 510: tanh(c) is flat")
    assert not list(validation._flat_memory(run, None))


def test_a_memory_that_grows_without_bound_in_some_units_is_said_though_most_are_small() -> None:
    run = planned()
    notes = ["".join(validation._flat_memory(run, Sizes(1.0, p90, 5e4))) for p90 in (25, 786, 2136)]
    assert [bool(note) for note in notes] == [False, True, False]
    assert notes[1].startswith("a tenth of |c| is above 786, and the largest is 50,000: tanh(c)")


def test_a_gate_that_stays_saturated_is_named_at_the_third_validation_in_a_row() -> None:
    run = planned()
    free, stuck = np.full((2, 3), 0.8), np.full((2, 3), 0.8)
    stuck[1, 1] = 0.995
    course = [stuck, stuck, free, *[stuck] * 5]
    notes = ["".join(validation._stuck_gates(run, shares)) for shares in course]
    assert [bool(note) for note in notes] == [False] * 5 + [True, False, False]
    assert f"in a row: {run.pool.parameters.cell.sigmoids[1]} of layer 1;" in notes[5]
    assert not list(validation._stuck_gates(run, np.empty((0, 0))))


@pytest.fixture
def fallen(charlstm: Runner, here: Path) -> Path:
    """A run that stopped after 8 of 24 updates, as if it had been at 0.5 nats at the fourth."""
    charlstm.ok("train", "text.txt", *TINY, *BUDGET[1:], "--max-steps=8", "--out=fallen")
    path = here / "fallen" / "last.npz"
    saved = checkpoint.load(path)
    saved.progress.best_val, saved.progress.course.best_update = 0.5, 4
    saved.progress.course.lowest_train = 0.5
    checkpoint.save(path, saved)
    return path


def test_the_log_and_the_end_of_a_run_say_that_it_fell_apart(
    charlstm: Runner, fallen: Path, here: Path
) -> None:
    log = charlstm.ok("train", "--resume=fallen", "--max-steps=24").stderr.splitlines()
    told = [n for n, line in enumerate(log) if FALL in line]
    assert len(told) == 2  # at update 12, though five validations follow, and at the end
    assert log[told[1] + 1].startswith("done after 24 updates")
    lower = re.sub(r".*: (?=\S*charlstm train)", "", log[told[1]])
    config = read_config(fallen)
    words = shlex.split(lower)
    assert words[-2:] == ["--lr", f"{config.lr / 4:g}"]
    charlstm.ok(*words[1:], "--max-steps=2", "--eval-every=2", "--out=lower")
    assert read_config(here / "lower" / "last.npz").lr == config.lr / 4


def test_resuming_a_run_that_fell_apart_says_so_at_its_start_and_not_again(
    charlstm: Runner, fallen: Path
) -> None:
    charlstm.ok("train", "--resume=fallen", "--max-steps=16")
    log = charlstm.ok("train", "--resume=fallen", "--max-steps=24").stderr.splitlines()
    told = [n for n, line in enumerate(log) if FALL in line]
    start = next(n for n, line in enumerate(log) if "going on after update 16" in line)
    assert len(told) == 2 and told[0] < start < told[1]
    whole = archive.load(fallen).header["course"]
    assert whole["fall"] == "apart" and whole["best_update"] == 4
    again = charlstm.ok("train", "--resume=fallen").stderr.splitlines()
    assert sum(FALL in line for line in again) == 1


def test_a_run_of_an_earlier_version_is_told_without_the_update(
    charlstm: Runner, fallen: Path
) -> None:
    found = archive.load(fallen)
    header = {name: value for name, value in found.header.items() if name != "course"}
    archive.save(fallen, header, found.arrays)
    log = charlstm.ok("train", "--resume=fallen", "--max-steps=24").stderr
    assert log.count("far off its best 0.5000, and training has risen with it") == 2
    assert "best.npz keeps the model; try" in log


def test_a_run_in_parts_takes_the_course_of_a_whole_one(charlstm: Runner, here: Path) -> None:
    plan = ("text.txt", *TINY, *BUDGET, "--schedule=constant")
    charlstm.ok("train", *plan, "--out=whole")
    charlstm.ok("train", *plan, "--max-steps=10", "--out=parts")
    charlstm.ok("train", "--resume=parts", "--max-steps=24")
    whole, parts = (checkpoint.load(here / run / "last.npz").progress for run in ("whole", "parts"))
    assert asdict(replace(whole, seconds=0.0)) == asdict(replace(parts, seconds=0.0))
    assert whole.course.best_update == 24


def read_config(path: Path) -> Config:
    return checkpoint.load(path).config


def test_the_row_of_a_validation_has_the_sizes_of_c_and_the_saturated_shares(
    charlstm: Runner, here: Path
) -> None:
    (here / "longer.txt").write_text(TEXT * 3, encoding="utf-8")
    for cell, gates in (("lstm", "ifo"), ("gru", "rz"), ("rnn", "")):
        charlstm.ok(
            "train", "longer.txt", *TINY, "--max-steps=4", f"--cell={cell}", f"--out={cell}"
        )
        (row,) = charlstm.ok("plot", cell, "--json").json["runs"]
        known = {name for name, values in row.items() if values[-1] is not None}
        sizes = {"c_median", "c_p90", "c_largest"} if cell == "lstm" else set()
        wanted = sizes | {f"saturated_{gate}" for gate in gates}
        assert {name for name in known if name[:2] == "c_" or "saturated" in name} == wanted
        assert all(0 <= row[f"saturated_{gate}"][-1] <= 1 for gate in gates)
        if cell == "lstm":
            assert 0 < row["c_median"][-1] <= row["c_p90"][-1] <= row["c_largest"][-1]
