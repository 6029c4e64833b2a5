"""What the scores of many pairs amount to: shares of right answers, apart by condition and label.

An interval is Wilson's: Wilson (1927), JASA 22, the one that stays within 0 and 1.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from charlstm.nn.parameters import Parameters
from charlstm.pairs.files import PairSet
from charlstm.pairs.scores import Scored, readable, score_pairs
from charlstm.text.vocabulary import Vocabulary

Z = 1.959964  # 95 % of a normal distribution lie within so many deviations
PARTS: dict[str, Callable[[Scored], bool]] = {
    "congruent": lambda s: s.pair.congruent is True,
    "incongruent": lambda s: s.pair.congruent is False,
    "singular": lambda s: s.pair.subject_number == "singular",
    "plural": lambda s: s.pair.subject_number == "plural",
}
SHARES = ("accuracy", *PARTS, "joint")


@dataclass(frozen=True)
class Share:
    """How many of how many are right."""

    right: int
    total: int

    @property
    def value(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.right / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval (Wilson 1927, eq. for p′); None of nothing.

        p̂ = right / n;  (p̂ + z²/2n ± z·√(p̂(1 - p̂)/n + z²/4n²)) / (1 + z²/n)
        """
        n = self.total
        if not n:
            return None
        p = self.right / n
        middle = p + Z**2 / (2 * n)
        spread = Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
        scale = 1 + Z**2 / n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@dataclass(frozen=True)
class Result:
    """The shares of one set of pairs: all, each part that labels tell apart, and jointly.

    `joint` counts items: one is right if its readings all are (for a guesser one in four).
    `log_odds` is their mean, in nats.
    """

    shares: dict[str, Share]
    log_odds: float
    ties: int

    def to_mapping(self) -> dict[str, Any]:
        """The result as JSON has it: shares from 0 to 1 or null, and their intervals."""
        return {
            "pairs": self.shares["accuracy"].total,
            **{name: share.value for name, share in self.shares.items()},
            "log_odds": self.log_odds,
            "ties": self.ties,
            "interval": self.shares["accuracy"].interval,
            "intervals": {name: share.interval for name, share in self.shares.items()},
            "counts": {name: share.total for name, share in self.shares.items()},
        }


def summarise(scored: Sequence[Scored]) -> Result:
    """The result of some scored pairs, of which there must be at least one."""
    parts = {name: _share(filter(belongs, scored)) for name, belongs in PARTS.items()}
    items: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for one in scored:
        items[one.pair.condition, one.pair.item].append(one.right)
    both = [all(readings) for readings in items.values() if len(readings) > 1]
    return Result(
        {"accuracy": _share(scored), **parts, "joint": Share(sum(both), len(both))},
        math.fsum(one.log_odds for one in scored) / len(scored),
        sum(one.tie for one in scored),
    )


def by_condition(scored: Iterable[Scored]) -> dict[str, Result]:
    """The result of each condition, in order of appearance."""
    groups: dict[str, list[Scored]] = {}
    for one in scored:
        groups.setdefault(one.pair.condition, []).append(one)
    return {name: summarise(group) for name, group in groups.items()}


def _share(scored: Iterable[Scored]) -> Share:
    answers = [one.right for one in scored]
    return Share(sum(answers), len(answers))


@dataclass(frozen=True)
class Report:
    """What a model makes of a set of pairs.

    `overall` is of the conditions that are like the corpus, `unseen` of those that are not; each
    is None where there are none. `left_out` counts the pairs with `unknown` characters.
    """

    kind: str
    conditions: Mapping[str, Result]
    overall: Result | None
    unseen: Result | None
    left_out: int
    unknown: list[str]
    scored: list[Scored]
    asked: PairSet

    def to_mapping(self) -> dict[str, Any]:
        """The report as JSON has it."""
        conditions = {}
        for name, result in self.conditions.items():
            place = {self.asked.axis: self.asked.at[name]} if self.asked.axis else {}
            unseen = {"unseen": name in self.asked.unseen}
            conditions[name] = result.to_mapping() | unseen | place
        return {
            "score": self.kind,
            "sweep": self.asked.axis,
            "pairs": len(self.scored),
            "left_out": self.left_out,
            "conditions": conditions,
            "overall": self.overall and self.overall.to_mapping(),
            "unseen": self.unseen and self.unseen.to_mapping(),
        }


def measure(
    parameters: Parameters,
    vocabulary: Vocabulary,
    asked: PairSet,
    kind: str = "sentence",
    progress: Callable[[int], object] = lambda _: None,
) -> Report:
    """Score the pairs that the model can read, and count.

    Raises:
        CorpusError: if it can read none of them.
        CheckpointError: if a score is not finite.
    """
    pairs, unknown = readable(vocabulary, asked.pairs)
    scored = score_pairs(parameters, vocabulary, pairs, kind, progress)
    seen = [one for one in scored if one.pair.condition not in asked.unseen]
    new = [one for one in scored if one.pair.condition in asked.unseen]
    return Report(
        kind,
        by_condition(scored),
        summarise(seen) if seen else None,
        summarise(new) if new else None,
        len(asked.pairs) - len(pairs),
        unknown,
        scored,
        asked,
    )
