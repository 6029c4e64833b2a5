"""What is measured of a run of a comparison, on checkpoints whose answers are known."""

from pathlib import Path

import pytest
from planted import H, planted_pairs, save_planted, write_planted_run

from charlstm.config import Config
from charlstm.pairs.files import write_pairs
from charlstm.pairs.pair import PairSet
from charlstm.store.metrics import COLUMNS
from charlstm.studies.compare.comparison import Comparison
from charlstm.studies.compare.measure import measured, unmeasured
from charlstm.studies.compare.planned import PlannedRun

WINDOW = 4 * 17  # characters of an update


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose best model is right and whose last one is wrong, and three on the way there."""
    run = write_planted_run(tmp_path / "run")
    save_planted(run / "last.npz", 40, wrong=True)
    for update, wrong in ((2, True), (10, False), (9, True)):
        save_planted(run / f"step-{update}.npz", update, wrong=wrong)
    rows: list[dict[str, object]] = [
        {"update": 20, "characters": 1360, "train_nats": 9, "val_nats": 2.5}
    ]
    rows += [{"update": 30, "characters": 2040, "train_nats": 8, "val_nats": ""}]
    rows += [{"update": 40, "characters": 2720, "train_nats": 7, "val_nats": 2.25}]
    lines = [",".join(str(row.get(name, 5)) for name in COLUMNS) for row in rows]
    (run / "metrics.csv").write_text("\n".join([",".join(COLUMNS), *lines, ""]), encoding="utf-8")
    return run


class Maker:
    """Makes pairs as a grammar does, and remembers how many it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def default(self, per_condition: int) -> PairSet:
        self.asked.append(("default", per_condition))
        return PairSet(planted_pairs(per_condition))

    def sweep(self, axis: str, per_condition: int) -> PairSet:
        self.asked.append((axis, per_condition))
        return PairSet(planted_pairs(per_condition), frozenset(), axis, {"planted": 3})


def test_cost_is_that_of_the_last_checkpoint_and_agreement_that_of_the_best(run: Path) -> None:
    planned = PlannedRun("name", {"seed": 3}, Config())
    first = unmeasured(planned, run, "diverged", None)
    assert (first.name, first.chosen, first.hidden_size) == ("name", {"seed": 3}, H)
    assert (first.steps, first.characters, first.seconds) == (40, 40 * WINDOW, 10.0)
    assert (first.best_val_nats, first.last_val_nats) == (1.25, 40.5)
    assert first.losses == [(1360, 2.5), (2720, 2.25)]  # there was none at 2,040 characters
    assert first.diverged == "diverged"

    maker, pairs = Maker(), list[int]()
    comparison = Comparison((planned,), run.parent, None, (), 16, ("depth", "distance"))
    outcome = measured(first, comparison, run, maker, pairs.append)
    assert maker.asked == [("default", 16), ("default", 4), ("depth", 16), ("distance", 16)]
    assert outcome.agreement is not None
    assert outcome.agreement["overall"]["accuracy"] == 1.0
    assert outcome.agreement["pairs"] == 32
    assert {axis: s["overall"]["accuracy"] for axis, s in outcome.sweeps.items()} == {
        "depth": 1.0, "distance": 1.0,
    }  # fmt: skip
    curve = [(2 * WINDOW, 0.0), (9 * WINDOW, 0.0), (10 * WINDOW, 1.0)]
    assert outcome.learning == {"planted": curve, "overall": curve}
    assert outcome.characters_until() == 10 * WINDOW
    assert sum(pairs) == 3 * 32 + 3 * 8
    again = measured(outcome, comparison, run, maker, pairs.append)
    assert again == outcome and sum(pairs) == 3 * 32 + 3 * 8, "nothing is measured twice"


def test_pairs_of_a_file_are_measured_everywhere(run: Path) -> None:
    write_pairs(run.parent / "p.jsonl", planted_pairs(6))
    comparison = Comparison((), run.parent, None, (run.parent / "p.jsonl",), 16, ())
    first = unmeasured(PlannedRun("name", {}, Config()), run, None, None)
    outcome = measured(first, comparison, run, None, lambda _: None)
    assert outcome.agreement is not None and outcome.agreement["pairs"] == 12
    assert [accuracy for _, accuracy in outcome.learning["overall"]] == [0.0, 0.0, 1.0]
