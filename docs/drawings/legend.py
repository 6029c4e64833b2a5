"""The drawing that says what shapes and colours mean."""

from charlstm.output.drawing.parts import WIDTH
from charlstm.output.drawing.sketch import Sketch


def legend() -> Sketch:
    """What the shapes and colours mean."""
    s = Sketch(
        "Legend",
        "Yellow: a learnt layer. Red: elementwise. White: one above the other. Dot: a copy.",
        (WIDTH, 118.0),
        (0.0, 0.0, 0.0, 0.0),
    )
    s.node("layer", "layer", (52, 36), label="σ")
    s.text((92, 36), "learnt: σ or tanh of W·[…] + b", "note", anchor="start")
    s.node("affine", "affine", (396, 36), label="W")
    s.text((436, 36), "learnt: W·… + b", "note", anchor="start")
    s.node("times", "times", (600, 36))
    s.text((627, 36), "elementwise; × is ⊙", "note", anchor="start")
    s.node("join", "join", (59, 84), "both", "[h, x]")
    s.text((102, 84), "one above the other", "note", anchor="start")
    for stream, x, words in (("c", 270, "cell state"), ("h", 425, "hidden state")):
        s.node(f"{stream} from", "in", (x, 84), stream)
        s.node(f"{stream} to", "out", (x + 46, 84), stream)
        s.wire(f"{stream} from", f"{stream} to")
        s.text((x + 56, 84), words, "note", anchor="start")
    s.node("x", "in", (600, 84), "x")
    s.node("x to", "out", (646, 84), "x")
    s.node("x up", "out", (622, 64), "x")
    s.wire("x", "x to")
    s.wire("x", "x up", leave=(622, 84))
    s.text((656, 84), "input; a dot copies", "note", anchor="start")
    return s
