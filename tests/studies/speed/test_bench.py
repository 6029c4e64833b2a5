"""What is measured, in what order, and how it is summed up; nothing here depends on the clock."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_model
from command_line import Runner

from charlstm.nn import Array
from charlstm.nn.parameters import Architecture
from charlstm.studies.describe.network import describe
from charlstm.studies.speed.measure import TURN, alternate, measure
from charlstm.studies.speed.products import BlockedProducts as Blocked
from charlstm.studies.speed.products import PlainProducts as Plain
from charlstm.studies.speed.result import Size, Spread

pytestmark = pytest.mark.slow


def counted(patch: pytest.MonkeyPatch, products: Plain) -> int:
    """The operations of the matrix products that `run` really makes."""
    flop, original = 0, np.matmul

    def matmul(left: Array, right: Array, out: Array) -> None:
        nonlocal flop
        flop += 2 * left.shape[-1] * out.size
        original(left, right, out=out)

    with patch.context() as patched:
        patched.setattr(np, "matmul", matmul)
        products.run()
    return flop


@pytest.mark.parametrize("kind", [Plain, Blocked])
@each_variant
def test_products_are_three_for_every_full_matrix(
    monkeypatch: pytest.MonkeyPatch, cell: str, options: Mapping[str, Any], kind: type[Plain]
) -> None:
    model = random_model(cell, options, hidden_size=4, num_layers=2, vocabulary_size=7)
    products = kind(model, length=3, batch=5)
    matrices = [
        W for name, W in model.by_name.items() if W.shape[1] > 1 and not name.endswith(".E")
    ]
    assert products.flop == 6 * 3 * 5 * sum(W.size for W in matrices)
    assert counted(monkeypatch, products) == products.flop


@pytest.mark.parametrize("kind", [Plain, Blocked])
def test_products_of_attention_are_those_that_describe_counts(
    monkeypatch: pytest.MonkeyPatch, kind: type[Plain]
) -> None:
    model = random_model("gru", hidden_size=4, num_layers=2, vocabulary_size=7, attention=6)
    products = kind(model, length=3, batch=5)
    assert products.flop == 3 * 5 * describe(model.architecture, 7).training_products
    assert counted(monkeypatch, products) == products.flop


class Watch:
    """A clock that goes on only when a call takes time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def take(self, seconds: float, log: list[float]) -> None:
        self.now += seconds
        log.append(seconds)


def test_calls_take_turns_until_their_time_is_up() -> None:
    watch, log = Watch(), list[float]()
    calls = [lambda: watch.take(1.0, log), lambda: watch.take(2.0, log)]
    assert alternate(calls, 20.0, watch) == [[1.0] * 15, [2.0] * 15]
    assert log == ([1.0] * TURN + [2.0] * TURN) * 3
    assert alternate(calls[:1], 0.0, watch) == [[1.0] * TURN]  # a turn at least


def test_a_spread_is_a_median_with_its_range() -> None:
    assert Spread.of([3.0, 1.0, 2.0, 9.0]) == Spread(2.5, 1.0, 9.0)


def test_quantities_of_a_size_belong_together() -> None:
    ticks: Iterator[int] = iter(range(10**9))
    size = Size(Architecture("gru", {}, 8, 2), 7, 5, vocabulary_size=300, workers=2)
    speed = measure(size, repeats=3, seconds=0.0, clock=lambda: float(next(ticks)))
    # Every call takes one tick: an update of 7·5 characters, a step, its products, a character.
    assert speed.training == Spread(35.0, 35.0, 35.0)
    assert speed.sampling.median == 1.0
    assert speed.sampling_batch.median == 64.0
    assert speed.step == speed.products == speed.ratio == speed.product_share
    flop = 6 * 5 * 4 * (2 * 2 * 8 * 8 + 3 * 8 * 8 + 2 * 8 * 8 + 300 * 8)
    assert speed.gflops.median == pytest.approx(flop / 1e9)


QUICK = ("--seconds=0", "--repeats=2", "--batch-size=8", "--seq-length=4")


def test_json_has_every_combination(charlstm: Runner) -> None:
    sizes = ("--hidden-size=8", "--attention=0", "--attention=3", "--cell=rnn", "--cell=lstm")
    heads = ("--attention-heads=1", "--attention-heads=2")
    found = charlstm.ok("bench", *QUICK, *sizes, *heads, "--workers=2", "--json").json
    assert set(found) == {"machine", "repeats", "seconds", "sizes"}
    assert found["machine"]["numpy"] == np.__version__
    shapes = [(size["cell"], size["attention"], size["attention_heads"]) for size in found["sizes"]]
    looking = [(0, 1), (3, 1), (3, 2)]  # heads of no attention are not measured twice
    assert shapes == [(cell, *attention) for cell in ("rnn", "lstm") for attention in looking]
    for size in found["sizes"]:
        assert (size["workers"], size["share"], size["vocabulary_size"]) == (2, 4, 65)
        for name in ("training", "sampling", "sampling_batch", "ratio", "product_share"):
            low, high = size[f"{name}_range"]
            assert 0.0 < low <= size[name] <= high
    alone = charlstm.ok("bench", *QUICK, "--hidden-size=8", "--json").json["sizes"][0]
    assert alone["workers"] == 1  # 8 columns are not worth two processes


@pytest.mark.parametrize("option", ["--repeats=0", "--cell=none", "--hidden-size=0"])
def test_usage(charlstm: Runner, option: str) -> None:
    assert option.partition("=")[0] in charlstm.fails("bench", option, status=2)


def test_units_that_heads_cannot_share_are_refused_before_anything_is_measured(
    charlstm: Runner,
) -> None:
    flags = ("--hidden-size=8", "--hidden-size=9", "--attention=2")
    message = charlstm.fails("bench", *flags)
    assert message.startswith("hidden_size is 9, which 4 heads of attention cannot share equally")


def test_workers_without_a_column_are_noted(charlstm: Runner) -> None:
    flags = ("bench", *QUICK, "--hidden-size=8", "--json")
    outcome = charlstm.ok(*flags, "--workers=9")
    assert outcome.stderr == "only 8 of 9 workers have a column each at --batch-size 8\n"
    assert outcome.json["sizes"][0]["workers"] == 8
    assert charlstm.ok(*flags, "--workers=1").stderr == ""


@pytest.mark.parametrize("seconds", ["nan", "inf", "-inf", "-1", "1e999"])
def test_seconds_are_a_number_from_0(charlstm: Runner, seconds: str) -> None:
    message = charlstm.fails("bench", "--seconds", seconds, status=2)
    assert "is not in the range 0.0<=x<=3600.0" in message
