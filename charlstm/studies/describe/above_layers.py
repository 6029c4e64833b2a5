"""The equations of what stands above the layers, written by hand: attention and the readout."""

from charlstm.studies.describe.equations import Equation, Summand
from charlstm.studies.describe.symbols import COLUMN, ON_H, VALUE, Shape

WEIGHTS: Shape = (("M",), ("B",))  # k and p: a number for each output that is looked at
MEMORY: Shape = (("M",), ("H",))  # m of one column
ONE: Shape = (("H",), ("1",))  # q of one column


def attention() -> tuple[Equation, ...]:
    """What a step picks from the last M outputs, and adds to its own."""
    pick: tuple[Shape, ...] = ((("H",), ("M",)), (("M",), ("1",)))
    q = (Summand("W_a·h_t", "·", (ON_H, VALUE)), Summand("b_a", "", (COLUMN,)))
    k = (Summand("m_t·q_t/√H", "·", (MEMORY, ONE), each="B"), Summand("d"))
    p = (Summand("k_t", "⊙", (WEIGHTS,)),)
    u = (Summand("m_tᵀ·p_t", "·", pick, each="B"),)
    z = (Summand("h_t", "⊙", (VALUE,)), Summand("v⊙u_t", "⊙", (COLUMN, VALUE)))
    return (
        Equation("q_t", "W_a·h_t + b_a", q),
        Equation("k_t", "m_t·q_t/√H + d", k, WEIGHTS),
        Equation("p_t", "softmax(k_t)", p, WEIGHTS),
        Equation("u_t", "m_tᵀ·p_t", u),
        Equation("z_t", "h_t + v⊙u_t", z),
    )


def readout(operand: str = "h_t") -> Equation:
    """Probabilities of the next character, from the top layer's h_t or attention's z_t."""
    on_h, bias, y = (("V",), ("H",)), (("V",), ("1",)), (("V",), ("B",))
    parts = (Summand(f"W_y·{operand}", "·", (on_h, VALUE)), Summand("b_y", "", (bias,)))
    return Equation("y_t", f"softmax(W_y·{operand} + b_y)", parts, y)
