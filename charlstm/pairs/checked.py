"""The fields of a pair as a file has them, checked: a `Pair`, or what is wrong with them."""

import re

from charlstm.pairs.formats.base import Fields
from charlstm.pairs.pair import NUMBERS, SENTENCES, UNNAMED, Pair, first_difference

_SURROGATE = re.compile("[\ud800-\udfff]")
CLOSINGS = ("\n", " ")


def checked(fields: Fields, item: str, condition: str = UNNAMED) -> Pair:
    """The pair that has these fields; `item` and `condition` are for one that names none.

    Its two sentences may be the same.

    Raises:
        ValueError: which says what is wrong.
    """
    good, bad = (_sentence(fields, key) for key in SENTENCES)
    number, congruent, attractors = map(fields.get, ("subject_number", "congruent", "attractors"))
    if number not in (None, *NUMBERS):
        raise ValueError(f"subject_number must be singular or plural, not {number!r}")
    if not isinstance(congruent, bool | None):
        raise ValueError(f"congruent must be true or false, not {congruent!r}")  # noqa: TRY004
    if attractors is not None and (type(attractors) is not int or attractors < 0):
        raise ValueError(f"attractors must be a whole number from 0, not {attractors!r}")
    closing = fields.get("closing") or "\n"
    if closing not in CLOSINGS:
        raise ValueError(f"closing must be a newline or a blank, not {closing!r}")
    differ = first_difference(f"{good}\n", f"{bad}\n")
    subject, attractor = (
        _end(name, fields.get(name), len(good) if differ is None else differ)
        for name in ("subject_end", "attractor_end")
    )
    return Pair(
        good,
        bad,
        str(fields.get("condition") or condition),
        item if fields.get("item") in (None, "") else str(fields["item"]),
        number,
        congruent,
        attractors,
        subject,
        attractor,
        closing,
        fields.get("labels", {}),
    )


def _end(name: str, end: object, differ: int) -> int | None:
    """Where a noun ends: before the sentences differ."""
    if end is None or (isinstance(end, int) and not isinstance(end, bool) and 0 < end <= differ):
        return end
    raise ValueError(
        f"{name} must be a number of characters from 1 to {differ}, after which the sentences "
        f"differ, not {end!r}"
    )


def _sentence(fields: Fields, key: str) -> str:
    sentence = fields.get(key)
    if not isinstance(sentence, str) or not sentence.strip():
        raise ValueError(f"{key} is missing or is not a text")
    if "\n" in sentence or "\r" in sentence:
        raise ValueError(f"{key} has a line break in it; a pair is two single lines")
    if _SURROGATE.search(sentence):
        raise ValueError(f"{key} has half a surrogate pair in it, which no text can hold")
    return sentence
