"""What is chosen where the user left it open, for texts and budgets of any size."""

import math
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import TEXT, TINY, Runner

from charlstm.config import Config
from charlstm.config_file import read_yaml
from charlstm.store import archive
from charlstm.store.metrics import read_numbers
from charlstm.training.defaults import choose, settle_budget, updates_in_budget

OPEN = Config()
SIZED = Config(hidden_size=256)


def chosen(config: Config, characters: int) -> tuple[int, float, float, float]:
    """Units, dropout, rate and passes."""
    decided = choose(config, characters)
    steps = updates_in_budget(decided, characters)
    assert steps
    decided = settle_budget(decided, steps, characters, 0)
    passes = steps * decided.batch_size * decided.seq_length / characters
    return decided.hidden_size, decided.dropout, decided.lr, round(passes, 1)


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        (5_000, (128, 0.5, 0.03, 128.0)),
        (19_999, (128, 0.5, 0.03, 32.0)),
        (20_000, (256, 0.5, 0.03, 32.0)),
        (50_000, (256, 0.5, 0.03, 12.8)),
        (299_999, (256, 0.5, 0.017, 11.7)),
        (300_000, (384, 0.5, 0.014, 11.7)),
        (1_000_000, (384, 0.0, 0.014, 3.5)),
        (1_999_999, (384, 0.0, 0.014, 1.8)),
        (2_000_000, (256, 0.0, 0.011, 4.0)),
        (20_000_000, (256, 0.0, 0.011, 0.4)),
        (2_000_000_000, (256, 0.0, 0.0022, 0.1)),
    ],
)
def test_units_dropout_rate_and_passes_follow_from_the_text(
    characters: int, expected: tuple[int, float, float, float]
) -> None:
    assert chosen(OPEN, characters) == expected


def test_dropout_follows_from_the_passes_asked_for_and_the_weights() -> None:
    assert chosen(replace(OPEN, epochs=2.0), 1_000_000)[1] == 0.0
    assert chosen(replace(OPEN, epochs=50.0), 1_000_000)[1] == 0.5
    assert chosen(replace(OPEN, max_steps=6000), 1_000_000)[1] == 0.25
    sizes = [(64, 1), (128, 1), (128, 4), (256, 1), (512, 1)]
    few = replace(OPEN, epochs=12.0)
    shares = [chosen(replace(few, hidden_size=H, num_layers=L), 1_000_000)[1] for H, L in sizes]
    assert shares == [0.0, 0.0, 0.25, 0.25, 0.5]


def test_weights_are_dropped_only_beside_a_dropout_that_was_chosen_high() -> None:
    few, many = 14_305, 14_306
    cases: tuple[tuple[dict[str, Any], int, float], ...] = (
        ({}, few, 0.0),
        ({}, many, 0.2),
        ({"dropout": 0.5}, many, 0.0),
        ({"weight_drop": 0.4}, few, 0.4),
        ({"weight_drop": 0.0}, many, 0.0),
    )
    for given, updates, weight_drop in cases:
        config = replace(SIZED, **given)
        assert settle_budget(config, updates, 1_000_000, 0).weight_drop == weight_drop


def test_dropout_waits_for_the_updates_and_counts_all_of_them() -> None:
    assert "dropout" in choose(replace(OPEN, max_minutes=10.0), 1_000_000).undecided
    for updates, dropout in ((4768, 0.0), (4769, 0.25), (14_305, 0.25), (14_306, 0.5)):
        assert settle_budget(SIZED, updates, 1_000_000, 0).dropout == dropout
    # The least number of updates reads this text 336 times, and not twice.
    large = replace(OPEN, batch_size=65_536, seq_length=64)
    assert chosen(large, 5_000_000)[1] == 0.5


@pytest.mark.parametrize("val_characters", [0, 1, 100, 10_000, 300_000])
@pytest.mark.parametrize("updates", [1, 2, 39, 50, 123, 400, 9599, 10**6])
def test_validating_costs_a_quarter_of_training_at_most(updates: int, val_characters: int) -> None:
    config = settle_budget(SIZED, updates, 10**6, val_characters)
    assert config.eval_every is not None
    validations = math.ceil(updates / config.eval_every)
    trained = updates * config.batch_size * config.seq_length
    if validations > 1:  # and if even one costs more, that one stays
        assert validations * val_characters * 0.4 <= 0.25 * trained
    if 21 * val_characters * 0.4 <= 0.25 * trained and updates >= 400:
        assert config.eval_every == updates // 20


def test_a_short_run_on_a_long_text_is_validated_once() -> None:
    assert settle_budget(SIZED, 50, 4_000_000, 300_000).eval_every == 50
    assert settle_budget(replace(SIZED, eval_every=10), 50, 4_000_000, 300_000).eval_every == 10


def test_a_run_too_short_for_its_validation_text_is_validated_at_its_end(
    charlstm: Runner, here: Path
) -> None:
    flags = ("train", "text.txt", *TINY, "--max-steps=3")
    for more, updates in (((), [3]), (("--eval-every=1",), [1, 2, 3])):
        run = Path(charlstm.ok(*flags, *more, "--json").json["run"])
        rows = read_numbers(here / run / "metrics.csv")
        assert [row["update"] for row in rows] == updates
        assert all(row["val_nats"] > 0 for row in rows)


