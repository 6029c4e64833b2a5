"""The reference implementation computes a network from its equations, character by character.

It is slow and simple on purpose. The fast form (`layer`, `network`) must give the same numbers.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.graph import Bias, Constant, Graph, Input, Node, Operation, State, Weighted
from charlstm.nn.parameters import Parameters, layer_parameters, parameters_at


def sigmoid(a: Array) -> Array:
    """σ(a) = 1 / (1 + e⁻ᵃ), computed in a form that cannot overflow."""
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1.0, small) / (1.0 + small)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "−": operator.sub,
    "⊙": operator.mul,
    "σ": sigmoid,
    "tanh": np.tanh,
}


def run_step(
    graph: Graph, params: Mapping[str, Array], x: Array, state: Mapping[str, Array]
) -> dict[Node, Array]:
    """The value of every node of one layer's step, (H, B) each, the batch in the columns.

    `params` are the layer's arrays by name. `x` is one-hot columns (V+1, B) where the layer reads
    characters through a table `E`, else the columns (H, B) of the layer below. `state` holds the
    states of the step before by name, (H, B) each.
    """
    W_x = params["E"].T if "E" in params else params["W_x"]
    H = len(next(iter(state.values())))
    values: dict[Node, Any] = {}
    for node in graph.nodes:
        match node:
            case State(name=name):
                values[node] = state[name]
            case Constant(value=value):
                values[node] = value
            case Input(block=block):
                values[node] = W_x[block * H : (block + 1) * H] @ x
            case Bias(block=block):
                values[node] = params["b"][block * H : (block + 1) * H]
            case Weighted(weight=weight, block=block, operand=operand, diagonal=diagonal):
                rows = params[weight][block * H : (block + 1) * H]
                values[node] = rows * values[operand] if diagonal else rows @ values[operand]
            case Operation(symbol=symbol, operands=operands):
                values[node] = OPERATIONS[symbol](*(values[operand] for operand in operands))
    return values


def look_back(
    params: Mapping[str, Array], h: Array, memory: Mapping[str, Array]
) -> tuple[Array, Array, dict[str, Array]]:
    """One step of attention over the outputs before `h` (H, B).

    `params` are the block's arrays by name. `memory` holds the last outputs, `m` (B, M, H), the
    newest last, and how many there are, `n` (B,). It returns z (H, B), p (R, B, M) of each head in
    the order of m, and the new memory.
    """
    m, n, (R, M), H = memory["m"], memory["n"], params["d"].shape, len(h)
    q = params["W_a"] @ h + params["b_a"]
    u, weights = np.empty_like(h), []
    for r, units in enumerate(np.split(np.arange(H), R)):
        k = np.einsum("bmf,fb->bm", m[:, :, units], q[units]) / np.sqrt(H / R)
        k += params["d"][r, ::-1]
        seen = np.arange(M) >= M - n[:, None]
        highest = k.max(axis=1, keepdims=True, where=seen, initial=-np.inf)
        odds = np.exp(np.where(seen, k - highest, -np.inf))
        p = odds / np.maximum(odds.sum(axis=1, keepdims=True), 1.0)
        u[units] = np.einsum("bm,bmf->fb", p, m[:, :, units])
        weights.append(p)
    newest = {"m": np.concatenate([m[:, 1:], h.T[:, None]], axis=1), "n": np.minimum(M, n + 1.0)}
    return h + params["v"] * u, np.stack(weights), newest


def run(
    parameters: Parameters, ids: NDArray[np.intp], state: Mapping[str, Array] | None = None
) -> tuple[Array, dict[str, Array]]:
    """Read a window `ids` (T, B); return logits (T, V, B) and the state after it.

    The state is named and shaped as in `Network.state`. Without one it starts at zero, and it is
    zero before each id `reset_at` of the parameters.
    """
    V, B, dtype = parameters.vocabulary_size, ids.shape[1], parameters.flat.dtype
    graph, layers = parameters.cell.graph(), range(parameters.architecture.num_layers)
    H, M = parameters.architecture.hidden_size, parameters.architecture.attention
    zero: dict[str, Array]
    zero = {f"layers.{k}.{name}": np.zeros((H, B), dtype) for k in layers for name in graph.states}
    if M:
        zero |= {"attention.m": np.zeros((B, M, H), dtype), "attention.n": np.zeros(B, dtype)}
    now = dict(state or zero)
    one_hot = np.eye(V + 1, dtype=dtype)
    logits = []
    for characters in ids:
        kept = characters != parameters.reset_at
        now = {name: value * kept if value.ndim < 3 else value for name, value in now.items()}
        y = one_hot[:, characters]
        for k in layers:
            before = {name: now[f"layers.{k}.{name}"] for name in graph.states}
            values = run_step(graph, layer_parameters(parameters.by_name, k), y, before)
            after = {name: values[node] for name, node in graph.states.items()}
            now |= {f"layers.{k}.{name}": value for name, value in after.items()}
            y = after["h"]
        if M:
            memory = parameters_at(now, "attention")
            y, _, memory = look_back(parameters_at(parameters.by_name, "attention"), y, memory)
            now |= {f"attention.{name}": value for name, value in memory.items()}
        logits.append(parameters.by_name["W_y"] @ y + parameters.by_name["b_y"])
    return np.stack(logits), now
