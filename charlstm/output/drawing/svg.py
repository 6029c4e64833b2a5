"""A sketch as SVG text: a light card of its own, so that it reads on white and on dark pages."""

import re
from collections.abc import Iterator
from html import escape
from itertools import pairwise

from charlstm.output.drawing.sketch import Node, Point, Sketch, Text, Wire, crossing

COLOURS = {
    "card": "#fbfaf6",
    "card-edge": "#dcd8cc",
    "body": "#eef1ea",
    "body-edge": "#b7c0ae",
    "ink": "#2b2d33",
    "caption": "#5d6068",
    "c": "#1b7a5a",
    "h": "#2962a8",
    "x": "#8a4a9e",
    "gate": "#6b5a3a",
    "both": "#4a5563",
    "y": "#b04a42",
    "learnt": "#fbd98a",
    "affine": "#fdf0cd",
    "learnt-edge": "#a9781a",
    "pointwise": "#f7c3bd",
    "plain": "#ffffff",
}
STREAMS = {stream: stream for stream in ("c", "h", "x", "gate", "both", "y")} | {"z": "gate"}
WIDTHS = {"c": 3.6, "h": 3.0, "x": 2.6, "gate": 2.2, "both": 2.4, "y": 2.6, "z": 2.2}
FILLS = {
    "layer": ("learnt", "learnt-edge"),
    "affine": ("affine", "learnt-edge"),
    **dict.fromkeys(
        ("softmax", "times", "product", "plus", "one_minus", "tanh"), ("pointwise", "y")
    ),
    "join": ("plain", "both"),
    "number": ("plain", "both"),
}
SYMBOLS = {"times": "×", "plus": "+", "one_minus": "1 −", "product": "·"}
FONT = "'STIX Two Text','STIXGeneral','Cambria','Times New Roman','Liberation Serif',serif"
PLAIN = "'Helvetica Neue','Segoe UI','Arial','Liberation Sans',sans-serif"
THIN = 2.2
CORNER, GAP, HEAD = 10.0, 8.0, 8.0


def svg(sketch: Sketch) -> str:
    """The whole file."""
    lines = [line for _, part in parts_of(sketch) for line in part]
    return coloured("\n".join([*head(sketch, sketch.size[1]), *lines, "</svg>", ""]))


def coloured(text: str, form: str = "{colour}") -> str:
    """SVG with its colours put in; `form` may use the `name` of each too."""
    return re.sub(
        r'"@([a-z-]+)"', lambda m: f'"{form.format(name=m[1], colour=COLOURS[m[1]])}"', text
    )


def head(sketch: Sketch, bottom: float, ids: str = "") -> list[str]:
    """The element itself, its title and description, and the card, which ends at `bottom`."""
    width, height = sketch.size[0], bottom + sketch.above
    box = f'viewBox="0 {_n(0.0 - sketch.above)} {_n(width)} {_n(height)}" width="{_n(width)}"'
    box += f' height="{_n(height)}"'
    named = f'role="img" aria-labelledby="{ids}title {ids}desc"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} {named}>',
        f'<title id="{ids}title">{escape(sketch.title)}</title>',
        f'<desc id="{ids}desc">{escape(sketch.description)}</desc>',
        _rect((0.5, 0.5 - sketch.above, width - 0.5, bottom - 0.5), 14, "card", "card-edge", 1),
    ]


def parts_of(sketch: Sketch) -> Iterator[tuple[Wire | Node | Text | None, list[str]]]:
    """What is drawn, from below, each part with its lines; the module's outline is no part."""
    left, _, right, _ = sketch.body
    if right > left:
        yield None, [_rect(sketch.body, 22, "body", "body-edge", 1.5)]
    for number, wire in enumerate(sketch.wires):
        yield wire, list(wire_lines(wire, sketch.wires[:number]))
    for wire in sketch.wires:
        if wire.branch:
            yield wire, [dot(wire)]
    for node in sketch.nodes.values():
        yield node, list(_node(node))
    for text in sketch.texts:
        yield text, [text_of(text)]


def dot(wire: Wire) -> str:
    """Where a wire leaves another one."""
    (x, y), fill = wire.points[0], STREAMS[wire.source.stream]
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="4.2" fill="@{fill}"/>'


