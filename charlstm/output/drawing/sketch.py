"""A drawing of a cell as data: nodes at places, and wires that carry a value from node to node.

A wire runs level or upright from its source's centre through its corners to its target's; it may
also leave another wire that carries the same value, and only such a one.
"""

from dataclasses import dataclass, field
from itertools import pairwise

Point = tuple[float, float]
Segment = tuple[Point, Point]

SIZES = {  # half the width and half the height
    "in": (0.0, 0.0),
    "out": (0.0, 0.0),
    "layer": (29.0, 21.0),
    "affine": (29.0, 21.0),
    "softmax": (44.0, 16.0),
    "number": (34.0, 16.0),
    "times": (16.0, 16.0),
    "product": (16.0, 16.0),
    "plus": (16.0, 16.0),
    "one_minus": (19.0, 16.0),
    "tanh": (29.0, 16.0),
    "join": (0.0, 16.0),  # and as wide as its label
}


@dataclass(frozen=True)
class Node:
    """What makes a value. `stream` (c, h, x, y, gate, both) is the value's kind, and so its colour.

    Kinds: `in` from outside, `out` to it; `layer`, an activation `label` of W·inputs + b; `affine`,
    the same without activation; `times`, `plus`, `one_minus` and `tanh`, elementwise; `product`, of
    matrices; `softmax`; `join`, its inputs one above the other; `number`, one of a column.
    """

    name: str
    kind: str
    at: Point
    stream: str
    label: str = ""

    @property
    def half(self) -> Point:
        """Half its width and half its height."""
        width, height = SIZES[self.kind]
        letters = sum(c not in "_{}" for c in self.label)
        return (4.9 * letters if self.kind == "join" else width, height)


@dataclass(frozen=True)
class Wire:
    """The value of `source` on its way to `target`; `branch` if it leaves another wire.

    A `thin` one carries a memory aside from its own way.
    """

    source: Node
    target: Node
    points: tuple[Point, ...]
    branch: bool
    thin: bool

    @property
    def segments(self) -> list[Segment]:
        """The straight pieces between corners."""
        return list(pairwise(self.points))


@dataclass(frozen=True)
class Text:
    """Words at a place: `role` (value, caption) decides how they look, `anchor` where they start.

    An underscore lowers what follows: h_t, or in braces c_{t−1}.
    """

    at: Point
    words: str
    role: str
    anchor: str = "middle"
    stream: str = ""


@dataclass(frozen=True)
class NumberPlace:
    """The place of a node's number in a drawing with numbers; `words` stand before it."""

    node: str
    at: Point
    anchor: str = "middle"
    words: str = ""


@dataclass
class Sketch:
    """A drawing under construction. `body` is the module's outline: left, top, right, bottom.

    `size` is that of the part below 0, `above` the height of what stands above it.
    """

    title: str
    description: str
    size: Point
    body: tuple[float, float, float, float]
    above: float = 0.0
    nodes: dict[str, Node] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    number_places: list[NumberPlace] = field(default_factory=list)

    def node(self, name: str, kind: str, at: Point, stream: str = "gate", label: str = "") -> None:
        """Place a node."""
        self.nodes[name] = Node(name, kind, at, stream, label)

    def text(self, at: Point, words: str, role: str = "value", **how: str) -> None:
        """Place words."""
        self.texts.append(Text(at, words, role, **how))

    def place_number(self, node: str, at: Point, anchor: str = "middle", words: str = "") -> None:
        """Say where a node's number goes, which only a drawing with numbers shows."""
        self.number_places.append(NumberPlace(node, at, anchor, words))

    def wire(
        self,
        source: str,
        target: str,
        *corners: Point,
        leave: Point | None = None,
        thin: bool = False,
    ) -> None:
        """Connect two nodes; `leave` is a point on a wire that carries the source's value.

        Raises:
            ValueError: if no such wire is there, or a piece is neither level nor upright.
        """
        start, end = self.nodes[source], self.nodes[target]
        if leave and not any(
            w.source is start and any(on(leave, s) for s in w.segments) for w in self.wires
        ):
            raise ValueError(f"no wire from {source} passes {leave}")
        points = [leave or start.at, *corners, end.at]
        for (x1, y1), (x2, y2) in pairwise(points):
            if (x1 == x2) == (y1 == y2):
                raise ValueError(f"{source} to {target} is oblique from {x1, y1} to {x2, y2}")
        if not leave:
            points[0] = _edge(start, points[1])
        points[-1] = _edge(end, points[-2])
        self.wires.append(Wire(start, end, tuple(points), leave is not None, thin))

    def inputs(self, name: str) -> list[Node]:
        """What is wired to a node, in the order of the wires."""
        return [wire.source for wire in self.wires if wire.target.name == name]


def on(point: Point, segment: Segment) -> bool:
    """Whether a point lies on a level or upright segment."""
    (x, y), ((x1, y1), (x2, y2)) = point, segment
    return min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2)


def crossing(a: Segment, b: Segment) -> Point | None:
    """Where a level and an upright segment cross, both going on beyond, or None."""
    for (p, q), (r, s) in ((a, b), (b, a)):
        if p[1] == q[1] and r[0] == s[0]:
            inside_x = min(p[0], q[0]) < r[0] < max(p[0], q[0])
            inside_y = min(r[1], s[1]) < p[1] < max(r[1], s[1])
            return (r[0], p[1]) if inside_x and inside_y else None
    return None


def _edge(node: Node, towards: Point) -> Point:
    """Where a wire from `towards` meets a node's outline."""
    (x, y), (w, h) = node.at, node.half
    if towards[1] == y:
        return (x + w if towards[0] > x else x - w, y)
    return (x, y + h if towards[1] > y else y - h)
