"""Heads of attention: the one whose weights are asked for, or all and their mean."""

from charlstm.errors import CharlstmError
from charlstm.hints import command
from charlstm.nn import Array
from charlstm.nn.parameters import Architecture
from charlstm.trace import Trace


def require_attention(architecture: Architecture, run: str) -> None:
    """Refuse a model without attention.

    Raises:
        CharlstmError: which says how to train one.
    """
    if not architecture.attention:
        train = command("train", "TEXT", "--attention", 128)
        raise CharlstmError(f"{run} has no attention to look at; train a model that has: {train}")


def require_head(architecture: Architecture, run: str, head: int | None) -> None:
    """Refuse a head that there is not.

    Raises:
        CharlstmError: which says what heads there are.
    """
    R = architecture.attention_heads
    if head is not None and not 0 <= head < R:
        has = f"heads 0 to {R - 1}" if R > 1 else "one head, 0"
        raise CharlstmError(f"--head {head}: there is no such head; {run} has {has}")


def whose(head: int | None, heads: int) -> str:
    """Whose weights are shown; nothing need be said of one head."""
    if heads == 1:
        return ""
    return f"mean of {heads} heads" if head is None else f"head {head} of 0 to {heads - 1}"


def views(heads: int) -> list[int | None]:
    """What a page can show: the mean, None, and each of several heads."""
    return [None, *(range(heads) if heads > 1 else ())]


def weights_before(trace: Trace, t: int, head: int | None) -> tuple[int, Array]:
    """What the step that predicts character `t` looks at: a place, and the weights from it on.

    They are those of one head, or the mean of all.
    """
    p = trace.heads[t].mean(axis=0) if head is None else trace.heads[t, head]
    seen = min(p.size, t)
    return t - 1 - seen, p[:seen][::-1]
