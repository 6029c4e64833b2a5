"""The trace of a text: what the model expects, its surprisal, its units, and what it looks at."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CharlstmError, CorpusError
from charlstm.nn import Array
from charlstm.nn.cells.base import Cell
from charlstm.nn.loss import softmax
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import record
from charlstm.output.result import Result
from charlstm.output.strips import Strip, strips_html, strips_lines
from charlstm.output.terminal import Depth, diverging, gate, heat
from charlstm.text.vocabulary import Vocabulary

TOP = 5  # guesses that a trace keeps of each place
NO_TEXT = "there is no text to look at; give at least one character"
RANKS = ("1st", "2nd", "3rd")
MOST_BITS = 10.0  # a surprisal drawn as high as can be: one in a thousand


class Named(dict[str, Array]):
    """Arrays (N, H) by the name of a gate or state."""

    def __missing__(self, name: str) -> Array:
        known = ", ".join(self)
        raise CharlstmError(f"there is no {name!r} here; the names are {known}")


@dataclass(frozen=True, repr=False)
class Trace(Result):
    """A text of N characters (or bytes), read after a newline from zero state.

    `ids` (N,) are those of its `symbols`. `gates` and `states` hold a mapping for each layer: by
    name, the values of every unit after each character, (N, H).
    `logits` (N, V) are for each character in its place, before it is read; `surprisal` (N,) is that
    of each character in bits, NaN where the model does not know it. `likeliest` (N, K) are the K
    likeliest ids in its place, and `shares` (N, K) their probabilities.
    `heads` (N, R, M) is how much the step that predicts each character, and so has read those
    before it, looks at the outputs of 1 … M steps ago, with each head; M is 0 without attention.
    """

    symbols: Sequence[str]
    ids: NDArray[np.intp]
    logits: Array
    surprisal: NDArray[np.float64]
    likeliest: NDArray[np.intp]
    shares: NDArray[np.float64]
    heads: Array
    states: Sequence[Mapping[str, Array]]
    gates: Sequence[Mapping[str, Array]]
    parameters: Parameters
    vocabulary: Vocabulary

    def probabilities(self, t: int) -> NDArray[np.float64]:
        """What the model expects in place of character t, (V,), by id.

        Raises:
            CharlstmError: if the text has no character t.
        """
        self.check_place(t)
        return np.asarray(softmax(self.logits[t][:, None].astype(np.float64))[:, 0])

    def check_place(self, t: int) -> None:
        """Refuse a place that the text does not have.

        Raises:
            CharlstmError: which says what places there are.
        """
        check_place(t, len(self.symbols), self.vocabulary.unit)

    @property
    def text(self) -> str:
        """The text; bytes that are not UTF-8 are U+FFFD."""
        if self.vocabulary.tokens == "byte":
            return self.vocabulary.decode(self.ids)
        return "".join(self.symbols)

    @property
    def cell(self) -> Cell[Any]:
        """The kind of cell that has read the text."""
        return self.parameters.cell

    @cached_property
    def memory(self) -> Sequence[Array]:
        """For each layer tanh(c), or h where there is no c (`memory_label`), (N, H)."""
        return [self.cell.shown_memory(layer[self.cell.memory]) for layer in self.states]

    @property
    def memory_label(self) -> str:
        """What `memory` is: tanh(c) or h."""
        return self.cell.memory_label

    @property
    def gates_and_h(self) -> Sequence[Mapping[str, Array]]:
        """`gates`, and h after them where it is not the `memory`."""
        names = () if self.cell.memory == "h" else ("h",)
        return [
            {**gates, **{name: states[name] for name in names}}
            for gates, states in zip(self.gates, self.states, strict=True)
        ]

    @property
    def attention(self) -> Array:
        """The mean of `heads`, (N, M)."""
        mean: Array = self.heads.mean(axis=1)
        return mean

    @property
    def expected(self) -> list[list[str]]:
        """`likeliest` as characters."""
        alphabet = self.vocabulary.alphabet
        return [[alphabet[k] for k in row] for row in self.likeliest]

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """One row for each character: its surprisal, and the model's guesses in its place."""
        head = ["character", "bits"]
        columns: list[Any] = [self.symbols, self.surprisal]
        for k in range(self.likeliest.shape[1]):
            head += [f"guess_{k + 1}", f"probability_{k + 1}"]
            columns += [[row[k] for row in self.expected], self.shares[:, k]]
        return head, [list(row) for row in zip(*columns, strict=True)]

    def strips(self, guesses: int = 3, *, tenths: bool = True) -> list[Strip]:
        """The text, its surprisal, and the best `guesses` in each place, with their tenths."""
        bits = [
            min(float(b) / MOST_BITS, 1.0) if math.isfinite(b) else math.nan for b in self.surprisal
        ]
        strips = [Strip("text", self.symbols), Strip("surprise", values=bits, ramp=heat)]
        for k in range(min(guesses, self.likeliest.shape[1])):
            shares = [float(share) for share in self.shares[:, k]]
            letters = [row[k] for row in self.expected]
            label = RANKS[k] if k < len(RANKS) else f"{k + 1}th"
            strips.append(Strip(f"{label} guess", letters, shares, heat, bars=False))
            if tenths:
                digits = [str(min(int(share * 10), 9)) for share in shares]
                strips.append(Strip("in tenths", digits))
        return strips

    def unit_strips(self, layer: int, unit: int) -> list[Strip]:
        """The text coloured by a unit's memory, its gates below, and its h."""
        memory = [float(value) for value in self.memory[layer][:, unit]]
        strips = [Strip(self.memory_label, self.symbols, memory, diverging, low=-1.0)]
        for name, column in self.gates_and_h[layer].items():
            ramp, low = (gate, 0.0) if name in self.cell.sigmoids else (diverging, -1.0)
            values = [float(value) for value in column[:, unit]]
            strips.append(Strip(name, values=values, ramp=ramp, low=low))
        return strips

    def lines(self, columns: int = 80, depth: Depth = Depth.NONE) -> Iterator[str]:
        """The text with its surprisal and guesses, as lines of at most `columns`."""
        yield from strips_lines(self.strips(), columns, depth)

    def _repr_html_(self) -> str:
        return strips_html(self.strips(tenths=False))


