"""A description as lines of text, for a terminal."""

from collections.abc import Iterable, Iterator

from charlstm.output.terminal import table
from charlstm.studies.describe.network import FLOAT32, Description, Operations, Section


def lines(description: Description) -> Iterator[str]:
    """The equations in letters, then layer by layer in numbers, then what they cost."""
    shape, V, above = description.architecture, description.vocabulary_size, description.attention
    sizes = description.layers[0].sizes
    options = "".join(f", {name} {value}" for name, value in description.options.items())
    yield (
        f"{shape.cell}{options}: {_count(shape.num_layers, 'layer')} of "
        f"{_count(shape.hidden_size, 'unit')}, {_count(V, description.unit)}, "
        f"{_count(sizes['B'], 'column')}"
    )
    if above:
        heads = _count(shape.attention_heads, "head")
        yield f"Each step looks back at the last {_count(shape.attention, 'output')}, with {heads}."
    if description.lines is not None:
        whole = "one text: state is carried from line to line."
        own = "lines: each is an example of its own, and no state is carried into it."
        yield f"It reads {own if description.lines else whole}"
    yield ""
    yield "One step. Columns are examples, x_t has D rows, a bias (H, 1) is added to every column."
    yield from table(_letters([description.layers[0], *([] if above else [description.readout])]))
    if above:
        yield ""
        yield "Attention has its own letters. Row δ of m_t is the top layer's h_{t-δ}, 1 ≤ δ ≤ M."
        yield "Each column has its own m_t, and B × is a product for each. The readout reads z_t."
        if shape.attention_heads > 1:
            yield "A head has F = H/R of the units of q_t, m_t and u_t; d has a row for each head."
        yield from table(_letters([*above, description.readout]))
    yield ""
    yield f"With H = {sizes['H']}, V = {V}, B = {sizes['B']}."
    yield (
        f"Layer 0: x_t has a one in its {description.unit}'s row; D = V + 1 = {sizes['D']}, the "
        f"last row for unknown ones."
    )
    yield from table(_numbers([description.layers[0]]))
    if len(description.layers) > 1:
        yield ""
        yield (
            f"{_upper(description).capitalize()}: x_t is h_t of the layer below, "
            f"D = H = {description.layers[1].sizes['D']}."
        )
        yield from table(_numbers(description.layers[1:2]))
    if above:
        yield ""
        R, F = shape.attention_heads, above[0].sizes["F"]
        yield f"Attention, M = {shape.attention}{f', R = {R}, F = H/R = {F}' * (R > 1)}."
        yield from table(_numbers(above))
    yield ""
    yield "Readout."
    yield from table(_numbers([description.readout]))
    yield from _parameters(description)
    yield from _operations(description)


def _parameters(description: Description) -> Iterator[str]:
    rows = [["", "", "", "numbers", "bytes"]]
    for name, section in _sections(description):
        for number, block in enumerate(section.blocks):
            weights = "  ".join(f"{weight} {shape}" for weight, shape in block.weights.items())
            rows.append(["" if number else name, block.name, weights, *_amount(block.parameters)])
        if len(section.blocks) > 1:
            rows.append(["", "", "together", *_amount(section.parameters)])
    rows.append(["all", "", "", *_amount(description.parameters)])
    yield ""
    yield "Parameters, in float32."
    yield from table(rows, right=(3, 4))
    state = description.state_numbers * FLOAT32
    unit = description.unit
    yield f"The state carried from {unit} to {unit} is {state:,} bytes for each column."
    for section in description.attention:
        own, B = description.attention_numbers * FLOAT32, section.sizes["B"]
        yield f"Attention carries {own:,} bytes of it: {B * own:,} for {_count(B, 'column')}."


def _operations(description: Description) -> Iterator[str]:
    yield ""
    unit = description.unit
    yield f"Floating-point operations for each {unit}: two for each number of a product's matrix,"
    symbols = f"+ − ⊙ {'/ ' if description.attention else ''}σ tanh softmax"
    yield f"one for each number that {symbols} make. A {unit}'s row of W is looked up."
    rows = [["", "products", "elementwise", "total"]]
    rows += [[name, *_kinds(section.operations)] for name, section in _sections(description)]
    rows.append(["all", *_kinds(description.operations)])
    yield from table(rows, right=(1, 2, 3))
    yield (
        f"Training takes each product three times, forward and for two gradients: "
        f"{description.training_products:,}."
    )


def _sections(description: Description) -> Iterator[tuple[str, Section]]:
    """What differs: the first layer, one of those above it, attention, the readout."""
    yield "layer 0", description.layers[0]
    if len(description.layers) > 1:
        each = ", each" if len(description.layers) > 2 else ""
        yield _upper(description) + each, description.layers[1]
    for section in (*description.attention, description.readout):
        yield section.name, section


def _upper(description: Description) -> str:
    last = len(description.layers) - 1
    return "layer 1" if last == 1 else f"layers 1 to {last}"


def _letters(sections: Iterable[Section]) -> list[list[str]]:
    return [[f"{e.name} = {e.text}", e.dimensions()] for s in sections for e in s.equations]


def _numbers(sections: Iterable[Section]) -> list[list[str]]:
    return [[e.name, e.dimensions(s.sizes)] for s in sections for e in s.equations]


def _amount(parameters: int) -> list[str]:
    return [f"{parameters:,}", f"{parameters * FLOAT32:,}"]


def _kinds(operations: Operations) -> list[str]:
    return [f"{n:,}" for n in (operations.products, operations.elementwise, operations.total)]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
