"""The arithmetic of one step of one unit, as a teacher writes it on the board.

Each equation of the cell stands with its symbols first, then with the unit's numbers, down to the
value. The numbers come from the cell's graph, so every cell has them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from charlstm.nn import Array
from charlstm.nn.graph import (
    Graph,
    Node,
    State,
)
from charlstm.nn.parameters import Parameters, layer_parameters
from charlstm.nn.recording import record
from charlstm.nn.reference import run_step
from charlstm.nn.units import unit_name
from charlstm.output.arithmetic import Written, filled, number, open_equations
from charlstm.output.result import Result, aligned_html
from charlstm.text.shown import quoted
from charlstm.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class Line:
    """One equation of the step: `name` = `formula`, then `numbers`, of which the last is its value.

    `sources` names what each summand of a pre-activation comes from, with its value.
    """

    name: str
    formula: str
    numbers: Sequence[str]
    value: float
    sources: Sequence[tuple[str, float]]


@dataclass(frozen=True, repr=False)
class StepArithmetic(Result):
    """The step of `unit` that reads character `at` of a text, in which `before` are its old states.

    `run` is the model's name.
    """

    symbols: Sequence[str]
    at: int
    unit: tuple[int, int]
    before: Mapping[str, float]
    equations: Sequence[Line]
    run: str

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """One row for each equation."""
        rows = [
            [line.name, line.formula, " = ".join(line.numbers), line.value]
            for line in self.equations
        ]
        return ["name", "formula", "numbers", "value"], rows

    def to_mapping(self) -> dict[str, Any]:
        """The equations, and the summands of each pre-activation by what they come from."""
        return {
            "text": "".join(self.symbols),
            "at": self.at,
            "character": self.symbols[self.at],
            "unit": list(self.unit),
            "before": dict(self.before),
            "equations": [vars(line) | {"sources": dict(line.sources)} for line in self.equations],
        }

    def lines(self) -> Iterator[str]:
        """The equations, each with its numbers below."""
        read = "".join(self.symbols[: self.at + 1])
        yield (
            f"unit {unit_name(self.unit)} of {self.run} reads {quoted(self.symbols[self.at])}, "
            f"character {self.at}, the last of {quoted(read)}"
        )
        layer = self.unit[0]
        x = (
            f"h_t of layer {layer - 1}"
            if layer
            else f"the character {quoted(self.symbols[self.at])}"
        )
        yield f"x_t is {x}"
        yield ", ".join(f"{name}_{{t-1}} = {number(v)}" for name, v in self.before.items())
        for line in self.equations:
            indent = " " * len(line.name)
            yield ""
            yield f"{line.name} = {line.formula}"
            first, *others = line.numbers
            sources = f"      from {', '.join(name for name, _ in line.sources)}"
            yield f"{indent} = {first}{sources * bool(line.sources)}"
            if others:
                yield f"{indent} = {' = '.join(others)}"

    def _repr_html_(self) -> str:
        return aligned_html(escape(repr(self)))


def step_arithmetic(
    parameters: Parameters,
    vocabulary: Vocabulary,
    text: str | bytes,
    at: int,
    unit: tuple[int, int],
    graph: Graph,
    written: Written,
    run: str = "",
) -> StepArithmetic:
    """The step that reads character `at` of a text, which follows a newline from zero state.

    `graph` is one step of the cell, and `written` the name and the formula of its named nodes, in
    the order of the equations.
    """
    parameters = parameters.with_numbers(parameters.flat.astype(np.float64))
    ids = vocabulary.encode("\n" + text if isinstance(text, str) else b"\n" + text)
    ids = ids[: at + 2].astype(np.intp)
    of_nodes = _values(parameters, ids, unit[0], graph)
    values = [float(of_nodes[node][unit[1], 0]) for node in graph.nodes]
    before = {n.name: v for n, v in zip(graph.nodes, values, strict=True) if isinstance(n, State)}
    lines = [
        Line(
            equation.name,
            equation.formula,
            list(dict.fromkeys(filled(form, values) for form in equation.forms)),
            values[equation.place],
            [(source, values[place]) for source, place in equation.summands],
        )
        for equation in open_equations(written)
    ]
    return StepArithmetic(vocabulary.symbols(text), at, unit, before, lines, run)


def _values(
    parameters: Parameters, ids: np.ndarray[Any, Any], layer: int, graph: Graph
) -> dict[Node, Array]:
    """The value (H, 1) of every node of a layer's step that reads the last of `ids` (N,)."""
    recording = record(parameters, ids[:, None])
    kept = 0.0 if ids[-1] == parameters.reset_at else 1.0
    state = {name: recording.states[layer][name][-2] * kept for name in parameters.cell.states}
    if layer:
        x = recording.states[layer - 1]["h"][-1]
    else:
        x = np.zeros((parameters.vocabulary_size + 1, 1))
        x[ids[-1]] = 1.0
    values = run_step(graph, layer_parameters(parameters.by_name, layer), x, state)
    H = parameters.architecture.hidden_size
    return {node: np.broadcast_to(value, (H, 1)) for node, value in values.items()}
