"""A whole network by its cells' plain form, one character after another: the naive twin."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.cells.base import Array
from charlstm.nn.operators import Arrays
from charlstm.nn.parameters import Parameters, layer_parameters


def run(
    parameters: Parameters, ids: NDArray[np.intp], state: Mapping[str, Array] | None = None
) -> tuple[Array, dict[str, Array]]:
    """Read a window `ids` (T, B); return logits (T, V, B) and the state after it.

    The state is named as in `Network.state`, (H, B) each; without one it starts at zero.
    """
    V, B = parameters.vocabulary_size, ids.shape[1]
    names, layers = parameters.cell.states, range(parameters.architecture.num_layers)
    zero = np.zeros((parameters.architecture.hidden_size, B), parameters.flat.dtype)
    now = dict(state or {f"layers.{layer}.{name}": zero for layer in layers for name in names})
    one_hot = np.eye(V + 1, dtype=parameters.flat.dtype)
    logits = []
    for characters in ids:
        y = one_hot[:, characters]
        for layer in layers:
            notes = Arrays(parameters.cell, layer_parameters(parameters.by_name, layer), y)
            before = {name: now[f"layers.{layer}.{name}"] for name in names}
            after = parameters.cell.plain(notes, before)
            now |= {f"layers.{layer}.{name}": after[name] for name in names}
            y = after["h"]
        logits.append(parameters.by_name["W_y"] @ y + parameters.by_name["b_y"])
    return np.stack(logits), now
