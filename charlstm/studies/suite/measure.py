"""What a model makes of a suite: the surprisal of every region, and which predictions hold.

The sentence of a condition is its regions with a blank between them, as SyntaxGym joins them; empty
regions are left out. It is read after a newline from zero state. A region's surprisal is the sum
over its characters and the blank after it, or, of the last region, the newline.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn.parameters import Parameters
from charlstm.pairs.summary import Share
from charlstm.studies.suite.files import Item, Suite
from charlstm.studies.suite.formula import Region, holds
from charlstm.surprisal import surprisals
from charlstm.text.parts import Cut, joined_regions
from charlstm.text.shown import names
from charlstm.text.unknown import cure
from charlstm.text.vocabulary import Vocabulary

CHUNK = 512  # sentences read between two calls of `progress`


@dataclass(frozen=True)
class ItemScore:
    """The bits of each region of each condition of an item, and whether each prediction holds."""

    item: Item
    bits: dict[str, dict[int, float]]
    holds: list[bool]


@dataclass(frozen=True)
class SuiteScore:
    """A suite and its items as a model scores them.

    `left_out` counts the items that have characters which the model does not know, and `unknown`
    lists these characters.
    """

    suite: Suite
    scores: list[ItemScore]
    left_out: int
    unknown: list[str]

    @property
    def shares(self) -> list[Share]:
        """For each prediction the share of items for which it holds."""
        return [
            Share(sum(score.holds[k] for score in self.scores), len(self.scores))
            for k in range(len(self.suite.predictions))
        ]

    @property
    def all_hold(self) -> Share:
        """The share of items for which every prediction holds."""
        return Share(sum(all(score.holds) for score in self.scores), len(self.scores))


def score_suite(
    parameters: Parameters,
    vocabulary: Vocabulary,
    prime: NDArray[Any],
    suite: Suite,
    progress: Callable[[int], object] = lambda _: None,
) -> SuiteScore:
    """Score the items whose characters the model knows.

    `progress` is called with the number of sentences read since the last call.

    Raises:
        CorpusError: if it knows the characters of none.
        CheckpointError: if a value is not finite.
    """
    known, unknown = readable(vocabulary, suite)
    if not known:
        lower = lower_helps(vocabulary, suite)
        helped = f"; --lower lets it read {lower:,} of them" if lower else ""
        raise CorpusError(
            f"the model can read no item of {suite.name}: it has never seen "
            f"{names(unknown, 10)}{cure(vocabulary, unknown)}{helped}"
        )
    places = [(k, name) for k, item in enumerate(known) for name in item.conditions]
    bits: dict[int, dict[str, dict[int, float]]] = defaultdict(dict)
    for start in range(0, len(places), CHUNK):
        chunk = places[start : start + CHUNK]
        cuts = [sentence_of(known[k], name) for k, name in chunk]
        values = surprisals(parameters, vocabulary, prime, [cut.sentence for cut in cuts])
        for (k, name), cut, of_sentence in zip(chunk, cuts, values, strict=True):
            sums = [total for total, _ in of_sentence.sums(cut.parts)]
            bits[k][name] = dict(zip(known[k].conditions[name], sums, strict=True))
        progress(len(chunk))
    scores = [_score(suite, item, bits[k]) for k, item in enumerate(known)]
    return SuiteScore(suite, scores, len(suite.items) - len(known), unknown)


def sentence_of(item: Item, condition: str) -> Cut:
    """The sentence of a condition, with a part for each region."""
    return joined_regions([content.strip() for content in item.conditions[condition].values()])


def readable(vocabulary: Vocabulary, suite: Suite) -> tuple[list[Item], list[str]]:
    """The items whose characters are all known, and the unknown characters of the others."""
    known: list[Item] = []
    unknown: dict[str, None] = {}
    for item in suite.items:
        unseen = _unseen(vocabulary, item)
        unknown |= dict.fromkeys(unseen)
        known += [] if unseen else [item]
    return known, list(unknown)


def lower_helps(vocabulary: Vocabulary, suite: Suite) -> int:
    """How many of the items with unknown characters have none in small letters."""
    both = zip(suite.items, suite.lowered().items, strict=True)
    return sum(
        bool(_unseen(vocabulary, item)) and not _unseen(vocabulary, lower) for item, lower in both
    )


def _unseen(vocabulary: Vocabulary, item: Item) -> list[str]:
    sentences: Sequence[str] = [sentence_of(item, name).sentence for name in item.conditions]
    return vocabulary.unseen("".join(sentences))


def _score(suite: Suite, item: Item, bits: dict[str, dict[int, float]]) -> ItemScore:
    def surprisal(region: Region) -> float:
        of_condition = bits[region.condition]
        return sum(of_condition.values()) if region.number is None else of_condition[region.number]

    right = [holds(prediction.formula, surprisal) for prediction in suite.predictions]
    return ItemScore(item, bits, right)
