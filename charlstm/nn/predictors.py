"""What says how likely each next character is: one network, or several as one."""

from typing import TYPE_CHECKING, TypeAlias

from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters

if TYPE_CHECKING:  # one network alone starts faster without it
    from charlstm.nn.mixture import MixedNetwork, Mixture

Predictor: TypeAlias = "Parameters | Mixture"
AnyNetwork: TypeAlias = "Network | MixedNetwork"


def network_of(predictor: Predictor, length: int, batch: int) -> AnyNetwork:
    """What reads windows of up to `length` steps of `batch` columns with these parameters."""
    if isinstance(predictor, Parameters):
        return Network(predictor, length, batch)
    from charlstm.nn.mixture import MixedNetwork  # noqa: PLC0415 - see above

    return MixedNetwork(predictor, length, batch)


def reach_of(predictor: Predictor) -> int:
    """How many outputs attention looks back at, in the network that looks back furthest."""
    parts = [predictor] if isinstance(predictor, Parameters) else predictor.parameters
    return max(parameters.architecture.attention for parameters in parts)
