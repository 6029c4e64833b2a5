"""When a run leaves early checkpoints: at growing intervals, as most is learnt in the beginning."""

FIRST = 10  # update; the first twentieth of a shorter run


def early_updates(count: int, updates: int) -> frozenset[int]:
    """The `count` updates of a run of so many `updates` after which an early checkpoint is left.

    Each is the same factor later than the one before, and the end is that factor later than the
    last. A run that has too few updates for that leaves one after each of its first ones.
    """
    first = max(1.0, min(FIRST, updates / 20))
    chosen = [0]
    for k in range(min(count, updates)):
        chosen.append(max(chosen[-1] + 1, round(first * (updates / first) ** (k / count))))
    return frozenset(chosen[1:])
