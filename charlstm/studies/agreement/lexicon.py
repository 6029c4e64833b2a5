"""The words of the agreement grammar: nouns, what they did, and what a sentence says of them.

Every sentence of the grammar has two readings: reading 0 is singular and reading 1 plural or, where
a pronoun agrees in gender, 0 is feminine and 1 masculine. A word that differs between the readings
is a `Word`, its two spellings.

The lexicon is small on purpose: the fewer the words, the sooner a network has learnt to spell them
and has only the agreement left to learn (measured in docs/agreement.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass

Word = tuple[str, str]  # a word in reading 0 and in reading 1


@dataclass(frozen=True)
class Noun:
    """A noun; `lemma` is shared by actress and actor, so that both are held out together."""

    forms: Word
    lemma: str
    kinds: frozenset[str]


@dataclass(frozen=True)
class Predicate:
    """What a sentence says of its subject: the agreeing verb in both numbers, and the rest."""

    lemma: str
    verb: Word
    rest: str
    past: bool
    passing: bool  # a passing state follows "waited and": "was tired" does, "was clever" does not


@dataclass(frozen=True)
class Deed:
    """A verb that takes an object: its past, its present in both numbers, and its participle.

    `agents` are the kinds of noun that do it, `patients` the kinds that it is done to.
    """

    past: str
    present: Word
    participle: str
    agents: frozenset[str]
    patients: frozenset[str]


def inflected(word: str) -> str:
    """The regular -s form, of a noun or a verb: cat, fox, cherry -> cats, foxes, cherries."""
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def _nouns(kinds: str, words: str) -> Iterator[Noun]:
    for word in words.split():
        singular, _, plural = word.partition("/")
        yield Noun((singular, plural or inflected(singular)), singular, frozenset(kinds.split()))


# A feminine and a masculine noun for each couple. The two share one lemma.
COUPLES: tuple[tuple[Noun, Noun], ...] = tuple(
    (
        Noun((she, plural_she or inflected(she)), f"{she}/{he}", frozenset({"person"})),
        Noun((he, plural_he or inflected(he)), f"{she}/{he}", frozenset({"person"})),
    )
    for she, plural_she, he, plural_he in (
        ("actress", "", "actor", ""),
        ("girl", "", "boy", ""),
        ("queen", "", "king", ""),
        ("sister", "", "brother", ""),
        ("woman", "women", "man", "men"),
    )
)

NOUNS: tuple[Noun, ...] = (
    *_nouns("animal hunter", "cat dog fox"),
    *_nouns("animal", "bird cow duck goat horse monkey mouse/mice pig rabbit"),
    *(noun for couple in COUPLES for noun in couple),
    *_nouns("person", "child/children doctor farmer teacher"),
    *_nouns("place", "barn bridge castle church garden gate hill house mill tower tree wall"),
)
LIVING = ("animal", "person")
FISH = "fish"  # has one form for both numbers, so it shows no number between subject and verb

ATTRIBUTES = {
    "animal": ("young", "old", "black", "white"),
    "person": ("young", "old", "tall"),
    "place": ("old", "new", "big"),
}

# The cat was / is ... : states pass within hours, traits last.
STATES = {
    "animal": "afraid calm full happy hungry quiet sleepy thirsty tired wet",
    "person": "afraid angry busy happy hungry ill ready sad tired",
}
TRAITS = {
    "animal": "brave clever lazy",
    "person": "clever famous kind rich",
}
# The cat has ...
PERFECTS = {
    "animal": "come back, fallen asleep, run away",
    "person": "come back, fallen asleep, gone home",
}
# The cat ...s: actions pass, habits last.
ACTIONS = {
    "animal": "jump high, play outside",
    "person": "sing well, work hard",
}
HABITS = {
    "animal": "live alone, sleep well",
    "person": "live alone, sleep well",
}


def _predicates(kind: str) -> Iterator[Predicate]:
    for adjectives, passing in ((STATES[kind], True), (TRAITS[kind], False)):
        for adjective in adjectives.split():
            lemma = f"be {adjective}"
            yield Predicate(lemma, ("was", "were"), adjective, past=True, passing=passing)
            yield Predicate(lemma, ("is", "are"), adjective, past=False, passing=passing)
    for participle in PERFECTS[kind].split(", "):
        lemma = f"have {participle}"
        yield Predicate(lemma, ("has", "have"), participle, past=False, passing=False)
    for phrases, passing in ((ACTIONS[kind], True), (HABITS[kind], False)):
        for phrase in phrases.split(", "):
            verb, rest = phrase.split(maxsplit=1)
            yield Predicate(phrase, (inflected(verb), verb), rest, past=False, passing=passing)


PREDICATES: dict[str, tuple[Predicate, ...]] = {kind: tuple(_predicates(kind)) for kind in LIVING}

# These follow "said that she" and show neither number nor gender.
PRONOUN_PHRASES = (
    "could dance",
    "could not sleep",
    "could sing well",
    "had arrived too late",
    "had lost again",
    "had slept well",
    "might be late",
    "would come back soon",
    "would not forget",
    "would try again",
)


def _deeds(agents: str, patients: str, verbs: str) -> Iterator[Deed]:
    for verb in verbs.split(", "):
        base, past, participle = verb.split()
        forms = (inflected(base), base)
        yield Deed(past, forms, participle, frozenset(agents.split()), frozenset(patients.split()))


DEEDS: tuple[Deed, ...] = (
    *_deeds("hunter", "animal", "chase chased chased"),
    *_deeds("animal", "animal person", "avoid avoided avoided, hear heard heard, see saw seen"),
    *_deeds("person", "animal", "feed fed fed, watch watched watched"),
    *_deeds("person", "person", "help helped helped, thank thanked thanked"),
    *_deeds("animal person", "animal person", "follow followed followed, meet met met"),
)
# Before a past verb: "which already ate".
MOMENTS = ("already", "often", "once")

PREPOSITIONS = ("behind", "beside", "by", "in front of", "near", "next to")

# What the subject did or does: the past, which shows no number, then the present in both.
PASTIMES: tuple[tuple[str, Word], ...] = (
    ("rested", ("rests", "rest")),
    ("sat", ("sits", "sit")),
    ("stood", ("stands", "stand")),
    ("waited", ("waits", "wait")),
)

# Of these the filler is made: "outside very calmly again and again". No nouns, no number.
WHEREABOUTS = ("here", "indoors", "inside", "nearby", "outside", "there")
DEGREES = ("quite", "rather", "very")
MANNERS = (
    "calmly",
    "cheerfully",
    "gladly",
    "happily",
    "lazily",
    "patiently",
    "quietly",
    "sadly",
    "silently",
    "sleepily",
)

# What a speaker did or does: the past, then the present in both numbers.
REPORTS: tuple[tuple[str, Word], ...] = (
    ("knew", ("knows", "know")),
    ("said", ("says", "say")),
    ("thought", ("thinks", "think")),
)
