"""Two grammars of agreement that share no noun, verb, adjective or adverb with the package's own.

A construction is a list of templates. A word in capitals is a slot that a word of that class fills;
`/s` or `/a` makes it take the number of the subject or of the attractor; the star marks the verb
that is tested; a slot with a question mark may stay empty. The constructions are those of Marvin &
Linzen (2018), and one more. The second grammar has other words, fillers and orders than the first:
it is there to check what was tuned on the first.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from charlstm.studies.agreement.lexicon import inflected


@dataclass(frozen=True)
class Word:
    """A word in the singular and in the plural; `rest` is what follows an agreeing verb."""

    forms: tuple[str, str]
    lemma: str
    rest: str = ""


@dataclass(frozen=True)
class Grammar:
    """`words` has groups of words for each class (a draw takes a group, then a word of it)."""

    words: dict[str, tuple[tuple[Word, ...], ...]]
    templates: dict[str, tuple[str, ...]]


NOUNS = ("PERSON", "THING", "TIME")
VERBS = ("ACT", "HANDLE", "PREDICATE", "QUALITY", "REPORT", "TRANSITIVE")


def nouns(words: str) -> tuple[Word, ...]:
    """Nouns with a regular plural, or with the one after the slash."""
    pairs = [word.partition("/") for word in words.split()]
    return tuple(Word((noun, plural or inflected(noun)), noun) for noun, _, plural in pairs)


def verbs(words: str) -> tuple[Word, ...]:
    """Verbs of the present tense, of which the singular has the -s."""
    return tuple(Word((inflected(verb), verb), verb) for verb in words.split())


def fixed(words: str) -> tuple[Word, ...]:
    """Words or, between commas, phrases that have one form for both numbers."""
    return tuple(Word((word, word), word) for word in words.split(", "))


def be(adjectives: Iterable[Word]) -> tuple[Word, ...]:
    """To be so, in the present and in the past."""
    forms = (("is", "are"), ("was", "were"))
    return tuple(Word(form, "be", word.lemma) for word in adjectives for form in forms)


def have(participles: str) -> tuple[Word, ...]:
    """To have done so."""
    return tuple(Word(("has", "have"), "have", word.lemma) for word in fixed(participles))


FIRST_ACTS = verbs(
    "bow cough cry complain frown gamble giggle hesitate joke kneel laugh mumble nod pray "
    "shiver shout sigh smile smoke snore stumble swim travel tremble whistle write yawn"
)
FIRST_ADJECTIVES = fixed(
    "absent, active, alert, ambitious, awake, bald, blind, bored, careful, careless, cautious, "
    "cheerful, clumsy, curious, cruel, deaf, elegant, fair, friendly, funny, generous, gentle, "
    "greedy, guilty, handsome, healthy, honest, innocent, jealous, lonely, loyal, lucky, modest, "
    "nervous, polite, popular, proud, rude, selfish, serious, short, shy, strong, stubborn, wise"
)
FIRST = Grammar(
    {
        "PERSON": (
            nouns(
                "baker banker barber butcher captain carpenter clerk coach cousin critic customer "
                "dentist director driver editor engineer expert fisherman/fishermen general guard "
                "guest guide hero/heroes hunter inspector journalist judge juror lawyer librarian "
                "manager mayor mechanic minister mother musician nurse officer painter parent "
                "passenger pianist pilot poet policeman/policemen porter president prisoner "
                "professor senator sergeant servant skater soldier student surgeon tailor "
                "thief/thieves tourist tutor uncle waiter wife/wives witness writer"
            ),
        ),
        "THING": (
            nouns(
                "basket bench bicycle blanket boat bottle box bucket bus candle carpet chair clock "
                "coin couch curtain desk engine fence flag fountain glass hammer helmet kettle "
                "knife/knives ladder lamp letter loaf/loaves mirror needle parcel pencil picture "
                "pillow plate poster radio rope shelf/shelves statue ticket umbrella wagon"
            ),
        ),
        "TRANSITIVE": (
            verbs(
                "admire advise amuse annoy answer blame call convince defend despise disturb envy "
                "greet hire ignore imitate interrupt invite like love notice obey pity praise "
                "remember support teach tease trust visit warn"
            ),
        ),
        "HANDLE": (verbs("borrow buy carry draw hide hold paint repair sell steal use wash"),),
        "ACT": (FIRST_ACTS,),
        "ADJECTIVE": (FIRST_ADJECTIVES,),
        "PREDICATE": (
            be(FIRST_ADJECTIVES),
            have(
                "changed, disappeared, escaped, finished, improved, left, paid, protested, "
                "recovered, resigned, retired, returned, stopped, succeeded, suffered"
            ),
            FIRST_ACTS,
        ),
        "QUALITY": (
            be(
                fixed(
                    "broken, cheap, expensive, heavy, light, missing, modern, narrow, plain, red, "
                    "rusty, useful, wooden, yellow"
                )
            ),
        ),
        "SAID": (
            fixed(
                "announced, believed, claimed, declared, explained, guessed, hoped, revealed, "
                "reported, suspected"
            ),
        ),
        "ADVERB": (
            fixed(
                "carefully, constantly, daily, eagerly, frequently, loudly, nervously, nightly, "
                "proudly, quickly, regularly, secretly, slowly, softly, weekly"
            ),
        ),
        "PREPOSITION": (fixed("across from, at, below, beyond, opposite, under, with"),),
        "ASIDE": (fixed("according to, because of, despite, except for, together with, unlike"),),
    },
    {
        "simple": ("the ?ADJECTIVE PERSON/s PREDICATE/s*",),
        "sentential_complement": ("the PERSON/a SAID the PERSON/s PREDICATE/s*",),
        "short_vp_coordination": ("the PERSON/s ACT/s and PREDICATE/s*",),
        "long_vp_coordination": (
            "the PERSON/s ACT/s PREPOSITION the THING/a ?ADVERB and PREDICATE/s*",
        ),
        "prepositional_phrase": (
            "the PERSON/s PREPOSITION the THING/a PREDICATE/s*",
            "the THING/s PREPOSITION the PERSON/a QUALITY/s*",
        ),
        "subject_relative": ("the PERSON/s that TRANSITIVE/s the PERSON/a PREDICATE/s*",),
        "object_relative_that": (
            "the PERSON/s that the PERSON/a TRANSITIVE/a PREDICATE/s*",
            "the THING/s that the PERSON/a HANDLE/a QUALITY/s*",
        ),
        "object_relative_bare": (
            "the PERSON/s the PERSON/a TRANSITIVE/a PREDICATE/s*",
            "the THING/s the PERSON/a HANDLE/a QUALITY/s*",
        ),
        "within_object_relative_that": (
            "the PERSON/a that the PERSON/s TRANSITIVE/s* PREDICATE/a",
            "the THING/a that the PERSON/s HANDLE/s* QUALITY/a",
        ),
        "within_object_relative_bare": (
            "the PERSON/a the PERSON/s TRANSITIVE/s* PREDICATE/a",
            "the THING/a the PERSON/s HANDLE/s* QUALITY/a",
        ),
        "adverbial": ("the PERSON/s , ASIDE the PERSON/a , PREDICATE/s*",),
    },
)
