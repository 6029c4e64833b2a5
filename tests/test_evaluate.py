"""Scores of texts: the same whoever computes them, whether in columns, in batches or one by one."""

import math
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_model
from numpy.typing import NDArray

from charlstm import evaluate
from charlstm.evaluate import Scorer, score_text
from charlstm.likelihood import log_likelihoods
from charlstm.nn import reference
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.score import Score, TextScore
from charlstm.text.slices import TextSlice
from charlstm.training.shards import Plan
from charlstm.training.workers import Job, WorkerPool

pytestmark = pytest.mark.slow

V = 6


def text(size: int, *, unknown: bool = True, seed: int = 1) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, V + 1 if unknown else V, size).astype(np.uint8)


def naive(model: Parameters, prime: NDArray[np.uint8], ids: NDArray[np.uint8]) -> float:
    """The log-likelihood of `ids` after `prime`, from the reference."""
    whole = np.concatenate([prime, ids]).astype(np.intp)
    logits, _ = reference.run(model, whole[:, None])
    log_p = logits[:, :, 0] - np.log(np.exp(logits[:, :, 0]).sum(axis=1, keepdims=True))
    where = range(prime.size, whole.size)
    return float(sum(log_p[at - 1, whole[at]] for at in where if whole[at] < V))


@each_variant
@pytest.mark.parametrize("attention", [0, 70])
def test_a_text_alone_scores_as_the_reference_says(
    cell: str, options: Mapping[str, Any], attention: int
) -> None:
    model = random_model(cell, options, num_layers=2, vocabulary_size=V, attention=attention)
    ids = text(150)
    expected = naive(model, np.array([3], np.uint8), ids)
    assert log_likelihoods(model, np.array([3]), [ids]) == [pytest.approx(expected, rel=1e-10)]
    score = score_text(model, ids, prime=3)
    assert score.nats == pytest.approx(-expected, rel=1e-10)
    assert (score.characters, score.unknown) == ((ids < V).sum(), (ids == V).sum())


@pytest.mark.parametrize("attention", [0, 70])
@pytest.mark.parametrize("primed", [1, 2, 64, 65, 130])
def test_many_texts_in_batches_equal_each_alone(primed: int, attention: int) -> None:
    model = random_model(vocabulary_size=V, dtype=np.float32, attention=attention)
    sizes = [0, 1, 63, 64, 65, 200, *range(2, 40)]
    texts, prime = [text(size, seed=size) for size in sizes], text(primed)
    likelihoods = log_likelihoods(model, prime, texts)
    alone = [log_likelihoods(model, prime, [ids])[0] for ids in texts]
    assert likelihoods == pytest.approx(alone, abs=1e-4)
    assert likelihoods[2:6] == pytest.approx(
        [naive(model, prime, ids) for ids in texts[2:6]], abs=1e-3
    )
    assert math.copysign(1.0, likelihoods[0]) == 1.0  # zero, not minus zero


def test_a_long_text_beside_short_ones_takes_no_more_memory_than_a_window() -> None:
    """As (length, batch) the ids alone would take 10 MB."""
    model = Parameters(Architecture("lstm", {}, 2, 1), V)
    model.initialise(1)
    texts = [text(40_000), *(text(size) for size in range(1, 32))]
    tracemalloc.start()
    try:
        scores = log_likelihoods(model, text(3), texts)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
    assert scores[1:3] == pytest.approx(log_likelihoods(model, text(3), texts[1:3]), rel=1e-5)


def test_no_text_at_all_scores_nothing() -> None:
    model = random_model(vocabulary_size=V)
    assert log_likelihoods(model, text(1), []) == []
    nothing = score_text(model, text(0), prime=0)
    assert nothing == Score(0.0, 0, 0)
    assert math.isnan(nothing.nats_per_char)


