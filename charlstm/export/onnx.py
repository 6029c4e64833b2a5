"""One step of generation as an ONNX graph of primitive operators, made from the cell's graph.

    inputs     character (batch,) int64, and each state: layers.0.h (batch, H), …
    outputs    logits (batch, V), and each state after the step: next.layers.0.h (batch, H), …

With attention its memory is a state too: attention.m (batch, M, H) and attention.n (batch,).
The batch is in the rows here, as programs that run such graphs expect: h·Wᵀ stands for W·h.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from charlstm import __version__
from charlstm.errors import ExportError
from charlstm.nn import Array
from charlstm.nn.graph import Bias, Constant, Graph, Input, Node, Operation, State, Weighted
from charlstm.nn.parameters import Parameters, layer_parameters, parameters_at

OPSET, IR_VERSION = 14, 7  # of 2021: every operator used has been the same since
LARGEST = 2**31 - 2**22  # bytes of weights: protobuf's limit for a message, less room for the rest
LOWEST = -1e30  # the score of what is not seen: below all others, and no infinity, which gives NaN
OPERATORS = {"+": "Add", "−": "Sub", "⊙": "Mul", "σ": "Sigmoid", "tanh": "Tanh"}


class Builder:
    """An ONNX graph in the making: its operators in order, and its constants by name."""

    def __init__(self, dtype: np.dtype[np.floating]) -> None:
        self.dtype = dtype
        self.operators: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

    def add(self, operator: str, *operands: str, name: str = "", **attributes: Any) -> str:
        """Add an operator on named values; return the name of the value that it makes."""
        name = name or f"{operator}.{len(self.operators)}"
        self.operators.append(helper.make_node(operator, operands, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: Any, dtype: Any = None) -> str:
        """Keep a tensor in the file, once for each name; return the name."""
        if name not in self.constants:
            array = np.ascontiguousarray(value, dtype or self.dtype).reshape(np.shape(value))
            self.constants[name] = numpy_helper.from_array(array, name)
        return name

    def add_step(
        self, graph: Graph, params: Mapping[str, Array], H: int, prefix: str, x: str
    ) -> dict[str, str]:
        """Add one step of a layer; return the names of its new states.

        `params` are the layer's arrays, and `prefix` stands before the names of its states and
        constants. `x` names the characters' ids (batch,) or the outputs (batch, H) of the layer
        below.
        """
        names: dict[Node, str] = {}

        def rows(weight: str, gate: str, array: Array) -> str:
            return self.constant(f"{prefix}{weight}.{gate}", array.T)

        for node in graph.nodes:
            match node:
                case State(name=name):
                    names[node] = prefix + name
                case Constant(value=value):
                    names[node] = self.constant(repr(value), value)
                case Input(gate=gate, block=block) if "E" in params:
                    table = rows("E", gate, params["E"][:, block * H : (block + 1) * H].T)
                    names[node] = self.add("Gather", table, x)
                case Input(gate=gate, block=block):
                    weight = rows("W_x", gate, params["W_x"][block * H : (block + 1) * H])
                    names[node] = self.add("MatMul", x, weight)
                case Bias(gate=gate, block=block):
                    names[node] = rows("b", gate, params["b"][block * H : (block + 1) * H])
                case Weighted(weight=name, gate=gate, block=block, operand=operand):
                    weight = rows(name, gate, params[name][block * H : (block + 1) * H])
                    operator = "Mul" if node.diagonal else "MatMul"
                    names[node] = self.add(operator, names[operand], weight)
                case Operation(symbol=symbol, operands=operands):
                    names[node] = self.add(OPERATORS[symbol], *(names[o] for o in operands))
        return {state: names[node] for state, node in graph.states.items()}

    def add_attention(self, params: Mapping[str, Array], h: str) -> tuple[str, dict[str, str]]:
        """Add attention over the outputs before `h`; return the names of z and the new memory.

        `params` are the block's arrays. The equations are those of `nn/attention.py`.
        """
        (R, M), H = params["d"].shape, len(params["v"])

        def shaped(value: str, *shape: int) -> str:
            text = ",".join(map(str, shape))
            return self.add("Reshape", value, self.constant(f"shape.{text}", shape, np.int64))

        def row(name: str, value: Array | float) -> str:
            return self.constant(f"attention.{name}", value)

        q = self.add("MatMul", h, row("W_a", params["W_a"].T))
        q = shaped(self.add("Add", q, row("b_a", params["b_a"].T)), -1, R, 1, H // R)
        m = shaped("attention.m", -1, M, R, H // R)
        k = self.add("MatMul", q, self.add("Transpose", m, perm=[0, 2, 3, 1]))  # (batch, R, 1, M)
        k = self.add("Mul", k, row("scale", 1.0 / np.sqrt(H // R)))
        k = self.add("Add", k, row("d", params["d"][:, None, ::-1]))
        seen = self.add(
            "Greater", shaped("attention.n", -1, 1, 1, 1), row("age", np.arange(M)[::-1])
        )
        p = self.add("Softmax", self.add("Where", seen, k, row("lowest", LOWEST)), axis=3)
        p = self.add("Where", seen, p, row("nothing", 0.0))  # of a step that sees nothing, all
        u = shaped(self.add("MatMul", p, self.add("Transpose", m, perm=[0, 2, 1, 3])), -1, H)
        z = self.add("Add", h, self.add("Mul", u, row("v", params["v"].T)))
        carried = self.add("Concat", "attention.m", shaped(h, -1, 1, H), axis=1)
        first = axis = self.constant("1", [1], np.int64)
        end = self.constant(str(M + 1), [M + 1], np.int64)
        newest = {
            "m": self.add("Slice", carried, first, end, axis),
            "n": self.add("Min", self.add("Add", "attention.n", row("1", 1.0)), row("M", M)),
        }
        return z, newest


def build(parameters: Parameters, about: Mapping[str, str]) -> ModelProto:
    """The ONNX model of a network, with `about` as its metadata.

    Raises:
        ExportError: if the weights are too many for one file.
    """
    if parameters.flat.nbytes > LARGEST:
        raise ExportError("the network is larger than an ONNX file may be (2 GiB)")
    builder, graph = Builder(parameters.flat.dtype), parameters.cell.graph()
    real = helper.np_dtype_to_tensor_dtype(parameters.flat.dtype)
    H, V = parameters.architecture.hidden_size, parameters.vocabulary_size
    inputs = [helper.make_tensor_value_info("character", TensorProto.INT64, ["batch"])]
    outputs = [helper.make_tensor_value_info("logits", real, ["batch", V])]
    after: dict[str, tuple[str, list[Any]]] = {}  # of each state, what it becomes, and its shape
    y = "character"
    for layer in range(parameters.architecture.num_layers):
        params = layer_parameters(parameters.by_name, layer)
        made = builder.add_step(graph, params, H, f"layers.{layer}.", y)
        for state in parameters.cell.states:
            after[f"layers.{layer}.{state}"] = made[state], ["batch", H]
        y = made["h"]
    if M := parameters.architecture.attention:
        params = parameters_at(parameters.by_name, "attention")
        y, made = builder.add_attention(params, y)
        after["attention.m"] = made["m"], ["batch", M, H]
        after["attention.n"] = made["n"], ["batch"]
    for name, (value, shape) in after.items():
        builder.add("Identity", value, name=f"next.{name}")
        inputs.append(helper.make_tensor_value_info(name, real, shape))
        outputs.append(helper.make_tensor_value_info(f"next.{name}", real, shape))
    W_y, b_y = (builder.constant(name, parameters.by_name[name].T) for name in ("W_y", "b_y"))
    builder.add("Add", builder.add("MatMul", y, W_y), b_y, name="logits")
    model = helper.make_model(
        helper.make_graph(
            builder.operators,
            f"one step of {parameters.architecture.cell}",
            inputs,
            outputs,
            list(builder.constants.values()),
        ),
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="charlstm",
        producer_version=__version__,
    )
    helper.set_model_props(model, dict(about))
    return model


def encode(parameters: Parameters, about: Mapping[str, str]) -> bytes:
    """The bytes of the .onnx file.

    Raises:
        ExportError: if the weights are too many for one file.
    """
    return bytes(build(parameters, about).SerializeToString())
