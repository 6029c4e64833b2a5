"""The score of a text: nats and bits per character and per byte, perplexity."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from charlstm.text.lengths import lengths
from charlstm.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class Score:
    """The `nats` of a text's known `characters` (or bytes), and the `unknown`, without a loss."""

    nats: float
    characters: int
    unknown: int

    @property
    def nats_per_char(self) -> float:
        """Mean loss of a known character, in nats."""
        return self.nats / self.characters if self.characters else math.nan

    @property
    def perplexity(self) -> float:
        """The number of equally likely characters that give the same loss: e to the mean loss."""
        try:
            return math.exp(self.nats_per_char)
        except OverflowError:  # a mean loss above 709 nats
            return math.inf

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.nats + other.nats,
            self.characters + other.characters,
            self.unknown + other.unknown,
        )


@dataclass(frozen=True, repr=False)
class TextScore:
    """The score of a text, per character and per byte of UTF-8, so that any two models compare.

    The known `characters`, which take so many `bytes`, have a loss of `nats` together; the
    `unknown` have none. Where a byte model has read what is not UTF-8, `characters` is None, and
    all measures per character are NaN. `perplexity` is that of one character or, of a byte model,
    one byte.
    """

    nats: float
    characters: int | None
    bytes: int
    unknown: int
    perplexity: float

    def __repr__(self) -> str:
        per_char = f"{self.nats_per_char:.4f} nats/char ({self.bits_per_char:.4f} bits)"
        per_byte = f"{self.nats_per_byte:.4f} nats/byte ({self.bits_per_byte:.4f} bits)"
        counts = (
            f"{self.characters or 0:,} characters, {self.bytes:,} bytes, {self.unknown:,} unknown"
        )
        return f"{per_char}, {per_byte}, perplexity {self.perplexity:.4f}; {counts}"

    @property
    def nats_per_char(self) -> float:
        """Mean loss of a known character, in nats."""
        return self.nats / self.characters if self.characters else math.nan

    @property
    def bits_per_char(self) -> float:
        """Mean loss of a known character, in bits."""
        return self.nats_per_char / math.log(2)

    @property
    def nats_per_byte(self) -> float:
        """Mean loss of a byte, in nats."""
        return self.nats / self.bytes if self.bytes else math.nan

    @property
    def bits_per_byte(self) -> float:
        """Mean loss of a byte, in bits."""
        return self.nats_per_byte / math.log(2)


def text_score(
    score: Score, vocabulary: Vocabulary, ids: NDArray[Any], *, cut: bool = False
) -> TextScore:
    """The `score` of the ids (N,) of a text, per byte as well."""
    sizes = lengths(vocabulary, ids, cut=cut)
    return TextScore(score.nats, *sizes, score.unknown, score.perplexity)


def total(scores: Iterable[Score]) -> Score:
    """The sum of several scores, in their order."""
    return sum(scores, Score(0.0, 0, 0))