def wire_lines(wire: Wire, below: list[Wire]) -> Iterator[str]:
    """A line with round corners and a head; it is bridged over the wires that it crosses."""
    stream = wire.source.stream
    colour, width = STREAMS[stream], THIN if wire.thin else WIDTHS[stream]
    for a in wire.segments:
        for other in below:
            for b in other.segments:
                place = crossing(a, b)
                if place and other.source is not wire.source:
                    (x, y), level = place, a[0][1] == a[1][1]
                    dx, dy = (GAP, 0.0) if level else (0.0, GAP)
                    yield (
                        f'<path d="M{_n(x - dx)} {_n(y - dy)}L{_n(x + dx)} {_n(y + dy)}" '
                        f'stroke="@body" stroke-width="{_n(width + 9)}" fill="none"/>'
                    )
    end, before = wire.points[-1], wire.points[-2]
    ux, uy = _unit(before, end)
    tip = (end[0] - ux * HEAD * 0.8, end[1] - uy * HEAD * 0.8)
    d = f"M{_p(wire.points[0])}"
    for (p, q), (_, r) in pairwise(wire.segments):
        (ax, ay), (bx, by) = _unit(p, q), _unit(q, r)
        d += f"L{_p((q[0] - ax * CORNER, q[1] - ay * CORNER))}"
        d += f"Q{_p(q)} {_p((q[0] + bx * CORNER, q[1] + by * CORNER))}"
    d += f"L{_p(tip)}"
    yield f'<path d="{d}" fill="none" stroke="@{colour}" stroke-width="{_n(width)}"/>'
    base = (end[0] - ux * HEAD * 1.25, end[1] - uy * HEAD * 1.25)
    wings = [(base[0] - s * uy * HEAD * 0.6, base[1] + s * ux * HEAD * 0.6) for s in (1, -1)]
    yield f'<path d="M{_p(end)}L{_p(wings[0])}L{_p(wings[1])}Z" fill="@{colour}"/>'


def _node(node: Node) -> Iterator[str]:
    if node.kind in ("in", "out"):
        return
    (x, y), (w, h), (fill, edge) = node.at, node.half, FILLS[node.kind]
    radius = {"layer": 7.0, "affine": 7.0, "join": 8.0, "number": 6.0}.get(node.kind, h)
    yield _rect((x - w, y - h, x + w, y + h), radius, fill, edge, 1.6)
    words = node.label or SYMBOLS.get(node.kind, node.kind)
    role = "word" if words in ("tanh", "softmax") else node.kind
    yield text_of(Text(node.at, words, role))


def text_of(text: Text) -> str:
    """Words in the look of their role."""
    size, italic, family = {
        "value": (19, True, FONT),
        "join": (16, True, FONT),
        "number": (17, False, FONT),
        "sign": (26, False, PLAIN),
        "affine": (19, True, FONT),
        "layer": (22, False, FONT),
        "word": (18, False, FONT),
        "times": (22, False, PLAIN),
        "plus": (22, False, PLAIN),
        "product": (30, False, PLAIN),
        "one_minus": (17, False, PLAIN),
        "caption": (12.5, False, PLAIN),
        "note": (14, False, PLAIN),
        "digits": (14, False, PLAIN),
        "label": (14, True, FONT),
        "small": (12, False, FONT),
        "tiny": (9, False, FONT),
    }[text.role]
    colour = STREAMS.get(text.stream, "caption" if text.role == "caption" else "ink")
    x, y = text.at
    return (
        f'<text x="{_n(x)}" y="{_n(y + size * 0.34)}" font-family="{family}" font-size="{_n(size)}"'
        f"{' font-style=' + chr(34) + 'italic' + chr(34) if italic else ''} "
        f'text-anchor="{text.anchor}" fill="@{colour}">{_lowered(text.words, size)}</text>'
    )


def _lowered(words: str, size: float) -> str:
    """Subscripts as smaller, lower letters; the next letter is raised back."""
    small, drop, lowered, markup = size * 0.7, size * 0.2, False, ""
    for piece in re.split(r"(_\{[^}]*\}|_.)", words):
        if piece.startswith("_"):
            inner = escape(piece[1:].strip("{}"))
            markup += f'<tspan dy="{_n(drop)}" font-size="{_n(small)}">{inner}</tspan>'
            lowered = True
        elif piece:
            shift = f'<tspan dy="{_n(-drop)}">{escape(piece)}</tspan>'
            markup += shift if lowered else escape(piece)
            lowered = False
    return markup


def _rect(
    box: tuple[float, float, float, float], radius: float, fill: str, edge: str, width: float
) -> str:
    left, top, right, bottom = box
    return (
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(right - left)}" '
        f'height="{_n(bottom - top)}" rx="{_n(radius)}" fill="@{fill}" stroke="@{edge}" '
        f'stroke-width="{_n(width)}"/>'
    )


def _unit(start: Point, end: Point) -> Point:
    """The direction from one point to another, level or upright."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    return ((dx > 0) - (dx < 0), (dy > 0) - (dy < 0))


def _p(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
