"""The report on a set of pairs: the share of right pairs for each condition and each label.

The intervals are Wilson's (1927, JASA 22), which stay within 0 and 1.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from charlstm.nn.mixture import Predictor
from charlstm.pairs.files import PairSet
from charlstm.pairs.scores import PairScore, ScoreKind, readable, score_pairs
from charlstm.text.vocabulary import Vocabulary

Z = 1.959964  # 95 % of a normal distribution lie within so many deviations
# The parts of a set that labels tell apart.
PARTS: dict[str, Callable[[PairScore], bool]] = {
    "congruent": lambda s: s.pair.congruent is True,
    "incongruent": lambda s: s.pair.congruent is False,
    "singular": lambda s: s.pair.subject_number == "singular",
    "plural": lambda s: s.pair.subject_number == "plural",
}
SHARES = ("accuracy", *PARTS, "joint")


@dataclass(frozen=True)
class Share:
    """The number of right answers, and of all answers."""

    right: int
    total: int

    @property
    def value(self) -> float | None:
        """From 0 to 1; None if there are no answers."""
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
        # Rounding must not put the share itself outside: no picture could draw such an interval.
        low, high = (middle - spread) / scale, (middle + spread) / scale
        return max(0.0, min(p, low)), min(1.0, max(p, high))


@dataclass(frozen=True)
class Summary:
    """The shares of right pairs: of all, of those with each label, and jointly.

    `joint` counts items: an item is right if all its readings are (a guesser gets one in four).
    `log_odds` is the mean over the pairs, in nats. `ties` counts pairs.
    """

    shares: dict[str, Share]
    log_odds: float
    ties: int

    def to_mapping(self) -> dict[str, Any]:
        """The summary as JSON has it: shares from 0 to 1 or null, and their intervals."""
        return {
            "pairs": self.shares["accuracy"].total,
            **{name: share.value for name, share in self.shares.items()},
            "log_odds": self.log_odds,
            "ties": self.ties,
            "interval": self.shares["accuracy"].interval,
            "intervals": {name: share.interval for name, share in self.shares.items()},
            "counts": {name: share.total for name, share in self.shares.items()},
        }


def summarise(scores: Sequence[PairScore]) -> Summary:
    """The summary of some scores, of which there must be at least one."""
    parts = {name: _share(filter(belongs, scores)) for name, belongs in PARTS.items()}
    items: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for score in scores:
        items[score.pair.condition, score.pair.item].append(score.right)
    joint = [all(readings) for readings in items.values() if len(readings) > 1]
    return Summary(
        {"accuracy": _share(scores), **parts, "joint": Share(sum(joint), len(joint))},
        math.fsum(score.log_odds for score in scores) / len(scores),
        sum(score.tie for score in scores),
    )


def by_condition(scores: Iterable[PairScore]) -> dict[str, Summary]:
    """The summary of each condition, in order of appearance."""
    groups: dict[str, list[PairScore]] = {}
    for score in scores:
        groups.setdefault(score.pair.condition, []).append(score)
    return {name: summarise(group) for name, group in groups.items()}


def _share(scores: Iterable[PairScore]) -> Share:
    right = [score.right for score in scores]
    return Share(sum(right), len(right))


@dataclass(frozen=True)
class Report:
    """How a model scores a set of pairs.

    `overall` sums up the conditions that are like the corpus, `unseen` those that are not; each is
    None where there are none. `left_out` counts the pairs with characters that the model does not
    know, and `unknown` lists those characters.
    """

    pair_set: PairSet
    kind: ScoreKind
    scores: list[PairScore]
    left_out: int
    unknown: list[str]
    conditions: Mapping[str, Summary]
    overall: Summary | None
    unseen: Summary | None

    def to_mapping(self) -> dict[str, Any]:
        """The report as JSON has it."""
        axis, at = self.pair_set.axis, self.pair_set.at
        conditions = {}
        for name, summary in self.conditions.items():
            step = {axis: at[name]} if axis else {}
            unseen = {"unseen": name in self.pair_set.unseen}
            conditions[name] = summary.to_mapping() | unseen | step
        return {
            "score": self.kind,
            "sweep": axis,
            "pairs": len(self.scores),
            "left_out": self.left_out,
            "conditions": conditions,
            "overall": self.overall and self.overall.to_mapping(),
            "unseen": self.unseen and self.unseen.to_mapping(),
        }

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """A row for each condition; shares from 0 to 1, None where there are no such pairs."""
        axis = [self.pair_set.axis] if self.pair_set.axis else []
        head = ["condition", "unseen", *axis, "pairs", *SHARES, "low", "high", "log_odds", "ties"]
        rows = []
        for name, mapping in self.to_mapping()["conditions"].items():
            low, high = mapping["interval"]
            row = mapping | {"condition": name, "low": low, "high": high}
            rows.append([row[key] for key in head])
        return head, rows

    def items(self) -> Iterator[dict[str, Any]]:
        """Each pair with its labels, `score_good` and `score_bad` in nats, and `right`."""
        for score in self.scores:
            labels = {key: value for key, value in asdict(score.pair).items() if value is not None}
            scores = {"score_good": score.good, "score_bad": score.bad, "right": score.right}
            yield labels | scores


def measure(
    parameters: Predictor,
    vocabulary: Vocabulary,
    pair_set: PairSet,
    kind: ScoreKind = "sentence",
    progress: Callable[[int], object] = lambda _: None,
) -> Report:
    """Score the pairs whose characters the model knows, and count.

    Raises:
        CorpusError: if it knows the characters of none.
        CheckpointError: if a score is not finite.
    """
    pairs, unknown = readable(vocabulary, pair_set.pairs)
    scores = score_pairs(parameters, vocabulary, pairs, kind, progress)
    like_corpus = [score for score in scores if score.pair.condition not in pair_set.unseen]
    unlike_corpus = [score for score in scores if score.pair.condition in pair_set.unseen]
    return Report(
        pair_set=pair_set,
        kind=kind,
        scores=scores,
        left_out=len(pair_set.pairs) - len(pairs),
        unknown=unknown,
        conditions=by_condition(scores),
        overall=summarise(like_corpus) if like_corpus else None,
        unseen=summarise(unlike_corpus) if unlike_corpus else None,
    )
