"""A few hundred updates of a small network in this process, in whatever precision."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.training.optim import Adam, Schedule, global_norm
from charlstm.training.shards import Streams


def trained(
    cell: str,
    options: Mapping[str, Any],
    ids: NDArray[np.intp],
    updates: int,
    *,
    hidden_size: int = 16,
    num_layers: int = 1,
    attention: int = 0,
    attention_heads: int = 1,
    batch: int = 8,
    steps: int = 12,
    lr: float = 0.01,
    dtype: Any = np.float32,
) -> Parameters:
    """A model of the characters `ids` (N,), trained as `charlstm train` does, in one shard."""
    architecture = Architecture(cell, options, hidden_size, num_layers, attention, attention_heads)
    model = Parameters(architecture, int(ids.max()) + 1, dtype=dtype)
    model.initialise(1)
    network = Network(model, steps, batch, backward=True)
    streams = Streams(ids, batch, steps)
    optimiser = Adam(np.zeros((2, model.size), model.flat.dtype))
    schedule = Schedule("cosine", lr, 10, updates)
    gradient = np.zeros_like(model.flat)
    grads = model.views(gradient)
    for update in range(updates):
        network.refresh()
        window = streams.window(update, slice(0, batch))
        network.loss_and_gradients(window[:-1], window[1:], grads, loss_scale=1.0 / (batch * steps))
        scale = min(1.0, 1.0 / max(global_norm(gradient), 1e-12))
        optimiser.step(model.flat, gradient, schedule(update), scale, update)
    return model
