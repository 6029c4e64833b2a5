"""Filler without nouns, to an exact length: "outside very calmly, then inside rather quietly"."""

from charlstm.agreement.draw import Draw
from charlstm.agreement.lexicon import MANNERS, SEQUELS, WHEREABOUTS

SHORTEST = 7  # " calmly", " gladly", " lazily": at least two, whatever the sentence rules out


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
        place, text = _adverbial(draw, "")
        while len(text) + 1 < length:
            place, more = _adverbial(draw, place)
            text += f", {draw.one(SEQUELS)} {more}"
        if len(text) + 1 == length:
            return text


def _adverbial(draw: Draw, last: str) -> tuple[str, str]:
    """A manner, mostly in some place other than the last; returns the place, then the words."""
    manner = draw.manner()
    if draw.chance(0.25):
        return last, manner
    place = draw.one([p for p in WHEREABOUTS if p != last])
    return place, f"{place} {manner}"
