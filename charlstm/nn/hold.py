"""Holding a gate: a copy of the weights in which a unit's gate always has the same value."""

from collections.abc import Iterator, Mapping

import numpy as np

from charlstm.errors import ConfigError
from charlstm.nn.graph import ACTIVATIONS, Bias, Input, Node, State, Weighted, gate_of, symbol_of
from charlstm.nn.parameters import Parameters, layer_parameters

FLAT = 100.0  # a pre-activation whose σ or tanh is 0 or ±1 in single precision, to the last bit


def held(parameters: Parameters, layer: int, unit: int, gates: Mapping[str, float]) -> Parameters:
    """A copy in which these gates of a unit have these values at every step.

    The gate's weights on h, x and c become zero, and its bias σ⁻¹ or tanh⁻¹ of the value.

    Raises:
        ConfigError: for a gate that the cell does not have, or a value that it cannot have.
    """
    copy = parameters.with_numbers(parameters.flat.copy())
    arrays, H = layer_parameters(copy.by_name, layer), copy.architecture.hidden_size
    activations = gate_activations(copy)
    for gate, value in gates.items():
        check_gate(parameters, gate, value)
        for part in _parts(activations[gate].operands[0]):
            row = part.block * H + unit
            match part:
                case Weighted(weight=weight):
                    arrays[weight][row] = 0.0
                case Input():
                    x = arrays["E"].T if "E" in arrays else arrays["W_x"]
                    x[row] = 0.0
                case Bias():
                    arrays["b"][row] = 0.0
        arrays["b"][copy.cell.gates.index(gate) * H + unit] = _before(value, gate, copy)
    return copy


def gate_activations(parameters: Parameters) -> dict[str, Node]:
    """The nodes of the cell's graph that compute its gates, by gate."""
    cell = parameters.cell
    nodes = {
        gate_of(node.operands[0]): node
        for node in cell.graph().nodes
        if symbol_of(node) in ACTIVATIONS
    }
    return {gate: nodes[gate] for gate in cell.inputs}


def check_gate(parameters: Parameters, gate: str, value: float) -> None:
    """Refuse a gate that the cell does not have, or a value that it cannot have.

    Raises:
        ConfigError: which says what gates there are, or what values.
    """
    cell = parameters.cell
    if gate not in cell.inputs:
        state = " (it is a state)" if gate in cell.states else ""
        raise ConfigError(
            f"the cell {cell.name!r} has no gate {gate!r}{state}; it has {', '.join(cell.inputs)}"
        )
    low = 0.0 if gate in cell.sigmoids else -1.0
    if not low <= value <= 1.0:
        raise ConfigError(f"the gate {gate} lies between {low:g} and 1, so it cannot be {value:g}")


def _parts(node: Node) -> Iterator[Weighted | Input | Bias]:
    """The weights and biases that make up a pre-activation, and no other gate's."""
    if isinstance(node, Weighted | Input | Bias):
        yield node
    elif symbol_of(node) not in ACTIVATIONS and not isinstance(node, State):
        for operand in node.operands:
            yield from _parts(operand)


def _before(value: float, gate: str, parameters: Parameters) -> float:
    """The pre-activation of which the gate makes this value: σ⁻¹(v) = 2 tanh⁻¹(2v − 1)."""
    with np.errstate(divide="ignore"):
        is_sigmoid = gate in parameters.cell.sigmoids
        a = 2.0 * np.arctanh(2.0 * value - 1.0) if is_sigmoid else np.arctanh(value)
    return float(np.clip(a, -FLAT, FLAT))
