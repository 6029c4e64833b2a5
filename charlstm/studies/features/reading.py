"""A long text as a network reads it: the memory of all units, and the loss of each character.

The text is read in blocks, and each block side by side in columns. Each column first reads the
characters before its own, which settle its state. So the memory that this takes does not grow with
the text but for what is kept of it.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import LENGTH, record_windows
from charlstm.text.slices import Columns

WARM_UP = 256  # characters that settle the state, or as many as attention looks back
LEAST, MOST = 1024, 32  # characters of a column; columns of a block
BLOCK = 1 << 18  # characters


def warm_up_of(parameters: Parameters) -> int:
    """How many characters settle the state of a network."""
    return max(WARM_UP, parameters.architecture.attention)


def unit_values(
    parameters: Parameters, ids: NDArray[np.integer], places: NDArray[np.intp]
) -> NDArray[np.float32]:
    """The memory (L·H, n) of all units, layer by layer, after the characters at `places` (n,).

    The places ascend, and at least `warm_up_of` characters stand before the first.
    """
    shape, cell = parameters.architecture, parameters.cell
    H = shape.hidden_size
    start, stop = int(places[0]), int(places[-1]) + 1
    slots = np.full(stop - start, -1, np.intp)
    slots[places - start] = np.arange(places.size)
    values = np.empty((shape.num_layers * H, places.size), np.float32)
    for columns in _blocks(parameters, start, stop):
        where = columns.positions(-columns.warm_up, columns.length)
        within = (where >= columns.start) & (where < stop)
        within[: columns.warm_up] = False
        slot = np.where(within, slots[np.clip(where, start, stop - 1) - start], -1)
        read = ids[np.clip(where, 0, stop - 1)].astype(np.intp)
        for window in record_windows(parameters, read):
            slot_here, slot = slot[: len(window.ids)], slot[len(window.ids) :]
            kept = slot_here >= 0
            for layer, states in enumerate(window.states):
                memory = cell.shown_memory(states[cell.memory]).transpose(0, 2, 1)[kept]
                values[layer * H : (layer + 1) * H, slot_here[kept]] = memory.T
    return values


def losses(
    parameters: Parameters, ids: NDArray[np.integer], start: int, stop: int
) -> NDArray[np.float32]:
    """The loss (stop - start,) in nats of each character from `start` on; 0 of an unknown one.

    More than `warm_up_of` characters stand before the first.
    """
    nats = np.empty(stop - start, np.float32)
    for columns in _blocks(parameters, start, stop):
        network = Network(parameters, LENGTH, columns.count)
        for first in range(-columns.warm_up, columns.length, LENGTH):
            where = columns.positions(first, min(first + LENGTH, columns.length))
            own = (np.arange(first, first + len(where)) >= 0)[:, None] & (where < stop)
            where = np.minimum(where, stop - 1)
            scores = network.score(ids[where - 1].astype(np.intp), ids[where].astype(np.intp))
            nats[where[own] - start] = scores[own]
    return nats


def _blocks(parameters: Parameters, start: int, stop: int) -> Iterator[Columns]:
    """Columns that own the characters from `start` to `stop`; the last one may own some more."""
    for first in range(start, stop, BLOCK):
        size = min(BLOCK, stop - first)
        count = max(1, min(MOST, size // LEAST))
        length = -(-size // count)
        yield Columns(first, length, count, warm_up_of(parameters))
