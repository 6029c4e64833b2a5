"""One step of generation as an ONNX graph of primitive operators, made from a cell's plain form.

    inputs     character (batch,) int64, and each state: layers.0.h (batch, H), …
    outputs    logits (batch, V), and each state after the step: next.layers.0.h (batch, H), …

The batch is in the rows here, as programs that run such graphs expect: h·Wᵀ stands for W·h.
"""

from collections.abc import Mapping

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from charlstm import __version__
from charlstm.errors import ExportError
from charlstm.nn.blocks import rows_of
from charlstm.nn.cells.base import Array, Cell, Notes
from charlstm.nn.parameters import Parameters, layer_parameters

OPSET, IR_VERSION = 14, 7  # of 2021: every operator used has been the same since
LARGEST = 2**31 - 2**22  # bytes of weights: protobuf's limit for a message, less room for the rest


class Graph:
    """A graph in the making: nodes, and constants by name."""

    def __init__(self, dtype: np.dtype[np.floating]) -> None:
        self.dtype = dtype
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

    def node(self, operator: str, *operands: "Value | float", name: str = "") -> "Value":
        """The value of an operator, under a name of its own."""
        result = Value(self, name or f"{operator}.{len(self.nodes)}")
        names = [
            x.name if isinstance(x, Value) else self.constant(repr(x), x).name for x in operands
        ]
        self.nodes.append(helper.make_node(operator, names, [result.name], name=result.name))
        return result

    def constant(self, name: str, value: Array | float) -> "Value":
        """A tensor that is kept in the file, once for each name."""
        if name not in self.constants:
            array = np.ascontiguousarray(value, self.dtype).reshape(np.shape(value))
            self.constants[name] = numpy_helper.from_array(array, name)
        return Value(self, name)


class Value:
    """A named tensor of a graph. Python's operators on it add nodes."""

    def __init__(self, graph: Graph, name: str) -> None:
        self._graph, self.name = graph, name

    def __add__(self, other: "Value | float") -> "Value":
        return self._graph.node("Add", self, other)

    def __radd__(self, other: float) -> "Value":
        return self._graph.node("Add", other, self)

    def __sub__(self, other: "Value | float") -> "Value":
        return self._graph.node("Sub", self, other)

    def __rsub__(self, other: float) -> "Value":
        return self._graph.node("Sub", other, self)

    def __mul__(self, other: "Value | float") -> "Value":
        return self._graph.node("Mul", self, other)

    def __rmul__(self, other: float) -> "Value":
        return self._graph.node("Mul", other, self)


class Step(Notes):
    """The notes' operators for one step of layer number `layer`, whose input is `x`.

    `x` is the characters' ids (batch,) in the first layer, else the outputs (batch, H) below.
    """

    def __init__(
        self, graph: Graph, cell: Cell, layer: int, params: Mapping[str, Array], x: Value
    ) -> None:
        self._graph, self._cell, self._layer, self._params, self._x = graph, cell, layer, params, x
        self._hidden_size = params["b"].shape[0] // len(cell.gates)

    def gate(self, name: str, h: Value) -> Value:
        """h·W_nameᵀ + x·W_xᵀ + b_name, W being the first declared product that has the gate."""
        product = next(p for p in self._cell.products if name in p.gates)
        return self.product(product.name, name, h) + self.input(name)

    def input(self, name: str) -> Value:
        """x·W_xᵀ + b_name; of a character that is a row of the table E."""
        rows = rows_of(self._cell.inputs, name, self._hidden_size)
        if "E" in self._params:
            table = self._constant("E", name, self._params["E"][:, rows])
            seen = self._graph.node("Gather", table, self._x)
        else:
            weight = self._constant("W_x", name, self._params["W_x"][rows].T)
            seen = self._graph.node("MatMul", self._x, weight)
        return seen + self.bias(name)

    def product(self, weight: str, gate: str, operand: Value) -> Value:
        """The operand times the gate's rows of a weight; elementwise where it is diagonal."""
        product = next(p for p in self._cell.products if p.name == weight)
        rows = self._params[weight][rows_of(product.gates, gate, self._hidden_size)]
        operator = "Mul" if product.diagonal else "MatMul"
        return self._graph.node(operator, operand, self._constant(weight, gate, rows.T))

    def bias(self, gate: str) -> Value:
        """b_gate (1, H)."""
        rows = rows_of(self._cell.gates, gate, self._hidden_size)
        return self._constant("b", gate, self._params["b"][rows].T)

    def sigmoid(self, a: Value) -> Value:
        """The logistic function, σ(a)."""
        return self._graph.node("Sigmoid", a)

    def tanh(self, a: Value) -> Value:
        """The hyperbolic tangent of a."""
        return self._graph.node("Tanh", a)

    def _constant(self, weight: str, gate: str, value: Array) -> Value:
        return self._graph.constant(f"layers.{self._layer}.{weight}.{gate}", value)


def build(parameters: Parameters, about: Mapping[str, str]) -> ModelProto:
    """The graph of a model, with `about` as its metadata.

    Raises:
        ExportError: if the weights are too many for one file.
    """
    if parameters.flat.nbytes > LARGEST:
        raise ExportError("the network is larger than an ONNX file may be (2 GiB)")
    graph = Graph(parameters.flat.dtype)
    real = helper.np_dtype_to_tensor_dtype(parameters.flat.dtype)
    H = parameters.architecture.hidden_size
    inputs = [helper.make_tensor_value_info("character", TensorProto.INT64, ["batch"])]
    logits = helper.make_tensor_value_info("logits", real, ["batch", parameters.vocabulary_size])
    outputs = [logits]

    y = Value(graph, "character")
    for layer in range(parameters.architecture.num_layers):
        names = {state: f"layers.{layer}.{state}" for state in parameters.cell.states}
        before = {state: Value(graph, name) for state, name in names.items()}
        step = Step(graph, parameters.cell, layer, layer_parameters(parameters.by_name, layer), y)
        after = parameters.cell.plain(step, before)
        for state, name in names.items():
            graph.node("Identity", after[state], name=f"next.{name}")
            inputs.append(helper.make_tensor_value_info(name, real, ["batch", H]))
            outputs.append(helper.make_tensor_value_info(f"next.{name}", real, ["batch", H]))
        y = after["h"]
    read_out = graph.node("MatMul", y, graph.constant("W_y", parameters.by_name["W_y"].T))
    graph.node("Add", read_out, graph.constant("b_y", parameters.by_name["b_y"].T), name="logits")

    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            f"one step of {parameters.architecture.cell}",
            inputs,
            outputs,
            list(graph.constants.values()),
        ),
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="charlstm",
        producer_version=__version__,
    )
    helper.set_model_props(made, dict(about))
    return made


def encode(parameters: Parameters, about: Mapping[str, str]) -> bytes:
    """The bytes of the .onnx file.

    Raises:
        ExportError: if the weights are too many for one file.
    """
    return bytes(build(parameters, about).SerializeToString())
