"""The trace of a text: what the model expects, its surprisal, its units, and what it looks at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.loss import softmax
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import record
from charlstm.text.vocabulary import Tokens, Vocabulary

TOP = 5


@dataclass(frozen=True)
class Trace:
    """A text of N characters (or bytes), read after a newline from zero state.

    `memory` and `gates` hold one mapping or array for each layer, the values of every unit after
    each character, (N, H): `memory` is tanh(c), or h where there is no c (`memory_label`).
    `surprisal` (N,) is that of each character in bits, NaN where the model does not know it.
    `likeliest` (N, K) are the K likeliest ids in its place, with their `probabilities` (N, K).
    `heads` (N, R, M) is how much the step that predicts each character, and so has read those
    before it, looks at the outputs of 1 … M steps ago, with each head; M is 0 without attention.
    """

    symbols: Sequence[str]
    surprisal: NDArray[np.float64]
    likeliest: NDArray[np.intp]
    probabilities: Array
    heads: Array
    memory_label: str
    memory: Sequence[Array]
    gates: Sequence[Mapping[str, Array]]
    sigmoids: str
    alphabet: Sequence[str]
    tokens: Tokens

    @property
    def attention(self) -> Array:
        """The mean of `heads`, (N, M)."""
        mean: Array = self.heads.mean(axis=1)
        return mean

    @property
    def expected(self) -> list[list[str]]:
        """`likeliest` as characters."""
        return [[self.alphabet[k] for k in row] for row in self.likeliest]


def trace_text(
    parameters: Parameters, vocabulary: Vocabulary, text: str | bytes, top: int = TOP
) -> Trace:
    """Read a text.

    Raises:
        CorpusError: if it is empty.
    """
    ids = vocabulary.encode(text).astype(np.intp)
    if not ids.size:
        raise CorpusError("there is no text to look at; give at least one character")
    prime = vocabulary.encode("\n").astype(np.intp)
    recording = record(parameters, np.concatenate([prime, ids])[:, None])
    odds = softmax(recording.logits[:-1, :, 0].T.astype(np.float64))  # (V, N), of each in its place
    known = ids < vocabulary.size
    chosen = odds[np.where(known, ids, 0), np.arange(ids.size)]
    order = np.argsort(-odds, axis=0, kind="stable")[: min(top, vocabulary.size)].T
    memory = parameters.cell.memory
    return Trace(
        symbols=vocabulary.symbols(text),
        surprisal=np.where(known, -np.log2(np.maximum(chosen, 1e-300)), np.nan),
        likeliest=order,
        probabilities=np.take_along_axis(odds.T, order, axis=1),
        heads=recording.attention[:-1, 0],
        memory_label=parameters.cell.memory_label,
        memory=[
            parameters.cell.shown_memory(layer[memory][1:, :, 0]) for layer in recording.states
        ],
        gates=[{g: v[1:, :, 0] for g, v in layer.items()} for layer in recording.gates],
        sigmoids=parameters.cell.sigmoids,
        alphabet=vocabulary.alphabet,
        tokens=vocabulary.tokens,
    )
