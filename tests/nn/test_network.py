"""What a window comes to depends on its characters, its state and the weights, and nothing else."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_ids, random_model, randomise
from numpy.typing import NDArray

from charlstm.nn import Array, readout
from charlstm.nn import network as network_module
from charlstm.nn.dropout import dropout_mask
from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture, Parameters

T, B = 6, 3
each_attention = pytest.mark.parametrize("attention", [0, 4])
Ids = NDArray[np.intp]


def train(network: Network, ids: Ids, targets: Ids) -> tuple[float, Array]:
    """The loss and the flat gradient of a window that starts in the state of `randomise`."""
    flat = np.zeros(network.parameters.size)
    randomise(network.state)
    return network.loss_and_gradients(
        ids, targets, network.parameters.views(flat), loss_scale=0.5
    ), flat


def state_of(network: Network) -> Array:
    return np.concatenate([view.ravel() for view in network.state.values()])


def assert_same(ours: tuple[float, Array], theirs: tuple[float, Array]) -> None:
    assert ours[0] == pytest.approx(theirs[0], rel=1e-12)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=0, atol=1e-12)


def window(model: Parameters, steps: int = T, batch: int = B) -> tuple[Ids, Ids]:
    return random_ids(model, steps, batch, seed=6), random_ids(model, steps, batch, seed=7)


@each_variant
@each_attention
def test_one_long_window_equals_short_ones(
    cell: str, options: Mapping[str, Any], attention: int
) -> None:
    model = random_model(cell, options, num_layers=2, attention=attention)
    ids, targets = window(model)
    long, short = Network(model, T, B), Network(model, 2, B)
    randomise(long.state)
    randomise(short.state)
    whole = long.score(ids, targets)
    parts = [short.score(ids[t : t + 2], targets[t : t + 2]) for t in range(0, T, 2)]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=1e-12)
    np.testing.assert_allclose(state_of(short), state_of(long), rtol=0, atol=1e-12)


@each_variant
@each_attention
def test_columns_are_independent(cell: str, options: Mapping[str, Any], attention: int) -> None:
    model = random_model(cell, options, num_layers=2, attention=attention)
    ids, targets = window(model)
    batch = Network(model, T, B, backward=True)
    whole = train(batch, ids, targets)
    randomise(batch.state)
    loss, gradient = 0.0, np.zeros(model.size)
    for column in range(B):
        part = slice(column, column + 1)
        alone = Network(model, T, 1, backward=True)
        for name, view in alone.state.items():
            own = part if name.startswith("attention") else (slice(None), part)
            view[...] = batch.state[name][own]
        flat = np.zeros(model.size)
        loss += alone.loss_and_gradients(
            ids[:, part], targets[:, part], model.views(flat), loss_scale=0.5
        )
        gradient += flat
    assert_same((loss, gradient), whole)


@each_variant
@each_attention
def test_stale_buffers_do_not_matter(cell: str, options: Mapping[str, Any], attention: int) -> None:
    model = random_model(cell, options, num_layers=2, attention=attention)
    fresh, used = (Network(model, T, B, backward=True, dropout=0.2) for _ in range(2))
    train(used, *reversed(window(model)))
    for buffer in buffers(used):
        buffer.fill(np.nan)
    assert_same(train(used, *window(model)), train(fresh, *window(model)))
    np.testing.assert_array_equal(state_of(used), state_of(fresh))


def buffers(network: Network) -> Iterator[Array]:
    """Everything a window writes to."""
    assert network._dy is not None
    yield from (network._dy, network._readout._logits, *network._dropped)
    for layer in network.layers:
        yield from (layer._a, layer._steps[0].da, layer._steps[0].tmp)
        yield from (*layer._tape.values(), *layer._dstate.values())
        yield from (product._scratch for product in layer._products.values())
    for head in network.attention:
        # Those that a window only reads.
        read = ("_W", "_b", "_v", "_v_of_heads", "_v_by_head", "_band", "_ones")
        yield head._outputs._rows
        yield from (a for n, a in vars(head).items() if isinstance(a, np.ndarray) and n not in read)


@each_variant
@each_attention
def test_a_window_may_be_shorter_than_the_buffers(
    cell: str, options: Mapping[str, Any], attention: int
) -> None:
    model = random_model(cell, options, num_layers=2, attention=attention)
    roomy, tight = (Network(model, length, B, backward=True) for length in (T, 2))
    train(roomy, *window(model))
    assert_same(train(roomy, *window(model, 2)), train(tight, *window(model, 2)))
    np.testing.assert_array_equal(state_of(roomy), state_of(tight))


def test_scoring_and_training_give_the_same_loss() -> None:
    model = random_model(num_layers=2)
    network = Network(model, T, B, backward=True)
    ids, targets = window(model)
    loss, _ = train(network, ids, targets)
    after = state_of(network)
    randomise(network.state)
    losses = network.score(ids, targets)
    assert losses.sum() == pytest.approx(loss, rel=1e-12)
    np.testing.assert_array_equal(state_of(network), after)
    assert (losses[targets == model.vocabulary_size] == 0.0).all()
    assert (targets == model.vocabulary_size).any()


def test_readout_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    model = random_model()
    whole = train(Network(model, T, B, backward=True), *window(model))
    monkeypatch.setattr(readout, "READOUT_BLOCK", 4 * model.vocabulary_size)
    assert_same(train(Network(model, T, B, backward=True), *window(model)), whole)


def test_only_characters_that_occur_are_looked_up_in_a_large_table() -> None:
    model = random_model(vocabulary_size=500)
    compact, full = (Network(model, T, B, backward=True) for _ in range(2))
    full.characters._compact = False
    assert_same(train(compact, *window(model)), train(full, *window(model)))
    assert compact.characters._table.shape[1] <= T * B
    assert full.characters._table.shape[1] == 501


def test_small_and_large_windows_take_turns() -> None:
    model = random_model(vocabulary_size=10)
    network = Network(model, T, B, backward=True)
    large, small = window(model), window(model, 2)
    before = train(network, *large)
    train(network, *small)
    assert_same(train(network, *large), before)


@each_variant
def test_first_loss_is_that_of_a_guess(cell: str, options: Mapping[str, Any]) -> None:
    model = Parameters(Architecture(cell, options, 32, 2), 60)
    model.initialise(1)
    loss = Network(model, 20, 4).score(*window(model, 20, 4)).mean()
    known = (window(model, 20, 4)[1] < 60).mean()
    assert loss / known == pytest.approx(math.log(60), abs=0.1)


def test_every_layer_has_a_dropout_mask_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []

    def mask(rate: float, shape: tuple[int, int], key: tuple[int, int, int, int]) -> Array:
        keys.append(key)
        return dropout_mask(rate, shape, key)

    monkeypatch.setattr(network_module, "dropout_mask", mask)
    model = random_model(num_layers=2)
    network, grads = Network(model, T, B, backward=True, dropout=0.5), model.views(model.flat * 0)
    network.loss_and_gradients(*window(model), grads, loss_scale=1.0, mask_key=(1, 2, 3))
    assert keys == [(1, 2, 0, 3), (1, 2, 1, 3)]


def test_dropout_depends_on_its_key_alone() -> None:
    model = random_model(hidden_size=8, num_layers=2)
    one, other = (Network(model, T, B, backward=True, dropout=0.5) for _ in range(2))
    train(other, *window(model))
    flat = np.zeros(model.size)

    def loss(network: Network, *key: int) -> float:
        randomise(network.state)
        seed, update, shard = key
        grads = model.views(flat)
        return network.loss_and_gradients(
            *window(model), grads, loss_scale=1.0, mask_key=(seed, update, shard)
        )

    first = loss(one, 1, 2, 3)
    assert loss(other, 1, 2, 3) == first
    assert len({first, loss(one, 0, 2, 3), loss(one, 1, 0, 3), loss(one, 1, 2, 0)}) == 4
    assert loss(one, 1, 2, 3) == first


def test_scoring_drops_nothing() -> None:
    model = random_model()
    with_dropout = Network(model, T, B, backward=True, dropout=0.5)
    losses = with_dropout.score(*window(model))
    np.testing.assert_array_equal(losses, Network(model, T, B).score(*window(model)))
