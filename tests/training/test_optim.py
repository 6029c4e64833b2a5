"""Optimisers, schedules and the norm against slow and obvious versions."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from charlstm.nn import Array
from charlstm.training import optim
from charlstm.training.optim import OPTIMISERS, Schedule, global_norm

SIZE, UPDATES = 50, 6


def gradients() -> Iterator[Array]:
    rng = np.random.default_rng(4)
    for _ in range(UPDATES):
        yield rng.normal(size=SIZE)


def rate(update: int) -> float:
    return 0.1 / (update + 1)


def sgd(p: Array, g: Array, lr: float, t: int, kept: dict[str, Array]) -> Array:
    del t, kept
    return p - lr * g


def rmsprop(p: Array, g: Array, lr: float, t: int, kept: dict[str, Array]) -> Array:
    del t
    kept["v"] = 0.95 * kept.get("v", 0.0) + 0.05 * g**2
    return p - lr * g / (np.sqrt(kept["v"]) + 1e-8)


def adam(p: Array, g: Array, lr: float, t: int, kept: dict[str, Array]) -> Array:
    kept["m"] = 0.9 * kept.get("m", 0.0) + 0.1 * g
    kept["v"] = 0.99 * kept.get("v", 0.0) + 0.01 * g**2
    m, v = kept["m"] / (1 - 0.9**t), kept["v"] / (1 - 0.99**t)
    return p - lr * m / (np.sqrt(v) + 1e-8)


@pytest.mark.parametrize("slow", [sgd, rmsprop, adam])
@pytest.mark.parametrize("scale", [1.0, 0.3])
@pytest.mark.parametrize("block", [7, SIZE, 2**14])
def test_optimiser(slow, scale: float, block: int, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(optim, "BLOCK", block)
    kind = OPTIMISERS[slow.__name__]
    fast = kind(np.zeros((len(kind.names), SIZE)))
    ours, theirs = np.ones(SIZE), np.ones(SIZE)
    kept: dict[str, Array] = {}
    for update, g in enumerate(gradients()):
        theirs = slow(theirs, scale * g, rate(update), update + 1, kept)
        fast.step(ours, g, rate(update), scale, update)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    assert fast.moments.keys() == kept.keys()
    for name, moment in fast.moments.items():
        np.testing.assert_allclose(moment, kept[name], rtol=0, atol=1e-12)


def test_every_optimiser_has_a_slow_version() -> None:
    assert set(OPTIMISERS) == {"sgd", "rmsprop", "adam"}


def test_norm_of_all_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    g = next(gradients())
    assert global_norm(g) == pytest.approx(math.sqrt(sum(x * x for x in g)))
    monkeypatch.setattr(optim, "CHUNK", 7)
    assert global_norm(g) == pytest.approx(math.sqrt(sum(x * x for x in g)))
    assert math.isnan(global_norm(np.array([1.0, np.nan])))


def test_warm_up_then_cosine() -> None:
    cosine = Schedule("cosine", lr=2.0, warmup_steps=4, total=14)
    assert [cosine(u) for u in range(5)] == [0.5, 1.0, 1.5, 2.0, 2.0]
    assert cosine(9) == pytest.approx(2.0 * (0.01 + 0.99 / 2))
    assert cosine(14) == cosine(99) == pytest.approx(0.02)
    falling = [cosine(u) for u in range(4, 15)]
    assert falling == sorted(falling, reverse=True)


def test_warm_up_then_constant() -> None:
    constant = Schedule("constant", lr=2.0, warmup_steps=2, total=3)
    assert [constant(u) for u in range(5)] == [1.0, 2.0, 2.0, 2.0, 2.0]


def test_schedules_without_warm_up_or_shorter_than_it() -> None:
    assert Schedule("cosine", 2.0, 0, 10)(0) == 2.0
    assert Schedule("cosine", 2.0, 100, 10)(10) == pytest.approx(0.22)
    assert Schedule("cosine", 2.0, 0, 1)(0) == 2.0
