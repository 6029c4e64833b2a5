"""When a unit carries a feature: each condition, just kept and just broken."""

from functools import partial

import numpy as np
import pytest

from charlstm.studies.features.characters.marking import Feature, Marking
from charlstm.studies.features.costs import Cost, Needs
from charlstm.studies.features.result import FeatureUnits, is_memory, is_needed


def feature_units(
    *, counts: bool = False, character: float = 0.6, control: float = 0.1, loss: float = 1.9
) -> FeatureUnits:
    needs = Needs(np.arange(30), loss, 2.0)
    feature = Feature("x", "x", partial(Marking))
    return FeatureUnits(feature, counts, 0.5, 0.6, character, 0.9, needs, control, [])


KEPT = Cost(0.11, 0.0, 3.0)


def test_a_unit_is_needed_if_all_conditions_hold() -> None:
    assert is_needed(feature_units(), KEPT)
    assert is_needed(feature_units(control=0.001), Cost(0.02, 0.01, 3.0))


@pytest.mark.parametrize(
    ("found", "cost"),
    [
        (feature_units(), None),
        (feature_units(control=0.12), KEPT),
        (feature_units(control=float("nan")), KEPT),
        (feature_units(loss=2.1), KEPT),
        (feature_units(), Cost(0.11, 0.0, 2.9)),
        (feature_units(control=0.001), Cost(0.019, 0.0, 9.0)),
    ],
    ids=["not ablated", "random units cost more", "no random units", "nothing learnt there",
         "others need it too", "next to nothing"],
)  # fmt: skip
def test_a_unit_is_not_needed_if_one_is_broken(found: FeatureUnits, cost: Cost | None) -> None:
    assert not is_needed(found, cost)


@pytest.mark.parametrize(
    ("counts", "score", "character", "holds"),
    [
        (False, 0.71, 0.6, True),
        (False, 0.29, 0.6, True),
        (False, 0.69, 0.6, False),
        (False, 0.31, 0.6, False),
        (False, 0.90, 0.84, True),
        (False, 0.90, 0.86, False),
        (True, 0.41, 0.3, True),
        (True, -0.41, 0.3, True),
        (True, 0.39, 0.3, False),
        (True, -0.8, 0.69, True),
        (True, -0.8, 0.71, False),
    ],
)
def test_a_memory_is_clear_and_tells_more_than_the_last_character(
    counts: bool, score: float, character: float, holds: bool
) -> None:
    assert is_memory(feature_units(counts=counts, character=character), score) is holds
