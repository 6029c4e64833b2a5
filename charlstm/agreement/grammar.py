"""The constructions of the agreement grammar, one small function each.

A construction is given the numbers of the nouns that might mislead the verb (0 singular, 1 plural)
and returns a `Frame`: the sentence with its subject still open. So one frame is both "The cat near
the barns was full" and "The cats near the barns were full"; its verb in the wrong number makes it
the other half of a minimal pair. Where a pronoun agrees in gender, 0 is feminine, 1 masculine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from charlstm.agreement.draw import Draw, phrases_for
from charlstm.agreement.filler import filler
from charlstm.agreement.lexicon import (
    COUPLES,
    LIVING,
    PASTIMES,
    REPORTS,
    Noun,
    Word,
)
from charlstm.agreement.phrases import (
    Frame,
    attribute,
    deed,
    frame,
    moment,
    phrase,
    places,
    relative,
    relativiser,
    said,
    the,
)

Numbers = Sequence[int]
DEEPEST = 4  # stacked nouns at most; beyond, no speaker follows and the prepositions run out


def simple(draw: Draw, others: Numbers) -> Frame:
    """The cat was full."""
    subject, predicate = draw.subject()
    return frame(draw, the(draw, subject), predicate, others)


def adverbials(draw: Draw, others: Numbers) -> Frame:
    """The cat which waited outside very calmly, then inside rather quietly was full."""
    subject, predicate = draw.subject(LIVING)
    low, high = draw.filler
    length = low + draw.below(high - low + 1)
    past, _ = draw.one(PASTIMES)
    clause = f"{relativiser(draw, subject)} {past} {filler(draw, length)}"
    return frame(draw, the(draw, subject) + said(clause), predicate, others)


def pp(draw: Draw, others: Numbers) -> Frame:
    """The cat near the old barns was full."""
    subject, predicate = draw.subject()
    near = ("building", "place", *(LIVING if subject.kinds & set(LIVING) else ()))
    where = places(draw, others, first=near)
    return frame(draw, the(draw, subject) + said(where), predicate, others)


def subject_relative(draw: Draw, others: Numbers) -> Frame:
    """The cat which already ate the fish near the old barns was full."""
    subject, predicate = draw.subject()
    clause = said(relative(draw, subject, others))
    return frame(draw, the(draw, subject) + clause, predicate, others)


def stacked_relatives(draw: Draw, others: Numbers) -> Frame:
    """The cat which chased the dogs which followed the farmers was full."""
    subject, predicate = draw.subject(LIVING)
    clause = relative(draw, subject, others, stacked=True)
    return frame(draw, the(draw, subject) + said(clause), predicate, others)


def object_relative_that(draw: Draw, others: Numbers) -> Frame:
    """The cat that the dogs chased was full."""
    return _object_relative(draw, others, marked=True)


def object_relative_bare(draw: Draw, others: Numbers) -> Frame:
    """The cat the dogs chased was full."""
    return _object_relative(draw, others, marked=False)


def _object_relative(draw: Draw, others: Numbers, *, marked: bool) -> Frame:
    living = frozenset(LIVING)
    subject, predicate = draw.subject()
    act = deed(draw, lambda d: d.patients & subject.kinds and d.agents & (living | {"hunter"}))
    agent = draw.noun([draw.one(sorted(act.agents))])
    clause = f"{relativiser(draw, subject)} " if marked else ""
    clause += f"{phrase(draw, agent, others[0])} {moment(draw, agent)}{act.past}"
    clause = f"{clause} {places(draw, others[1:])}".strip()
    return frame(draw, the(draw, subject) + said(clause), predicate, others)


def complement(draw: Draw, others: Numbers) -> Frame:
    """The farmers said that the cat was full."""
    past = draw.chance(0.5)
    told, tells = draw.one(REPORTS)
    subject, predicate = draw.subject(fits=lambda p: p.past is past)
    speaker = draw.noun(["person"])
    report = told if past else tells[others[0]]
    opening = f"the {attribute(draw, speaker)}{speaker.forms[others[0]]} {report} that"
    return frame(draw, said(opening) + the(draw, subject), predicate, others)


def coordination_short(draw: Draw, others: Numbers) -> Frame:
    """The cat waited quietly and was full."""
    return _coordination(draw, others, draw.manner)


def coordination_long(draw: Draw, others: Numbers) -> Frame:
    """The cat waits behind the old barns and is full."""
    return _coordination(draw, others, lambda: places(draw, others))


def _coordination(draw: Draw, others: Numbers, how: Callable[[], str]) -> Frame:
    past = draw.chance(0.5)
    subject, predicate = draw.subject(LIVING, fits=lambda p: p.past is past and p.passing)
    waited, waits = draw.one(PASTIMES)
    first: Word = (waited, waited) if past else waits
    words = [*the(draw, subject), first, *said(f"{how()} and")]
    return frame(draw, words, predicate, others)


def pronoun_gender(draw: Draw, others: Numbers) -> Frame:
    """The actress who met the king said that she could sing well."""
    couple = draw.couple()
    she, he = (noun.forms[0] for noun in couple)
    rival = draw.one([c for c in COUPLES if draw.fresh(c[0])])[others[0]]
    return _pronoun(draw, couple[0], (she, he), ("she", "he"), draw.taken(rival), 0, others)


def pronoun_number(draw: Draw, others: Numbers) -> Frame:
    """The actresses who met the king said that they could sing well."""
    subject = draw.one(draw.couple())
    pronoun = "she" if subject in {she for she, _ in COUPLES} else "he"
    other = draw.noun(["person"])
    return _pronoun(draw, subject, subject.forms, (pronoun, "they"), other, others[0], others)


def _pronoun(
    draw: Draw,
    subject: Noun,
    forms: Word,
    pronouns: Word,
    other: Noun,
    number: int,
    others: Numbers,
) -> Frame:
    told, _ = draw.one(REPORTS)
    ending = draw.one(phrases_for(subject.lemma, draw.allowed))
    opening = [*said(f"the {attribute(draw, subject)}".strip()), forms]
    if draw.chance(0.3):
        link = draw.one(("behind", "beside", "near", "next to"))
    else:
        act = deed(draw, lambda d: {"person"} <= d.agents and {"person"} == d.patients)
        link = f"{relativiser(draw, subject)} {moment(draw, subject)}{act.past}"
    clause = f"{link} {phrase(draw, other, number)} {told} that"
    words = [*opening, *said(clause), pronouns, *said(ending)]
    return Frame(tuple(words), len(words) - 2, tuple(others))


@dataclass(frozen=True)
class Construction:
    """How to build it, its share of a corpus, and how many misleading nouns it has room for."""

    build: Callable[[Draw, Numbers], Frame]
    weight: int = 2
    nouns: int = 1
    deepens: bool = False  # there may be more nouns, stacked

    def depths(self, max_attractors: int) -> range:
        """How many other nouns a corpus may put in: 2 where they stack, or as many as wanted."""
        most = max(2, min(max_attractors, DEEPEST)) if self.deepens else self.nouns
        return range(self.nouns, most + 1)


GRAMMAR: dict[str, Construction] = {
    "simple": Construction(simple, nouns=0),
    "adverbials": Construction(adverbials, nouns=0),
    "pp": Construction(pp, weight=3, deepens=True),
    "subject_relative": Construction(subject_relative, weight=4, deepens=True),
    "object_relative_that": Construction(object_relative_that, deepens=True),
    "object_relative_bare": Construction(object_relative_bare, deepens=True),
    "complement": Construction(complement),
    "coordination_short": Construction(coordination_short, nouns=0),
    "coordination_long": Construction(coordination_long),
    "pronoun_gender": Construction(pronoun_gender, weight=1),
    "pronoun_number": Construction(pronoun_number, weight=1),
}
CONSTRUCTIONS: tuple[str, ...] = tuple(GRAMMAR)
