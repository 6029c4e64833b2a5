"""The sigmoid as a tanh, so that one call of tanh serves all gates of a step at once.

    σ(a) = 1 / (1 + e⁻ᵃ) = ½ + ½·tanh(a/2)

After each update a layer multiplies the rows of σ gates in its weights by ½ (`gate_scale`). So the
pre-activations of σ gates are a/2. After tanh, `finish_sigmoid` does the rest. The backward pass
needs no ½: it uses σ'(a) = σ(a)·(1 − σ(a)) and the weights without the ½.
"""

from typing import Any

import numpy as np

from charlstm.nn import Array


def gate_scale(gates: str, sigmoids: str, hidden_size: int, dtype: Any) -> Array:
    """A column (G·H, 1) with ½ in the rows of the gates `sigmoids`, and 1 in the others."""
    halves = [0.5 if gate in sigmoids else 1.0 for gate in gates]
    return np.repeat(np.array(halves, dtype), hidden_size)[:, None]


def finish_sigmoid(gates: Array) -> None:
    """Turn tanh(a/2) into σ(a) = ½ + ½·tanh(a/2), in place."""
    np.multiply(gates, 0.5, out=gates)
    np.add(gates, 0.5, out=gates)
