"""Early checkpoints: after which updates a run leaves them, and what they hold."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import TEXT, Runner

from charlstm import load
from charlstm.checkpoint import load as load_checkpoint
from charlstm.config import Config
from charlstm.errors import CheckpointError
from charlstm.store import archive
from charlstm.training.early import early_updates
from charlstm.training.events import Event, Finished, Updated
from charlstm.training.fit import fit

SMALL = Config(
    hidden_size=8, batch_size=8, seq_length=12, shards=2, workers=1, max_steps=20, dropout=0.2,
    lr=0.004, warmup_steps=4, eval_every=20, keep_early=4,
)  # fmt: skip
EARLY = ["early-000001", "early-000002", "early-000004", "early-000009"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return replace(SMALL, corpus=(str(tmp_path / "text.txt"),))


def run(config: Config, root: Path, **more: Any) -> Path:
    *_, finished = fit(config, root=root, **more)
    assert isinstance(finished, Finished)
    return finished.run


def after(updates: int) -> Callable[[], bool]:
    asked = count(1)
    return lambda: next(asked) >= updates


def names(run: Path) -> list[str]:
    return sorted(path.stem for path in run.glob("*-*.npz"))


def weights(path: Path) -> dict[str, bytes]:
    found = archive.load(path).arrays
    return {k: a.tobytes() for k, a in found.items() if k.startswith("weights/")}


@pytest.mark.parametrize("updates", [200, 399, 2800, 10**12])
@pytest.mark.parametrize("wanted", [1, 2, 8, 50])
def test_intervals_grow_by_the_same_factor_up_to_the_end(wanted: int, updates: int) -> None:
    chosen = sorted(early_updates(wanted, updates))
    assert len(chosen) == wanted and chosen[0] == 10
    if wanted < 50:  # more of them are rounded to whole updates
        factors = [b / a for a, b in pairwise([*chosen, updates])]
        assert max(factors) < min(factors) * 1.08


def test_a_run_with_few_updates_leaves_those_it_has() -> None:
    assert early_updates(0, 100) == set()
    assert early_updates(1, 1) == {1}
    assert early_updates(1000, 3) == {1, 2, 3}
    assert early_updates(3, 12) == {1, 2, 5}
    assert len(early_updates(30, 60)) == 30 and max(early_updates(30, 60)) <= 60


def test_each_holds_the_weights_after_its_update_and_a_model(
    config: Config, tmp_path: Path
) -> None:
    whole = run(config, tmp_path)
    assert names(whole) == EARLY
    for name in EARLY:
        update, path = int(name[6:]), whole / f"{name}.npz"
        part = run(replace(config, keep_early=0), tmp_path, stop=after(update))
        assert weights(path) == weights(part / "last.npz")
        assert set(archive.load(path).arrays) == set(weights(path))
        assert path.stat().st_size < 0.6 * (part / "last.npz").stat().st_size
        model = load(path)
        assert model.checkpoint.progress.update == update
        assert np.isfinite(model.evaluate("the cat").nats_per_char)
    plain = run(replace(config, keep_early=0), tmp_path)
    assert weights(whole / "last.npz") == weights(plain / "last.npz")


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_resumed_run_leaves_the_same_ones(
    config: Config, tmp_path: Path, workers: int, lines: bool
) -> None:
    config = replace(config, lines=lines)
    whole = run(config, tmp_path)
    part = run(config, tmp_path, stop=after(3))
    assert names(part) == EARLY[:2]
    saved = load_checkpoint(part / "last.npz").config
    run(replace(saved, workers=workers), tmp_path, resume=part, stop=after(3))
    run(saved, tmp_path, resume=part)
    assert names(part) == EARLY
    for name in EARLY:
        assert weights(part / f"{name}.npz") == weights(whole / f"{name}.npz")


def test_keep_removes_none_of_them_and_they_none_of_its(config: Config, tmp_path: Path) -> None:
    made = run(replace(config, keep=2, checkpoint_every=2), tmp_path)
    assert names(made) == [*EARLY, "step-18", "step-20"]
    saved = load_checkpoint(made / "last.npz").config
    run(replace(saved, keep=1, keep_early=0, max_steps=22), tmp_path, resume=made)
    assert names(made) == [*EARLY, "step-22"]


def test_a_run_that_goes_on_for_longer_adds_those_of_the_longer_one(
    config: Config, tmp_path: Path
) -> None:
    made = run(config, tmp_path)
    saved = load_checkpoint(made / "last.npz").config
    run(replace(saved, max_steps=80), tmp_path, resume=made)
    added = {f"early-{update:06d}" for update in early_updates(4, 80) if update > 20}
    assert added and set(names(made)) == {*EARLY, *added}


def test_minutes_leave_them_as_the_updates_that_they_became(config: Config, tmp_path: Path) -> None:
    made = run(replace(config, max_steps=None, max_minutes=0.005, eval_every=None), tmp_path)
    updates = load_checkpoint(made / "last.npz").config.max_steps or 0
    assert names(made) == [f"early-{update:06d}" for update in sorted(early_updates(4, updates))]


def test_an_early_one_does_not_put_off_the_next_save(config: Config, tmp_path: Path) -> None:
    """A run cannot go on from it, so the minutes since the last save go on counting."""
    timed = replace(config, checkpoint_minutes=1e-9, keep_early=20)
    events: list[Event] = []
    training = fit(timed, root=tmp_path)
    for event in training:
        events.append(event)
        if isinstance(event, Updated) and event.update == 7:
            break
    assert load_checkpoint(tmp_path / "text" / "last.npz").progress.update == 6


def test_no_run_goes_on_from_weights_alone_and_one_may_start(
    config: Config, charlstm: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run(config, tmp_path)
    monkeypatch.chdir(made)
    before = (made / "last.npz").read_bytes()
    with pytest.raises(CheckpointError, match="weights alone"):
        run(config, tmp_path, resume=made / "early-000002.npz")
    said = charlstm.fails("train", "--resume", "early-000002.npz")
    assert "go on from" in said and "train --resume ." in said and "--init-from" in said
    assert (made / "last.npz").read_bytes() == before
    charlstm.ok("train", config.corpus[0], "--init-from=early-000002.npz", "--max-steps=1")
    charlstm.ok("sample", "--run=early-000002.npz", "--length=5")
    charlstm.ok("inspect", "text", "the cat", "--run=early-000002.npz")


def test_a_number_that_cannot_be(charlstm: Runner, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    text = str(tmp_path / "text.txt")
    for value in ("-1", "1001"):
        said = charlstm.fails("train", text, f"--keep-early={value}", status=2)
        assert "keep_early must be at least 0" in said
    charlstm.fails("train", text, "--keep-early=some", status=2)
