"""Features and their units: a table, JSON, and lines for a terminal."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charlstm.nn.units import unit_name
from charlstm.output.result import Result
from charlstm.output.strips import Strip, strips_figure
from charlstm.studies.features.passage import Passage
from charlstm.studies.features.result import Features, FeatureUnits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 100  # columns of the legend and of sentences
HEAD = (
    "feature", "measure", "mean", "layer", "unit", "score", "luck", "shifted", "last_character",
    "all_units", "needing", "cost_nats", "cost_others_nats", "deviations", "cost_random_nats",
    "tells", "carries",
)  # fmt: skip
LEGEND = (
    "The units are chosen on the first half of the text; all figures are of the second. AUC and r: "
    "how well the unit's memory tells the feature (0.5 and 0 are not at all; + if the memory is "
    "higher where the feature is, - if lower). shift: how well the best of all units tells labels "
    "shifted round, in 99 % of {shifts} shifts. last: how well the {unit} just read tells it. all: "
    "how well a sum of all units does. needing: the {unit}s that need the feature; cost: the nats "
    "that ablating the unit adds on them, on the others, and in 95 % of {controls} random units."
)


@dataclass(frozen=True, repr=False)
class FeaturesReport(Result):
    """The features of a text that the model `run` has read, with their units.

    `unit` is what the model reads at a step, "character" or "byte". `passage` is the part of the
    text that its picture shows, and `page` makes its page.
    """

    features: Features
    run: str
    unit: str = "character"
    passage: Passage | None = None
    page: Callable[[], bytes] | None = None

    def to_table(self) -> tuple[tuple[str, ...], list[list[Any]]]:
        """One row for each candidate of each feature."""
        return HEAD, [
            [
                units.feature.name,
                _measure(units),
                units.mean,
                each.layer,
                each.unit,
                each.score,
                each.luck,
                units.shifted,
                units.character,
                units.together,
                units.needs.places.size if units.needs else None,
                *(each.cost or (None, None, None)),
                units.control,
                each.tells,
                each.carries,
            ]
            for units in self.features.features
            for each in units.candidates
        ]

    def to_mapping(self) -> dict[str, Any]:
        """All figures, with costs in nats, and the features that were left out."""
        features = self.features
        return {
            f"{self.unit}s": features.characters,
            "controls": features.controls,
            "shifts": features.shifts,
            "has_learnt": features.has_learnt,
            "carriers": [
                {"feature": units.feature.name, "layer": each.layer, "unit": each.unit}
                for units in features.features
                for each in units.carriers
            ],
            "features": [_feature_mapping(units) for units in features.features],
            "left_out": [each._asdict() for each in features.left_out],
        }

    def to_figure(self) -> "Figure":
        """The passage, coloured by the best units.

        Raises:
            CharlstmError: if matplotlib is missing.
        """
        assert self.passage
        text = Strip("text", self.passage.symbols)
        return strips_figure([text, *self.passage.strips], f"{self.run}: what units tell of a text")

    def to_page(self) -> bytes:
        """The page of the model, which begins with the passage and names the units."""
        assert self.page
        return self.page()

    def lines(self) -> Iterator[str]:
        """A table of flags, one of counts, a legend, and which unit carries what."""
        features = self.features
        flags = [units for units in features.features if not units.counts]
        counts = [units for units in features.features if units.counts]
        for head, some in (("holds", flags), ("mean", counts)):
            if some:
                yield from _rows(head, some)
                yield ""
        words = LEGEND.format(shifts=features.shifts, controls=features.controls, unit=self.unit)
        yield from textwrap.wrap(words, WIDTH)
        yield ""
        for sentence in self._sentences():
            yield from textwrap.wrap(sentence, WIDTH, subsequent_indent="  ")

    def _sentences(self) -> Iterator[str]:
        measured = self.features.features
        carried = [each for each in measured if each.carriers]
        if carried:
            for each in carried:
                carriers = ", ".join(unit_name(one.place) for one in each.carriers)
                verb = "carries" if len(each.carriers) == 1 else "carry"
                yield f"* {carriers} {verb} {each.feature.name}: {each.feature.about}."
        elif self.features.has_learnt:
            yield "No unit carries a feature by itself."
        else:
            yield (
                f"The network predicts this text no better than the frequency of its {self.unit}s "
                "does, so no unit can carry a feature."
            )
        instead = [(each, one) for each in measured for one in each.candidates if one.better]
        for each, one in instead:
            yield (
                f"{unit_name(one.place)} tells {each.feature.name} too and is needed for it, but "
                f"it tells {one.better} more clearly."
            )
        foreseen = [each.feature.name for each in measured if each.feature.foresees]
        if foreseen:
            yield f"About the {self.unit} to come, which is a guess: {', '.join(foreseen)}."
        reasons: dict[str, list[str]] = {}
        for name, why in self.features.left_out:
            reasons.setdefault(why, []).append(name)
        for why, names in reasons.items():
            yield f"Left out, {why}: {', '.join(names)}."


def _rows(head: str, units: Sequence[FeatureUnits]) -> Iterator[str]:
    measure = "r" if units[0].counts else "AUC"
    yield (
        f"{head:>28}  unit    {measure:>5}   luck  shift  last   all"
        "  needing    cost  others  random"
    )
    for each in units:
        yield _row(each)


def _row(units: FeatureUnits) -> str:
    best = units.best
    mark = {"carries": "*", "tells": "+", "": " "}[units.verdict]
    mean = f"{units.mean:.1f}" if units.counts else f"{100 * units.mean:.1f} %"
    unit, sign = unit_name(best.place), "+" if units.is_upwards else "-"
    row = (
        f"{mark} {units.feature.name:<19}{mean:>7}  {unit:<8}{sign}{units.strength(best):.2f}"
        f"  {best.luck:.3f} {units.shifted:6.2f} {units.character:5.2f} {units.together:5.2f}"
    )
    if units.needs is None:
        return row
    row += f"{units.needs.places.size:9,}"
    if best.cost is None:
        return row
    return f"{row}  {best.cost.needing:+.3f}  {best.cost.others:+.3f}  {units.control:+.3f}"


def _measure(units: FeatureUnits) -> str:
    return "correlation" if units.counts else "auc"


def _feature_mapping(units: FeatureUnits) -> dict[str, Any]:
    needs = units.needs
    return {
        "feature": units.feature.name,
        "about": units.feature.about,
        "measure": _measure(units),
        "foresees": units.feature.foresees,
        "mean": units.mean,
        "verdict": units.verdict or None,
        "shifted": units.shifted,
        "last_character": units.character,
        "all_units": units.together,
        "needing": needs
        and {
            "which": units.feature.needs,
            "count": needs.places.size,
            "loss_nats": needs.loss,
            "by_frequency_nats": needs.by_frequency,
            "random_cost_nats": units.control,
        },
        "units": [
            {
                "layer": each.layer,
                "unit": each.unit,
                _measure(units): each.score,
                "luck": each.luck,
                "cost_nats": each.cost.needing if each.cost else None,
                "cost_others_nats": each.cost.others if each.cost else None,
                "deviations": each.cost.deviations if each.cost else None,
                "tells": each.tells,
                "carries": each.carries,
                "carries_instead": each.better or None,
            }
            for each in units.candidates
        ],
    }
