"""What was found: features, their units, and which of these carry them."""

from collections.abc import Sequence
from dataclasses import dataclass

from charlstm.studies.features.characters.marking import Feature
from charlstm.studies.features.costs import Cost, Needs
from charlstm.studies.features.labels import LeftOut
from charlstm.studies.features.telling import LUCK, clarity, strength

# The least correlation, or 2·AUC - 1, of a carrier, and the least more than the last character's.
CLEAR, MORE = 0.4, 0.1
COSTS, DEVIATIONS = 0.02, 3.0  # the least cost in nats, and the least difference from others


@dataclass(frozen=True)
class Candidate:
    """A unit, and how well it tells a feature in the second half of the text.

    `score` is the AUC, or Spearman's correlation, and `luck` the share of shifted labels that some
    unit tells as well. `cost` is that of its ablation, None if it was not ablated. A unit carries
    one feature only: `better` is the one that it carries instead because it tells it more clearly.
    """

    layer: int
    unit: int
    score: float
    luck: float
    cost: Cost | None
    better: str
    carries: bool

    @property
    def place(self) -> tuple[int, int]:
        """(layer, unit)."""
        return self.layer, self.unit

    @property
    def tells(self) -> bool:
        """Whether it tells the feature beyond shifted labels."""
        return self.luck <= LUCK


@dataclass(frozen=True)
class FeatureUnits:
    """A feature and its candidates, the best of the first half first.

    `mean` is a share, or a mean count. `shifted`, `character` and `together` are how well the best
    unit tells shifted labels, the last character alone the feature, and a sum of all units: AUCs
    from ½ to 1, or correlations from 0 to 1. `needs` is None if no character needs the feature.
    `control` is the cost of random units, on the characters that need it, above which 5 % are.
    """

    feature: Feature
    counts: bool
    mean: float
    shifted: float
    character: float
    together: float
    needs: Needs | None
    control: float
    candidates: Sequence[Candidate]

    @property
    def carriers(self) -> list[Candidate]:
        """Those that carry it, the costliest first."""
        carriers = [each for each in self.candidates if each.carries]
        return sorted(carriers, key=lambda each: -(each.cost.needing if each.cost else 0.0))

    @property
    def best(self) -> Candidate:
        """The first carrier, or else the first candidate."""
        return next(iter(self.carriers or self.candidates))

    @property
    def verdict(self) -> str:
        """Whether the best unit "carries" the feature, or "tells" it, or neither ("")."""
        return "carries" if self.best.carries else "tells" if self.best.tells else ""

    @property
    def is_upwards(self) -> bool:
        """Whether the best unit's memory is higher where the feature holds, or counts more."""
        return self.best.score >= (0.0 if self.counts else 0.5)

    def strength(self, candidate: Candidate) -> float:
        """How well a candidate tells it, whichever its direction."""
        return float(strength(candidate.score, self.counts))

    def clarity(self, candidate: Candidate) -> float:
        """The same from 0 to 1, so that flags and counts compare."""
        return float(clarity(self.strength(candidate), self.counts))

    def of(self, place: tuple[int, int]) -> Candidate:
        """The candidate that is this unit."""
        return next(each for each in self.candidates if each.place == place)


@dataclass(frozen=True)
class Features:
    """What was found on a text: features with their units, and those that could not be measured.

    `characters` are those of the two halves together, `controls` the random units ablated.
    `has_learnt` says whether the network predicts the text better than frequencies do; one that
    does not carries nothing.
    """

    features: Sequence[FeatureUnits]
    left_out: Sequence[LeftOut]
    characters: int
    controls: int
    shifts: int
    has_learnt: bool

    @property
    def names(self) -> dict[tuple[int, int], str]:
        """What units are called: by the feature that they carry, or else tell best of all units.

        The second kind has a question mark. Its unit tells the feature clearly, and more than the
        last character does, but the network may do without it.
        """
        names = {
            each.place: units.feature.name for units in self.features for each in units.carriers
        }
        for units in self.features:
            best = units.best
            if best.tells and not best.better and is_memory(units, best.score):
                names.setdefault(best.place, f"{units.feature.name}?")
        return names


def is_memory(units: FeatureUnits, score: float) -> bool:
    """Whether a unit of this score tells a feature clearly, and more than the last character."""
    clear, last = (
        clarity(s, units.counts) for s in (strength(score, units.counts), units.character)
    )
    return bool(clear >= max(CLEAR, last + MORE))


def is_needed(units: FeatureUnits, cost: Cost | None) -> bool:
    """Whether the network needs a unit of this cost where it needs the feature."""
    needs = units.needs
    return (
        cost is not None
        and needs is not None
        and needs.loss < needs.by_frequency
        and cost.needing >= COSTS
        and cost.needing > units.control  # never without random units
        and cost.deviations >= DEVIATIONS
    )
