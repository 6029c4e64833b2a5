"""Why a character: what speaks for it in the text before it, and which units bring its logit."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn.parameters import Parameters
from charlstm.output.result import Result
from charlstm.output.strips import Strip, strips_figure, strips_html, strips_lines
from charlstm.output.terminal import Depth, diverging, glyph, heat, table
from charlstm.studies.inspect.influence import Influence, influence
from charlstm.studies.inspect.logit_sum import LogitSum, logit_sum
from charlstm.text.shown import quoted
from charlstm.text.unknown import refuse_unseen
from charlstm.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COUNT = 8  # characters named in a terminal
LEGEND = (
    "signed: the gradient times the character's row less the mean row; nats, if rows change little",
    "norm:   the size of the gradient",
    "exact:  the nats that are lost when the character is left out",
)
AGREEMENT = {
    "signed_exact": "signed and exact",
    "norm_exact": "norm and the size of exact",
    "norm_signed": "norm and the size of signed",
}


@dataclass(frozen=True, repr=False)
class Why(Result):
    """What speaks for `continuation`, or for it and against `against`, after N characters.

    `influence` is that of each of the `symbols` (N) before it. `logit` is the sum over units for
    its first character, or for the first in which the two differ. `run` is the model's name.
    """

    symbols: Sequence[str]
    continuation: str
    against: str | None
    influence: Influence
    logit: LogitSum
    run: str

    @property
    def log_odds(self) -> float:
        """Log P(continuation), less log P(against) if there is one; nats."""
        first, *other = self.influence.log_probabilities
        return first - sum(other)

    @property
    def question(self) -> str:
        """What is explained, in symbols, with its value."""
        texts = [text for text in (self.continuation, self.against) if text is not None]
        symbols = " − ".join(f"log P({quoted(text)})" for text in texts)
        return f"{symbols} = {self.log_odds:.3f} nats"

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """One row for each character before."""
        measures = self.influence
        columns = (
            range(len(self.symbols)),
            self.symbols,
            measures.signed,
            measures.norm,
            measures.exact,
        )
        rows = [list(row) for row in zip(*columns, strict=True)]
        return ["place", "character", "signed_nats", "norm", "exact_nats"], rows

    def to_mapping(self) -> dict[str, Any]:
        """The influence of each character, how far the measures agree, and the logit."""
        return {
            "text": "".join(self.symbols),
            "continuation": self.continuation,
            "against": self.against,
            "log_probabilities_nats": self.influence.log_probabilities,
            "log_odds_nats": self.log_odds,
            "characters": self.to_records(),
            "agreement": self.influence.agreement,
            "logit": self.logit.to_mapping(),
        }

    def to_figure(self) -> "Figure":
        """The coloured text as a picture.

        Raises:
            CharlstmError: if matplotlib is missing, or the text is too long for a picture.
        """
        return strips_figure(self.strips(), f"{self.run}: {self.question}")

    def strips(self) -> list[Strip]:
        """The text three times, each coloured by a measure: the root of its share of the largest.

        The root lets small influence be seen.
        """
        measures = self.influence
        return [
            Strip("exact", self.symbols, _shades(measures.exact), diverging, low=-1.0),
            Strip("signed", self.symbols, _shades(measures.signed), diverging, low=-1.0),
            Strip("norm", self.symbols, _shades(measures.norm), heat),
        ]

    def lines(
        self, columns: int = 80, depth: Depth = Depth.NONE, count: int = COUNT
    ) -> Iterator[str]:
        """The coloured text, its `count` strongest characters, and the logit's largest terms."""
        yield self.question
        yield ""
        if depth is Depth.NONE:
            yield from strips_lines([Strip("text", self.symbols), *self.strips()], columns, depth)
        else:
            yield from strips_lines(self.strips(), columns, depth)
        low, high = ("▁ against it", "█") if depth is Depth.NONE else ("red against it", "blue")
        yield from ("", f"{high} speaks for {quoted(self.continuation)}, {low}", "")
        _, rows = self.to_table()
        strongest = np.argsort(-np.abs(self.influence.exact), kind="stable")[:count]
        shown = [["place", "", "signed", "norm", "exact"]]
        for place, symbol, signed, norm, exact in (rows[t] for t in sorted(strongest)):
            shown.append(
                [str(place), glyph(symbol), f"{signed:+.3f}", f"{norm:.3f}", f"{exact:+.3f}"]
            )
        yield from table(shown, right={0, 2, 3, 4})
        yield from ("", *LEGEND, "")
        yield "how far the measures agree (rank correlation: 1 where they order all alike)"
        for name, value in self.influence.agreement.items():
            yield f"  {AGREEMENT[name]}: {'-' if math.isnan(value) else f'{value:.2f}'}"
        yield ""
        yield from self.logit.lines(count)

    def _repr_html_(self) -> str:
        return strips_html(self.strips())


def why(
    parameters: Parameters,
    vocabulary: Vocabulary,
    before: str | bytes,
    continuation: str | bytes,
    against: str | bytes | None = None,
    *,
    run: str = "",
    progress: Callable[[int], object] = lambda _: None,
) -> Why:
    """Explain a continuation of `before`, or its difference to another one.

    The text is read after a newline from zero state. `progress` is as in `influence`.

    Raises:
        CorpusError: if a text is empty, a continuation has a character that the model does not
            know, or one continuation is the beginning of the other.
    """
    texts = [continuation] if against is None else [continuation, against]
    if not before or not all(texts):
        raise CorpusError("there is nothing to explain; give a text before, and what comes next")
    for text in texts:
        refuse_unseen(vocabulary, text)
    start, first, *ids = (
        vocabulary.encode(text).astype(np.intp) for text in ("\n", before, *texts)
    )
    shared = _shared(ids)
    read = np.concatenate([start, first, ids[0][:shared]])
    decide = [int(row[shared]) for row in ids]
    return Why(
        symbols=vocabulary.symbols(before),
        continuation=_as_text(continuation),
        against=None if against is None else _as_text(against),
        influence=influence(parameters, start, first, ids, progress),
        logit=logit_sum(parameters, vocabulary, read, *decide),
        run=run,
    )


def _shared(ids: Sequence[NDArray[np.intp]]) -> int:
    """How many ids two continuations share at their start; 0 of one."""
    if len(ids) == 1:
        return 0
    for k, (first, second) in enumerate(zip(*ids, strict=False)):
        if first != second:
            return k
    raise CorpusError(
        "one continuation is the beginning of the other, so nothing decides between them; give two "
        "that differ, such as ' was' and ' were'"
    )


def _as_text(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")


def _shades(values: NDArray[np.float64]) -> list[float]:
    """Values as shades from -1 to 1: the root of each one's share of the largest, with its sign."""
    largest = float(np.abs(values).max()) or 1.0
    shades: list[float] = (np.sign(values) * np.sqrt(np.abs(values) / largest)).tolist()
    return shades
