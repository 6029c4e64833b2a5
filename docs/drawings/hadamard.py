"""The drawing of the Hadamard product: two columns, multiplied number by number."""

from charlstm.output.drawing.parts import WIDTH
from charlstm.output.drawing.sketch import Sketch

ROWS = (
    (0.9, 0.5, "nearly all is kept"),
    (0.1, -0.8, "nearly all is gone"),
    (1.0, 0.3, "all is kept"),
)


def hadamard() -> Sketch:
    """Show f_t⊙c_{t−1} for three units."""
    s = Sketch(
        "The Hadamard product f⊙c of two columns",
        "The first number of f times the first number of c is the first number of the product, the "
        "second times the second is the second, and so on. No unit meets the number of another.",
        (WIDTH, 190.0),
        (0.0, 0.0, 0.0, 0.0),
    )
    columns = (("f_t", 130.0), ("c_{t−1}", 290.0), ("f_t⊙c_{t−1}", 450.0))
    for words, x in columns:
        s.text((x, 26), words)
    for row, (gate, memory, meaning) in enumerate(ROWS):
        y = 62.0 + 44 * row
        for (_, x), number in zip(columns, (gate, memory, gate * memory), strict=True):
            s.node(f"{x:g} {row}", "number", (x, y), label=f"{number:.2f}".replace("-", "−"))
        s.text((210, y), "×", "sign")
        s.text((370, y), "=", "sign")
        s.text((510, y), f"unit {row}: {meaning}", "note", anchor="start")
    return s
