"""The report on a set of pairs: the shares of right pairs for each condition and each group."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from charlstm.nn.predictors import Predictor
from charlstm.pairs.pair import LeftOut, Pair, PairSet, by_condition_and_reason
from charlstm.pairs.scores import (
    PairScore,
    ScoreKind,
    differ_in_a_word,
    left_out_of,
    readable,
    score_pairs,
)
from charlstm.pairs.summary import SHARES, Summary, grouped, summarise
from charlstm.text.vocabulary import Vocabulary

Length = Literal["longer", "equal", "shorter"]  # of the good sentence, in characters
LENGTHS: tuple[Length, ...] = get_args(Length)
# The columns of a table that are not shares; the later ones stand at its end, as they are newer.
LATER = ("bias_free", "items", "left_out")


@dataclass(frozen=True)
class Report:
    """How a model scores a set of pairs.

    `overall` sums up the conditions that are like the corpus, `unseen` those that are not; each is
    None where there are none. `groups` has a summary for each value of each label that the set is
    grouped by, and `lengths` one for the pairs whose good sentence is "longer", "equal" or
    "shorter" than the bad one. `left_out` counts the pairs that are not scored, by condition and
    reason: identical ones, and those with the characters `unknown` to the model. `more_than_a_word`
    counts, by condition, the pairs that differ after the word in which they first differ. It is
    None where whole sentences are scored.
    """

    pair_set: PairSet
    kind: ScoreKind
    scores: list[PairScore]
    left_out: Mapping[LeftOut, int]
    unknown: list[str]
    conditions: Mapping[str, Summary]
    overall: Summary | None
    unseen: Summary | None
    groups: Mapping[str, Mapping[str, Summary]]
    lengths: Mapping[Length, Summary]
    more_than_a_word: Mapping[str, int] | None

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
            "left_out": sum(self.left_out.values()),
            "left_out_by_condition": by_condition_and_reason(self.left_out),
            "conditions": conditions,
            "overall": self.overall and self.overall.to_mapping(),
            "unseen": self.unseen and self.unseen.to_mapping(),
            "groups": {label: _mappings(group) for label, group in self.groups.items()},
            "lengths": _mappings(self.lengths),
            "more_than_a_word": self.more_than_a_word,
        }

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """A row for each condition; shares from 0 to 1, None where there are no such pairs.

        Where the set is grouped by labels, rows for their values follow, and a column `group` names
        the label of a row, "condition" for the first rows.
        """
        axis = [self.pair_set.axis] if self.pair_set.axis else []
        group = ["group"] if self.groups else []
        shares = [name for name in SHARES if name not in LATER]
        after = ["low", "high", "log_odds", "ties", *LATER]
        head = [*group, "condition", "unseen", *axis, "pairs", *shares, *after]
        mapping = self.to_mapping()
        rows = []
        for label, block in ({"condition": mapping["conditions"]} | mapping["groups"]).items():
            for name, summary in block.items():
                low, high = summary["interval"]
                left_out = sum(mapping["left_out_by_condition"].get(name, {}).values())
                row = summary | {"group": label, "condition": name, "low": low, "high": high}
                row["left_out"] = left_out if label == "condition" else None
                rows.append([row.get(key) for key in head])
        return head, rows

    def items(self) -> Iterator[dict[str, Any]]:
        """Each pair with its labels, `score_good` and `score_bad` in nats, and `right`."""
        for score in self.scores:
            scores = {"score_good": score.good, "score_bad": score.bad, "right": score.right}
            yield score.pair.to_mapping() | scores


def measure(
    parameters: Predictor,
    vocabulary: Vocabulary,
    pair_set: PairSet,
    kind: ScoreKind = "sentence",
    progress: Callable[[int], object] = lambda _: None,
    beside: Sequence[Vocabulary] = (),
) -> Report:
    """Score the pairs whose characters the model knows, and count.

    The vocabularies `beside` it are those of other models, which must know the characters too.

    Raises:
        CorpusError: if it knows the characters of none.
        CheckpointError: if a score is not finite.
    """
    kept, unknown = readable_set([vocabulary, *beside], pair_set)
    scores = score_pairs(parameters, vocabulary, kept.pairs, kind, progress)
    like_corpus = [score for score in scores if score.pair.condition not in kept.unseen]
    unlike_corpus = [score for score in scores if score.pair.condition in kept.unseen]
    lengths = grouped(scores, lambda score: length_of_good(score.pair))
    return Report(
        pair_set=kept,
        kind=kind,
        scores=scores,
        left_out=kept.left_out,
        unknown=unknown,
        conditions=grouped(scores, lambda score: score.pair.condition),
        overall=summarise(like_corpus) if like_corpus else None,
        unseen=summarise(unlike_corpus) if unlike_corpus else None,
        groups={label: grouped(scores, _value_of(label)) for label in kept.group_by},
        lengths={name: lengths[name] for name in LENGTHS if name in lengths},
        more_than_a_word=more_than_a_word(kept.pairs) if kind == "verb" else None,
    )


def readable_set(
    vocabularies: Sequence[Vocabulary], pair_set: PairSet
) -> tuple[PairSet, list[str]]:
    """The set of the pairs whose characters all the vocabularies have; the others' characters.

    Its `left_out` counts those others too.

    Raises:
        CorpusError: if there is no such pair.
    """
    pairs: Sequence[Pair] = pair_set.pairs
    unknown: dict[str, None] = {}
    for vocabulary in vocabularies:
        pairs, characters = readable(vocabulary, pairs)
        unknown |= dict.fromkeys(characters)
    left_out = left_out_of(pair_set, pairs)
    return replace(pair_set, pairs=list(pairs), left_out=left_out), list(unknown)


def length_of_good(pair: Pair) -> Length:
    """Whether the good sentence has more characters than the bad one, as many, or fewer."""
    longer = len(pair.sentence_good) - len(pair.sentence_bad)
    return "longer" if longer > 0 else "shorter" if longer else "equal"


def more_than_a_word(pairs: Sequence[Pair]) -> dict[str, int]:
    """How many pairs differ in more than a word, of each condition that has such pairs."""
    return dict(Counter(pair.condition for pair in pairs if not differ_in_a_word(pair)))


def _value_of(label: str) -> Callable[[PairScore], str | None]:
    """What reads a label of a score's pair, as a text."""

    def value(score: PairScore) -> str | None:
        value = score.pair.labels.get(label)
        return None if value is None else str(value)

    return value


def _mappings(summaries: Mapping[Any, Summary]) -> dict[str, Any]:
    return {name: summary.to_mapping() for name, summary in summaries.items()}
