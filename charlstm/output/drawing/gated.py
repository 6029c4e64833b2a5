"""The drawings of both forms of the GRU."""

from charlstm.output.drawing.parts import RAIL, WIDTH, enters, leaves, value
from charlstm.output.drawing.sketch import Sketch


def gru() -> Sketch:
    """Reset before: h = z⊙h' + (1 − z)⊙n, n = tanh(W_n·[r⊙h', x] + b_n)."""
    s = _gated(
        "GRU: two gates and no separate cell state",
        "The reset gate multiplies the previous hidden state; that and the input give the "
        "candidate. The update gate multiplies the previous hidden state, and one minus it the "
        "candidate; their sum is the new hidden state. In the top layer W_y and a softmax turn it "
        "into the output y.",
    )
    s.node("r", "layer", (310, 277), label="σ")
    s.node("reset", "times", (310, 190))
    s.node("rx", "join", (450, 300), "both", "[r_t⊙h_{t−1}, x_t]")
    s.node("n", "layer", (450, 222), label="tanh")
    s.wire("h", "reset", leave=(190, 190))
    s.wire("hx", "r", leave=(310, 350))
    s.wire("r", "reset")
    s.wire("reset", "rx", (362, 190), (362, 300))
    s.wire("x", "rx", (450, 400), leave=(190, 400))
    s.wire("rx", "n")
    s.wire("n", "write", (702, 222))
    s.text((319, 233), "r_t", anchor="start", stream="gate")
    s.place_number("r", (301, 233), "end")
    s.place_number("reset", (371, 262), "start")
    s.text((505, 207), "n_t", stream="gate")
    s.place_number("n", (506, 238))
    s.text((310, 372), "reset", "caption")
    s.text((450, 187), "candidate", "caption")
    return s


def gru_after() -> Sketch:
    """Reset after: h = z⊙h' + (1 − z)⊙n, n = tanh(W_n·x + b_n + r⊙(W_m·h' + b_m))."""
    s = _gated(
        "GRU with the reset gate after the product",
        "As the GRU, but the reset gate multiplies a product of the previous hidden state; to that "
        "a product of the input is added, and the tanh of the sum is the candidate.",
    )
    s.node("m", "affine", (256, 222), label="W_m")
    s.node("reset", "times", (350, 222))
    s.node("r", "layer", (350, 290), label="σ")
    s.node("n_x", "affine", (440, 290), label="W_n")
    s.node("sum", "plus", (440, 222))
    s.node("n", "tanh", (512, 222))
    s.wire("h", "m", leave=(190, 222))
    s.wire("m", "reset")
    s.wire("hx", "r", leave=(350, 350))
    s.wire("r", "reset")
    s.wire("reset", "sum")
    s.wire("x", "n_x", (440, 400), leave=(190, 400))
    s.wire("n_x", "sum")
    s.wire("sum", "n")
    s.wire("n", "write", (702, 222))
    value(s, "r_t", (359, 252))
    s.text((309, 205), "m_t", stream="gate")
    s.place_number("m", (309, 251))
    s.place_number("reset", (395, 206))
    s.text((563, 207), "n_t", stream="gate")
    s.place_number("n", (558, 247))
    s.text((350, 372), "reset", "caption")
    s.text((512, 190), "candidate", "caption")
    return s


def _gated(title: str, description: str) -> Sketch:
    """What both forms of the GRU share: h along the top, and the update gate."""
    s = Sketch(title, description, (WIDTH, 485.0), (110.0, 55.0, 772.0, 430.0))
    enters(s, "h", (40, RAIL))
    enters(s, "x", (190, 472))
    s.node("hx", "join", (190, 350), "both", "[h_{t−1}, x_t]")
    s.node("z", "layer", (590, 290), label="σ")
    s.node("keep", "times", (590, RAIL), "h")
    s.node("not_z", "one_minus", (642, 166))
    s.node("write", "times", (702, 166))
    s.node("h_new", "plus", (702, RAIL), "h")
    s.wire("h", "keep")
    s.wire("keep", "h_new")
    s.wire("h", "hx", leave=(190, RAIL))
    s.wire("x", "hx")
    s.wire("hx", "z", (590, 350))
    s.wire("z", "keep")
    s.wire("z", "not_z", leave=(590, 166))
    s.wire("not_z", "write")
    s.wire("write", "h_new")
    leaves(s, "h_new", "h", RAIL, up=742)
    value(s, "z_t", (599, 250))
    s.place_number("keep", (646, RAIL - 26), words="z⊙h′ ")
    s.place_number("not_z", (672, 195))
    s.place_number("write", (711, 142), "start")
    s.text((590, 372), "update", "caption")
    return s
