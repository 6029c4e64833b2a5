"""What the drawings share: measures, the output, and values that come in, go out, have a name."""

from charlstm.output.drawing.sketch import Point, Sketch

RAIL = 105.0  # the height of the state that runs along the top
WIDTH, EXIT = 850.0, 812.0
ABOVE = 126.0  # the height of the output, which stands above the module
OUTPUT = "output, in the top layer"
OLD = {"h": "h_{t−1}", "c": "c_{t−1}", "x": "x_t"}


def enters(s: Sketch, stream: str, at: Point) -> None:
    """A value that comes from outside: an old state from the left, the input from below."""
    s.node(stream, "in", at, stream)
    if stream == "x":
        value(s, OLD[stream], (at[0] + 11, at[1] - 9), stream)
    else:
        s.text((at[0] + 30, at[1] - 19), OLD[stream], stream=stream)
        s.place_number(stream, (at[0] + 30, at[1] + 17))


def leaves(
    s: Sketch, source: str, stream: str, height: float, *, down: float = 0, up: float = 0
) -> None:
    """A new state goes to the next step, and at `up` to the layer above and to the output."""
    s.node(f"{stream}_next", "out", (EXIT, height), stream)
    s.wire(source, f"{stream}_next", *([(down, height)] if down else []))
    s.text((EXIT - 20, height - 19), f"{stream}_t", stream=stream)
    s.place_number(source, (EXIT - 12, height + 17))
    if up:
        s.above = ABOVE
        s.node("logits", "affine", (up, -16), "y", "W_y")
        s.node("softmax", "softmax", (up, -70), "y")
        s.node("y", "out", (up, -114), "y")
        s.node(f"{stream}_up", "out", (up + 70, 25), stream)
        s.wire(source, "logits", leave=(up, height))
        s.wire(source, f"{stream}_up", leave=(up, 25))
        s.wire("logits", "softmax")
        s.wire("softmax", "y")
        s.text((up + 50, 6), f"{stream}_t", stream=stream)
        s.text((up + 12, -100), "y_t", anchor="start", stream="y")
        s.place_number("y", (up - 14, -100), "end")
        s.text((up - 188, -70), "probabilities of the next character", "caption")
        s.text((up - 130, -16), OUTPUT, "caption")
        s.text((up + 50, 41), "layer above", "caption")


def value(s: Sketch, words: str, at: Point, stream: str = "gate") -> None:
    """The name of a value, to the right of its upright wire, and its number."""
    s.text(at, words, anchor="start", stream=stream)
    s.place_number(words[0], (at[0] + 26, at[1]), "start")
