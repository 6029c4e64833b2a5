"""The constructions of the agreement grammar, one small function each.

A construction takes the readings of the other nouns, which might mislead the verb (0 singular,
1 plural), and returns a `Frame`, the sentence in both readings of its subject: "The cat near the
barns was full" and "The cats near the barns were full". The verb of the other reading makes the bad
half of a minimal pair.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from charlstm.studies.agreement.draw import Draw, phrases_for
from charlstm.studies.agreement.lexicon import COUPLES, DEEDS, PASTIMES, REPORTS, Noun, Word
from charlstm.studies.agreement.phrases import (
    Frame,
    attribute,
    both,
    filler,
    frame,
    moment,
    phrase,
    places,
    relative,
    relativiser,
    subject_phrase,
)

Readings = Sequence[int]
DEEPEST = 4  # the most stacked nouns: no reader follows more, and the prepositions run out


def simple(draw: Draw, others: Readings) -> Frame:
    """The cat was full."""
    subject, predicate = draw.subject()
    return frame(subject_phrase(draw, subject), predicate, others)


def adverbials(draw: Draw, others: Readings) -> Frame:
    """The cat which waited outside very calmly again and again was full."""
    subject, predicate = draw.subject()
    low, high = draw.filler
    length = low + int((high - low + 1) * draw.rng.random() ** 6)  # mostly short: learnt first
    past, _ = draw.choice(PASTIMES)
    clause = f"{relativiser(draw, subject)} {past} {filler(draw, length)}"
    return frame(subject_phrase(draw, subject) + both(clause), predicate, others)


def prepositional_phrases(draw: Draw, others: Readings) -> Frame:
    """The cat near the old barns was full."""
    subject, predicate = draw.subject()
    return frame(subject_phrase(draw, subject) + both(places(draw, others)), predicate, others)


def subject_relative(draw: Draw, others: Readings) -> Frame:
    """The cat which already ate the fish near the old barns was full."""
    subject, predicate = draw.subject()
    clause = relative(draw, subject, others, past=predicate.past)
    return frame(subject_phrase(draw, subject) + clause, predicate, others)


def stacked_relatives(draw: Draw, others: Readings) -> Frame:
    """The cat which chased the dogs which followed the farmers was full."""
    subject, predicate = draw.subject()
    clause = relative(draw, subject, others, past=predicate.past, stacked=True)
    return frame(subject_phrase(draw, subject) + clause, predicate, others)


def object_relative_that(draw: Draw, others: Readings) -> Frame:
    """The cat that the dogs chased was full."""
    return _object_relative(draw, others, marked=True)


def object_relative_bare(draw: Draw, others: Readings) -> Frame:
    """The cat the dogs chased was full."""
    return _object_relative(draw, others, marked=False)


def _object_relative(draw: Draw, others: Readings, *, marked: bool) -> Frame:
    subject, predicate = draw.subject()
    act = draw.choice([deed for deed in DEEDS if deed.patients & subject.kinds])
    agent = draw.noun(act.agents)
    present = not predicate.past and draw.chance(0.5)  # it agrees with the agent
    verb = act.present[others[0]] if present else f"{moment(draw)}{act.past}"
    clause = f"{relativiser(draw, subject)} " if marked else ""
    clause += f"{phrase(draw, agent, others[0])} {verb}"
    clause = f"{clause} {places(draw, others[1:])}".strip()
    return frame(subject_phrase(draw, subject) + both(clause), predicate, others)


def complement(draw: Draw, others: Readings) -> Frame:
    """The farmers said that the cat was full."""
    past = draw.chance(0.5)
    past_form, present_forms = draw.choice(REPORTS)
    subject, predicate = draw.subject(lambda p: p.past is past)
    speaker = draw.noun(["person"])
    report = past_form if past else present_forms[others[0]]
    opening = f"the {attribute(draw, speaker)}{speaker.forms[others[0]]} {report} that"
    return frame(both(opening) + subject_phrase(draw, subject), predicate, others)


def coordination_short(draw: Draw, others: Readings) -> Frame:
    """The cat waited quietly and was full."""
    return _coordination(draw, others, draw.manner)


def coordination_long(draw: Draw, others: Readings) -> Frame:
    """The cat waits behind the old barns and is full."""
    return _coordination(draw, others, lambda: places(draw, others))


def _coordination(draw: Draw, others: Readings, adjunct: Callable[[], str]) -> Frame:
    past = draw.chance(0.5)
    subject, predicate = draw.subject(lambda p: p.past is past and p.passing)
    past_form, present_forms = draw.choice(PASTIMES)
    first: Word = (past_form, past_form) if past else present_forms
    words = [*subject_phrase(draw, subject), first, *both(f"{adjunct()} and")]
    return frame(words, predicate, others)


def pronoun_gender(draw: Draw, others: Readings) -> Frame:
    """The actress who met the king said that she could sing well."""
    couple = draw.couple()
    she, he = (noun.forms[0] for noun in couple)
    rival = [draw.use(draw.choice(_unused_couples(draw))[gender]).forms[0] for gender in others]
    return _pronoun(draw, couple[0], (she, he), ("she", "he"), rival, others)


def pronoun_number(draw: Draw, others: Readings) -> Frame:
    """The actresses who met the king said that they could sing well."""
    subject = draw.choice(draw.couple())
    pronoun = "she" if subject in {she for she, _ in COUPLES} else "he"
    other = [draw.noun(["person"]).forms[number] for number in others]
    return _pronoun(draw, subject, subject.forms, (pronoun, "they"), other, others)


def _unused_couples(draw: Draw) -> list[tuple[Noun, Noun]]:
    return [couple for couple in COUPLES if draw.is_unused(couple[0])]


def _pronoun(
    draw: Draw, subject: Noun, forms: Word, pronouns: Word, other: Sequence[str], others: Readings
) -> Frame:
    report, _ = draw.choice(REPORTS)
    ending = draw.choice(phrases_for(subject.lemma, draw.allowed))
    words = [*both(f"the {attribute(draw, subject)}".strip()), forms]
    if other and draw.chance(0.3):
        words += both(f"{draw.choice(('behind', 'beside', 'near', 'next to'))} the {other[0]}")
    elif other:
        act = draw.choice([deed for deed in DEEDS if "person" in deed.agents & deed.patients])
        words += both(f"{relativiser(draw, subject)} {moment(draw)}{act.past} the {other[0]}")
    words += [*both(f"{report} that"), pronouns, *both(ending)]
    return Frame(tuple(words), len(words) - 2, tuple(others))


@dataclass(frozen=True)
class Construction:
    """How to build a construction, its share of a corpus, and how many other nouns it has.

    A corpus also has it without these nouns if it is `bare`, and with more of them, stacked, if it
    `deepens`.
    """

    build: Callable[[Draw, Readings], Frame]
    weight: int = 2
    nouns: int = 1
    bare: bool = False
    deepens: bool = False

    def depths(self, max_attractors: int) -> range:
        """How many other nouns a sentence of a corpus may have: if they stack, 2 to 4 at most."""
        most = max(2, min(max_attractors, DEEPEST)) if self.deepens else self.nouns
        return range(0 if self.bare else self.nouns, most + 1)


GRAMMAR: dict[str, Construction] = {
    "simple": Construction(simple, weight=3, nouns=0),
    "adverbials": Construction(adverbials, weight=1, nouns=0),
    "pp": Construction(prepositional_phrases, weight=3, deepens=True),
    "subject_relative": Construction(subject_relative, weight=4, deepens=True),
    "object_relative_that": Construction(object_relative_that, deepens=True),
    "object_relative_bare": Construction(object_relative_bare, deepens=True),
    "complement": Construction(complement),
    "coordination_short": Construction(coordination_short, weight=3, nouns=0),
    "coordination_long": Construction(coordination_long, weight=2),
    "pronoun_gender": Construction(pronoun_gender, weight=2, bare=True),
    "pronoun_number": Construction(pronoun_number, weight=1, bare=True),
}
CONSTRUCTIONS: tuple[str, ...] = tuple(GRAMMAR)
