"""The score of a minimal pair: how likely each of its two sentences is to a model.

A model reads a sentence after a newline and is scored on its characters and the one that closes
it: S = Σ log P, never divided by their number (Warstadt et al. 2020, BLiMP). A newline closes a
whole sentence, a blank one that goes on after its verb. The pair is right if the good sentence's
score is higher; a tie is wrong.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from numpy.typing import NDArray

from charlstm.errors import CheckpointError, CorpusError
from charlstm.likelihood import log_likelihoods
from charlstm.nn.predictors import Predictor
from charlstm.pairs.pair import UNKNOWN, LeftOut, Pair, PairSet, first_difference
from charlstm.text.shown import names
from charlstm.text.slices import batches_by_length
from charlstm.text.unknown import cure
from charlstm.text.vocabulary import Vocabulary

ScoreKind = Literal["sentence", "verb"]  # the part of a sentence whose characters count
SCORE_KINDS: tuple[ScoreKind, ...] = get_args(ScoreKind)
CHUNK = 512  # pairs scored between two calls of `progress`


@dataclass(frozen=True)
class PairScore:
    """A pair with the scores of its good and its bad sentence, log-probabilities in nats."""

    pair: Pair
    good: float
    bad: float

    @property
    def right(self) -> bool:
        """Whether the good sentence is likelier than the bad one."""
        return self.good > self.bad

    @property
    def tie(self) -> bool:
        """Whether both sentences are equally likely."""
        return self.good == self.bad

    @property
    def log_odds(self) -> float:
        """How much likelier the good sentence is: log P(good) - log P(bad), in nats."""
        return self.good - self.bad


def readable(vocabulary: Vocabulary, pairs: Sequence[Pair]) -> tuple[list[Pair], list[str]]:
    """The pairs whose characters are all known, and the unknown characters of the others.

    Raises:
        CorpusError: if there is no pair at all, or none that can be read.
    """
    if not pairs:
        raise CorpusError("there are no pairs to score")
    known: list[Pair] = []
    unknown: dict[str, None] = {}
    for pair in pairs:
        unseen = _unseen(vocabulary, pair)
        unknown |= dict.fromkeys(unseen)
        known += [] if unseen else [pair]
    if not known:
        helped = lower_helps(vocabulary, pairs)
        lower = f"; --lower lets it read {helped:,} of them" if helped else ""
        raise CorpusError(
            f"the model can read none of the {len(pairs):,} pairs: it has never seen "
            f"{names(unknown, 10)}{cure(vocabulary, unknown)}{lower}; score another model or "
            "other pairs"
        )
    return known, list(unknown)


def left_out_of(pair_set: PairSet, known: Sequence[Pair]) -> dict[LeftOut, int]:
    """How many pairs of a set are left out, by condition and reason, if these are `known`."""
    every, kept = (Counter(pair.condition for pair in p) for p in (pair_set.pairs, known))
    unknown = {(condition, UNKNOWN): count for condition, count in (every - kept).items()}
    return {**pair_set.left_out, **unknown}


def lower_helps(vocabulary: Vocabulary, pairs: Sequence[Pair]) -> int:
    """How many of the pairs with unknown characters have none in small letters."""
    lowered = PairSet([pair for pair in pairs if _unseen(vocabulary, pair)]).lowered()
    return sum(not _unseen(vocabulary, pair) for pair in lowered.pairs)


def _unseen(vocabulary: Vocabulary, pair: Pair) -> list[str]:
    return vocabulary.unseen(pair.sentence_good + pair.sentence_bad + pair.closing.strip("\n"))


def score_pairs(
    parameters: Predictor,
    vocabulary: Vocabulary,
    pairs: Sequence[Pair],
    kind: ScoreKind = "sentence",
    progress: Callable[[int], object] = lambda _: None,
) -> list[PairScore]:
    """Both scores of every pair, in batches of similar length; a byte model reads UTF-8.

    `kind` "sentence" scores the whole sentence. "verb" scores the first differing word and the
    character that closes it, given all characters before. Pairs must be `readable`. `progress` is
    called with the number of pairs scored since the last call.

    Raises:
        CheckpointError: if a score is not finite.
    """
    newline = vocabulary.encode("\n")
    scores: dict[int, PairScore] = {}
    for chunk in batches_by_length([len(pair.sentence_good) for pair in pairs], CHUNK):
        texts: list[NDArray[Any]] = []
        skip: list[int] = []
        for k in chunk:
            before, *parts = scored_parts(pairs[k], kind)
            start = vocabulary.encode(before).size
            texts += [vocabulary.encode(before + part) for part in parts]
            skip += [start, start]
        nats = log_likelihoods(parameters, newline, texts, skip)
        for n, k in enumerate(chunk):
            scores[k] = PairScore(pairs[k], nats[2 * n], nats[2 * n + 1])
        progress(len(chunk))
        if not all(map(math.isfinite, nats)):
            raise CheckpointError("the model gives no finite scores; its weights are damaged")
    return [scores[k] for k in range(len(pairs))]


def scored_parts(pair: Pair, kind: ScoreKind) -> tuple[str, str, str]:
    r"""The text before the scored part, and the scored parts of the good and the bad sentence.

    Of "The cat was full." and "The cat were full.", the verb parts are "was " and "were ": the
    word in which they first differ and the character after it, which is the closing one at the end.
    """
    good, bad = pair.sentence_good + pair.closing, pair.sentence_bad + pair.closing
    if kind == "sentence":
        return "", good, bad
    differ = first_difference(good, bad)
    if differ is None:  # a blank closes them, and one of them is the beginning of the other
        differ = min(len(good), len(bad)) - 1
    start = differ
    while start and _in_word(good[start - 1]):
        start -= 1
    return good[:start], _through_word(good, start, differ), _through_word(bad, start, differ)


def differ_in_a_word(pair: Pair) -> bool:
    """Whether the sentences are the same after the word in which they first differ."""
    start, *words = scored_parts(pair, "verb")
    good, bad = pair.sentence_good + pair.closing, pair.sentence_bad + pair.closing
    return good[len(start + words[0]) :] == bad[len(start + words[1]) :]


def _through_word(text: str, start: int, differ: int) -> str:
    """From `start` to the first character from `differ` on that is not part of a word."""
    end = differ
    while _in_word(text[end]):  # what closes a sentence is in no word
        end += 1
    return text[start : end + 1]


def _in_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN" or character in "'’-"
