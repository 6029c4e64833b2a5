"""A network reads ids and keeps every gate and state after every character."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters

LENGTH = 64  # characters a window


@dataclass(frozen=True)
class Recording:
    """The values in a network over T steps of B columns, for each layer by name.

    `gates` and `states` are (T, H, B), with the states after each step. `logits` (T, V, B) are for
    the next character. `attention` (T, B, R, M) says how much each head looks at the outputs of
    1 … M steps ago.
    """

    ids: NDArray[np.intp]
    gates: Sequence[Mapping[str, Array]]
    states: Sequence[Mapping[str, Array]]
    logits: Array
    attention: Array


def record_windows(
    parameters: Parameters, ids: NDArray[np.integer], length: int = LENGTH
) -> Iterator[Recording]:
    """Read `ids` (T, B) from zero state, window by window.

    It yields views, which the next window overwrites.
    """
    network = Network(parameters, min(length, len(ids)), ids.shape[1])
    gates_of_input = parameters.cell.inputs
    for first in range(0, len(ids), length):
        part = ids[first : first + length].astype(np.intp)
        logits = network.predict(part)
        T = len(part)
        gates = [{g: layer.gates[g][:T] for g in gates_of_input} for layer in network.layers]
        states = [
            {s: layer.tape[s][1 : T + 1] for s in parameters.cell.states}
            for layer in network.layers
        ]
        yield Recording(part, gates, states, logits, network.looked_at(T))


def record(parameters: Parameters, ids: NDArray[np.integer]) -> Recording:
    """Read all of `ids` (T, B), T ≥ 1, and return one recording with arrays of its own."""
    parts = [
        Recording(
            window.ids,
            [{name: view.copy() for name, view in layer.items()} for layer in window.gates],
            [{name: view.copy() for name, view in layer.items()} for layer in window.states],
            window.logits,
            window.attention,
        )
        for window in record_windows(parameters, ids)
    ]
    return Recording(
        np.concatenate([part.ids for part in parts]),
        _joined([part.gates for part in parts]),
        _joined([part.states for part in parts]),
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.attention for part in parts]),
    )


def _joined(parts: Sequence[Sequence[Mapping[str, Array]]]) -> list[dict[str, Array]]:
    return [
        {name: np.concatenate([part[layer][name] for part in parts]) for name in names}
        for layer, names in enumerate(parts[0])
    ]
