"""A table of surprisals: a row for each character, word or region, with the columns of LM-Zoo."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from charlstm.output.result import Result
from charlstm.output.terminal import table
from charlstm.output.tsv import escaped
from charlstm.surprisal import Surprisals
from charlstm.text.parts import By, Cut

Base = Literal[2, "e"]
BASES: dict[str, Base] = {"2": 2, "e": "e"}
UNITS: dict[Base, str] = {2: "bits", "e": "nats"}
COLUMNS = (
    *("sentence_id", "token_id", "token", "surprisal"),  # LM-Zoo's, counted from 1
    *("start", "end", "entropy", "rank", "unknown"),
)
TEXTS = ("token",)  # columns that stand to the left


@dataclass(frozen=True, repr=False)
class SurprisalTable(Result):
    """The surprisals of the parts of some sentences, in bits or nats.

    `cuts` are the sentences with their parts, `values` their surprisals. `first` is the number of
    the first sentence.
    """

    cuts: Sequence[Cut]
    values: Sequence[Surprisals]
    by: By
    base: Base = 2
    first: int = 1

    def rows(self) -> Iterator[list[Any]]:
        """A row for each part, with the values of `COLUMNS`; None where there is none.

        `start` and `end` count the characters of the sentence from 0, `end` exclusive. Entropy and
        rank are those of a character, and so None for words and regions. `unknown` counts the
        characters that the model does not know: the surprisal is that of the others.
        """
        scale = math.log(2) if self.base == "e" else 1.0
        for number, (cut, values) in enumerate(
            zip(self.cuts, self.values, strict=True), self.first
        ):
            entropies, ranks = values.entropy.tolist(), values.rank.tolist()
            for k, (part, (bits, unknown)) in enumerate(
                zip(cut.parts, values.sums(cut.parts), strict=True)
            ):
                entropy, rank = (entropies[k], ranks[k]) if self.by == "char" else (math.nan, 0)
                yield [
                    *(number, k + 1, part.text, scale * bits, part.start, part.end),
                    *(None if math.isnan(entropy) else scale * entropy, rank or None, unknown),
                ]

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """The columns, and a row for each part."""
        return list(COLUMNS), list(self.rows())

    def to_mapping(self) -> dict[str, Any]:
        """The rows for JSON, and what they count."""
        return {"by": self.by, "base": self.base, "unit": UNITS[self.base]} | {
            "tokens": self.to_records()
        }

    def lines(self) -> Iterator[str]:
        """The rows in columns."""
        rows = [list(COLUMNS), *(list(map(_shown, row)) for row in self.rows())]
        right = {k for k, name in enumerate(COLUMNS) if name not in TEXTS}
        return table(rows, right, indent="")


def _shown(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else escaped(str(value))
