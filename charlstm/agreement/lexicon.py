"""The words of the agreement grammar: who there is, what they did, and what can be said of them.

What differs between two readings is a pair of spellings: singular and plural or, where a pronoun
agrees in gender, feminine and masculine. Verbs inside clauses are past and show neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass

Word = tuple[str, str]  # one word in its two readings


@dataclass(frozen=True)
class Noun:
    """A noun; `lemma` is shared by actress and actor, so that both are held out together."""

    forms: Word
    lemma: str
    kinds: frozenset[str]


@dataclass(frozen=True)
class Predicate:
    """What is said of a subject: the agreeing verb in both numbers, and the words after it."""

    lemma: str
    verb: Word
    rest: str
    past: bool
    passing: bool  # it waited and was tired, but hardly: it waited and was clever


@dataclass(frozen=True)
class Deed:
    """A past-tense verb, the kinds of noun that do it and the kinds that it is done to."""

    past: str
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
        ("aunt", "", "uncle", ""),
        ("bride", "", "groom", ""),
        ("daughter", "", "son", ""),
        ("duchess", "", "duke", ""),
        ("girl", "", "boy", ""),
        ("mother", "", "father", ""),
        ("niece", "", "nephew", ""),
        ("nun", "", "monk", ""),
        ("princess", "", "prince", ""),
        ("queen", "", "king", ""),
        ("sister", "", "brother", ""),
        ("waitress", "", "waiter", ""),
        ("woman", "women", "man", "men"),
    )
)

NOUNS: tuple[Noun, ...] = (
    *_nouns("animal hunter", "cat dog fox wolf/wolves"),
    *_nouns("animal grazer", "cow goat horse rabbit"),
    *_nouns("animal", "bird duck goose/geese mouse/mice monkey pig"),
    *(noun for couple in COUPLES for noun in couple),
    *_nouns("person", "child/children doctor farmer lawyer neighbour painter pilot sailor teacher"),
    *_nouns("building", "barn castle church cottage house mill stable tower"),
    *_nouns("thing", "basket boat box cart chair clock lamp piano table"),
    *_nouns("place", "bench bridge fence fountain garden gate hill pond tree wall"),
    *_nouns("meat", "egg sausage"),
    *_nouns("plant", "apple carrot cherry nut"),
)
LIVING = ("animal", "person")
SUBJECT_KINDS = (*LIVING, "building", "thing")
FISH = "fish"  # one form for both numbers: it can stand between subject and verb and say nothing

ATTRIBUTES = {
    "animal": ("young", "old", "big", "little", "black", "white", "brown"),
    "person": ("young", "old", "tall"),
    "building": ("old", "new", "big", "little", "red", "white"),
    "thing": ("old", "new", "big", "little", "red", "white"),
    "place": ("old", "new", "big", "little"),
    "meat": ("big", "little"),
    "plant": ("big", "little"),
}

# The cat was / is ... : first what may change from one hour to the next, then what lasts.
STATES = {
    "animal": "afraid calm dirty full happy hungry quiet safe sleepy thirsty tired wet",
    "person": "afraid angry busy happy hungry ill lonely proud ready sad tired",
    "building": "cold dark dirty empty quiet safe warm",
    "thing": "broken clean dirty missing ready wet",
}
TRAITS = {
    "animal": "brave clever healthy lazy",
    "person": "clever famous honest kind polite rich",
    "building": "beautiful expensive famous huge ugly",
    "thing": "beautiful cheap expensive heavy ugly useless",
}
# The cat has ...
PERFECTS = {
    "animal": "come back, disappeared, fallen asleep, grown fat, run away, woken up",
    "person": "changed, come back, disappeared, fallen asleep, gone home, woken up",
    "building": "become famous, burned down, collapsed, changed, disappeared",
    "thing": "become useless, disappeared, fallen apart, fallen over",
}
# The cat ...s: again what passes, then what lasts.
ACTIONS = {
    "animal": "dream often, drink slowly, jump high, play outside",
    "person": "dance badly, laugh often, sing well, smile often, work hard",
    "building": "",
    "thing": "",
}
HABITS = {
    "animal": "learn fast, live alone, sleep well",
    "person": "cook well, learn fast, live alone, sleep well, travel often",
    "building": "leak badly, look strange, seem safe, smell bad",
    "thing": "cost too much, look strange, seem safe, smell bad, work well",
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
        for phrase in filter(None, phrases.split(", ")):
            verb, rest = phrase.split(maxsplit=1)
            yield Predicate(phrase, (inflected(verb), verb), rest, past=False, passing=passing)


PREDICATES: dict[str, tuple[Predicate, ...]] = {
    kind: tuple(_predicates(kind)) for kind in SUBJECT_KINDS
}

# What stands after "said that she": nothing here shows number or gender.
PRONOUN_PHRASES = (
    "could dance",
    "could not sleep",
    "could sing well",
    "had arrived too late",
    "had been wrong",
    "had lost again",
    "had slept well",
    "had worked too hard",
    "might be late",
    "must leave early",
    "should stay longer",
    "would come back soon",
    "would never give up",
    "would not forget",
    "would soon be famous",
    "would try again",
)


def _deeds(agents: str, patients: str, verbs: str) -> Iterator[Deed]:
    for verb in verbs.split(", "):
        yield Deed(verb, frozenset(agents.split()), frozenset(patients.split()))


DEEDS: tuple[Deed, ...] = (
    *_deeds("hunter", "meat", "ate, stole"),
    *_deeds("grazer", "plant", "ate, found"),
    *_deeds("hunter", "animal", "chased"),
    *_deeds("animal", "animal person", "avoided, followed, heard, saw, watched"),
    *_deeds("person", "animal", "bought, called, fed, found, watched"),
    *_deeds("person", "person", "admired, called, helped, met, thanked, visited"),
    *_deeds("person", "building", "built, left, painted, sold, visited"),
    *_deeds("person", "thing", "bought, carried, found, painted, repaired, sold"),
    *_deeds("building thing", "person", "belonged to, surprised"),
    *_deeds("building", "building place", "faced, stood near, stood behind"),
    *_deeds("thing", "building place", "lay near, lay behind, stood beside"),
)
# Before such a verb: "which already ate".
MOMENTS = ("already", "finally", "often", "once")

PREPOSITIONS = ("behind", "beside", "by", "in front of", "near", "next to")

# What the subject did or does: past, which shows no number, then present in both.
PASTIMES: tuple[tuple[str, Word], ...] = (
    ("hid", ("hides", "hide")),
    ("rested", ("rests", "rest")),
    ("sat", ("sits", "sit")),
    ("stayed", ("stays", "stay")),
    ("stood", ("stands", "stand")),
    ("waited", ("waits", "wait")),
)

# The filler: "outside very calmly, then upstairs rather quietly". No nouns, no number.
WHEREABOUTS = ("downstairs", "here", "indoors", "inside", "nearby", "outdoors", "outside", "there")
DEGREES = ("quite", "rather", "very")
MANNERS = (
    "anxiously",
    "calmly",
    "cheerfully",
    "comfortably",
    "contentedly",
    "gladly",
    "happily",
    "idly",
    "lazily",
    "nervously",
    "patiently",
    "peacefully",
    "quietly",
    "sadly",
    "secretly",
    "silently",
    "sleepily",
)
SEQUELS = ("later", "soon", "then")

# Whoever says something says it of somebody: past, then present in both numbers.
REPORTS: tuple[tuple[str, Word], ...] = (
    ("believed", ("believes", "believe")),
    ("knew", ("knows", "know")),
    ("said", ("says", "say")),
    ("thought", ("thinks", "think")),
)
