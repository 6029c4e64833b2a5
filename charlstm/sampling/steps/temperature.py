"""Temperature: the logits are divided by it, so that above 1 it flattens, below 1 it sharpens."""

from typing import Any

from numpy.typing import NDArray

from charlstm.sampling.filters import Filters
from charlstm.sampling.history import History
from charlstm.sampling.steps.base import ChainStep, Context

LOWEST = 1e-200  # nearer to 0 the division would overflow


class Temperature(ChainStep):
    """Divides the logits by the temperature."""

    name = "temperature"

    def __init__(self, temperature: float) -> None:
        self._temperature = max(temperature, LOWEST)

    def apply(self, logits: NDArray[Any], history: History) -> None:
        """Divide them."""
        del history
        logits /= self._temperature


def step(filters: Filters, context: Context | None) -> ChainStep | None:
    """The step that the filters ask for. At temperature 0 the chain takes the likeliest."""
    del context
    if filters.temperature == 0.0 or filters.temperature_within_words is not None:
        return None
    return Temperature(filters.temperature)
