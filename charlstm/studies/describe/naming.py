"""Which terms of a step get a name, and so an equation of their own."""

from collections.abc import Mapping

from charlstm.nn.graph import Bias, Input, Operation, State, Term, Weighted, walk

ACTIVATIONS = ("σ", "tanh")


def names(new: Mapping[str, Term]) -> dict[Term, str]:
    """Names for the new states (h_t), and for gates after their activation (f_t) or without one.

    All other terms are written where they stand.
    """
    found: dict[Term, str] = {}
    for state, term in new.items():
        if not isinstance(term, State):
            found.setdefault(term, f"{state}_t")
    terms = list(walk(new.values()))
    in_a_gate = {
        operand
        for term in terms
        if symbol_of(term) in (*ACTIVATIONS, "+")
        for operand in term.operands
    }
    for term in terms:
        if symbol_of(term) in ACTIVATIONS:
            gate = gate_of(term.operands[0])
        else:
            gate = "" if term in in_a_gate else gate_of(term)
        if gate and term not in found:
            taken = f"{gate}_t" in found.values()
            found[term] = f"{gate}\u0303_t" if taken else f"{gate}_t"  # h̃ beside h
    return found


def gate_of(term: Term) -> str:
    """The gate whose pre-activation a term is, or "" if it is none."""
    if isinstance(term, Weighted | Input | Bias):
        return term.gate
    if symbol_of(term) == "+":
        gates = {gate_of(operand) for operand in term.operands} - {""}
        return gates.pop() if len(gates) == 1 else ""
    return ""


def symbol_of(term: Term) -> str:
    """The operation that makes a term, or "" if none does."""
    return term.symbol if isinstance(term, Operation) else ""
