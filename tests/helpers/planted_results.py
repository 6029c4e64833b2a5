"""Results without any two values the same, so that nothing in them can be exchanged unseen."""

from random import Random
from typing import Any

import numpy as np

from charlstm.nn.saturation import Sizes
from charlstm.pairs.pair import Pair
from charlstm.studies.compare.outcome import Outcome
from charlstm.studies.inspect.ablation_cost import PARTS
from charlstm.studies.inspect.character_classes import CLASSES
from charlstm.studies.inspect.coupling import Coupling
from charlstm.studies.inspect.gates import Gates, GateUse
from charlstm.studies.inspect.gradients import Reach, measured_steps
from charlstm.studies.inspect.kept import STEPS as KEPT_STEPS
from charlstm.studies.inspect.kept import Kept
from charlstm.studies.inspect.time_course import BEFORE, STEPS, TimeCourse
from charlstm.studies.inspect.units import Unit, Units

ANY = Random(8).random  # values that are all different


def labelled_pairs() -> list[Pair]:
    """Pairs of which some ask the planted model for the wrong form, so that no share is another."""
    random, pairs = Random(3), []
    for condition, items in (("2", 9), ("16", 13), ("9", 11)):
        for item in range(items):
            for subject, form, other in (("A", "p", "q"), ("B", "q", "p")):
                congruent = random.random() < 0.6
                swap = random.random() > (0.9 if congruent else 0.6) - 0.15 * (subject == "B")
                start = f"x {subject} {'y' * int(condition)} "
                good, bad = (other, form) if swap else (form, other)
                number = {"A": "singular", "B": "plural"}[subject]
                texts = f"{start}{good}.", f"{start}{bad}."
                pairs.append(Pair(*texts, condition, str(item), number, congruent))
    return pairs


def planted_outcomes() -> list[Outcome]:
    """Two cells by two seeds, in an order of their own; one condition has nothing to mislead."""

    def shares() -> dict[str, float | None]:
        return {name: ANY() for name in ("accuracy", "congruent", "incongruent", "joint")}

    def report(**steps: Any) -> dict[str, Any]:
        conditions = {name: shares() | step for name, step in steps.items()}
        return {"conditions": conditions, "overall": shares()}

    outcomes = []
    for n, (cell, seed) in enumerate([("gru", 2), ("lstm", 1), ("gru", 1), ("lstm", 2)]):
        plainly = report(near={}, far={}, alone={"incongruent": None})
        learning = [(1_000_000 * (n + 3), 0.3), (2_000_000 * (n + 3), 0.97)]
        outcomes.append(
            Outcome(
                name=f"{cell}_{seed}",
                chosen={"cell": cell, "seed": seed},
                hidden_size=100 + n,
                parameters=20_000 + 17 * n,
                steps=50 + n,
                characters=9_000_000 + 100_000 * n,
                seconds=70.0 + 3 * n,
                best_val_nats=1 + ANY(),
                last_val_nats=2 + ANY(),
                losses=[(k, ANY()) for k in range(1, 4)],
                learning={"overall": learning[: 1 + (n != 1)]},
                agreement=plainly,
                sweeps={"depth": report(depth_1={"depth": 1}, depth_2={"depth": 2})},
            )
        )
    return outcomes


def planted_gates() -> Gates:
    """Two layers by two gates, three units each; no digit was read."""
    uses = []
    for layer in (0, 1):
        for gate in "if":
            right, left, middle = (np.array([ANY() for _ in range(3)]) / 2 for _ in range(3))
            stretch = 100 * np.array([ANY() for _ in range(3)])
            by_class = np.array([[ANY() for _ in range(3)] for _ in CLASSES])
            by_class[CLASSES.index("digit")] = np.nan
            uses.append(GateUse(layer, gate, right, left, middle, stretch, by_class))
    couplings = [Coupling(layer, ANY(), ANY(), ANY()) for layer in (0, 1)]
    memory = [Sizes(ANY(), 30 * ANY(), 5000 * ANY()) for _ in range(2)]
    kept = [
        Kept(layer, "f", np.array([[ANY() for _ in range(3)] for _ in KEPT_STEPS]))
        for layer in (0, 1)
    ]
    return Gates(1234, "f", uses, couplings, memory, kept)


def planted_units() -> Units:
    """Three candidates of which the last carries number, and no value twice."""

    def by_part() -> dict[str, float]:
        return {part: ANY() for part in PARTS}

    candidates = [
        Unit(
            layer=layer,
            unit=unit,
            auc={place: ANY() for place in ("subject", "middle", "verb")},
            separability={"left": 0.95 if carries else 0.4, "right": ANY(), "far": 0.97},
            mean_separability=ANY(),
            retention=ANY(),
            weight=10 * ANY(),
            cost=by_part(),
            p_labels=ANY(),
            p_controls=ANY(),
            carries=carries,
        )
        for layer, unit, carries in ((0, 7, False), (1, 12, False), (1, 3, True))
    ]
    control = {part: (-ANY() / 9, ANY() / 9) for part in PARTS}
    counts = {part: 1000 + 37 * k for k, part in enumerate(PARTS)}
    return Units(by_part(), candidates, control, 5, counts, {"left": 7, "thin": 3, "right": 9})


def planted_course() -> TimeCourse:
    """The time course of unit 3 of layer 1 over one sentence."""
    return TimeCourse(
        layer=1,
        unit=3,
        memory_label="tanh(c)",
        sigmoids="f",
        curves={
            kind: {"tanh(c)": np.array([2 * ANY() - 1 for _ in range(36)]), "f": np.zeros(36)}
            for kind in ((0, 0), (0, 1), (1, 0), (1, 1))
        },
        marks=[BEFORE, BEFORE + STEPS],
        counts={},
    )


def planted_reaches() -> dict[tuple[str, float], Reach]:
    """Gradients that vanish, explode and fade, and one that vanishes less with larger weights."""
    back = measured_steps(30)

    def norms(pace: float) -> Any:
        return np.array([(1 + 0.1 * ANY()) * pace**k for k in back])

    return {
        ("one", 1.0): Reach(back, {"h": norms(0.7), "c": norms(0.8)}),
        ("one", 2.5): Reach(back, {"h": norms(1.3), "c": norms(1.2)}),
        ("another", 1.0): Reach(back, {"h": norms(1.05)}),
        ("third", 1.0): Reach(back, {"h": norms(0.97), "c": norms(0.96)}),
    }