def test_the_rate_follows_from_units_updates_and_optimiser() -> None:
    few = replace(OPEN, max_steps=1500)
    rates = [chosen(replace(few, hidden_size=H), 10**6)[2] for H in (64, 256, 512, 1024)]
    assert rates == [0.02, 0.02, 0.014, 0.01]
    few = replace(few, cell="rnn")
    rates = [chosen(replace(few, hidden_size=H), 10**6)[2] for H in (64, 128, 256)]
    assert rates == [0.02, 0.014, 0.01]
    counts = (1, 600, 1000, 3000, 6000, 15_000, 10**6)
    rates = [chosen(replace(SIZED, max_steps=n), 10**6)[2] for n in counts]
    assert rates == [0.03, 0.03, 0.024, 0.014, 0.01, 0.0063, 0.002]
    assert chosen(replace(SIZED, optimizer="sgd"), 10**6)[2] == 0.5


@pytest.mark.parametrize(
    ("file", "options", "penalty"),
    [
        (None, (), 0.3),
        (None, ("--lr=0.01",), 0.3),
        (None, ("--memory-penalty=0",), 0.0),
        ("seed: 3", (), 0.3),
        ("lr: 0.01", (), 0.0),  # a recipe: what it leaves out stays off
        ("lr: 0.01", ("--memory-penalty=0.2",), 0.2),
        ("lr: 0.01\nmemory_penalty: 0.4", (), 0.4),
        ("lr: 0.01\nmemory_penalty: 0.4", ("--memory-penalty=0.2",), 0.2),
    ],
)
def test_new_runs_have_a_memory_penalty_and_old_recipes_have_none(
    charlstm: Runner, here: Path, file: str | None, options: tuple[str, ...], penalty: float
) -> None:
    if file:
        (here / "c.yaml").write_text(file + "\n", encoding="utf-8")
        options = (*options, "--config=c.yaml")
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=1", "--out=runs/a", *options)
    assert read_yaml(here / "runs/a/config.yaml")["memory_penalty"] == penalty


@pytest.mark.usefixtures("here")
def test_what_was_asked_for_stays_and_is_not_spoken_of(charlstm: Runner) -> None:
    asked = replace(OPEN, hidden_size=64, dropout=0.0, lr=1.0)
    assert choose(asked, 50_000) == asked
    flags = ("text.txt", "--max-steps=2", "--workers=1", "--hidden-size=8", "--dropout=0")
    assert "chosen" not in charlstm.ok("train", *flags, "--lr=1e-3").stderr
    characters = f"{len(TEXT) * 9 // 10:,}"
    assert (
        f"chosen for a text of {characters} characters: --lr 0.03 for 8 units and 2 updates\n"
        in charlstm.ok("train", *flags).stderr
    )


def test_the_dropout_of_minutes_is_that_of_the_passes_made(
    charlstm: Runner, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ("text.txt", *TINY, "--hidden-size=16", "--max-minutes=0.01")
    for updates, dropout in ((20, 0.0), (200, 0.25), (500, 0.5)):
        monkeypatch.setattr("charlstm.training.minutes.updates_within", lambda *_, u=updates: u)
        outcome = charlstm.ok("train", *flags, f"--out=runs/{updates}", "--workers=2")
        made = re.search(r"updates of .* \((.*) passes\)", outcome.stderr)
        assert made and f"--dropout {dropout:g} as it is read {made[1]} times" in outcome.stderr
        recorded = here / f"runs/{updates}/config.yaml"
        assert read_yaml(recorded)["dropout"] == dropout
        charlstm.ok("train", "--config", recorded, "--out=runs/again", "--workers=1")
        first, second = (
            archive.load(here / run / "last.npz").arrays
            for run in (f"runs/{updates}", "runs/again")
        )
        assert all((first[name] == second[name]).all() for name in first)
        shutil.rmtree(here / "runs/again")


def test_a_run_says_and_records_what_was_chosen(charlstm: Runner, here: Path) -> None:
    outcome = charlstm.ok("train", "text.txt", "--max-steps=2", "--workers=1", "--out=runs/a")
    assert "--hidden-size 128" in outcome.stderr
    assert f"{len(TEXT) * 9 // 10:,} characters" in outcome.stderr
    settings = read_yaml(here / "runs/a/config.yaml")
    assert (settings["hidden_size"], settings["dropout"], settings["lr"]) == (128, 0.0, 0.03)
    again = charlstm.ok("train", "--config=runs/a/config.yaml", "--out=runs/b")
    assert "chosen for" not in again.stderr
    first, second = (archive.load(here / run / "last.npz").arrays for run in ("runs/a", "runs/b"))
    assert all((first[name] == second[name]).all() for name in first)


def test_old_weights_decide_the_units(charlstm: Runner, here: Path) -> None:
    flags = ("text.txt", "--max-steps=1", "--workers=1")
    charlstm.ok("train", *flags, "--hidden-size=9", "--out=runs/a")
    (here / "c.yaml").write_text("lr: 1e-3\n", encoding="utf-8")
    charlstm.ok("train", *flags, "--init-from=runs/a", "--config=c.yaml", "--out=runs/b")
    assert read_yaml(here / "runs/b/config.yaml")["hidden_size"] == 9


def test_a_checkpoint_with_something_undecided_is_refused(charlstm: Runner, here: Path) -> None:
    charlstm.ok("train", "text.txt", "--max-steps=1", "--workers=1", "--out=runs/a")
    path = here / "runs/a/last.npz"
    held = archive.load(path)
    header = {**held.header, "config": {**held.header["config"], "lr": None}}
    archive.save(path, header, held.arrays)
    assert "its header is not one of a training run" in charlstm.fails("train", "--resume=runs/a")
