"""How gates are used: how often open or shut, what they hold on to, what they tell apart.

"Right-saturated" and "left-saturated" are Karpathy, Johnson & Fei-Fei 2015's: the share of time
that a gate is above 0.9 and below 0.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CharlstmError, CorpusError
from charlstm.nn import Array
from charlstm.nn.cells.base import Cell
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import record_windows
from charlstm.studies.inspect.classes import CLASSES, classes
from charlstm.studies.inspect.columns import in_columns

OPEN, SHUT = 0.9, 0.1
KEEPERS = "fz"  # the gates by which a cell keeps its old memory: the LSTMs' f, the GRU's z


@dataclass(frozen=True)
class Use:
    """One gate of one layer over a text, (H,) each: shares of time from 0 to 1.

    `stretch` is the mean length in characters of the times a unit stays above 0.9, and `by_class`
    (C, H) the mean after a character of each of `CLASSES`, NaN where there was none.
    """

    layer: int
    gate: str
    right: Array
    left: Array
    mean: Array
    stretch: Array
    by_class: Array


@dataclass(frozen=True)
class Coupling:
    """How close a layer comes to i = 1 - f, what the coupled cell takes for granted.

    `distance` is the mean of |i - (1 - f)|, `within` the share of values less than 0.1 apart,
    `correlation` that of i with 1 - f over all units and characters.
    """

    layer: int
    distance: float
    within: float
    correlation: float


@dataclass(frozen=True)
class Gates:
    """All gates of a model over `characters` of a text."""

    characters: int
    uses: Sequence[Use]
    couplings: Sequence[Coupling]

    @property
    def saturated(self) -> float:
        """The share of all gate values that are above 0.9 or below 0.1."""
        return float(np.mean([(use.right + use.left).mean() for use in self.uses]))


def measure(parameters: Parameters, ids: NDArray[np.integer], alphabet: Sequence[str]) -> Gates:
    """Read `ids` (N,) and count.

    Raises:
        CharlstmError: for a cell that has no gates.
        CorpusError: for an empty text.
    """
    names = gates_of(parameters.cell)
    if not ids.size:
        raise CorpusError("there is no text to read")
    H, layers = parameters.architecture.hidden_size, range(parameters.architecture.num_layers)
    kinds = classes(alphabet)
    counts = {(layer, gate): _Count(H) for layer in layers for gate in names}
    pairs = [_Pair() for _ in layers] if {"i", "f"} <= set(names) else []
    columns, valid = in_columns(ids)
    start = 0
    for window in record_windows(parameters, columns):
        now = valid[start : start + len(window.ids)]
        start += len(window.ids)
        for (layer, gate), count in counts.items():
            count.add(window.gates[layer][gate], now, kinds[window.ids])
        for layer, pair in enumerate(pairs):
            i, f = window.gates[layer]["i"], window.gates[layer]["f"]
            pair.add(_taken(i, now), 1.0 - _taken(f, now))
    return Gates(
        int(valid.sum()),
        [count.use(layer, gate) for (layer, gate), count in counts.items()],
        [pair.coupling(layer) for layer, pair in enumerate(pairs)],
    )


def gates_of(cell: Cell[Any]) -> str:
    """The gates that open and shut.

    Raises:
        CharlstmError: if there are none.
    """
    if not cell.sigmoids:
        raise CharlstmError(
            f"the cell {cell.name!r} has no gates; look at a model of a cell that has"
        )
    return cell.sigmoids


def _taken(values: Array, valid: NDArray[np.bool_]) -> Array:
    """The rows (n, H) of `values` (T, H, B) that count."""
    return np.asarray(values.transpose(0, 2, 1)[valid])


class _Count:
    """Sums over windows for one gate of one layer."""

    def __init__(self, H: int) -> None:
        self._n = 0
        self._sums = np.zeros((4, H))  # right, left, value, beginnings of stretches
        self._class_sums = np.zeros((len(CLASSES), H))
        self._class_counts = np.zeros(len(CLASSES))
        self._was_open: Array | None = None

    def add(self, values: Array, valid: NDArray[np.bool_], kinds: NDArray[np.intp]) -> None:
        is_open = values > OPEN
        before = np.zeros_like(is_open[0]) if self._was_open is None else self._was_open
        begins = is_open & ~np.concatenate([before[None], is_open[:-1]])
        self._was_open = is_open[-1].copy()
        taken, kind = _taken(values, valid), kinds[valid]
        self._n += len(taken)
        self._sums += [
            _taken(is_open, valid).sum(axis=0),
            (taken < SHUT).sum(axis=0),
            taken.sum(axis=0, dtype=np.float64),
            _taken(begins, valid).sum(axis=0),
        ]
        one_hot = np.eye(len(CLASSES))[kind]
        self._class_sums += one_hot.T @ taken
        self._class_counts += one_hot.sum(axis=0)

    def use(self, layer: int, gate: str) -> Use:
        right, left, total, begun = self._sums
        counts = self._class_counts[:, None]
        by_class = np.where(counts > 0, self._class_sums / np.maximum(counts, 1), np.nan)
        stretch = right / np.maximum(begun, 1)  # one may have begun before what counts
        n = max(self._n, 1)
        return Use(layer, gate, right / n, left / n, total / n, stretch, by_class)


class _Pair:
    """Sums over windows of a = i and b = 1 - f."""

    def __init__(self) -> None:
        self._sums = np.zeros(8)  # n, a, b, aa, bb, ab, |a - b|, close

    def add(self, a: Array, b: Array) -> None:
        a, b = a.astype(np.float64), b.astype(np.float64)
        gap = np.abs(a - b)
        parts = (a, b, a * a, b * b, a * b, gap, gap < 0.1)
        self._sums += [a.size, *(float(part.sum()) for part in parts)]

    def coupling(self, layer: int) -> Coupling:
        n = max(self._sums[0], 1.0)
        a, b, aa, bb, ab, gap, close = self._sums[1:] / n
        spread = np.sqrt(max(aa - a * a, 0.0) * max(bb - b * b, 0.0))
        correlation = float((ab - a * b) / spread) if spread > 0 else float("nan")
        return Coupling(layer, float(gap), float(close), correlation)
