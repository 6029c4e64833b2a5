"""Which hidden size gives a network a wanted number of parameters."""

from dataclasses import replace

from charlstm.errors import ConfigError
from charlstm.nn.parameters import Architecture, Parameters


def parameters_of(architecture: Architecture, vocabulary: int, hidden_size: int) -> int:
    """How many numbers such a network learns with `hidden_size` units in each layer."""
    return Parameters(replace(architecture, hidden_size=hidden_size), vocabulary).num_parameters


def hidden_size_for(architecture: Architecture, vocabulary: int, parameters: int) -> int:
    """The hidden size whose number of parameters comes nearest to the one wanted.

    Raises:
        ConfigError: if a single unit has more than that.
    """

    def count(hidden_size: int) -> int:
        return parameters_of(architecture, vocabulary, hidden_size)

    if count(1) > parameters:
        raise ConfigError(
            f"{parameters:,} parameters are too few: one unit of {architecture.cell} has "
            f"{count(1):,} already; raise `parameters` under budget"
        )
    high = 2
    while count(high) <= parameters:
        high *= 2
    low = high // 2  # count(low) <= parameters < count(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) <= parameters else (low, middle)
    return low if parameters - count(low) <= count(high) - parameters else high
