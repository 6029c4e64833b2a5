"""Which subjects and predicates never meet in the corpus: one pair in five, chosen by a hash."""

import hashlib
from collections.abc import Callable
from functools import cache

Allowed = Callable[[str, str], bool]  # may this subject lemma meet this predicate lemma?

SHARE = 0.2


@cache
def held_out(subject: str, predicate: str) -> bool:
    """Whether a subject and a predicate are kept for testing.

    The lemmas alone decide, so every corpus, whatever its seed or size, holds out the same pairs,
    in both numbers and in every construction.
    """
    digest = hashlib.sha256(f"{subject} + {predicate}".encode()).digest()
    return int.from_bytes(digest[:8]) < SHARE * 2**64


def seen(subject: str, predicate: str) -> bool:
    """The opposite of `held_out`: what a corpus with a hold-out may say."""
    return not held_out(subject, predicate)


def anything(_subject: str, _predicate: str) -> bool:
    """What a corpus without a hold-out may say."""
    return True
