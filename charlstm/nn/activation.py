"""The sigmoid as a tanh, so that one call of tanh serves all gates of a step at once.

    σ(a) = 1 / (1 + e⁻ᵃ) = ½ + ½·tanh(a/2)

The ½ inside is folded into the weights: a layer multiplies the rows of σ gates by ½ once for each
update (`gate_scale`), so the pre-activations arrive as a/2. After tanh, `finish_sigmoid` does the
rest. The gradients need no ½: they are those of σ, σ'(a) = σ(a)·(1 − σ(a)), and of the unscaled
weights.
"""

from typing import Any

import numpy as np

from charlstm.nn import Array


def gate_scale(gates: str, sigmoids: str, hidden_size: int, dtype: Any) -> Array:
    """½ on the rows of `sigmoids` among `gates`, 1 on those of the others: (G·H, 1)."""
    halves = [0.5 if gate in sigmoids else 1.0 for gate in gates]
    return np.repeat(np.array(halves, dtype), hidden_size)[:, None]


def finish_sigmoid(gates: Array) -> None:
    """Turn tanh(a/2) into σ(a) = ½ + ½·tanh(a/2), in place."""
    np.multiply(gates, 0.5, out=gates)
    np.add(gates, 0.5, out=gates)
