"""The pieces of a sentence whose subject is still open: subjects, places, relative clauses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from charlstm.agreement.draw import Draw, kind_of
from charlstm.agreement.lexicon import (
    ATTRIBUTES,
    DEEDS,
    FISH,
    LIVING,
    MOMENTS,
    PREPOSITIONS,
    Deed,
    Noun,
    Predicate,
    Word,
)


@dataclass(frozen=True)
class Frame:
    """A sentence in two readings.

    `words` holds each word in both; `agreeing` is the index of the verb or pronoun that must follow
    the subject; `others` are the readings of the nouns that might mislead it: those between the
    two and, in a complement, the one before them.
    """

    words: tuple[Word, ...]
    agreeing: int
    others: tuple[int, ...]

    def text(self, reading: int, agreeing: int | None = None) -> str:
        """The sentence in one reading; its agreeing word may be put in another."""
        chosen = [word[reading] for word in self.words]
        if agreeing is not None:
            chosen[self.agreeing] = self.words[self.agreeing][agreeing]
        line = " ".join(chosen)
        return f"{line[0].upper()}{line[1:]}."

    def attractors(self, reading: int) -> int:
        """How many of the other nouns differ from the subject."""
        return sum(other != reading for other in self.others)


def frame(draw: Draw, words: list[Word], predicate: Predicate, others: Sequence[int]) -> Frame:
    """A sentence that ends in its predicate; a state may last or return: "was full again"."""
    end = said(predicate.rest)
    if predicate.passing and predicate.lemma.startswith("be ") and draw.chance(0.15):
        end += said("again" if predicate.past or draw.chance(0.5) else "now")
    return Frame((*words, predicate.verb, *end), len(words), tuple(others))


def said(text: str) -> list[Word]:
    """Words that are the same in both readings; none for the empty text."""
    return [(text, text)] if text else []


def attribute(draw: Draw, noun: Noun) -> str:
    """Now and then an adjective, with its space."""
    return draw.word(ATTRIBUTES[kind_of(noun)]) + " " if draw.chance(0.2) else ""


def the(draw: Draw, subject: Noun) -> list[Word]:
    """A subject: always definite, so that its ending alone shows its number."""
    return [*said(f"the {attribute(draw, subject)}".strip()), subject.forms]


def phrase(draw: Draw, noun: Noun, number: int) -> str:
    """Any other noun: "the old barn", "an old barn", "some old barns"."""
    words = attribute(draw, noun) + noun.forms[number]
    if draw.chance(0.85):
        return f"the {words}"
    if number:
        return f"some {words}"
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def places(draw: Draw, numbers: Sequence[int], first: Sequence[str] = ("building", "place")) -> str:
    """Stacked prepositional phrases: "near the old barn behind the trees"."""
    steps = []
    for n, number in enumerate(numbers):
        kinds = ("building", "place") if n else first
        preposition = draw.word(PREPOSITIONS)
        steps.append(f"{preposition} {phrase(draw, draw.noun([draw.one(kinds)]), number)}")
    return " ".join(steps)


def relativiser(draw: Draw, head: Noun) -> str:
    """Who for people, which for the rest, that for either."""
    if draw.chance(0.3):
        return "that"
    return "who" if "person" in head.kinds else "which"


def moment(draw: Draw, agent: Noun) -> str:
    """Now and then "already", "once" ..., with its space."""
    if not draw.chance(0.25):
        return ""
    return draw.one(MOMENTS if agent.kinds & set(LIVING) else ("once",)) + " "


def deed(draw: Draw, suits: Callable[[Deed], object]) -> Deed:
    """A suitable deed that is not yet in the sentence."""
    chosen = draw.one([d for d in DEEDS if suits(d) and not draw.used & set(d.past.split())])
    draw.used.update(chosen.past.split())
    return chosen


def relative(draw: Draw, head: Noun, numbers: Sequence[int], *, stacked: bool = False) -> str:
    """A subject relative clause: "which already ate the fish near the old barn".

    With several nouns to place, they follow as prepositional phrases or, always when `stacked`, as
    the objects of further clauses: "which chased the dogs which followed the farmer".
    """
    clause = f"{relativiser(draw, head)} "
    if "hunter" in head.kinds and not stacked and draw.chance(0.4):
        already = "already " if draw.chance(0.5) else ""
        return f"{clause}{already}ate the {FISH} {places(draw, numbers)}"
    clause += moment(draw, head)
    deeper = len(numbers) > 1 and (stacked or draw.chance(0.5))
    wanted = frozenset(LIVING) if deeper else frozenset(ATTRIBUTES)
    act = deed(draw, lambda d: d.agents & head.kinds and (d.patients & wanted or not deeper))
    patient = draw.noun([draw.one(sorted(act.patients & (wanted if deeper else act.patients)))])
    clause += f"{act.past} {phrase(draw, patient, numbers[0])}"
    if deeper:
        return f"{clause} {relative(draw, patient, numbers[1:], stacked=stacked)}"
    return f"{clause} {places(draw, numbers[1:])}".strip()
