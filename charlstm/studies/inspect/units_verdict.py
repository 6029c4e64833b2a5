"""What a table of units says in words: which pairs it is about, and what carries the feature."""

import math
from collections.abc import Iterable, Mapping

from charlstm.pairs.pair import LeftOut
from charlstm.studies.inspect.spans import ITEMS, by_reason
from charlstm.studies.inspect.units import (
    CHANCE,
    COSTS,
    FEWEST_CONTROLS,
    P_CONTROLS,
    P_LABELS,
    Unit,
    Units,
)
from charlstm.text.shown import brief

NAMED = 3  # so many conditions are named, the others counted


def used_pairs(units: Units, left_out: Mapping[LeftOut, int]) -> str:
    """How many pairs were used, and how many were not and why."""
    used = units.counts["long"] + units.counts["short"]
    if not left_out:
        return f"{used:,} pairs are used, which is all of them."
    counts = by_reason(left_out)
    reasons = ", ".join(
        f"{count:,} ({reason}: {_names(brief(name) for name, why in left_out if why == reason)})"
        for reason, count in counts.items()
    )
    return f"{used:,} of {used + counts.total():,} pairs are used. Left out: {reasons}."


def judged_conditions(units: Units) -> str:
    """In which conditions a unit is judged."""
    judged = [name for name, count in units.items.items() if count >= ITEMS]
    others = [
        f"{brief(name)} ({count} there)" for name, count in units.items.items() if count < ITEMS
    ]
    noun = "condition" if len(judged) == 1 else "conditions"
    words = f"Units are judged in {len(judged)} {noun} with {ITEMS} items or more over a long way"
    return f"{words}; not in {_names(others)}." if others else f"{words}."


def verdict(units: Units, feature: str) -> str:
    """Which units carry the feature, in a few sentences."""
    if not units.carriers:
        return _without_carrier(units, feature)
    names = ", ".join(unit.name for unit in units.carriers)
    best = units.carriers[0]
    falls = [
        f"over a {part} {way} from {units.accuracy[part]:.1%} to "
        f"{units.accuracy[part] - best.cost[part]:.1%}"
        for part, way in (("long", "way"), ("short", "one"))
        if not math.isnan(units.accuracy[part])
    ]
    constructions = ", ".join(map(brief, best.constructions))
    return (
        f"* carries {feature}: {names}. {best.name} separates its readings in {constructions}; "
        f"without it, agreement falls {', '.join(falls)}. If the "
        "labels meant nothing, some unit would separate them so well with p = "
        f"{best.p_labels:.3f}; a random unit costs so much with p = {best.p_controls:.3f}."
    )


def _without_carrier(units: Units, feature: str) -> str:
    if units.accuracy["long"] < CHANCE:
        more = "little" if units.accuracy["long"] > 0.5 else "no"
        return (
            f"On these pairs {units.accuracy['long']:.1%} are right over a long way, {more} more "
            f"than by chance: they show no agreement in {feature} that a unit could carry."
        )
    costly = max(units.candidates, key=lambda unit: unit.cost["long"])
    words = (
        f"On these pairs no unit carries {feature} by itself: none separates its readings in half "
        "of the constructions, better than by chance, and also costs agreement, more than random "
        f"units do, when it is ablated. Of these units, {costly.name} costs most "
        f"({points(costly.cost['long'])} points)."
    )
    doubts = [
        _doubt(unit, units.controls)
        for unit in units.candidates
        if unit.separates and unit.cost["long"] >= COSTS
    ]
    return " ".join([words, *doubts[:1]])


def _doubt(unit: Unit, controls: int) -> str:
    """Why a unit that separates and costs agreement may do so by chance."""
    cost = points(unit.cost["long"])
    start = f"{unit.name} separates its readings and costs {cost} points, but"
    if unit.p_labels >= P_LABELS:
        return (
            f"{start} if the labels meant nothing, some unit would separate them so well with p = "
            f"{unit.p_labels:.3f} ({P_LABELS} is the limit); more items may show more."
        )
    few = f", and there are fewer than {FEWEST_CONTROLS} to compare it with" * (
        controls < FEWEST_CONTROLS
    )
    return (
        f"{start} a random unit costs so much with p = {unit.p_controls:.3f} ({P_CONTROLS} is the "
        f"limit){few}."
    )


def _names(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - NAMED:,} more" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more


def percent(share: float) -> str:
    """A share in percent, and a dash for none."""
    return "—" if math.isnan(share) else f"{share:.1%}"


def points(cost: float) -> str:
    """A loss of accuracy in points, and a dash for none."""
    return "—" if math.isnan(cost) else f"{100 * cost + 0.0:+.1f}"
