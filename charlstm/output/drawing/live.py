"""The drawing of a cell with places for the numbers of one step, as a page embeds it.

A part of an equation is a group with `data-terms`, the numbers of its equations. `data-place` is a
value's place in the step, or x or y. A page sets the fonts --draw-serif and --draw-sans; it may set
each colour: --draw-c, and so on.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from charlstm.nn import graph
from charlstm.output.arithmetic import OpenEquation
from charlstm.output.drawing.sketch import Node, Sketch, Text, Wire
from charlstm.output.drawing.stands_for import Terms, Values, values_of
from charlstm.output.drawing.svg import (
    FONT,
    PLAIN,
    coloured,
    dot,
    head,
    parts_of,
    text_of,
    wire_lines,
)

RANGES = {"σ": 6.0, "tanh": 3.0}  # the pre-activation at the right end of a curve
ROW, COLUMN = 17.0, 92.0  # from summand to summand, and from sum to sum at least
Places = Mapping[graph.Node, int]


def live_svg(sketch: Sketch, places: Places, equations: Sequence[OpenEquation]) -> str:
    """The element; `places` of the values, `equations` in their order."""
    values = values_of(sketch, list(places))
    nodes = {place: node for node, place in places.items()}
    terms = Terms(sketch, values, [nodes[equation.place] for equation in equations])
    lines = [line for part in _parts(sketch, values, places, terms) for line in part]
    for number in sketch.number_places:
        place = number.node if number.node in ("x", "y") else places[values[number.node]]
        text = Text(number.at, number.words, "digits", number.anchor)
        layer = _layer(above=number.node == "y")
        of_node = terms.of_node(sketch.nodes[number.node])
        lines += _group(of_node, layer, [_number(text, place)])
    sums = [equation for equation in equations if equation.summands]
    at = {value: sketch.nodes[name].at[0] for name, value in reversed(values.items())}
    sums.sort(key=lambda equation: at[nodes[equation.place]])
    top = sketch.size[1]
    bottom = top + ROW * (max(len(equation.summands) for equation in sums) + 2)
    lines.append(text_of(Text((24, top + ROW / 2), "pre-activation", "caption", "start")))
    x = 0.0
    for equation in sums:
        x = max(x + COLUMN, at[nodes[equation.place]])
        column = list(_sum(equation, x, top + ROW / 2))
        lines += _group([equations.index(equation)], "", column)
    whole = "\n".join([*head(sketch, bottom, "cell-"), *lines, "</svg>"])
    whole = whole.replace(' xmlns="http://www.w3.org/2000/svg"', "")  # which HTML knows
    for name, family in (("serif", FONT), ("sans", PLAIN)):
        whole = whole.replace(f'"{family}"', f'"var(--draw-{name})"')
    return coloured(whole, "var(--draw-{name}, {colour})")


def _parts(sketch: Sketch, values: Values, places: Places, terms: Terms) -> Iterator[Sequence[str]]:
    """The parts of the drawing, an activation as its curve with the point on it."""
    for part, lines in parts_of(sketch):
        match part:
            case Wire(source=source, target=target):
                layer = _layer(above="y" in (source.stream, target.stream), up=target.name)
                shown = _from_below(sketch, part, lines) if layer == "lower" else lines
                bridges = [line for line in shown if '"@body"' in line]
                yield _group([], layer, bridges)
                yield _group(terms.of_wire(part), layer, [x for x in shown if x not in bridges])
            case Node(kind="layer" | "tanh"):
                value = values[part.name]
                ends = places[value.operands[0]], places[value]
                yield _group(terms.of_node(part), "", [lines[0], *_curve(part, ends)])
            case Node():
                yield _group(terms.of_node(part), _layer(above=part.stream == "y"), lines)
            case Text():
                up = "_up" if part.at[1] < sketch.body[1] else ""
                yield _group([], _layer(above=part.at[1] < 0, up=up), lines)
            case None:
                yield lines


def _from_below(sketch: Sketch, wire: Wire, lines: Sequence[str]) -> list[str]:
    """A wire to the layer above, all of it: where there is no output it leaves no other wire."""
    output = next(other for other in sketch.wires if other.target.name == "logits")
    whole = replace(wire, points=(output.points[0], *wire.points))
    if lines == [dot(wire)]:
        return [dot(whole)]
    return list(wire_lines(whole, sketch.wires))


def _layer(*, above: bool, up: str = "") -> str:
    """A class for what only the top layer has, the output, or only the others."""
    return "top" if above else "lower" if up.endswith("_up") else ""


def _group(terms: Sequence[int] | set[int], kind: str, lines: Sequence[str]) -> list[str]:
    if not lines or not (terms or kind):
        return list(lines)
    named = f' class="{kind}"' if kind else ""
    of = f' data-terms="{" ".join(map(str, sorted(terms)))}"' if terms else ""
    return [f"<g{named}{of}>", *lines, "</g>"]


def _number(text: Text, place: int | str) -> str:
    words = f' data-words="{text.words}"' if text.words else ""
    return text_of(text).replace("<text ", f'<text data-place="{place}"{words} ', 1)


def _curve(node: Node, ends: tuple[int, int]) -> Iterator[str]:
    """σ or tanh from end to end of a node, and the point of this step."""
    (x, y), (w, h), name = node.at, node.half, node.label or node.kind
    w, h = w - 6, h - 5
    steps = [k / 10 for k in range(-10, 11)]
    line = " ".join(f"{x + w * u:.1f},{y - h * math.tanh(3 * u):.1f}" for u in steps)
    yield f'<polyline points="{line}" fill="none" stroke="@ink" stroke-width="1.4"/>'
    yield text_of(Text((x - w + 1, y - h + 5), name, "small" if name == "σ" else "tiny", "start"))
    yield (
        f'<circle r="4" fill="@h" data-curve="{x:g} {y:g} {w:g} {h:g} {RANGES[name]:g} {ends[0]}"/>'
    )


def _sum(equation: OpenEquation, x: float, top: float) -> Iterator[str]:
    """The summands of a pre-activation below each other, and their sum."""
    rows = [*equation.summands, ("", equation.inner)]
    for number, (source, place) in enumerate(rows):
        y = top + number * ROW
        words = source.replace("t-1", "t−1").replace("the bias", "bias")
        yield text_of(Text((x - 16, y), words or "sum", "label", "end"))
        yield _number(Text((x + 40, y), "", "digits", "end"), place)
    y = top + (len(rows) - 1.5) * ROW
    yield f'<path d="M{x - 44:g} {y:g}H{x + 40:g}" stroke="@ink" fill="none"/>'
