"""Where hardly any gradient passes: gates near 0 or 1, and a memory c so large that tanh is flat.

A gate is right-saturated above 0.9 and left-saturated below 0.1 (Karpathy, Johnson & Fei-Fei
2015). The slope of tanh(c) is 1 − tanh²(c): 0.0002 at |c| = 5.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from charlstm.nn import Array
from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture, state_sizes

OPEN, SHUT = 0.9, 0.1
FLAT = 5.0  # |c| from which tanh(c) is flat
BITS = 16  # of the 32 of a float, those that tell |x| apart to 0.4 %


class Sizes(NamedTuple):
    """How large numbers are: their median |x|, what 90 % of |x| are below, and the largest."""

    median: float
    p90: float
    largest: float

    def shown(self) -> tuple[str, str, str]:
        """The three for people to read: to three digits, or whole above 100."""
        median, p90, largest = (f"{n:.3g}" if n < 100 else f"{n:,.0f}" for n in self)
        return median, p90, largest


class Magnitudes:
    """Counts any amount of numbers in bounded memory. The quantiles are exact to 0.4 %."""

    def __init__(self) -> None:
        self._counts = np.zeros(2 ** (BITS - 1), np.int64)
        self._largest = 0.0

    def add(self, values: Array) -> None:
        """Count numbers in an array of any shape."""
        sizes = np.abs(values).astype(np.float32, order="C").ravel()
        self._counts += np.bincount(sizes.view(np.uint32) >> BITS, minlength=self._counts.size)
        self._largest = max(self._largest, float(sizes.max(initial=0.0)))

    def sizes(self) -> Sizes:
        """The sizes of all numbers counted; zero if there were none."""
        below = np.cumsum(self._counts)
        at = np.searchsorted(below, np.array([0.5, 0.9]) * below[-1])
        middles = ((at << BITS) + (1 << BITS - 1)).astype(np.uint32).view(np.float32)
        median, p90 = (min(float(middle), self._largest) for middle in middles)
        return Sizes(median, p90, self._largest)


def memory_sizes(architecture: Architecture, states: Sequence[Array]) -> Sizes | None:
    """The sizes of the memory in carried states, each flat; None for a cell that bounds it."""
    cell = architecture.make_cell()
    if cell.bounded_memory:
        return None
    magnitudes, place = Magnitudes(), cell.states.index(cell.memory)
    of_layers, of_attention = state_sizes(architecture)
    for state in states:
        columns = state.size // (of_layers + of_attention)
        layers = state[: of_layers * columns].reshape(architecture.num_layers, len(cell.states), -1)
        magnitudes.add(layers[:, place])
    return magnitudes.sizes()


def saturated_shares(network: Network, steps: int) -> Array:
    """The share of saturated values of each σ gate of each layer in the last `steps` steps.

    It is (layers, gates), from 0 to 1. A window of fewer steps has left older ones in place.
    """
    sigmoids = network.parameters.cell.sigmoids
    middle, reach = (OPEN + SHUT) / 2, (OPEN - SHUT) / 2
    shares = [
        [np.mean(np.abs(layer.gates[gate][:steps] - middle) > reach) for gate in sigmoids]
        for layer in network.layers
    ]
    return np.array(shares, np.float64).reshape(len(network.layers), len(sigmoids))
