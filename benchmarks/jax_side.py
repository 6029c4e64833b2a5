"""The side of JAX: an LSTM with lax.scan, the whole update in one jit; prints characters/s as JSON.

against_torch.py runs it in a process of its own, with a Python that has JAX. The character's row of
W is gathered, or W is multiplied by a one-hot vector. Unrolled steps and products in bfloat16 were
not faster on the CPU, so there are none.
"""

import argparse
import json
import math
import resource
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

V = 65


def initial(key, hidden, layers):
    """Weights as PyTorch's: W (inputs, 4H), R (H, 4H), b of each layer, and the readout."""
    keys = iter(jax.random.split(key, 3 * layers + 2))

    def draw(*shape):
        edge = 1 / math.sqrt(hidden)
        return jax.random.uniform(next(keys), shape, minval=-edge, maxval=edge)

    cells = [
        (draw(hidden if k else V, 4 * hidden), draw(hidden, 4 * hidden), draw(4 * hidden))
        for k in range(layers)
    ]
    return {"cells": cells, "readout": (draw(hidden, V), draw(V))}


def layer(x, R, state):
    """Outputs (T, B, H) and the new state, from the inputs' products x (T, B, 4H)."""

    def step(state, a):
        h, c = state
        a = a + h @ R
        i, f, g, o = jnp.split(a, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    state, y = jax.lax.scan(step, state, x)
    return y, state


def loss(weights, window, state, args):
    """The mean loss of a window (T + 1, B), and the new state."""
    y, states = None, []
    for (W, R, b), before in zip(weights["cells"], state, strict=True):
        if y is not None:
            x = y @ W
        else:
            x = jax.nn.one_hot(window[:-1], V) @ W if args.onehot else W[window[:-1]]
        y, after = layer(x + b, R, before)
        states.append(after)
    W, b = weights["readout"]
    logits = y @ W + b
    chosen = jnp.take_along_axis(logits, window[1:, :, None], axis=-1)[..., 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=-1) - chosen), states


def make_update(args):
    """The compiled update: loss, gradients, clipping, Adam; it reuses the buffers it gets."""

    @partial(jax.jit, donate_argnums=(0, 1, 2, 3))
    def update(weights, m, v, state, number, window):
        grads, state = jax.grad(loss, has_aux=True)(weights, window, state, args)
        leaves = jax.tree.leaves(grads)
        norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in leaves))
        scale = jnp.minimum(1.0, 1.0 / (norm + 1e-6))
        grads = jax.tree.map(lambda g: g * scale, grads)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g * g, v, grads)
        first, second = 1 - 0.9**number, 1 - 0.99**number
        weights = jax.tree.map(
            lambda p, m, v: p - 2e-3 * (m / first) / (jnp.sqrt(v / second) + 1e-8), weights, m, v
        )
        return weights, m, v, state

    return update


def train(args) -> float:
    """Characters per second over the timed updates."""
    weights = initial(jax.random.key(0), args.hidden_size, args.num_layers)
    m, v = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    shape = (args.batch_size, args.hidden_size)
    state = [(jnp.zeros(shape), jnp.zeros(shape)) for _ in range(args.num_layers)]
    rng = np.random.default_rng(0)
    data = rng.integers(0, V, (16, args.seq_length + 1, args.batch_size), dtype=np.int32)
    update, number = make_update(args), 0

    def run(count):
        nonlocal weights, m, v, state, number
        for _ in range(count):
            number += 1
            weights, m, v, state = update(weights, m, v, state, float(number), data[number % 16])
        jax.block_until_ready(weights)

    run(2)  # the first compiles
    began = time.perf_counter()
    run(1)
    count = max(1, math.ceil(args.seconds / (time.perf_counter() - began)))
    began = time.perf_counter()
    run(count)
    seconds = time.perf_counter() - began
    return count * args.seq_length * args.batch_size / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("train",))
    parser.add_argument("--cell", choices=("lstm",), default="lstm")
    for name in ("hidden_size", "num_layers", "batch_size", "seq_length"):
        parser.add_argument(f"--{name}", type=int, default=1)
    parser.add_argument("--onehot", action="store_true")
    parser.add_argument("--seconds", type=float, default=3.0)
    args = parser.parse_args()
    rate = train(args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"rate": rate, "peak_bytes": peak}))


if __name__ == "__main__":
    main()
