"""One model, one set of pairs: scored, counted, and what was left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from charlstm.nn.parameters import Parameters
from charlstm.pairs.scores import Scored, readable, score_pairs
from charlstm.studies.agreement.pair_sets import PairSet
from charlstm.studies.agreement.report import Result, by_condition, summarise
from charlstm.text.vocabulary import Vocabulary


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
