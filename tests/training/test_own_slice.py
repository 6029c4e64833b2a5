"""Every worker owns a slice of the flat vectors; together they do what one would do alone."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from charlstm.errors import DivergedError
from charlstm.nn import Array
from charlstm.nn.parameters import Architecture
from charlstm.text.slices import TextSlice
from charlstm.training.loop import Pool, train
from charlstm.training.optim import CHUNK, OPTIMISERS, global_norm
from charlstm.training.own_slice import LEAST, owners, slice_of
from charlstm.training.shards import Plan
from charlstm.training.workers import Job, WorkerPool

# Nineteen chunks, the last one not whole: three workers own slices of different lengths.
PLAN = Plan(Architecture("lstm", {}, 160, 2), 10, batch_size=3, seq_length=4, shards=3)
PREDICTIONS = PLAN.batch_size * PLAN.seq_length


@pytest.fixture
def job(tmp_path: Path) -> Job:
    ids = np.random.default_rng(1).integers(0, 10, 500).astype(np.uint8)
    (tmp_path / "text").write_bytes(ids.tobytes())
    return Job(PLAN, TextSlice(str(tmp_path / "text"), "uint8", 0, 500, 500), None, prime=3)


def update(pool: Pool, count: int, *, done: int = 0, worst_loss: float = 99.0) -> list[float]:
    """The norms of so many updates."""
    updates = train(
        pool,
        lambda update: 0.01 / (update + 1),
        characters=PREDICTIONS,
        clip_norm=0.5,
        worst_loss=worst_loss,
        done=done,
    )
    return [updated.grad_norm for updated in islice(updates, count)]


def arrays(pool: Pool) -> list[Array]:
    """All that an update changes."""
    return [pool.parameters.flat, *pool.moments.values(), *pool.states]


def numbers(pool: Pool) -> list[bytes]:
    return [array.tobytes() for array in arrays(pool)]


@pytest.mark.parametrize("chunks", [0.3, 1, LEAST, 2 * LEAST - 0.1, 2 * LEAST, 19.4, 200])
@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_slices_are_whole_chunks_that_follow_each_other(chunks: float, workers: int) -> None:
    size = int(chunks * CHUNK)
    slices = [slice_of(size, rank, workers) for rank in range(workers)]
    assert np.concatenate([np.arange(size)[own] for own in slices]).tolist() == [*range(size)]
    sizes = [own.stop - own.start for own in slices]
    count = owners(size, workers)
    assert [length > 0 for length in sizes] == [rank < count for rank in range(workers)]
    assert all(own.start % CHUNK == 0 for own in slices[:count])
    if count > 1:
        assert min(sizes[:count]) > (LEAST - 1) * CHUNK
        assert max(sizes) - min(sizes[:count]) < 2 * CHUNK


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", [*OPTIMISERS])
def test_any_number_of_workers_makes_the_updates_of_the_whole_vector(
    optimizer: str, job: Job
) -> None:
    job = replace(job, plan=replace(PLAN, optimizer=optimizer))
    with WorkerPool(job) as pool:
        pool.parameters.initialise(1)
        size, names = pool.parameters.size, OPTIMISERS[optimizer].names
        plain = pool.parameters.flat.copy()
        optimiser = OPTIMISERS[optimizer](np.zeros((len(names), size), np.float32))
        norms = []
        for number in range(3):
            pool.parameters.flat[:] = plain
            first, *others = (g.copy() for g in shard_gradients(pool, number))
            for gradient in others:
                first += gradient
            norms.append(global_norm(first))
            scale = 0.5 / norms[-1] if norms[-1] > 0.5 else 1.0
            optimiser.step(plain, first, 0.01 / (number + 1), scale, number)
    expected = [plain.tobytes(), *(m.tobytes() for m in optimiser.moments.values())]
    for workers in (1, 2, 3):
        with WorkerPool(job, workers) as pool:
            assert owners(size, workers) == workers
            pool.parameters.initialise(1)
            assert update(pool, 3) == norms
            assert numbers(pool)[: len(expected)] == expected


def shard_gradients(pool: WorkerPool, number: int) -> Array:
    """The gradient (shards, size) of each shard, before they are added."""
    pool.worker.run_shards(number)
    return pool.worker.arrays.gradients


@pytest.mark.slow
def test_other_workers_go_on_where_some_have_stopped(job: Job) -> None:
    with WorkerPool(job, 2) as pool:
        pool.parameters.initialise(1)
        update(pool, 2)
        kept = [array.copy() for array in arrays(pool)]
        update(pool, 2, done=2)
        expected = numbers(pool)
    for workers in (1, 3):
        with WorkerPool(job, workers) as pool:
            for array, before in zip(arrays(pool), kept, strict=True):
                array[...] = before
            update(pool, 2, done=2)
            assert numbers(pool) == expected


@pytest.mark.slow
def test_the_gradient_is_there_for_others_and_the_norm_is_its_own(job: Job) -> None:
    with WorkerPool(job, 3) as pool:
        pool.parameters.initialise(1)
        for number in range(2):
            gradient = pool.gradient(number)[1]
            assert pool.norm == global_norm(gradient) > 0
            before = gradient.copy(), pool.parameters.flat.copy()
            pool.step(number, 0.01, 0.5)
            assert gradient.tobytes() == before[0].tobytes()
            assert (pool.parameters.flat != before[1]).any()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 3])
def test_an_update_that_diverges_changes_no_parameter_and_no_moment(workers: int, job: Job) -> None:
    with WorkerPool(job, workers) as pool:
        pool.parameters.initialise(1)
        update(pool, 2)
        before = numbers(pool)[:3]
        with pytest.raises(DivergedError):
            update(pool, 1, done=2, worst_loss=0.0)
        assert numbers(pool)[:3] == before
