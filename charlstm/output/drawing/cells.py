"""The drawings of the RNN and of the cells with a cell state."""

from charlstm.output.drawing.parts import RAIL, WIDTH, enters, leaves, value
from charlstm.output.drawing.sketch import Sketch

WRITE, GATES, FLOOR = 178.0, 250.0, 325.0  # heights of i⊙g, of the gates, and of h
WORDS = {"f": "forget", "i": "input", "g": "candidate", "o": "output"}


def rnn() -> Sketch:
    """RNN: h = tanh(W·[h', x] + b)."""
    s = Sketch(
        "RNN: a chain of modules with a single tanh layer",
        "The previous hidden state and the input, one above the other, go through one tanh layer. "
        "Its result is the new hidden state, which goes on to the next step and the layer above. "
        "In the top layer W_y and a softmax turn it into the output y.",
        (WIDTH, 270.0),
        (130.0, 55.0, 720.0, 195.0),
    )
    enters(s, "h", (40, 125))
    enters(s, "x", (260, 255))
    s.node("hx", "join", (260, 125), "both", "[h_{t−1}, x_t]")
    s.node("n", "layer", (450, 125), "h", "tanh")
    s.wire("h", "hx")
    s.wire("x", "hx")
    s.wire("hx", "n")
    leaves(s, "n", "h", 125, up=610)
    return s


def lstm() -> Sketch:
    """LSTM: c = f⊙c' + i⊙g, h = o⊙tanh(c)."""
    s = _memory(
        "LSTM: four layers around a cell state",
        "The cell state runs along the top. The forget gate multiplies it, then the input gate "
        "times the candidate is added. Its tanh times the output gate is the new hidden state. "
        "All four layers see the previous hidden state and the input, one above the other. In the "
        "top layer W_y and a softmax turn the hidden state into the output y.",
        "figo",
    )
    _input_gate(s)
    return s


def peephole(gates: str = "ifo") -> Sketch:
    """As the LSTM, but of these gates f and i also see c', and o sees c."""
    old = [f"the {WORDS[gate]} gate" for gate in "fi" if gate in gates]
    sees = [f"{' and '.join(old)} {'sees' if len(old) == 1 else 'see'} the previous cell state"]
    new = ["the output gate sees the new " + ("one" if old else "cell state")]
    s = _memory(
        "Peephole LSTM: the gates look at the cell state",
        f"As the LSTM. In addition {', and '.join(sees * bool(old) + new * ('o' in gates))}.",
        "figo",
    )
    _input_gate(s)
    if "f" in gates:
        s.wire("c", "f", (244, GATES), leave=(244, RAIL), thin=True)
    if "i" in gates:
        way = [(244.0, 208.0), (356.0, 208.0), (356.0, GATES)]
        leave = way.pop(0) if "f" in gates else (244.0, RAIL)
        s.wire("c", "i", *way, leave=leave, thin=True)
    if "o" in gates:
        s.wire("c_new", "o", leave=(602, RAIL), thin=True)
    return s


def coupled() -> Sketch:
    """Coupled gates: c = f⊙c' + (1 − f)⊙g, h = o⊙tanh(c)."""
    s = _memory(
        "Coupled LSTM: it forgets only where it writes",
        "As the LSTM, but without an input gate: the candidate is multiplied by one minus the "
        "forget gate.",
        "fgo",
    )
    s.node("i", "one_minus", (406, WRITE))
    s.wire("f", "i", leave=(300, WRITE))
    s.wire("i", "write")
    s.place_number("i", (457, WRITE - 14))
    return s


def _memory(title: str, description: str, gates: str) -> Sketch:
    """What the LSTM and its variants share: c along the top, their gates, and the way to h."""
    s = Sketch(title, description, (WIDTH, 425.0), (110.0, 55.0, 772.0, 372.0))
    places = {"f": 300.0, "i": 412.0, "g": 506.0, "o": 602.0}
    end = 690.0
    enters(s, "c", (40, RAIL))
    enters(s, "h", (40, FLOOR))
    enters(s, "x", (175, 412))
    s.node("hx", "join", (175, FLOOR), "both", "[h_{t−1}, x_t]")
    for gate in gates:
        s.node(gate, "layer", (places[gate], GATES), label="tanh" if gate == "g" else "σ")
        s.text((places[gate], FLOOR + 22), WORDS[gate], "caption")
    s.node("keep", "times", (places["f"], RAIL), "c")
    s.node("write", "times", (places["g"], WRITE))
    s.node("c_new", "plus", (places["g"], RAIL), "c")
    s.node("tanh_c", "tanh", (end, WRITE))
    s.node("h_new", "times", (end, GATES), "h")

    s.wire("c", "keep")
    s.wire("keep", "c_new")
    s.wire("h", "hx")
    s.wire("x", "hx")
    s.wire("hx", gates[-1], (places[gates[-1]], FLOOR))
    for gate in gates[:-1]:
        s.wire("hx", gate, leave=(places[gate], FLOOR))
    s.wire("f", "keep")
    s.wire("g", "write")
    s.wire("write", "c_new")
    s.wire("o", "h_new")
    leaves(s, "c_new", "c", RAIL)
    s.wire("c_new", "tanh_c", leave=(end, RAIL))
    s.wire("tanh_c", "h_new")
    leaves(s, "h_new", "h", FLOOR, down=end, up=742)
    value(s, "f_t", (places["f"] + 9, 140))
    value(s, "g_t", (places["g"] + 9, 212))
    s.text(((places["o"] + end) / 2 + 6, GATES - 15), "o_t", stream="gate")
    s.place_number("o", ((places["o"] + end) / 2 + 6, GATES + 31))
    s.place_number("keep", ((places["f"] + places["g"]) / 2, RAIL - 17), words="f⊙c′ ")
    s.place_number("write", (places["g"] + 9, 142), "start", "i⊙g " if "i" in gates else "(1−f)⊙g ")
    s.place_number("tanh_c", (end - 9, 212), "end")
    return s


def _input_gate(s: Sketch) -> None:
    """The input gate multiplies the candidate."""
    x = s.nodes["i"].at[0]
    s.wire("i", "write", (x, WRITE))
    value(s, "i_t", (x + 9, 212))
