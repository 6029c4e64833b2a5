"""The equations of what stands above the layers, written by hand: attention and the readout."""

from charlstm.studies.describe.equations import Equation, Summand
from charlstm.studies.describe.symbols import COLUMN, ON_H, VALUE, Shape


def attention(heads: int = 1) -> tuple[Equation, ...]:
    """What a step picks from the last M outputs, and adds to its own.

    A single head reads all H units. Each of several reads F of them, and has its own k and p.
    """
    F, each, head = ("F", "BR", (("R",),)) if heads > 1 else ("H", "B", ())
    weights: Shape = (*head, ("M",), ("B",))  # k and p: a number for each output looked at
    score: tuple[Shape, ...] = ((("M",), (F,)), ((F,), ("1",)))  # m and q of one column
    pick: tuple[Shape, ...] = (((F,), ("M",)), (("M",), ("1",)))
    q = (Summand("W_a·h_t", "·", (ON_H, VALUE)), Summand("b_a", "", (COLUMN,)))
    k = (Summand(f"m_t·q_t/√{F}", "·", score, each=each), Summand("d"))
    p = (Summand("k_t", "⊙", (weights,)),)
    u = (Summand("m_tᵀ·p_t", "·", pick, each=each),)
    z = (Summand("h_t", "⊙", (VALUE,)), Summand("v⊙u_t", "⊙", (COLUMN, VALUE)))
    return (
        Equation("q_t", "W_a·h_t + b_a", q),
        Equation("k_t", f"m_t·q_t/√{F} + d", k, weights),
        Equation("p_t", "softmax(k_t)", p, weights),
        Equation("u_t", "m_tᵀ·p_t", u),
        Equation("z_t", "h_t + v⊙u_t", z),
    )


def readout(operand: str = "h_t") -> Equation:
    """Probabilities of the next character, from the top layer's h_t or attention's z_t."""
    on_h, bias, y = (("V",), ("H",)), (("V",), ("1",)), (("V",), ("B",))
    parts = (Summand(f"W_y·{operand}", "·", (on_h, VALUE)), Summand("b_y", "", (bias,)))
    return Equation("y_t", f"softmax(W_y·{operand} + b_y)", parts, y)
