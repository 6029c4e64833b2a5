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
                found.feature.name,
                _measure(found),
                found.mean,
                each.layer,
                each.unit,
                each.score,
                each.luck,
                found.shifted,
                found.character,
                found.together,
                found.needs.places.size if found.needs else None,
                *(each.cost or (None, None, None)),
                found.control,
                each.tells,
                each.carries,
            ]
            for found in self.features.features
            for each in found.candidates
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
                {"feature": found.feature.name, "layer": each.layer, "unit": each.unit}
                for found in features.features
                for each in found.carriers
            ],
            "features": [_feature_mapping(found) for found in features.features],
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
        flags = [found for found in features.features if not found.counts]
        counts = [found for found in features.features if found.counts]
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
        found = self.features.features
        carried = [each for each in found if each.carriers]
        if carried:
            for each in carried:
                units = ", ".join(unit_name(one.place) for one in each.carriers)
                verb = "carries" if len(each.carriers) == 1 else "carry"
                yield f"* {units} {verb} {each.feature.name}: {each.feature.about}."
        elif self.features.has_learnt:
            yield "No unit carries a feature by itself."
        else:
            yield (
                f"The network predicts this text no better than the frequency of its {self.unit}s "
                "does, so no unit can carry a feature."
            )
        instead = [(each, one) for each in found for one in each.candidates if one.better]
        for each, one in instead:
            yield (
                f"{unit_name(one.place)} tells {each.feature.name} too and is needed for it, but "
                f"it tells {one.better} more clearly."
            )
        foreseen = [each.feature.name for each in found if each.feature.foresees]
        if foreseen:
            yield f"About the {self.unit} to come, which is a guess: {', '.join(foreseen)}."
        reasons: dict[str, list[str]] = {}
        for name, why in self.features.left_out:
            reasons.setdefault(why, []).append(name)
        for why, names in reasons.items():
            yield f"Left out, {why}: {', '.join(names)}."


def _rows(head: str, found: Sequence[FeatureUnits]) -> Iterator[str]:
    measure = "r" if found[0].counts else "AUC"
    yield (
        f"{head:>28}  unit    {measure:>5}   luck  shift  last   all"
        "  needing    cost  others  random"
    )
    for each in found:
        yield _row(each)


def _row(found: FeatureUnits) -> str:
    best = found.best
    mark = {"carries": "*", "tells": "+", "": " "}[found.verdict]
    mean = f"{found.mean:.1f}" if found.counts else f"{100 * found.mean:.1f} %"
    unit, sign = unit_name(best.place), "+" if found.is_upwards else "-"
    row = (
        f"{mark} {found.feature.name:<19}{mean:>7}  {unit:<8}{sign}{found.strength(best):.2f}"
        f"  {best.luck:.3f} {found.shifted:6.2f} {found.character:5.2f} {found.together:5.2f}"
    )
    if found.needs is None:
        return row
    row += f"{found.needs.places.size:9,}"
    if best.cost is None:
        return row
    return f"{row}  {best.cost.needing:+.3f}  {best.cost.others:+.3f}  {found.control:+.3f}"


def _measure(found: FeatureUnits) -> str:
    return "correlation" if found.counts else "auc"


def _feature_mapping(found: FeatureUnits) -> dict[str, Any]:
    needs = found.needs
    return {
        "feature": found.feature.name,
        "about": found.feature.about,
        "measure": _measure(found),
        "foresees": found.feature.foresees,
        "mean": found.mean,
        "verdict": found.verdict or None,
        "shifted": found.shifted,
        "last_character": found.character,
        "all_units": found.together,
        "needing": needs
        and {
            "which": found.feature.needs,
            "count": needs.places.size,
            "loss_nats": needs.loss,
            "by_frequency_nats": needs.by_frequency,
            "random_cost_nats": found.control,
        },
        "units": [
            {
                "layer": each.layer,
                "unit": each.unit,
                _measure(found): each.score,
                "luck": each.luck,
                "cost_nats": each.cost.needing if each.cost else None,
                "cost_others_nats": each.cost.others if each.cost else None,
                "deviations": each.cost.deviations if each.cost else None,
                "tells": each.tells,
                "carries": each.carries,
                "carries_instead": each.better or None,
            }
            for each in found.candidates
        ],
    }
