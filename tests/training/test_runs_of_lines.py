"""A run whose lines are examples of their own: its losses, its validation text, and its bits."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from place_names import as_lines, place_names

from charlstm import load
from charlstm.checkpoint import load as load_checkpoint
from charlstm.config import Config
from charlstm.nn import Array
from charlstm.store import archive
from charlstm.text.slices import TextSlice
from charlstm.training.events import Event, Finished, Note, Preview, Started, Validated
from charlstm.training.fit import fit
from charlstm.training.shards import Plan
from charlstm.training.workers import Job, WorkerPool

pytestmark = pytest.mark.slow

NAMES = place_names(150)
SMALL = Config(
    lines=True, hidden_size=8, batch_size=6, seq_length=9, shards=3, workers=1, max_steps=30,
    eval_every=10, warmup_steps=3, lr=0.02, dropout=0.1, checkpoint_every=10,
)  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "names.txt").write_text(as_lines(NAMES), encoding="utf-8")
    return replace(SMALL, corpus=(str(tmp_path / "names.txt"),))


each_attention = pytest.mark.parametrize("attention", [0, 5, 40])


def run(config: Config, root: Path, **more: Any) -> tuple[Path, list[Event]]:
    events = list(fit(config, root=root, **more))
    assert isinstance(events[-1], Finished)
    return events[-1].run, events


def arrays(folder: Path) -> dict[str, Array]:
    return archive.load(folder / "last.npz").arrays


def assert_same(one: Path, other: Path) -> None:
    found, expected = arrays(one), arrays(other)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def after(updates: int) -> Callable[[], bool]:
    asked = count(1)
    return lambda: next(asked) >= updates


def validation_lines(folder: Path) -> list[str]:
    model = load(folder)
    return model.vocabulary.decode(model.validation_ids()).splitlines()


@each_attention
@pytest.mark.parametrize("length", [4, 9, 70])
def test_the_losses_of_updates_are_those_of_the_lines_one_by_one(
    config: Config, tmp_path: Path, length: int, attention: int
) -> None:
    """Windows shorter than a line, and windows of many; lines that a window cuts count in part."""
    folder, _ = run(replace(config, attention=attention), tmp_path)
    model = load(folder)
    text = model.vocabulary.encode(as_lines(NAMES))
    (tmp_path / "ids").write_bytes(text.tobytes())
    whole = TextSlice(str(tmp_path / "ids"), str(text.dtype), 0, text.size, text.size)
    newline = int(model.vocabulary.encode("\n")[0])
    plan = Plan(
        model.parameters.architecture, model.vocabulary.size, 5, length, 2, 3, reset_at=newline
    )
    job = Job(plan, whole, None, newline)
    with WorkerPool(job) as pool:
        pool.parameters.flat[:] = model.parameters.flat
        nats = sum(pool.gradient(update)[0] for update in range(12))
    windows = [job.streams().window(update, slice(0, 5))[1:] for update in range(12)]
    read = np.concatenate(windows).T
    lines = [
        line
        for column in read
        for line in model.vocabulary.decode(column).splitlines(keepends=True)
    ]
    assert nats == pytest.approx(-sum(model.log_likelihoods(lines)), rel=1e-5)


def test_a_list_in_order_is_validated_on_lines_that_the_seed_draws(
    config: Config, tmp_path: Path
) -> None:
    found = {}
    for seed in (1, 2):
        folder, events = run(replace(config, seed=seed, max_steps=10), tmp_path)
        found[seed] = validation_lines(folder)
        (started,) = [event for event in events if isinstance(event, Started)]
        assert started.val_characters == sum(len(name) + 1 for name in found[seed])
        assert started.characters + started.val_characters == len(as_lines(NAMES))
        assert set(found[seed]) <= set(NAMES)
        assert min(map(NAMES.index, found[seed])) < 50 and max(map(NAMES.index, found[seed])) > 100
    assert found[1] != found[2]


@each_attention
def test_the_validation_loss_is_that_of_its_lines(
    config: Config, tmp_path: Path, attention: int
) -> None:
    folder, events = run(replace(config, attention=attention), tmp_path)
    *_, last = [event for event in events if isinstance(event, Validated)]
    model = load(folder / "last.npz")
    lines = [f"{line}\n" for line in validation_lines(folder)]
    mean = -sum(model.log_likelihoods(lines)) / sum(map(len, lines))
    assert last.val_nats == pytest.approx(mean, rel=1e-6)
    assert model.evaluate("".join(lines)).nats_per_char == pytest.approx(mean, rel=1e-6)


def test_a_validation_text_of_its_own_is_lines_too(config: Config, tmp_path: Path) -> None:
    (tmp_path / "val.txt").write_text("Corby\n\nFenham\nAldgate", encoding="utf-8")
    folder, events = run(replace(config, val=str(tmp_path / "val.txt")), tmp_path)
    assert sorted(validation_lines(folder)) == ["Aldgate", "Corby", "Fenham"]
    assert Note("left out 1 empty line: an example needs a character") in events
    assert sum(e.characters for e in events if isinstance(e, Started)) == len(as_lines(NAMES))


@each_attention
def test_neither_workers_nor_a_stop_change_a_bit(
    config: Config, tmp_path: Path, attention: int
) -> None:
    config = replace(config, attention=attention)
    whole, _ = run(config, tmp_path)
    shared, _ = run(replace(config, workers=3), tmp_path)
    assert_same(shared, whole)
    part, _ = run(config, tmp_path, stop=after(13))
    assert load_checkpoint(part / "last.npz").progress.update == 13
    saved = load_checkpoint(part / "last.npz").config
    run(replace(saved, workers=2), tmp_path, resume=part)
    assert_same(part, whole)


def test_a_copy_ends_with_its_line(config: Config, tmp_path: Path) -> None:
    folder, _ = run(config, tmp_path)
    model, own = load(folder), set(validation_lines(folder))
    (tmp_path / "names.txt").unlink()  # the run has a copy
    first, second = [name for name in NAMES if name not in own and len(name) > 12][:2]
    for text in (first, f"{first}\n{second[:5]}", f"{second[-5:]}\n{first}"):
        found = model.novelty(text)
        assert (found.longest, text[found.begin :][: found.longest]) == (len(first), first)


def test_a_line_that_has_changed_is_noticed(config: Config, tmp_path: Path) -> None:
    part, _ = run(config, tmp_path, stop=after(7))
    (tmp_path / "names.txt").write_text(as_lines(NAMES[1:]), encoding="utf-8")
    saved = load_checkpoint(part / "last.npz").config
    with pytest.raises(Exception, match="has changed since the run was started"):
        run(saved, tmp_path, resume=part)


def test_lines_change_nothing_where_they_are_not_asked_for(config: Config, tmp_path: Path) -> None:
    plain = replace(config, lines=False)
    folder, _ = run(plain, tmp_path)
    held = archive.load(folder / "last.npz")
    del held.header["config"]["lines"]  # as in a checkpoint of before
    archive.save(folder / "last.npz", held.header, held.arrays)
    assert load(folder / "last.npz").config == load(folder / "best.npz").config
    assert load(folder).parameters.reset_at is None


def test_a_preview_copies_no_more_than_a_line(config: Config, tmp_path: Path) -> None:
    _, events = run(replace(config, sample_every=10), tmp_path)
    previews = [event for event in events if isinstance(event, Preview)]
    assert previews and all("\n" not in preview.longest_copy for preview in previews)
