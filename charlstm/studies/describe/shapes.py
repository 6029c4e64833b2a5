"""Shapes in letters: ("H", "H+D") with their sizes put in is (128, 194)."""

from collections.abc import Mapping

Shape = tuple[tuple[str, ...], ...]  # for each axis the letters whose sizes add up to its length
Sizes = Mapping[str, int]

VALUE: Shape = (("H",), ("B",))  # what every gate and state is
COLUMN: Shape = (("H",), ("1",))  # a bias, a diagonal weight
X: Shape = (("D",), ("B",))
ON_H: Shape = (("H",), ("H",))
ON_X: Shape = (("H",), ("D",))
ON_BOTH: Shape = (("H",), ("H", "D"))
BOTH: Shape = (("H", "D"), ("B",))


def in_numbers(shape: Shape, sizes: Sizes) -> tuple[int, ...]:
    """A shape with each letter's size put in."""
    return tuple(sum(1 if x == "1" else sizes[x] for x in letters) for letters in shape)


def written(shape: Shape, sizes: Sizes | None = None) -> str:
    """A shape as text: (H, H+D), or where `sizes` says the numbers, (128, 194)."""
    if sizes is not None:
        return str(in_numbers(shape, sizes))
    return f"({', '.join('+'.join(letters) for letters in shape)})"
