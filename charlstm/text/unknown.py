"""What a vocabulary does not know of a text, in words: which characters, how many, what helps."""

import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.text.shown import names, quoted
from charlstm.text.vocabulary import Vocabulary

BLOCK = 1 << 20  # ids counted at once
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
ALIKE = ("'’‘ʼ`´", '"“”„«»', "-–—‑−")


def nothing_known(vocabulary: Vocabulary, ids: NDArray[Any]) -> bool:
    """Whether a text (N,) has unknown characters, and no others but line breaks."""
    newline = int(vocabulary.encode("\n")[0])
    count = _count(ids, lambda block: block == vocabulary.unknown)
    return 0 < count == _count(ids, lambda block: block != newline)


def unknown_words(
    vocabulary: Vocabulary, unseen: Iterable[str], ids: NDArray[Any] | None = None
) -> str:
    """Names the unknown characters of a text, and how many of its `ids` (N,); says what helps."""
    unseen, counted = list(unseen), ""
    if ids is not None:
        count = _count(ids, lambda block: block == vocabulary.unknown)
        counted = f" ({count:,} of {ids.size:,} character{'s' * (ids.size != 1)})"
    helped = cure(vocabulary, unseen)
    return f"never seen in training, read as unknown: {names(unseen)}{counted}{helped}"


def refuse_unseen(vocabulary: Vocabulary, text: str | bytes) -> None:
    """Refuse a text whose probability is asked for if it has unknown characters.

    Raises:
        CorpusError: which names them.
    """
    if unseen := vocabulary.unseen(text):
        raise CorpusError(
            f"the model has never seen {names(unseen)} and cannot say how likely that is"
            f"{cure(vocabulary, unseen)}"
        )


def new_words(old: Vocabulary | None, new: Vocabulary) -> list[str]:
    """A line on the characters that `new` adds to the vocabulary of old weights, if there are."""
    added = new.characters[old.size :] if old else ""
    if not old or not added:
        return []
    words = f"never seen by the old weights, learnt from nothing: {names(added)}"
    return [f"{words} ({len(added):,} new){cure(old, added)}"]


def cure(vocabulary: Vocabulary, unseen: Iterable[str]) -> str:
    """How the text may be changed so that characters `unseen` are known; "" if nothing helps.

    It begins with a semicolon, to stand after the names of the characters.
    """
    known, unseen = set(vocabulary.characters), list(unseen)
    parts = {part for c in known for part in unicodedata.normalize("NFD", c) if part != c}
    composed = any(character in parts and _joins(character) for character in unseen)
    decomposed = any(_changed(character, "NFD", known) for character in unseen)
    cures = [
        f"the model's text has Unicode's form {form}: convert this one with "
        f"uconv -x any-{form.lower()}, or unicodedata.normalize in Python"
        for form, helps in (("NFC", composed), ("NFD", decomposed))
        if helps
    ]
    others = [(c, _stand_in(c, known)) for c in unseen]
    pairs = [f"{quoted(other)} for {names([c])}" for c, other in others if other]
    if pairs:
        cures.append(f"the model knows {', '.join(pairs[:5])}{', …' if len(pairs) > 5 else ''}")
    return "".join(f"; {words}" for words in cures)


def _count(ids: NDArray[Any], which: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> int:
    blocks = (ids[start : start + BLOCK] for start in range(0, ids.size, BLOCK))
    return sum(int(np.count_nonzero(which(block))) for block in blocks)


def _joins(character: str) -> bool:
    """Whether it is a mark or a Korean letter, which NFC joins with what stands before it."""
    return unicodedata.category(character)[0] == "M" or "\u1100" <= character <= "\u11ff"


def _changed(character: str, form: Form, known: set[str]) -> str:
    """The character in another form if that is another text, and known; else ""."""
    changed = unicodedata.normalize(form, character)
    return changed if changed != character and known.issuperset(changed) else ""


def _stand_in(character: str, known: set[str]) -> str:
    """A known text that people write for the character: ' for ’, ... for …; "" if there is none."""
    group = next((group for group in ALIKE if character in group), "")
    alike = next((other for other in group if other in known), "")
    if alike or _changed(character, "NFD", known):
        return alike
    return _changed(character, "NFKC", known)
