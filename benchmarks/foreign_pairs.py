"""Writes the corpus and the held-out minimal pairs of a grammar that is not the package's own.

`--out FOLDER` gets `corpus.txt`, one sentence a line, and `pairs.jsonl`, for `charlstm agree
--pairs`. Two pairs are the readings of one item: the subject in both numbers, the attractor in
one that is drawn. Held out of the corpus are, in both numbers and in every construction, the
subject, what stands between, and the verb of each item; if nothing stands between, the subject and
the whole predicate. The same grammar and seed write the same bytes.
"""

import argparse
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from foreign_words import FIRST, NOUNS, VERBS, Grammar, Word
from foreign_words_second import SECOND

from charlstm.pairs.files import write_pairs
from charlstm.pairs.pair import NUMBERS, Pair

GRAMMARS = {"first": FIRST, "second": SECOND}
ITEMS = 120  # of each construction; an item is two pairs
CHARACTERS = 2_750_000
Relation = tuple[str, ...]  # lemmas: a subject, what stands between, and its verb


@dataclass(frozen=True)
class Place:
    """A word of a sentence; `owner` is the noun that gives it its number: "s", "a" or none."""

    word: Word
    kind: str
    owner: str = ""
    tested: bool = False


@dataclass(frozen=True)
class Frame:
    """A sentence whose nouns have no number yet."""

    places: tuple[Place, ...]

    @property
    def tested(self) -> int:
        """The position of the verb that is tested."""
        return next(i for i, place in enumerate(self.places) if place.tested)

    @property
    def has_attractor(self) -> bool:
        """Whether another noun stands before the tested verb."""
        return any(p.kind in NOUNS and p.owner == "a" for p in self.places[: self.tested])

    def relation(self, verb: int) -> Relation:
        """The subject of the verb at a position, what stands between, and the verb, as lemmas."""
        owner, word = self.places[verb].owner, self.places[verb].word
        (subject,) = (i for i, p in enumerate(self.places) if p.kind in NOUNS and p.owner == owner)
        lemmas = tuple(place.word.lemma for place in self.places[subject : verb + 1])
        return lemmas if len(lemmas) > 2 else (*lemmas, word.rest)

    def relations(self) -> Iterator[Relation]:
        """The relation of every verb that agrees."""
        return (self.relation(i) for i, place in enumerate(self.places) if place.kind in VERBS)

    def read(self, subject: int, attractor: int, *, wrong: bool = False) -> str:
        """The sentence in these numbers (0 or 1); if `wrong`, the tested verb has the other."""
        numbers = {"s": subject, "a": attractor, "": 0}
        words = []
        for place in self.places:
            number = numbers[place.owner] ^ (wrong and place.tested)
            words += [place.word.forms[number], place.word.rest]
        text = " ".join(filter(None, words)).replace(" ,", ",")
        return f"{text[0].upper()}{text[1:]}."


def drawn_frame(grammar: Grammar, construction: str, rng: random.Random) -> Frame:
    """A frame of the construction, in which no word of the lexicon stands twice."""
    while True:
        places, seen = [], []
        for token in rng.choice(grammar.templates[construction]).split():
            kind, _, owner = token.strip("?*").partition("/")
            if kind not in grammar.words:
                places.append(Place(Word((kind, kind), kind), kind))
            elif not token.startswith("?") or rng.random() < 0.5:
                word = rng.choice(rng.choice(grammar.words[kind]))
                places.append(Place(word, kind, owner, token.endswith("*")))
                seen.append(word.rest or word.lemma)
        if len(set(seen)) == len(seen):
            return Frame(tuple(places))


def drawn_items(grammar: Grammar, rng: random.Random) -> dict[str, dict[Relation, Frame]]:
    """The items of each construction; no two of all have the same relation."""
    items: dict[str, dict[Relation, Frame]] = {}
    held: set[Relation] = set()
    for construction in grammar.templates:
        items[construction] = {}
        while len(items[construction]) < ITEMS:
            frame = drawn_frame(grammar, construction, rng)
            relation = frame.relation(frame.tested)
            if relation not in held:
                held.add(relation)
                items[construction][relation] = frame
    return items


def pairs_of(construction: str, frames: Iterable[Frame], rng: random.Random) -> Iterator[Pair]:
    """Both pairs of every item."""
    for n, frame in enumerate(frames, 1):
        attractor = rng.randrange(2)
        for subject in (0, 1):
            yield Pair(
                frame.read(subject, attractor),
                frame.read(subject, attractor, wrong=True),
                construction,
                f"{construction} {n}",
                NUMBERS[subject],
                subject == attractor if frame.has_attractor else None,
                int(frame.has_attractor),
            )


def corpus_of(grammar: Grammar, held: set[Relation], rng: random.Random) -> str:
    """Sentences of all constructions, as often each, without the relations that are held out."""
    constructions, sentences, size = list(grammar.templates), [], 0
    while size < CHARACTERS:
        frame = drawn_frame(grammar, rng.choice(constructions), rng)
        if held.isdisjoint(frame.relations()):
            sentences.append(frame.read(rng.randrange(2), rng.randrange(2)) + "\n")
            size += len(sentences[-1])
    return "".join(sentences)


def main() -> None:
    """Write both files and print their sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grammar", choices=GRAMMARS, required=True)
    parser.add_argument("--out", type=Path, metavar="FOLDER", required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    grammar, rng = GRAMMARS[options.grammar], random.Random(options.seed)

    items = drawn_items(grammar, rng)
    pairs = [pair for name in items for pair in pairs_of(name, items[name].values(), rng)]
    corpus = corpus_of(grammar, {relation for frames in items.values() for relation in frames}, rng)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "corpus.txt").write_text(corpus, encoding="utf-8", newline="\n")
    write_pairs(options.out / "pairs.jsonl", pairs, force=True)
    print(f"{options.out}/corpus.txt: {len(corpus):,} characters, {corpus.count('.'):,} sentences")
    print(f"{options.out}/pairs.jsonl: {len(pairs):,} pairs of {len(items)} constructions")


if __name__ == "__main__":
    main()
