"""Which gradients of a backward pass are wrong, by central differences of every single entry."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from cells_under_test import random_ids, randomise

from charlstm.nn import Array
from charlstm.nn.activation import gate_scale
from charlstm.nn.inputs import LowerLayer
from charlstm.nn.layer import Layer
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters, layer_parameters

STEP, TOLERANCE = 1e-5, 1e-6
WEIGHT = 0.7  # of the loss in a network's training window
KEY = (4, 5, 6)  # of its dropout masks


def wrong(
    loss: Callable[[], float], places: Mapping[str, Array], claimed: Mapping[str, Array]
) -> list[str]:
    """The names of the arrays whose `claimed` gradient is wrong, or that the loss ignores."""
    names = []
    for name, place in places.items():
        numeric = differences(loss, place)
        error = np.abs(claimed[name] - numeric) / np.maximum(np.abs(numeric), 1e-2)
        right = (error < TOLERANCE).all()  # not a number is not right
        if not right or not numeric.any():
            names.append(name)
    return names


def differences(loss: Callable[[], float], place: Array) -> Array:
    """dloss/dplace, one entry after another."""
    found = np.empty_like(place)
    for at in np.ndindex(place.shape):
        kept = place[at]
        place[at] = kept + STEP
        above = loss()
        place[at] = kept - STEP
        found[at] = (above - loss()) / (2 * STEP)
        place[at] = kept
    return found


def wrong_in_network(
    model: Parameters,
    T: int,
    B: int,
    dropout: float = 0.0,
    memory_penalty: float = 0.0,
    resets: Sequence[tuple[int, int]] = (),
    weight_drop: float = 0.0,
) -> list[str]:
    """Check the parameters and initial states of a network that reads and predicts unknowns too.

    The logits' random weights make the gradient that reaches the layers uneven. `resets` are the
    steps and columns that read the model's `reset_at`.
    """
    network = Network(
        model, T, B, backward=True,
        dropout=dropout, weight_drop=weight_drop, memory_penalty=memory_penalty,
    )  # fmt: skip
    ids, targets = random_ids(model, T, B), random_ids(model, T, B, seed=8)
    ids.flat[0] = targets.flat[0] = model.vocabulary_size
    targets.flat[-1] = 0
    if model.reset_at is not None:
        ids[ids == model.reset_at] = model.reset_at + 1
        for place in resets:
            ids[place] = model.reset_at
    randomise(network.state)
    before = {name: view.copy() for name, view in network.state.items()}
    grads = model.views(np.full(model.size, np.nan))  # so that what is not written shows

    def loss() -> float:
        network.refresh(*KEY[:2])
        for name, view in network.state.items():
            view[...] = before[name]
        nats = network.loss_and_gradients(ids, targets, grads, loss_scale=WEIGHT, mask_key=KEY)
        memories = [layer.tape[model.cell.memory][1 : T + 1] for layer in network.layers]
        squares = sum(float(np.square(m).mean(axis=1).sum()) for m in memories)
        return WEIGHT * (nats + memory_penalty * squares)

    loss()
    claimed = {name: grad.copy() for name, grad in grads.items()}
    for index, layer in enumerate(network.layers):
        claimed |= {f"layers.{index}.{name}": g.copy() for name, g in layer.dstate.items()}
    # What attention carries is constant: it has no gradient.
    carried = {name: state for name, state in before.items() if name in claimed}
    return wrong(loss, {**model.by_name, **carried}, claimed)


def wrong_in_layer(model: Parameters, T: int, B: int, D: int) -> list[str]:
    """Check the parameters, states and input rows (T·B, D) of a layer, its dL/dh random."""
    cell, H = model.cell, model.architecture.hidden_size
    rng = np.random.default_rng(9)
    params = {k: v for k, v in layer_parameters(model.by_name, 0).items() if k != "E"}
    params["W_x"] = rng.normal(size=(len(cell.inputs) * H, D))
    x, dy = rng.normal(size=(T * B, D)), rng.normal(size=(T * B, H))
    source = LowerLayer(
        params["W_x"], params["b"], gate_scale(cell.gates, cell.sigmoids, H, x.dtype), H, B
    )
    layer = Layer(cell, H, params, source, T, B, backward=True)
    randomise(layer.state)
    before = {name: view.copy() for name, view in layer.state.items()}

    def loss() -> float:
        layer.refresh()
        for name, view in layer.state.items():
            view[...] = before[name]
        source.set_window(x)
        layer.forward(T)
        return float(np.sum(dy * layer.outputs(T)))

    loss()
    grads = {name: np.full_like(view, np.nan) for name, view in params.items()}
    dx = layer.backward(T, dy, grads)
    assert dx is not None
    return wrong(loss, {**params, **before, "x": x}, {**grads, **layer.dstate, "x": dx})
