"""The drawing of attention."""

from charlstm.output.drawing.parts import EXIT, RAIL, WIDTH, leaves
from charlstm.output.drawing.sketch import Sketch

ROW, FLOOR = 230.0, 325.0  # heights of the query, scores and weights, and of the memory


def attention() -> Sketch:
    """Z = h + v⊙u: u is a mean of the outputs in m, weighted by the softmax of their scores."""
    s = Sketch(
        "Attention: a step looks back at the last M outputs of the top layer",
        "A learnt layer makes a query from the output h of the top layer. Its products with the "
        "outputs of the last M steps, plus a learnt number for each distance, are scores. A "
        "softmax turns them into weights. The weighted mean of those outputs, times v, is added "
        "to h for the readout. h itself goes on to the memory of the next step. Each head scores "
        "and picks by itself, with its F units.",
        (WIDTH, 395.0),
        (110.0, 55.0, 745.0, 372.0),
    )
    s.node("h", "in", (40, RAIL), "h")
    s.text((70, RAIL - 19), "h_t", stream="h")
    s.text((62, RAIL + 21), "top layer", "caption")
    s.node("carried", "in", (40, FLOOR), "both")
    s.text((62, FLOOR + 21), "carried", "caption")
    s.node("m", "join", (196, FLOOR), "both", "[h_{t−1}, …, h_{t−M}]")
    s.node("q", "affine", (190, ROW), label="W_a")
    s.node("q·m", "product", (300, ROW))
    s.node("k", "affine", (380, ROW), label="+ d")
    s.node("p", "softmax", (494, ROW))
    s.node("u", "product", (592, ROW))
    s.node("v⊙u", "affine", (694, ROW), label="v⊙")
    s.node("z", "plus", (694, RAIL))

    s.wire("h", "z")
    s.wire("h", "q", leave=(190, RAIL))
    s.wire("carried", "m")
    s.wire("q", "q·m")
    s.wire("m", "q·m", (300, FLOOR))
    s.wire("q·m", "k")
    s.wire("k", "p")
    s.wire("p", "u")
    s.wire("m", "u", (592, FLOOR), leave=(300, FLOOR))
    s.wire("u", "v⊙u")
    s.wire("v⊙u", "z")
    s.node("h_next", "out", (EXIT, FLOOR), "h")
    s.wire("h", "h_next", (640, FLOOR), leave=(640, RAIL))
    s.text((EXIT - 20, FLOOR - 19), "h_t", stream="h")
    s.text((EXIT - 14, FLOOR + 21), "next step", "caption")
    leaves(s, "z", "z", RAIL)
    s.text((EXIT - 14, RAIL + 21), "readout", "caption")
    for words, x in (("q_t", 252), ("k_t", 429), ("p_t", 556), ("u_t", 620)):
        s.text((x, ROW - 17), words, stream="gate")
    s.text((450, FLOOR - 17), "m_t", stream="both")
    for words, x in (("query", 190), ("scores", 380), ("weights", 494), ("share", 694)):
        s.text((x, ROW + 34), words, "caption")
    s.text((446, 178), "each head by itself, with its F units", "caption")
    s.text((308, ROW + 28), "/√F", "caption", anchor="start")
    s.text((599, ROW + 28), "pick", "caption", anchor="start")
    return s