def check_place(t: int, N: int, unit: str) -> None:
    """Refuse a place that a text of N characters, or bytes, does not have; `unit` says which.

    Raises:
        CharlstmError: if the text is empty, or else with the places that there are.
    """
    if not N:
        raise CorpusError(NO_TEXT)
    if not 0 <= t < N:
        raise CharlstmError(f"there is no {unit} {t}; the text has {unit}s 0 to {N - 1}")


def trace_text(
    parameters: Parameters, vocabulary: Vocabulary, text: str | bytes, top: int = TOP
) -> Trace:
    """Read a text.

    Raises:
        CorpusError: if it is empty.
    """
    ids = vocabulary.encode(text).astype(np.intp)
    if not ids.size:
        raise CorpusError(NO_TEXT)
    prime = vocabulary.encode("\n").astype(np.intp)
    recording = record(parameters, np.concatenate([prime, ids])[:, None])
    odds = softmax(recording.logits[:-1, :, 0].T.astype(np.float64))  # (V, N), of each in its place
    known = ids < vocabulary.size
    chosen = odds[np.where(known, ids, 0), np.arange(ids.size)]
    order = np.argsort(-odds, axis=0, kind="stable")[: min(top, vocabulary.size)].T
    states, gates = (
        [Named({name: values[1:, :, 0] for name, values in layer.items()}) for layer in layers]
        for layers in (recording.states, recording.gates)
    )
    return Trace(
        symbols=vocabulary.symbols(text),
        ids=ids,
        logits=recording.logits[:-1, :, 0],
        surprisal=np.where(known, -np.log2(np.maximum(chosen, 1e-300)), np.nan),
        likeliest=order,
        shares=np.take_along_axis(odds.T, order, axis=1),
        heads=recording.attention[:-1, 0],
        states=states,
        gates=gates,
        parameters=parameters,
        vocabulary=vocabulary,
    )
