"""The pieces of a sentence whose subject is still open: subjects, places, relative clauses."""

from collections.abc import Sequence
from dataclasses import dataclass

from charlstm.studies.agreement.draw import Draw, kind_of
from charlstm.studies.agreement.lexicon import (
    ATTRIBUTES,
    DEEDS,
    FISH,
    MANNERS,
    MOMENTS,
    PASTIMES,
    PREPOSITIONS,
    WHEREABOUTS,
    Deed,
    Noun,
    Predicate,
    Word,
)

SHORTEST = 7  # " calmly", " gladly", " lazily": at least two, whatever the sentence rules out
ONCE_MORE, AND_SO_ON = " again", " and again"  # long, but soon learnt: only the distance is hard


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


def frame(words: list[Word], predicate: Predicate, others: Sequence[int]) -> Frame:
    """A sentence that ends in its predicate."""
    return Frame((*words, predicate.verb, *said(predicate.rest)), len(words), tuple(others))


def said(text: str) -> list[Word]:
    """Words that are the same in both readings; none for the empty text."""
    return [(text, text)] if text else []


def attribute(draw: Draw, noun: Noun) -> str:
    """Now and then an adjective, with its space."""
    if not draw.chance(0.1):
        return ""
    options = [word for word in ATTRIBUTES[kind_of(noun)] if word not in draw.used]
    return f"{draw.word(options)} " if options else ""


def the(draw: Draw, subject: Noun) -> list[Word]:
    """A subject: always definite, so that its ending alone shows its number."""
    return [*said(f"the {attribute(draw, subject)}".strip()), subject.forms]


def phrase(draw: Draw, noun: Noun, number: int) -> str:
    """Any other noun: "the old barn", "an old barn", "some old barns"."""
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
    """Now and then "already", "once" ..., with its space."""
    return draw.one(MOMENTS) + " " if draw.chance(0.15) else ""


def deed(draw: Draw, agent: Noun) -> Deed:
    """Something an agent does that is not yet in the sentence."""
    chosen = draw.one([d for d in DEEDS if d.agents & agent.kinds and d.past not in draw.used])
    draw.used.add(chosen.past)
    return chosen


def relative(
    draw: Draw, head: Noun, numbers: Sequence[int], *, past: bool, stacked: bool = False
) -> list[Word]:
    """A subject relative clause: "which already ate the fish near the old barn".

    Its verb may agree with the head, in the present where the sentence is not `past`: "which has
    seen the dog", "which was near the barn". With several nouns to place, they follow as
    prepositional phrases or, always when `stacked`, as the objects of further clauses: "which
    chased the dogs which followed the farmer".
    """
    agrees = not draw.neutral and draw.chance(0.6)
    link = said(relativiser(draw, head))
    if not stacked and draw.chance(0.4):
        if agrees:
            return [*link, ("was", "were") if past else ("is", "are"), *said(places(draw, numbers))]
        if "hunter" in head.kinds:
            already = "already " if draw.chance(0.5) else ""
            return [*link, *said(f"{already}ate the {FISH} {places(draw, numbers)}")]
        return [*link, *said(f"{draw.one(PASTIMES)[0]} {places(draw, numbers)}")]
    act = deed(draw, head)
    if agrees and not past:
        perfect = draw.chance(0.5)
        verb = [("has", "have"), *said(act.participle)] if perfect else [act.present]
    else:
        verb = said(f"{moment(draw)}{act.past}")
    patient = draw.noun(act.patients)
    clause = [*link, *verb, *said(phrase(draw, patient, numbers[0]))]
    if len(numbers) == 1:
        return clause
    if stacked or draw.chance(0.5):
        inner = relative(draw, patient, numbers[1:], past=past, stacked=stacked)
        return clause + said(" ".join(word[numbers[0]] for word in inner))
    return clause + said(places(draw, numbers[1:]))


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
