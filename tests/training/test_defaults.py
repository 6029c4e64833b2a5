"""What is chosen where the user left it open, for texts and budgets of any size."""

from dataclasses import replace
from pathlib import Path

import pytest
from command_line import TEXT, Runner

from charlstm.config import Config
from charlstm.config_file import read_yaml
from charlstm.store import archive
from charlstm.training.defaults import choose, updates_in_budget

OPEN = Config()


def chosen(config: Config, characters: int) -> tuple[int, float, float, float]:
    """Units, dropout, rate and passes."""
    decided, _ = choose(config, characters)
    steps = updates_in_budget(decided, characters)
    assert steps
    passes = steps * decided.batch_size * decided.seq_length / characters
    return decided.hidden_size, decided.dropout, decided.lr, round(passes, 1)


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        (5_000, (128, 0.5, 0.02, 128.0)),
        (50_000, (256, 0.5, 0.02, 12.8)),
        (1_000_000, (256, 0.5, 0.02, 12.0)),
        (4_000_000, (256, 0.25, 0.02, 5.0)),
        (20_000_000, (256, 0.0, 0.02, 1.0)),
        (2_000_000_000, (256, 0.0, 0.02, 1.0)),
    ],
)
def test_units_dropout_rate_and_passes_follow_from_the_text(
    characters: int, expected: tuple[int, float, float, float]
) -> None:
    assert chosen(OPEN, characters) == expected


def test_dropout_follows_from_the_passes_asked_for() -> None:
    assert chosen(replace(OPEN, epochs=2.0), 1_000_000)[1] == 0.0
    assert chosen(replace(OPEN, epochs=50.0), 20_000_000)[1] == 0.5
    assert chosen(replace(OPEN, max_steps=2500), 1_000_000)[1] == 0.25
    for minutes, dropout in ((0.5, 0.0), (2.0, 0.25), (10.0, 0.5)):
        assert choose(replace(OPEN, max_minutes=minutes), 1_000_000)[0].dropout == dropout


def test_the_rate_follows_from_the_units_and_the_optimiser() -> None:
    rates = [chosen(replace(OPEN, hidden_size=H), 10**6)[2] for H in (64, 256, 512, 1024)]
    assert rates == [0.02, 0.02, 0.01, 0.005]
    assert chosen(replace(OPEN, optimizer="sgd"), 10**6)[2] == 0.5


def test_what_was_asked_for_stays_and_is_not_spoken_of() -> None:
    asked = replace(OPEN, hidden_size=64, dropout=0.0, lr=1.0)
    assert choose(asked, 50_000) == (asked, [])
    _, (note,) = choose(Config(hidden_size=64, dropout=0.0), 50_000)
    assert note == "chosen for a text of 50,000 characters: --lr 0.02 for 64 units"


def test_a_run_says_and_records_what_was_chosen(charlstm: Runner, here: Path) -> None:
    outcome = charlstm.ok("train", "text.txt", "--max-steps=2", "--workers=1", "--out=runs/a")
    assert "--hidden-size 128" in outcome.stderr
    assert f"{len(TEXT) * 9 // 10:,} characters" in outcome.stderr
    settings = read_yaml(here / "runs/a/config.yaml")
    assert (settings["hidden_size"], settings["dropout"], settings["lr"]) == (128, 0.0, 0.02)
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
