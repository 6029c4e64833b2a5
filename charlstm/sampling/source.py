"""Where the distribution of the next character comes from: networks, behind one interface.

All that a source carries from character to character is its state: the states of all layers, and
what attention looks back at, of one network or of each in a mixture. A state has its samples first,
(B, …) in each array, so that samples can be copied, kept, and put back.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.predictors import Predictor, network_of

State = Mapping[str, Array]
Columns = slice | Sequence[int] | NDArray[np.intp]
ALL = slice(None)


class Source(ABC):
    """Gives the logits of the next character of each of `columns` samples."""

    columns: int

    @abstractmethod
    def step(self, ids: NDArray[np.intp]) -> Array:
        """Read one character in each column, ids (B,); return the logits (V, B) of the next one.

        Logits are log-probabilities, but for a number that is added to all of a column.
        """

    @abstractmethod
    def get(self, columns: Columns = ALL) -> State:
        """A copy of the state of these columns, an array (B, …) for each name."""

    @abstractmethod
    def put(self, columns: Columns, state: State) -> None:
        """Set the state of these columns. An array with one row serves them all."""

    @abstractmethod
    def fresh(self, columns: int) -> "Source":
        """A source of the same distributions with so many columns, from zero state."""

    def read(self, ids: NDArray[np.integer]) -> None:
        """Read the ids (N,) in each column."""
        for id_ in ids:
            self.step(np.full(self.columns, id_, np.intp))

    def wide(self, columns: int) -> "Source":
        """A source with so many columns, each in the state of this one's first."""
        wide = self.fresh(columns)
        wide.put(ALL, self.get([0]))
        return wide


class NetworkSource(Source):
    """The distributions of one network with these parameters, or of a mixture of networks."""

    def __init__(self, predictor: Predictor, columns: int = 1) -> None:
        self.predictor, self.columns = predictor, columns
        self._network = network_of(predictor, 1, columns)

    def step(self, ids: NDArray[np.intp]) -> Array:
        """Read one character in each column; return the logits (V, B) of the next one."""
        return self._network.step(ids)

    def read(self, ids: NDArray[np.integer]) -> None:
        """Read the ids (N,) in each column, without their logits."""
        for id_ in ids:
            self._network.read(np.full((1, self.columns), id_, np.intp))

    def get(self, columns: Columns = ALL) -> State:
        """A copy of the state of these columns, by the names that the network gives it."""
        return {name: view[columns].copy() for name, view in self._views().items()}

    def put(self, columns: Columns, state: State) -> None:
        """Set the state of these columns."""
        for name, view in self._views().items():
            view[columns] = state[name]

    def fresh(self, columns: int) -> "NetworkSource":
        """Another one of the same networks, from zero state."""
        return NetworkSource(self.predictor, columns)

    def _views(self) -> dict[str, Array]:
        """Views of the network's state, samples first: those of layers are (H, B) there."""
        return {
            name: view.T if "layers." in name else view
            for name, view in self._network.state.items()
        }
