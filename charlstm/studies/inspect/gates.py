"""How gates are used: how often they are open or shut, for how long, and after which characters.

It also says how large the memory c becomes, and how much of it one gate keeps.
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
from charlstm.nn.saturation import OPEN, SHUT, Magnitudes, Sizes
from charlstm.studies.inspect.character_classes import CLASSES, class_numbers
from charlstm.studies.inspect.coupling import Coupling, CouplingSums
from charlstm.studies.inspect.kept import Kept, KeptSums
from charlstm.text.slices import Columns

LEAST = 2048  # characters of a column that are worth its warm-up
WARM_UP = 64  # characters that each column but the first reads to settle its state
MOST = 32  # columns


@dataclass(frozen=True)
class GateUse:
    """One gate of one layer over a text, for each unit (H,).

    `right` and `left` are the shares of time that it is saturated, from 0 to 1. `stretch` is the
    mean length in characters of the times it stays open. `by_class` (C, H) is the mean after a
    character of each of `CLASSES`, NaN where there was none.
    """

    layer: int
    gate: str
    right: Array
    left: Array
    mean: Array
    stretch: Array
    by_class: Array


@dataclass(frozen=True)
class Gates:
    """All gates of a model over `characters` of a text.

    `retention` is the gate by which the cell keeps its old memory, "" if it has none. `memory` has
    the sizes of c in each layer, of all units after all characters; it is empty without a c. `kept`
    says for each layer how much of the old memory that gate leaves.
    """

    characters: int
    retention: str
    uses: Sequence[GateUse]
    couplings: Sequence[Coupling]
    memory: Sequence[Sizes] = ()
    kept: Sequence[Kept] = ()

    @property
    def saturated(self) -> float:
        """The share of all gate values that are above 0.9 or below 0.1."""
        return float(np.mean([(use.right + use.left).mean() for use in self.uses]))

    @property
    def longest_memories(self) -> list[tuple[GateUse, int]]:
        """The units of the retention gates with their use, those open most of the time first."""
        units = [
            (use, unit)
            for use in self.uses
            if use.gate == self.retention
            for unit in range(use.right.size)
        ]
        return sorted(units, key=lambda pair: (-pair[0].right[pair[1]], -pair[0].mean[pair[1]]))


def measure_gates(
    parameters: Parameters, ids: NDArray[np.integer], alphabet: Sequence[str]
) -> Gates:
    """Read `ids` (N,) and count.

    Raises:
        CharlstmError: for a cell that has no gates.
        CorpusError: for an empty text.
    """
    names = sigmoid_gates(parameters.cell)
    if not ids.size:
        raise CorpusError("there is no text to read")
    H, layers = parameters.architecture.hidden_size, range(parameters.architecture.num_layers)
    classes = class_numbers(alphabet)
    counts = {(layer, gate): _GateSums(H) for layer in layers for gate in names}
    pairs = [CouplingSums() for _ in layers] if {"i", "f"} <= set(names) else []
    cell = parameters.cell
    magnitudes = [] if cell.bounded_memory else [Magnitudes() for _ in layers]
    keeps = [KeptSums(H) for _ in layers]
    columns, valid = _in_columns(ids)
    start = 0
    for window in record_windows(parameters, columns):
        counted = valid[start : start + len(window.ids)]
        start += len(window.ids)
        for (layer, gate), count in counts.items():
            count.add(window.gates[layer][gate], counted, classes[window.ids])
        for layer, pair in enumerate(pairs):
            i, f = window.gates[layer]["i"], window.gates[layer]["f"]
            pair.add(_rows(i, counted), 1.0 - _rows(f, counted))
        resets = window.ids == parameters.reset_at
        for layer, keep in enumerate(keeps):
            keep.add(window.gates[layer][cell.retention], counted, resets)
        for layer, magnitude in enumerate(magnitudes):
            magnitude.add(_rows(window.states[layer][cell.memory], counted))
    return Gates(
        int(valid.sum()),
        cell.retention,
        [count.use(layer, gate) for (layer, gate), count in counts.items()],
        [pair.coupling(layer) for layer, pair in enumerate(pairs)],
        [magnitude.sizes() for magnitude in magnitudes],
        [keep.kept(layer, cell.retention) for layer, keep in enumerate(keeps)],
    )


def sigmoid_gates(cell: Cell[Any]) -> str:
    """The gates of a cell that open and shut.

    Raises:
        CharlstmError: if there are none.
    """
    if not cell.sigmoids:
        raise CharlstmError(
            f"the cell {cell.name!r} has no gates; look at a model of a cell that has"
        )
    return cell.sigmoids


def _in_columns(ids: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """`ids` (N,) side by side as columns (T, B), and which of their places count, (T, B).

    The warm-up of the first column counts: nothing stands before it. Up to B - 1 characters at the
    end are left out.
    """
    B = max(1, min(MOST, (ids.size - WARM_UP) // LEAST))
    warm_up = WARM_UP if B > 1 else 0
    length = (ids.size - warm_up) // B
    where = Columns(warm_up, length, B, warm_up).positions(-warm_up, length)
    valid = np.ones(where.shape, np.bool_)
    valid[:warm_up, 1:] = False
    return ids[where].astype(np.intp), valid


def _rows(values: Array, valid: NDArray[np.bool_]) -> Array:
    """The rows (n, H) of `values` (T, H, B) at the places that count."""
    return np.asarray(values.transpose(0, 2, 1)[valid])


class _GateSums:
    """Sums over windows for one gate of one layer."""

    def __init__(self, H: int) -> None:
        self._n = 0
        self._sums = np.zeros((4, H))  # right, left, value, beginnings of stretches
        self._class_sums = np.zeros((len(CLASSES), H))
        self._class_counts = np.zeros(len(CLASSES))
        self._was_open: Array | None = None

    def add(self, values: Array, valid: NDArray[np.bool_], classes: NDArray[np.intp]) -> None:
        is_open = values > OPEN
        before = np.zeros_like(is_open[0]) if self._was_open is None else self._was_open
        begins = is_open & ~np.concatenate([before[None], is_open[:-1]])
        self._was_open = is_open[-1].copy()
        rows = _rows(values, valid)
        self._n += len(rows)
        self._sums += [
            _rows(is_open, valid).sum(axis=0),
            (rows < SHUT).sum(axis=0),
            rows.sum(axis=0, dtype=np.float64),
            _rows(begins, valid).sum(axis=0),
        ]
        one_hot = np.eye(len(CLASSES))[classes[valid]]
        self._class_sums += one_hot.T @ rows
        self._class_counts += one_hot.sum(axis=0)

    def use(self, layer: int, gate: str) -> GateUse:
        right, left, total, begun = self._sums
        counts = self._class_counts[:, None]
        by_class = np.where(counts > 0, self._class_sums / np.maximum(counts, 1), np.nan)
        stretch = right / np.maximum(begun, 1)  # a stretch may begin before the part that counts
        n = max(self._n, 1)
        return GateUse(layer, gate, right / n, left / n, total / n, stretch, by_class)
