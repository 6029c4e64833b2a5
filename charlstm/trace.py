"""One text as a model reads it: what it expects, how surprised it is, what its units do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn.cells.base import Array
from charlstm.nn.loss import softmax
from charlstm.nn.parameters import Parameters
from charlstm.record import memory_of, record, shown
from charlstm.text.vocabulary import Vocabulary

TOP = 5


@dataclass(frozen=True)
class Reading:
    """A text of N characters, read after a newline from zero state.

    `memory` and `gates` say for each layer what every unit held after each character, (N, H):
    `memory` is tanh(c), or h where there is no c (`memory_name`). `bits` (N,) is the surprisal of
    each character, NaN where the model does not know it. `likeliest` (N, K) are the ids that were
    expected most in its place, `shares` (N, K) their probabilities.
    """

    symbols: Sequence[str]
    bits: NDArray[np.float64]
    likeliest: NDArray[np.intp]
    shares: Array
    memory_name: str
    memory: Sequence[Array]
    gates: Sequence[Mapping[str, Array]]
    sigmoids: str
    alphabet: Sequence[str]

    @property
    def expected(self) -> list[list[str]]:
        """`likeliest` as characters."""
        return [[self.alphabet[k] for k in row] for row in self.likeliest]


def read(
    parameters: Parameters, vocabulary: Vocabulary, text: str | bytes, top: int = TOP
) -> Reading:
    """Read a text.

    Raises:
        CorpusError: if it is empty.
    """
    ids = vocabulary.encode(text).astype(np.intp)
    if not ids.size:
        raise CorpusError("there is no text to look at; give at least one character")
    prime = vocabulary.encode("\n").astype(np.intp)
    seen = record(parameters, np.concatenate([prime, ids])[:, None])
    odds = softmax(seen.logits[:-1, :, 0].T.astype(np.float64))  # (V, N), of each in its place
    known = ids < vocabulary.size
    chosen = odds[np.where(known, ids, 0), np.arange(ids.size)]
    order = np.argsort(-odds, axis=0, kind="stable")[: min(top, vocabulary.size)].T
    memory = memory_of(parameters.cell)
    return Reading(
        symbols=symbols(vocabulary, text),
        bits=np.where(known, -np.log2(np.maximum(chosen, 1e-300)), np.nan),
        likeliest=order,
        shares=np.take_along_axis(odds.T, order, axis=1),
        memory_name="tanh(c)" if memory == "c" else memory,
        memory=[shown(layer[memory][1:, :, 0], parameters.cell) for layer in seen.states],
        gates=[{g: v[1:, :, 0] for g, v in layer.items()} for layer in seen.gates],
        sigmoids=parameters.cell.sigmoids,
        alphabet=alphabet(vocabulary),
    )


def symbols(vocabulary: Vocabulary, text: str | bytes) -> list[str]:
    r"""A text cut as the model reads it; a byte that is no ASCII character is `\xNN`."""
    if vocabulary.tokens == "byte":
        return [_byte(int(k)) for k in vocabulary.encode(text)]
    return list(text if isinstance(text, str) else text.decode("utf-8", "surrogateescape"))


def alphabet(vocabulary: Vocabulary) -> list[str]:
    """What stands for each id from 0 to V-1."""
    if vocabulary.tokens == "byte":
        return [_byte(k) for k in range(256)]
    return list(vocabulary.characters)


def _byte(value: int) -> str:
    return chr(value) if value < 128 else f"\\x{value:02x}"
