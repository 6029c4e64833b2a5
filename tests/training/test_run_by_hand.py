"""What a run does and records, against the same run done by hand: update by update in plain loops.

One run is made on a validation text whose loss falls, not always, and then rises, so that its
best and its last model differ.
"""

import csv
import math
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from command_line import TEXT, Runner, sentences
from threadpoolctl import threadpool_info

from charlstm import load
from charlstm.checkpoint import architecture_of
from charlstm.checkpoint import load as load_checkpoint
from charlstm.config import Config
from charlstm.nn import Array
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.store import archive
from charlstm.text.lines import drawn_order
from charlstm.text.slices import TextSlice
from charlstm.training.events import Event, Finished, Preview, Started, Updated, Validated
from charlstm.training.fit import fit
from charlstm.training.loop import train
from charlstm.training.optim import OPTIMISERS
from charlstm.training.shards import Plan
from charlstm.training.workers import Job, WorkerPool

EVERY, STEPS = 3, 43  # the last interval is shorter
BASE = Config(
    hidden_size=8, batch_size=6, seq_length=9, shards=2, workers=1, max_steps=STEPS, dropout=0.0,
    lr=0.025, warmup_steps=5, clip_norm=0.21, eval_every=EVERY, checkpoint_every=EVERY,
    checkpoint_minutes=1e9, seed=5,
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A finished run: what it was asked, where it lies, and its events."""

    config: Config
    folder: Path
    events: list[Event]

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def rows(self) -> list[dict[str, float]]:
        with (self.folder / "metrics.csv").open(encoding="utf-8", newline="") as file:
            return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]

    def weights(self, name: str = "last") -> dict[str, Array]:
        return archive.load(self.folder / f"{name}.npz").arrays


def made(config: Config, root: Path, **more: Any) -> Run:
    events = list(fit(config, root=root, **more))
    assert isinstance(events[-1], Finished)
    return Run(config, events[-1].run, events)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Settings with a text, and with the same characters in any order to validate on.

    A model first learns how frequent each character is, which helps there, then what follows what,
    which harms there.
    """
    folder = tmp_path_factory.mktemp("by-hand")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    shuffled = np.random.default_rng(2).permutation(list(sentences(60, seed=9)))
    (folder / "val.txt").write_text("".join(shuffled), encoding="utf-8")
    return replace(BASE, corpus=(str(folder / "text.txt"),), val=str(folder / "val.txt"))


@pytest.fixture(scope="module")
def risen(texts: Config, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run whose validation loss rises at its end; do not write to it."""
    return made(replace(texts, sample_every=15, keep=99), tmp_path_factory.mktemp("risen"))


def rate(config: Config, update: int) -> float:
    """The learning rate of update number `update`, from 0."""
    if update < config.warmup_steps:
        return config.lr * (update + 1) / config.warmup_steps
    total = config.max_steps or 0
    done = (update - config.warmup_steps) / (total - config.warmup_steps)
    return config.lr * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)


def by_hand(
    config: Config, text: str, folder: Path
) -> tuple[list[tuple[float, float]], dict[str, Array]]:
    """The loss and the norm of each update, and the arrays in the end."""
    letters = "".join(sorted(set(text)))
    if config.lines:
        lines = text.splitlines(keepends=True)
        text = "".join(lines[k] for k in drawn_order(len(lines), config.seed, 0, 0))
    newline = letters.index("\n")
    ids = np.array([letters.index(c) for c in text], np.uint8)
    (folder / "ids").write_bytes(ids.tobytes())
    plan = Plan(
        architecture_of(config), len(letters), config.batch_size, config.seq_length,
        config.shards or 1, config.seed, memory_penalty=config.memory_penalty,
        reset_at=newline if config.lines else None,
    )  # fmt: skip
    history = []
    whole = TextSlice(str(folder / "ids"), "uint8", 0, ids.size, ids.size)
    with WorkerPool(Job(plan, whole, None, 0)) as pool:
        pool.dropout, pool.weight_drop = config.dropout, config.weight_drop or 0.0
        pool.parameters.initialise(config.seed)
        kind = OPTIMISERS[config.optimizer]
        optimiser = kind(np.zeros((len(kind.names), pool.parameters.size), np.float32))
        for update in range(config.max_steps or 0):
            nats, gradient = pool.gradient(update)
            norm = math.sqrt(float(np.sum(np.square(gradient, dtype=np.float64))))
            scale = config.clip_norm / norm if norm > config.clip_norm > 0 else 1.0
            optimiser.step(pool.parameters.flat, gradient, rate(config, update), scale, update)
            history.append((nats / (config.batch_size * config.seq_length), norm))
        arrays = {f"weights/{k}": v.copy() for k, v in pool.parameters.by_name.items()}
        arrays |= {f"state/{n}": state.copy() for n, state in enumerate(pool.states)}
        for moment, flat in optimiser.moments.items():
            views = pool.parameters.views(flat).items()
            arrays |= {f"{moment}/{name}": view.copy() for name, view in views}
    return history, arrays


def close(found: dict[str, Array], expected: dict[str, Array]) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-3, atol=1e-5, err_msg=name)


CHANGES: list[dict[str, Any]] = [
    {},
    {"dropout": 0.4, "seed": 8, "memory_penalty": 0.1},
    {"num_layers": 2, "clip_norm": 0.0, "optimizer": "rmsprop", "lr": 0.01},
    {"lines": True, "dropout": 0.2},
    {"num_layers": 2, "weight_drop": 0.4},
    {"attention": 13, "dropout": 0.2, "memory_penalty": 0.1},
    {"attention": 4, "lines": True},
]


@pytest.mark.parametrize("changes", CHANGES)
def test_a_run_is_what_plain_loops_make_also_where_it_was_stopped(
    texts: Config, tmp_path: Path, changes: dict[str, Any]
) -> None:
    config = replace(texts, max_steps=16, eval_every=9, **changes)
    history, arrays = by_hand(config, TEXT, tmp_path)
    run = made(config, tmp_path / "runs")
    updates = run.of(Updated)
    assert [u.update for u in updates] == list(range(1, 17))
    assert [u.loss for u in updates] == pytest.approx([loss for loss, _ in history], rel=1e-4)
    assert [u.grad_norm for u in updates] == pytest.approx([norm for _, norm in history], rel=1e-3)
    assert [u.lr for u in updates] == pytest.approx([rate(config, k) for k in range(16)])
    assert [u.clipped for u in updates] == [0 < config.clip_norm < norm for _, norm in history]
    if config.clip_norm:  # it is put to use before and after the stop
        assert {u.clipped for u in updates[:7]} >= {True} <= {u.clipped for u in updates[7:]}
    close(run.weights(), arrays)

    part = made(config, tmp_path / "runs", stop=after(7))
    rest = made(load_checkpoint(part.folder / "last.npz").config, tmp_path, resume=part.folder)
    assert part.of(Updated) + rest.of(Updated) == updates
    ends = [load_checkpoint(r.folder / "last.npz").progress for r in (run, rest)]
    assert replace(ends[0], seconds=0.0) == replace(ends[1], seconds=0.0)
    own = [name for name in run.rows[0] if name != "seconds"]
    assert [[row[n] for n in own] for row in rest.rows] == [[r[n] for n in own] for r in run.rows]
    for name, array in run.weights().items():
        np.testing.assert_array_equal(rest.weights()[name], array)


def after(count: int) -> Callable[[], bool]:
    """A `stop` that says yes after so many updates."""
    asked = iter(range(1, 10**6))
    return lambda: next(asked) >= count


# What is kept


def test_best_and_last_are_two_models_with_their_own_scores(risen: Run) -> None:
    validated = risen.of(Validated)
    losses = [v.val_nats for v in validated]
    at = int(np.argmin(losses))
    assert 0 < at < len(losses) - 2, "the loss must fall and then rise"
    assert losses[at - 2] < losses[at - 1] > losses[at], "and rise a little on its way down"
    lowest = np.minimum.accumulate(losses)
    assert [v.best for v in validated] == [
        k == 0 or loss < lowest[k - 1] for k, loss in enumerate(losses)
    ]
    updates = [*range(EVERY, STEPS, EVERY), STEPS]
    assert [v.update for v in validated] == updates
    text = Path(str(risen.config.val)).read_text(encoding="utf-8")
    for name, k in (("best", at), ("last", len(losses) - 1)):
        saved = load_checkpoint(risen.folder / f"{name}.npz").progress
        assert saved.update == updates[k]
        assert (saved.best_val, saved.last_val) == (losses[at], losses[k])
        assert saved.validations_since_best == k - at
        scored = load(risen.folder / f"{name}.npz").evaluate(text).nats_per_char
        assert scored == pytest.approx(losses[k], rel=1e-6)
    for k, update in enumerate(updates[:-1]):
        saved = load_checkpoint(risen.folder / f"step-{update}.npz").progress
        assert (saved.update, saved.last_val) == (update, losses[k])
        since = k - int(np.argmin(losses[: k + 1]))
        assert saved.validations_since_best == since
    end = risen.events[-1]
    assert isinstance(end, Finished)
    assert (end.best_val_nats, end.last_val_nats) == (losses[at], losses[-1])
    assert (end.steps, end.budget, end.characters) == (STEPS, STEPS, STEPS * 6 * 9)
    start = risen.of(Started)[0]
    assert (start.characters, start.val_characters, start.update) == (len(TEXT), len(text), 0)
    assert start.num_parameters == load(risen.folder).parameters.num_parameters


def test_patience_counts_from_the_best(risen: Run, tmp_path: Path) -> None:
    losses = [v.val_nats for v in risen.of(Validated)]
    at = int(np.argmin(losses))
    ended = made(replace(risen.config, patience=2), tmp_path)
    assert ended.events[-1].reason == "patience"  # type: ignore[union-attr]
    assert [v.val_nats for v in ended.of(Validated)] == losses[: at + 3]
    saved = load_checkpoint(ended.folder / "last.npz").progress
    assert (saved.update, saved.stopped_early) == ((at + 3) * EVERY, True)
    # A loss that is only as low is no new best.
    still = made(replace(risen.config, lr=1e-12, eval_every=1, patience=2), tmp_path)
    assert [v.best for v in still.of(Validated)] == [True, False, False]


def test_without_a_validation_text_a_run_goes_on_to_its_end_and_has_no_best(
    texts: Config, tmp_path: Path
) -> None:
    config = replace(texts, val=None, val_fraction=0.0, max_steps=4, eval_every=1, patience=1)
    run = made(config, tmp_path)
    assert [(v.update, v.val_nats, v.best) for v in run.of(Validated)] == [
        (update, None, False) for update in (1, 2, 3, 4)
    ]
    assert not (run.folder / "best.npz").exists()
    progress = load_checkpoint(run.folder / "last.npz").progress
    assert (progress.best_val, progress.last_val, progress.validations_since_best) == (
        None,
        None,
        0,
    )
    assert (run.of(Finished)[0].reason, run.of(Started)[0].val_characters) == ("done", 0)
    assert [row.split(",")[5] for row in (run.folder / "metrics.csv").read_text().split()] == [
        "val_nats", "", "", "", "",
    ]  # fmt: skip


def test_each_row_of_the_metrics_follows_from_its_updates(risen: Run) -> None:
    updates, validated = risen.of(Updated), risen.of(Validated)
    before, seconds = 0, 0.0
    for row, event in zip(risen.rows, validated, strict=True):
        own = updates[before : event.update]
        before = event.update
        assert row.pop("update") == event.update
        assert row.pop("characters") == event.update * 6 * 9
        assert row.pop("epoch") == pytest.approx(event.update * 6 * 9 / len(TEXT))
        assert row.pop("train_nats") == pytest.approx(np.mean([u.loss for u in own]))
        assert event.train_nats == pytest.approx(np.mean([u.loss for u in own]))
        assert row.pop("val_nats") == pytest.approx(event.val_nats)
        assert row.pop("lr") == pytest.approx(rate(risen.config, event.update - 1))
        assert row.pop("grad_norm") == pytest.approx(np.mean([u.grad_norm for u in own]))
        assert row.pop("clipped") == pytest.approx(np.mean([u.clipped for u in own]))
        assert row["seconds"] > seconds
        seconds = row.pop("seconds")
        for gate in "ifo":
            assert 0 <= row.pop(f"saturated_{gate}") <= 1
        sizes = [row.pop(f"c_{name}") for name in ("median", "p90", "largest")]
        assert row == {}
    c = np.concatenate([np.split(risen.weights()[f"state/{shard}"], 2)[1] for shard in (0, 1)])
    quantiles = np.quantile(np.abs(c), (0.5, 0.9, 1), method="inverted_cdf")
    assert sizes == pytest.approx(quantiles.tolist(), rel=0.005)
    assert 0 < np.mean([u.clipped for u in updates]) < 1


def test_the_epoch_is_of_what_is_trained_on(texts: Config, tmp_path: Path) -> None:
    config = replace(texts, val=None, val_fraction=0.4, max_steps=3, eval_every=1)
    run = made(config, tmp_path)
    trained = len(TEXT) - int(0.4 * len(TEXT))
    (start,) = run.of(Started)
    assert start.characters == pytest.approx(trained, abs=1)
    assert start.characters + start.val_characters == len(TEXT)
    assert [row["epoch"] for row in run.rows] == pytest.approx(
        [k * 54 / start.characters for k in (1, 2, 3)]
    )
    score = load(run.folder).evaluate(TEXT[start.characters :]).nats_per_char
    assert score == pytest.approx(run.of(Validated)[-1].val_nats, rel=1e-6)


def test_the_first_loss_is_kept_and_has_no_effect(risen: Run) -> None:
    first = risen.of(Updated)[0].loss
    for name in ("best", "last"):
        assert load_checkpoint(risen.folder / f"{name}.npz").progress.start_loss == first


def test_a_run_has_diverged_above_three_times_its_first_loss_or_that_of_a_guess(
    texts: Config, learnt_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = []

    def watched(*given: Any, worst_loss: float, **named: Any) -> Any:
        bounds.append(worst_loss)
        return train(*given, worst_loss=worst_loss, **named)

    monkeypatch.setattr("charlstm.training.fit.train", watched)
    config = replace(texts, max_steps=1, eval_every=1)
    first = made(replace(config, seed=3), tmp_path).of(Updated)[0].loss
    guess = math.log(len(set(TEXT)))
    learnt = made(replace(config, hidden_size=24), tmp_path, init_from=learnt_run)
    assert learnt.of(Updated)[0].loss < guess
    assert bounds == pytest.approx([3 * max(first, guess), 3 * guess])


# The clock


class Clock:
    """A clock that only a test moves."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("charlstm.training.fit.time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def test_minutes_between_saves_are_minutes(texts: Config, tmp_path: Path, clock: Clock) -> None:
    config = replace(texts, max_steps=14, eval_every=14, checkpoint_every=14)
    saved = {}
    for event in fit(replace(config, checkpoint_minutes=2.0), root=tmp_path):
        if isinstance(event, Updated):
            last = load_checkpoint(tmp_path / "text" / "last.npz").progress
            saved[event.update] = last.update
            clock.now += 25.0
    # The fifth update ends 125 seconds after the first save; the next save is as late again.
    expected = {k: (k - 1) // 5 * 5 for k in range(1, 15)}
    assert saved == expected


def test_seconds_are_those_of_all_the_parts_of_a_run(
    texts: Config, tmp_path: Path, clock: Clock
) -> None:
    config = replace(texts, max_steps=12, eval_every=4)

    def go(**more: Any) -> Finished:
        for event in fit(config, root=tmp_path, **more):
            clock.now += 1.5 * isinstance(event, Updated)
        assert isinstance(event, Finished)
        return event

    assert go(stop=after(5)).seconds == pytest.approx(5 * 1.5)
    folder = tmp_path / "text"
    clock.now += 1000.0  # between the parts nobody trains
    config = load_checkpoint(folder / "last.npz").config
    assert go(resume=folder).seconds == pytest.approx(12 * 1.5)
    rows = Run(config, folder, []).rows
    assert [row["seconds"] for row in rows] == pytest.approx([6.0, 12.0, 18.0])


# Previews


def test_a_preview_is_a_sample_of_the_model_as_it_is(risen: Run) -> None:
    for preview in risen.of(Preview):
        model = load(risen.folder / f"step-{preview.update}.npz")
        seed = risen.config.seed + preview.update
        assert preview.text == "".join(model.sample(length=200, temperature=0.8, seed=seed))
        novelty = model.novelty(preview.text)
        assert preview.novelty == novelty
        copied = preview.text[novelty.begin : novelty.begin + novelty.longest]
        assert preview.longest_copy == copied and copied in TEXT


def test_previews_differ_and_repeat(risen: Run, texts: Config, tmp_path: Path) -> None:
    previews = risen.of(Preview)
    assert [p.update for p in previews] == [15, 30]
    again = made(replace(texts, sample_every=15), tmp_path)
    assert [p.text for p in again.of(Preview)] == [p.text for p in previews]
    # Without any learning they differ all the same, from update to update and from seed to seed.
    still = replace(texts, lr=1e-12, max_steps=3, sample_every=1, seed=7)
    seen = [p.text for p in made(still, tmp_path).of(Preview)]
    assert len({*seen}) == 3


# Threads


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_reach_the_blas(
    texts: Config, tmp_path: Path, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    real: Any = subprocess.Popen

    def popen(*given: Any, env: dict[str, str], **more: Any) -> Any:
        started.append(env["OPENBLAS_NUM_THREADS"])
        return real(*given, env=env, **more)

    monkeypatch.setattr(subprocess, "Popen", popen)

    def in_use() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    before = in_use()
    config = replace(texts, max_steps=2, eval_every=2, threads=threads, workers=2)
    for event in fit(config, root=tmp_path):
        if isinstance(event, Updated):
            assert in_use() == {threads}
    assert started == [str(threads)]
    assert in_use() == before


# First weights


@pytest.mark.parametrize("cell", ["lstm", "coupled", "peephole"])
def test_a_fresh_run_begins_with_the_cell_s_own_biases(
    cell: str, texts: Config, tmp_path: Path
) -> None:
    run = made(replace(texts, cell=cell, max_steps=1, eval_every=1, lr=1e-12), tmp_path)
    parameters = load(run.folder).parameters
    first = {
        "lstm": {"f": 1.0, "i": -1.0},
        "coupled": {"f": 1.0},
        "peephole": {"f": 1.0, "i": -1.0},
    }
    for n, gate in enumerate(parameters.cell.gates):
        bias = parameters.by_name["layers.0.b"][8 * n : 8 * (n + 1)]
        np.testing.assert_allclose(bias, first[cell].get(gate, 0.0), atol=1e-6)
    fresh = Parameters(Architecture(cell, {}, 8, 1), len(set(TEXT)))
    fresh.initialise(5)
    np.testing.assert_allclose(parameters.flat, fresh.flat, atol=1e-6)


def test_a_new_character_has_weights_of_its_own(texts: Config, risen: Run, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text(TEXT + "☃é", encoding="utf-8")
    old = load(risen.folder).parameters
    known = old.vocabulary_size
    # The row of the unknown character, which no training changes, is marked in a copy.
    marked = tmp_path / "marked"
    marked.mkdir()
    held = archive.load(risen.folder / "best.npz")
    held.arrays["weights/layers.0.E"][-1] = 7.0
    archive.save(marked / "best.npz", held.header, held.arrays)
    config = replace(
        texts, corpus=(str(tmp_path / "new.txt"),), val=None, max_steps=1, eval_every=1, lr=1e-12
    )
    run = made(config, tmp_path / "runs", init_from=marked)
    now = load(run.folder / "last.npz").parameters
    assert now.vocabulary_size == known + 2
    fresh = Parameters(architecture_of(config), known + 2)
    fresh.initialise(config.seed)
    for name, array in now.by_name.items():
        own = fresh.by_name[name].copy()
        if name == "layers.0.E":
            own[:known], own[-1] = old.by_name[name][:-1], 7.0
        else:
            own[: len(old.by_name[name])] = old.by_name[name]
        np.testing.assert_allclose(array, own, atol=1e-6, err_msg=name)


# Stops


def test_stops_of_any_length_end_a_sample_where_the_first_is_complete(
    charlstm: Runner, learnt_run: Path
) -> None:
    flags = ("sample", "-r", learnt_run, "--length=60", "--count=4", "--seed=2", "--json")
    whole = [record["text"] for record in charlstm.ok(*flags).json["samples"]]
    for stops in (["e", "was h", ".\nThe dog"], ["gone.", "The bird is", "x"], ["is wet.", "s"]):
        given = [f"--stop={stop}".replace("\n", r"\n") for stop in stops]
        found = [record["text"] for record in charlstm.ok(*flags, *given).json["samples"]]
        for text, cut in zip(whole, found, strict=True):
            ends = [(text.find(s) + len(s), text.find(s)) for s in stops if s in text]
            assert cut == text[: min(ends)[1] if ends else 60]
        alone = charlstm.ok(*flags[:-3], "--seed=2", *given).stdout
        assert alone == found[0]
