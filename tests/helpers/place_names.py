"""Invented place names, one a line: a list with something to learn inside each line only."""

from random import Random

BEGINNINGS = ("Ald", "Bren", "Cor", "Dun", "Fen", "Glen", "Hal", "Kil", "Mor", "Ros", "Tam", "Wex")
MIDDLES = ("a", "e", "i", "o", "er", "in", "on", "an")
ENDS = ("by", "dale", "ford", "gate", "ham", "ley", "mouth", "stead", "thorpe", "wick")


def place_names(count: int, seed: int = 0) -> list[str]:
    """So many different names, in the order of the alphabet."""
    random, names = Random(seed), set[str]()
    while len(names) < count:
        middle = "".join(
            random.choice("bdlmnrst") + random.choice(MIDDLES) for _ in range(random.randrange(3))
        )
        before = random.choice(("", "", "", "Upper ", "North "))
        names.add(before + random.choice(BEGINNINGS) + middle + random.choice(ENDS))
    return sorted(names)


def as_lines(names: list[str]) -> str:
    """The names as a text, each with its newline."""
    return "".join(f"{name}\n" for name in names)
