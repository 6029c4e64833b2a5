"""Filler without nouns, to an exact length: "outside very calmly again and again and again"."""

from charlstm.studies.agreement.draw import Draw
from charlstm.studies.agreement.lexicon import MANNERS, WHEREABOUTS

SHORTEST = 7  # " calmly", " gladly", " lazily": at least two, whatever the sentence rules out
ONCE_MORE, AND_SO_ON = " again", " and again"  # long, but soon learnt: only the distance is hard


def filler(draw: Draw, length: int) -> str:
    """Adverbials that take exactly `length` characters, the space before them included.

    Raises:
        ValueError: if `length` is below 7; every length from there on can be had.
    """
    if length < SHORTEST:
        raise ValueError(f"no filler is shorter than {SHORTEST} characters")
    used = draw.used - set(MANNERS)
    while True:  # a length is soon met by chance
        draw.used = set(used)
        text = draw.manner()
        if draw.chance(0.5):
            text = f"{draw.one(WHEREABOUTS)} {text}"
        room = length - len(f" {text}")
        if room == 0:
            return text
        repeats, rest = divmod(room - len(ONCE_MORE), len(AND_SO_ON))
        if rest == 0 and repeats >= 0:
            return text + ONCE_MORE + AND_SO_ON * repeats
