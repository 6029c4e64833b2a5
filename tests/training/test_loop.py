"""Updates: the same bits with any number of workers, a text learnt by heart, and clear ends."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant
from numpy.typing import NDArray

from charlstm.errors import DivergedError, RunError
from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture
from charlstm.text.slices import TextSlice
from charlstm.training.events import Updated
from charlstm.training.loop import train
from charlstm.training.minutes import states_kept
from charlstm.training.optim import global_norm
from charlstm.training.shards import Plan, Streams
from charlstm.training.worker import Kind, Task
from charlstm.training.workers import Job, WorkerPool

pytestmark = pytest.mark.slow

PLAN = Plan(Architecture("lstm", {}, 8, 2), 10, batch_size=7, seq_length=5, shards=3)
PREDICTIONS = PLAN.batch_size * PLAN.seq_length


def part(path: Path, ids: NDArray[np.uint8]) -> TextSlice:
    path.write_bytes(ids.tobytes())
    return TextSlice(str(path), "uint8", 0, ids.size, ids.size)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    ids = np.random.default_rng(1).integers(0, 10, 70_000).astype(np.uint8)
    return Job(PLAN, part(tmp_path / "t", ids[:500]), part(tmp_path / "v", ids), prime=3)


def updates(
    pool: WorkerPool,
    *,
    schedule: Callable[[int], float] = lambda _: 0.01,
    clip_norm: float = 0.5,
    worst_loss: float = 99.0,
    characters: int = PREDICTIONS,
    done: int = 0,
) -> Iterator[Updated]:
    return train(
        pool,
        schedule,
        characters=characters,
        clip_norm=clip_norm,
        worst_loss=worst_loss,
        done=done,
    )


def test_any_number_of_workers_gives_the_same_bits(job: Job) -> None:
    results = []
    for workers in (1, 2, 3):
        with WorkerPool(job, workers) as pool:
            pool.dropout, pool.weight_drop = 0.1, 0.3
            pool.parameters.initialise(1)
            history = list(islice(updates(pool), 8))
            states = [state.tobytes() for state in pool.states]
            results.append((history, pool.parameters.flat.tobytes(), states, pool.validate()))
    assert results[0] == results[1] == results[2]
    history = results[0][0]
    assert [event.update for event in history] == list(range(1, 9))
    assert {event.clipped for event in history} == {event.grad_norm > 0.5 for event in history}


@pytest.mark.parametrize("kind", ["dropout", "weight_drop"])
def test_dropout_may_be_decided_after_some_updates(job: Job, kind: str) -> None:
    results = []
    for workers, timed in ((1, 0.5), (3, 0.25), (3, 0.0)):
        with WorkerPool(job, workers) as pool:
            pool.parameters.initialise(1)
            setattr(pool, kind, timed)
            with states_kept(pool):
                before = pool.gradient(0)[1].tobytes()
            setattr(pool, kind, 0.5)
            results.append((pool.gradient(0)[1].tobytes(), pool.states[0].tobytes()))
            assert (before == results[-1][0]) == (timed == 0.5)
    assert results[0] == results[1] == results[2]


def test_a_pool_does_what_networks_do_one_shard_after_another(job: Job) -> None:
    streams = Streams(job.train.open(), PLAN.batch_size, PLAN.seq_length)
    with WorkerPool(job) as pool:
        pool.dropout = 0.1
        pool.parameters.initialise(1)
        networks = [
            Network(pool.parameters, PLAN.seq_length, c.stop - c.start, backward=True, dropout=0.1)
            for c in PLAN.columns
        ]
        for update in range(3):
            loss, gradient = 0.0, np.zeros_like(pool.parameters.flat)
            for shard, network in enumerate(networks):
                ids, part = streams.window(update, PLAN.columns[shard]), np.zeros_like(gradient)
                loss += network.loss_and_gradients(
                    ids[:-1],
                    ids[1:],
                    pool.parameters.views(part),
                    loss_scale=1.0 / PREDICTIONS,
                    mask_key=(PLAN.seed, update, shard),
                )
                gradient += part
            found, total = pool.gradient(update)
            assert found == pytest.approx(loss, rel=1e-6)
            np.testing.assert_allclose(total, gradient, rtol=0, atol=1e-6)


def test_shards_add_up_to_the_whole_batch(job: Job) -> None:
    found = []
    for shards in (1, 3, 7):
        plan = replace(PLAN, shards=shards, dtype="float64")
        with WorkerPool(replace(job, plan=plan)) as pool:
            pool.parameters.initialise(1)
            pool.gradient(0)  # so that the next one starts from carried states
            found.append(pool.gradient(1))
    for loss, gradient in found[1:]:
        assert loss == pytest.approx(found[0][0], rel=1e-12)
        np.testing.assert_allclose(gradient, found[0][1], rtol=0, atol=1e-12)


def test_the_gradient_is_that_of_the_mean_loss(job: Job) -> None:
    with WorkerPool(replace(job, plan=replace(PLAN, dtype="float64"))) as pool:
        pool.parameters.initialise(1)
        gradient = pool.gradient(0)[1].copy()
        direction = gradient / global_norm(gradient)
        losses = []
        for move in (1e-5, -2e-5):
            pool.parameters.flat[:] += move * direction
            for state in pool.states:
                state.fill(0.0)
            losses.append(pool.gradient(0)[0] / PREDICTIONS)
    assert (losses[0] - losses[1]) / 2e-5 == pytest.approx(global_norm(gradient), rel=1e-6)


def test_sgd_moves_by_the_clipped_gradient(job: Job) -> None:
    with WorkerPool(replace(job, plan=replace(PLAN, optimizer="sgd"))) as pool:
        pool.parameters.initialise(1)
        before = pool.parameters.flat.copy()
        updated = next(updates(pool, schedule=lambda _: 0.1, clip_norm=0.01))
        assert updated.clipped and updated.grad_norm > 0.01
        assert global_norm(pool.parameters.flat - before) == pytest.approx(0.1 * 0.01, rel=1e-4)


def test_updates_count_from_where_they_go_on(job: Job) -> None:
    with WorkerPool(job) as pool:
        pool.parameters.initialise(1)
        before = pool.parameters.flat.copy()
        updated = next(updates(pool, schedule=lambda update: 0.25 - update))
        assert (updated.update, updated.lr) == (1, 0.25)
        # Adam's first update moves whatever has a gradient by lr, whatever the gradient.
        assert np.abs(pool.parameters.flat - before).max() == pytest.approx(0.25, rel=1e-4)
        assert [s.lr for s in islice(updates(pool, schedule=float, done=7), 2)] == [7.0, 8.0]


@each_variant
def test_a_short_text_is_learnt_by_heart(
    cell: str, options: Mapping[str, Any], tmp_path: Path
) -> None:
    text = np.frombuffer(b"the cats were full", np.uint8) - ord(" ")
    plan = Plan(Architecture(cell, options, 32, 1), 96, 1, seq_length=text.size, shards=1)
    with WorkerPool(Job(plan, part(tmp_path / "text", text), None, prime=0)) as pool:
        pool.parameters.initialise(1)
        losses = []
        events = updates(pool, schedule=lambda _: 0.005, clip_norm=1.0, characters=text.size)
        for updated in islice(events, 1500):
            losses.append(updated.loss)
            pool.states[0].fill(0.0)  # every update reads the whole text from its beginning
            if updated.loss < 0.1:
                break
    assert losses[0] == pytest.approx(math.log(96), abs=0.2)
    assert losses[-1] < 0.1


@each_variant
@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_divergence_is_an_error_and_changes_nothing_more(
    cell: str, options: Mapping[str, Any], optimiser: str, job: Job
) -> None:
    plan = replace(PLAN, architecture=Architecture(cell, options, 8, 2), optimizer=optimiser)
    with WorkerPool(replace(job, plan=plan)) as pool:
        pool.parameters.initialise(1)
        with pytest.raises(DivergedError, match=r"lower --lr") as error:
            events = updates(pool, schedule=lambda _: 1e6, clip_norm=0.0, worst_loss=10.0)
            deque(islice(events, 50))
        assert np.isfinite(pool.parameters.flat).all()
    assert "\n" not in str(error.value)


def test_nan_weights_are_an_error(job: Job) -> None:
    with WorkerPool(job) as pool:
        pool.parameters.flat.fill(np.nan)
        with pytest.raises(DivergedError):
            next(updates(pool))


def test_a_worker_that_is_killed_is_an_error(job: Job) -> None:
    with WorkerPool(job, workers=3) as pool:
        pool.parameters.initialise(1)
        pool.gradient(0)
        pool._others[0]._process.kill()
        with pytest.raises(RunError, match=r"worker 1 ended unexpectedly .*-9.*--resume"):
            pool.gradient(1)


def test_a_pool_may_close_in_the_middle_of_an_update(
    job: Job, capfd: pytest.CaptureFixture[str]
) -> None:
    pool = WorkerPool(job, workers=2)
    (worker,) = pool._others
    worker.send(Task(Kind.SHARDS).pack())
    pool.close()
    assert worker._process.poll() is not None
    assert capfd.readouterr().err == ""