@pytest.mark.parametrize("size", [4096, 6500, 40 * 2048 + 5])
def test_columns_of_a_long_text_come_close_to_a_single_one(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Parameters(Architecture("lstm", {}, 8, 1), V)
    model.initialise(1)
    ids = text(size)
    side_by_side = score_text(model, ids, prime=0)
    assert Scorer(ids, 0)._groups[0].count == min(32, size // 2048)
    monkeypatch.setattr(evaluate, "LEAST", size)
    single = score_text(model, ids, prime=0)
    assert (side_by_side.characters, side_by_side.unknown) == (single.characters, single.unknown)
    assert side_by_side.nats_per_char == pytest.approx(single.nats_per_char, rel=1e-3)


def test_columns_are_warmed_up_by_what_stands_before_them() -> None:
    model, ids = random_model(vocabulary_size=V), text(40 * 2048 + 5)
    model.by_name["layers.0.b"][3:6] = 8.0  # a forget gate that forgets nothing
    scorer = Scorer(ids, int(ids[0] + 1) % V)
    length = -(-ids.size // 40)
    for group in (0, 1):
        expected = 0.0
        for start in range(group * 32 * length, min(40, (group + 1) * 32) * length, length):
            before = ids[start - 257 : start] if start else (ids[:1] + 1) % V
            expected -= log_likelihoods(model, before, [ids[start : start + length]])[0]
        for _ in range(2):
            assert scorer.score(model, group).nats == pytest.approx(expected, rel=1e-10)


def test_columns_are_warmed_up_by_all_that_attention_looks_at() -> None:
    model, ids = random_model(vocabulary_size=V, attention=600), text(2 * 2048)
    model.by_name["attention.d"][:, :580] = -30.0  # it looks at what lies far back
    side_by_side = score_text(model, ids, prime=0)
    assert [(c.count, c.warm_up) for c in Scorer(ids, 0, attention=600)._groups] == [(2, 640)]
    whole = log_likelihoods(model, np.array([0]), [ids])[0]
    assert side_by_side.nats == pytest.approx(-whole, rel=1e-7)  # 2e-5 after 256


@pytest.mark.parametrize("attention", [0, 20, 300])
@pytest.mark.parametrize("longest", [3, 40, 900])
def test_columns_of_lines_score_what_the_lines_score(longest: int, attention: int) -> None:
    rng = np.random.default_rng(longest)
    lines = [np.append(rng.integers(1, V + 1, longest), 0) for _ in range(20_000 // longest)]
    lines.insert(2, np.append(rng.integers(1, V + 1, 1300), 0))
    model = random_model(vocabulary_size=V, reset_at=0, attention=attention)
    model.by_name["layers.0.b"][3:6] = 8.0  # a forget gate that forgets nothing
    ids = np.concatenate(lines).astype(np.uint8)
    score = score_text(model, ids, prime=0)
    assert Scorer(ids, 0, 0)._groups[0].count > 1
    expected = -sum(log_likelihoods(model, np.array([0]), lines))
    assert score.nats == pytest.approx(expected, rel=1e-10)
    assert score.characters + score.unknown == ids.size


def test_a_run_validates_in_the_same_columns(tmp_path: Path) -> None:
    ids = np.tile(np.append(np.full(699, 1), 0), 20).astype(np.uint8)
    (tmp_path / "ids").write_bytes(ids.tobytes())
    part = TextSlice(str(tmp_path / "ids"), "uint8", 0, ids.size, ids.size)
    for reset_at, attention in ((None, 0), (0, 0), (None, 500)):
        plan = Plan(Architecture(attention=attention), V, 4, 8, 2, reset_at=reset_at)
        job, expected = Job(plan, part, part, prime=0), Scorer(ids, 0, reset_at, attention)
        for scorer in (job.scorer(), job.scorer_of(ids)):
            assert scorer is not None
            assert scorer._groups == expected._groups
        assert (expected._groups == Scorer(ids, 0)._groups) == (reset_at is None and not attention)


def test_columns_are_twice_as_long_as_what_they_warm_up_on() -> None:
    for attention, count in ((0, 20), (1024, 20), (1025, 19), (4096, 5)):
        (columns,) = Scorer(text(20 * 2048), 0, attention=attention)._groups
        assert columns.count == count and columns.length >= 2 * attention


def test_a_line_as_long_as_a_text_is_one_column() -> None:
    ids = np.append(np.full(30_000, 1), 0).astype(np.uint8)
    assert [columns.count for columns in Scorer(ids, 0, 0)._groups] == [1]


def test_short_columns_count_every_character_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "LEAST", 3)
    model = random_model(vocabulary_size=V)
    for size in (*range(1, 40), 193, 200, 211):
        score = score_text(model, text(size), prime=0)
        assert score.characters == (text(size) < V).sum()
        assert score.unknown == (text(size) == V).sum()


@pytest.mark.parametrize("size", [500, 70_000])
def test_any_number_of_workers_gives_the_same_bits(size: int, tmp_path: Path) -> None:
    ids = text(size)
    (tmp_path / "ids").write_bytes(ids.tobytes())
    part = TextSlice(str(tmp_path / "ids"), "uint8", 0, size, size)
    plan = Plan(Architecture("lstm", {}, 8, 1), V, 4, 8, shards=2)
    model = Parameters(plan.architecture, V)
    model.initialise(1)
    model.flat *= 30  # so that some gates are saturated
    expected = score_text(model, ids, prime=2)
    saturated = []
    for workers in (1, 2):
        with WorkerPool(Job(plan, part, part, prime=2), workers) as pool:
            pool.parameters.flat[...] = model.flat
            assert pool.validate() == expected
            assert pool.validate() == expected
            saturated.append(pool.worker.arrays.saturated(layers=1).tolist())
    assert saturated[0] == saturated[1] and min(saturated[0][0]) > 0


def test_a_score_is_in_nats_bits_and_perplexity() -> None:
    score = Score(nats=3 * math.log(8), characters=3, unknown=1)
    assert score.nats_per_char == pytest.approx(math.log(8))
    assert score.perplexity == pytest.approx(8.0)
    assert score + Score(1.0, 2, 3) == Score(score.nats + 1.0, 5, 4)
    text = TextScore(score.nats, characters=3, bytes=6, unknown=1, perplexity=8.0)
    assert (text.bits_per_char, text.bits_per_byte) == pytest.approx((3.0, 1.5))
    assert repr(text) == (
        "2.0794 nats/char (3.0000 bits), 1.0397 nats/byte (1.5000 bits), perplexity 8.0000; "
        "3 characters, 6 bytes, 1 unknown"
    )


def test_a_hopeless_model_has_infinite_perplexity() -> None:
    assert Score(1e6, 1, 0).perplexity == math.inf


def test_what_is_skipped_is_read_but_not_scored() -> None:
    model, prime = random_model(vocabulary_size=V), text(5)
    texts = [text(size, seed=size) for size in (7, 70, 30, 8)]
    skip = [0, 65, 30, 3]
    likelihoods = log_likelihoods(model, prime, texts, skip)
    for score, ids, first in zip(likelihoods, texts, skip, strict=True):
        before = np.concatenate([prime, ids[:first]])
        expected = log_likelihoods(model, before, [ids[first:]])[0]
        assert score == pytest.approx(expected, rel=1e-10)
