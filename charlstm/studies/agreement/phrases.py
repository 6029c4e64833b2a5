"""The parts of a sentence in both readings: subjects, places, relative clauses, filler."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from charlstm.studies.agreement.draw import Draw, kind_of
from charlstm.studies.agreement.lexicon import (
    ATTRIBUTES,
    DEEDS,
    FISH,
    MANNERS,
    MOMENTS,
    NOUNS,
    PASTIMES,
    PREPOSITIONS,
    WHEREABOUTS,
    Deed,
    Noun,
    Predicate,
    Word,
)

MIN_FILLER = 7  # " calmly", " gladly", " lazily": whatever is used, two of these remain
NOUN_FORMS = frozenset(form for noun in NOUNS for form in noun.forms)
ONCE_MORE, AND_SO_ON = " again", " and again"  # soon learnt, so that only the distance is hard


@dataclass(frozen=True)
class Frame:
    """A sentence in both readings.

    `words` holds each word in both. `agreeing` is the index of the verb or pronoun that must agree
    with the subject. `others` are the readings that the other nouns have, which might mislead it:
    those between the two and, in a complement, the one before them.
    """

    words: tuple[Word, ...]
    agreeing: int
    others: tuple[int, ...]

    def text(self, reading: int, agreeing: int | None = None) -> str:
        """The sentence in a reading; `agreeing` puts its agreeing word into another."""
        chosen = [word[reading] for word in self.words]
        if agreeing is not None:
            chosen[self.agreeing] = self.words[self.agreeing][agreeing]
        line = " ".join(chosen)
        return f"{line[0].upper()}{line[1:]}."

    def subject_end(self, reading: int) -> int:
        """How many characters the sentence has up to the end of its subject."""
        subject = next(k for k, word in enumerate(self.words) if word[0] != word[1])
        return len(" ".join(word[reading] for word in self.words[: subject + 1]))

    def attractor_end(self, reading: int) -> int | None:
        """The same of the last other noun before the agreeing word; None if there is none."""
        before = " ".join(word[reading] for word in self.words[: self.agreeing])
        ends = [match.end() for match in re.finditer(r"\S+", before) if match[0] in NOUN_FORMS]
        return max((end for end in ends if end != self.subject_end(reading)), default=None)

    def attractors(self, reading: int) -> int:
        """How many of the other nouns differ from the subject."""
        return sum(other != reading for other in self.others)


def frame(words: list[Word], predicate: Predicate, others: Sequence[int]) -> Frame:
    """A sentence that ends in its predicate."""
    return Frame((*words, predicate.verb, *both(predicate.rest)), len(words), tuple(others))


def both(text: str) -> list[Word]:
    """Words that are the same in both readings; none for an empty text."""
    return [(text, text)] if text else []


def attribute(draw: Draw, noun: Noun) -> str:
    """Now and then an adjective and a space."""
    if not draw.chance(0.1):
        return ""
    options = [word for word in ATTRIBUTES[kind_of(noun)] if word not in draw.used]
    return f"{draw.word(options)} " if options else ""


def subject_phrase(draw: Draw, subject: Noun) -> list[Word]:
    """A subject; always definite, so that its ending alone shows its number."""
    return [*both(f"the {attribute(draw, subject)}".strip()), subject.forms]


def phrase(draw: Draw, noun: Noun, number: int) -> str:
    """A noun that is not the subject: "the old barn", "an old barn", "some old barns"."""
    words = attribute(draw, noun) + noun.forms[number]
    if draw.chance(0.95):
        return f"the {words}"
    if number:
        return f"some {words}"
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def places(draw: Draw, numbers: Sequence[int]) -> str:
    """Stacked prepositional phrases: "near the old barn behind the trees"."""
    return " ".join(
        f"{draw.word(PREPOSITIONS)} {phrase(draw, draw.noun(['place']), number)}"
        for number in numbers
    )


def relativiser(draw: Draw, head: Noun) -> str:
    """Who for people, which for the rest, that for either."""
    if draw.chance(0.3):
        return "that"
    return "who" if "person" in head.kinds else "which"


def moment(draw: Draw) -> str:
    """Now and then "already", "often" or "once", and a space."""
    return draw.choice(MOMENTS) + " " if draw.chance(0.15) else ""


def deed(draw: Draw, agent: Noun) -> Deed:
    """A deed of an agent, not used before."""
    chosen = draw.choice([d for d in DEEDS if d.agents & agent.kinds and d.past not in draw.used])
    draw.used.add(chosen.past)
    return chosen


def relative(
    draw: Draw, head: Noun, numbers: Sequence[int], *, past: bool, stacked: bool = False
) -> list[Word]:
    """A subject relative clause: "which already ate the fish near the old barn".

    Its verb may agree with the head, in the present where the sentence is not `past`: "which has
    seen the dog", "which was near the barn". Further nouns follow in prepositional phrases or,
    always when `stacked`, as the objects of further clauses: "which chased the dogs which followed
    the farmer".
    """
    agrees = not draw.neutral and draw.chance(0.6)
    link = both(relativiser(draw, head))
    if not stacked and draw.chance(0.4):
        if agrees:
            verb = [("was", "were") if past else ("is", "are")]
            return [*link, *verb, *both(places(draw, numbers))]
        if "hunter" in head.kinds:
            already = "already " if draw.chance(0.5) else ""
            return [*link, *both(f"{already}ate the {FISH} {places(draw, numbers)}")]
        return [*link, *both(f"{draw.choice(PASTIMES)[0]} {places(draw, numbers)}")]
    act = deed(draw, head)
    if agrees and not past:
        perfect = draw.chance(0.5)
        verb = [("has", "have"), *both(act.participle)] if perfect else [act.present]
    else:
        verb = both(f"{moment(draw)}{act.past}")
    patient = draw.noun(act.patients)
    clause = [*link, *verb, *both(phrase(draw, patient, numbers[0]))]
    if len(numbers) == 1:
        return clause
    if stacked or draw.chance(0.5):
        inner = relative(draw, patient, numbers[1:], past=past, stacked=stacked)
        return clause + both(" ".join(word[numbers[0]] for word in inner))
    return clause + both(places(draw, numbers[1:]))


def filler(draw: Draw, length: int) -> str:
    """Adverbials of exactly `length` characters, the space before them included; no nouns.

    Raises:
        ValueError: if `length` is below 7; any other length is possible.
    """
    if length < MIN_FILLER:
        raise ValueError(f"no filler is shorter than {MIN_FILLER} characters")
    used = draw.used - set(MANNERS)
    while True:  # chance soon meets the length
        draw.used = set(used)
        text = draw.manner()
        if draw.chance(0.5):
            text = f"{draw.choice(WHEREABOUTS)} {text}"
        room = length - len(f" {text}")
        if room == 0:
            return text
        repeats, rest = divmod(room - len(ONCE_MORE), len(AND_SO_ON))
        if rest == 0 and repeats >= 0:
            return text + ONCE_MORE + AND_SO_ON * repeats
