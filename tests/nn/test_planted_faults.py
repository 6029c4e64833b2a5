"""The gradient check reports faults of the kinds that real backward passes have shipped with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_model, variants
from gradient_check import wrong_in_layer, wrong_in_network
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.attention import Attention
from charlstm.nn.blocks import Product
from charlstm.nn.cells.base import Cell
from charlstm.nn.inputs import LowerLayer
from charlstm.nn.layer import Layer

pytestmark = pytest.mark.slow

Patch = pytest.MonkeyPatch
T, B, D, H = 3, 2, 2, 2


def around(
    patch: Patch,
    owner: type,
    method: str,
    *,
    before: Callable[..., object] = lambda *_: None,
    after: Callable[..., object] = lambda *_: None,
) -> None:
    """Tamper with what a method finds or leaves behind."""
    original = getattr(owner, method)

    def tampered(*args: Any) -> Any:
        before(*args)
        result = original(*args)
        after(*args)
        return result

    patch.setattr(owner, method, tampered)


def wrong(cell: str, options: Mapping[str, Any]) -> set[str]:
    return set(wrong_in_layer(random_model(cell, options, hidden_size=H), T, B, D))


def cell_of(cell: str, options: Mapping[str, Any]) -> Cell[Any]:
    return random_model(cell, options).cell


@each_variant
def test_gradient_of_one_parameter_is_zero(
    cell: str, options: Mapping[str, Any], monkeypatch: Patch
) -> None:
    for name in ["W_x", "b", *(p.name for p in cell_of(cell, options).products)]:
        with monkeypatch.context() as patch:
            around(patch, Layer, "backward", after=lambda *a, n=name: a[3][n].fill(0.0))
            assert wrong(cell, options) == {name}


@each_variant
def test_gradient_of_one_gate_is_zero(
    cell: str, options: Mapping[str, Any], monkeypatch: Patch
) -> None:
    for gate in cell_of(cell, options).gates:
        with monkeypatch.context() as patch:

            def forget(_: Cell[Any], s: Any, gate: str = gate) -> None:
                getattr(s, f"da_{gate}").fill(0.0)

            around(patch, type(cell_of(cell, options)), "backward", after=forget)
            assert "b" in wrong(cell, options)


@each_variant
def test_initial_state_is_ignored(
    cell: str, options: Mapping[str, Any], monkeypatch: Patch
) -> None:
    def forget(layer: Layer, steps: int) -> None:
        del steps
        for view in layer.state.values():
            view.fill(0.0)

    around(monkeypatch, Layer, "forward", before=forget)
    assert wrong(cell, options) >= set(cell_of(cell, options).states)


@each_variant
def test_initial_state_gets_no_gradient(
    cell: str, options: Mapping[str, Any], monkeypatch: Patch
) -> None:
    def forget(layer: Layer, *_: object) -> None:
        for gradient in layer.dstate.values():
            gradient.fill(0.0)

    around(monkeypatch, Layer, "backward", after=forget)
    assert wrong(cell, options) == set(cell_of(cell, options).states)


@each_variant
def test_weight_gradient_takes_the_initial_state_for_zero(
    cell: str, options: Mapping[str, Any], monkeypatch: Patch
) -> None:
    original = Layer._operand

    def forgetful(layer: Layer, product: Product, steps: int) -> Array:
        rows = original(layer, product, steps).copy()
        if product.operand == "h'":
            rows[:B] = 0.0
        return rows

    monkeypatch.setattr(Layer, "_operand", forgetful)
    assert wrong(cell, options) == {"W"}


@each_variant
def test_bias_gradient_goes_to_the_wrong_gate(
    cell: str, options: Mapping[str, Any], monkeypatch: Patch
) -> None:
    def roll(layer: Layer, steps: int, dy: Array, grads: Mapping[str, Array]) -> None:
        del steps, dy
        rows = H if len(layer.cell.gates) > 1 else 1
        grads["b"][...] = np.roll(grads["b"], rows, axis=0)

    around(monkeypatch, Layer, "backward", after=roll)
    assert wrong(cell, options) == {"b"}


@each_variant
def test_chain_from_step_to_step_is_cut(
    cell: str, options: Mapping[str, Any], monkeypatch: Patch
) -> None:
    for state in cell_of(cell, options).states:
        with monkeypatch.context() as patch:
            kind = type(cell_of(cell, options))
            around(patch, kind, "backward", after=lambda _, s, n=state: getattr(s, f"d{n}").fill(0))
            assert wrong(cell, options) >= {state, "W", "W_x", "b"}


def peeping(cell: str, options: Mapping[str, Any]) -> set[str]:
    """The weights that look at a state other than the output."""
    made = cell_of(cell, options)
    return {p.name for p in made.products if p.operand.rstrip("'") in made.states[1:]}


@pytest.mark.parametrize(("cell", "options"), [v for v in variants() if peeping(*v)])
def test_peephole_reads_the_wrong_cell_state_at_the_first_step(
    cell: str, options: Mapping[str, Any], monkeypatch: Patch
) -> None:
    original = Layer._operand

    def swapped(layer: Layer, product: Product, steps: int) -> Array:
        rows = original(layer, product, steps).copy()
        if product.operand.rstrip("'") != "h":
            rows[: 2 * B] = np.roll(rows[: 2 * B], B, axis=0)  # those of steps 0 and 1
        return rows

    monkeypatch.setattr(Layer, "_operand", swapped)
    assert wrong(cell, options) == peeping(cell, options)


def test_nothing_flows_to_the_layer_below(monkeypatch: Patch) -> None:
    original = LowerLayer.backward
    monkeypatch.setattr(LowerLayer, "backward", lambda *arguments: 0.0 * original(*arguments))
    found = wrong_in_network(random_model(num_layers=2), T, B)
    assert set(found) == {f"layers.0.{name}" for name in ("E", "W", "b", "h", "c")}


def backward_of_attention(fault: str, patch: Patch) -> None:
    """Put in place of the backward pass of attention one in plain loops, with a fault or none."""
    forward = Attention.forward

    def watched(head: Attention, ids: NDArray[np.intp], h: Array) -> Array:
        before = {name: view.copy() for name, view in head.state.items()}
        head.before = before  # type: ignore[attr-defined]
        return forward(head, ids, h)

    def slow(head: Attention, dz: Array, h: Array, grads: Mapping[str, Array]) -> Array:
        params = head._params
        M = params["d"].shape[1]
        before = head.before  # type: ignore[attr-defined]
        W_a, b_a, d, v = (params[name] for name in ("W_a", "b_a", "d", "v"))
        for name in params:
            grads[name].fill(0.0)
        dz, h = (rows.reshape(T, B, H) for rows in (dz, h))
        dh, root = dz.copy(), 1.0 if fault == "scale" else np.sqrt(H)
        for t, b in np.ndindex(T, B):
            outputs = np.concatenate([before["m"][b], h[:, b]])
            reach = np.arange(1, min(M, t + int(before["n"][b])) + 1)  # the distances it sees
            m, q = outputs[M + t - reach], W_a @ h[t, b] + b_a[:, 0]
            p = np.exp(m @ q / np.sqrt(H) + d[0, reach - 1])
            p /= p.sum()
            u, du = p @ m, v[:, 0] * dz[t, b]
            dk = p * (m @ du - (0.0 if fault == "mean" else du @ u))
            dq = m.T @ dk / root
            grads["v"][:, 0] += 0.0 if fault == "v" else dz[t, b] * u
            grads["d"][0, (reach - (fault != "distance")) % M] += dk
            grads["W_a"] += np.outer(dq, h[t, b])
            grads["b_a"][:, 0] += dq
            dh[t, b] += W_a.T @ dq
            for back, share, score in zip(reach, p, dk, strict=True):
                if (back <= t or fault == "carried") and fault != "outputs":
                    dh[t - back, b] += share * du + score * q / np.sqrt(H)
        return dh.reshape(T * B, H)

    patch.setattr(Attention, "forward", watched)
    patch.setattr(Attention, "backward", slow)


@pytest.mark.parametrize(
    ("fault", "reported"),
    [
        ("none", []),
        ("outputs", ["layers"]),  # they get no gradient where they are looked at
        ("carried", ["layers"]),  # that of the outputs carried in reaches those of the window
        ("distance", ["attention.d"]),  # off by one
        ("scale", ["attention.W_a", "attention.b_a", "layers"]),  # dq without 1/√H
        ("v", ["attention.v"]),  # zero
        ("mean", ["attention.W_a", "attention.b_a", "attention.d", "layers"]),  # of the softmax
    ],
)
def test_attention_s_gradient_is_wrong(
    fault: str, reported: Sequence[str], monkeypatch: Patch
) -> None:
    backward_of_attention(fault, monkeypatch)
    found = wrong_in_network(random_model(hidden_size=H, attention=3), T, B)
    assert sorted({name if "attention" in name else "layers" for name in found}) == reported
