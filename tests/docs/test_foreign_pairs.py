"""The two foreign grammars: half of their pairs mislead, and none stands in the corpus."""

import importlib
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from repository import ROOT

from charlstm.pairs.files import read_pairs
from charlstm.pairs.pair import Pair

BENCHMARKS = ROOT / "benchmarks"
GRAMMARS = ("first", "second")


def write(grammar: str, folder: Path, *words: str) -> None:
    script = [sys.executable, str(BENCHMARKS / "foreign_pairs.py")]
    command = [*script, "--grammar", grammar, "--out", str(folder), *words]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


@pytest.fixture(scope="module", params=GRAMMARS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("foreign") / request.param
    write(request.param, out)
    return out


class Lexicon:
    """The words that fill the slots of a grammar."""

    def __init__(self, grammar: Any) -> None:
        words = {kind: [w for group in gs for w in group] for kind, gs in grammar.words.items()}
        every = [word for kind in words.values() for word in kind]
        self.singular = {form: word.forms[0] for word in every for form in word.forms}
        self.phrases = {*self.singular, *(word.rest for word in every)}
        self.nouns = {word.forms[0] for kind in ("PERSON", "THING") for word in words[kind]}
        said = (word for kind in ("SAID", "REPORT") for word in words.get(kind, []))
        self.said = {word.forms[0] for word in said}

    def folded(self, words: list[str]) -> list[str]:
        """The words with every number folded into the singular."""
        return [self.singular.get(word, word) for word in words]

    def from_subject(self, folded: list[str]) -> list[str]:
        """What follows the first noun or, if somebody says something, the first noun of that."""
        said = next((i for i, word in enumerate(folded) if word in self.said), 0)
        return folded[next(i for i, w in enumerate(folded) if i >= said and w in self.nouns) :]


@pytest.fixture
def lexicons(monkeypatch: pytest.MonkeyPatch) -> dict[str, Lexicon]:
    monkeypatch.syspath_prepend(BENCHMARKS)
    grammars = importlib.import_module("foreign_pairs").GRAMMARS
    return {name: Lexicon(grammar) for name, grammar in grammars.items()}


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z]+|,", text.lower())


def items_of(folder: Path) -> list[tuple[Pair, Pair]]:
    pairs = read_pairs(folder / "pairs.jsonl")
    return list(zip(pairs[::2], pairs[1::2], strict=True))


def test_a_pair_differs_in_its_verb_and_an_item_in_its_subject_first(folder: Path) -> None:
    for one, many in items_of(folder):
        assert one.item == many.item
        assert (one.subject_number, many.subject_number) == ("singular", "plural")
        verbs = set()
        for pair in (one, many):
            good, bad = pair.sentence_good.split(), pair.sentence_bad.split()
            ((right, wrong),) = ((g, b) for g, b in zip(good, bad, strict=True) if g != b)
            verbs.add(frozenset((right.strip("."), wrong.strip("."))))
        assert len(verbs) == 1


def test_eleven_constructions_of_which_half_the_pairs_mislead(folder: Path) -> None:
    pairs = [pair for item in items_of(folder) for pair in item]
    assert len({pair.sentence_good for pair in pairs}) == len(pairs)
    counts = Counter((pair.condition, pair.congruent) for pair in pairs)
    assert len({condition for condition, _ in counts}) == 11
    without = {condition for condition, congruent in counts if congruent is None}
    assert without == {"simple", "short_vp_coordination"}
    assert all(n == (240 if congruent is None else 120) for (_, congruent), n in counts.items())


def test_no_subject_with_what_stands_between_and_verb_of_a_pair_is_in_the_corpus(
    folder: Path, lexicons: dict[str, Lexicon]
) -> None:
    lexicon = lexicons[folder.name]
    text = (folder / "corpus.txt").read_text(encoding="utf-8")
    assert 2_500_000 < len(text) < 3_000_000
    lines = [lexicon.folded(words_of(line)) for line in text.splitlines()]
    corpus = "".join(f"\n {' '.join(line)} " for line in lines)
    clauses = "".join(f"\n{' '.join(lexicon.from_subject(line))} " for line in lines)
    for one, many in items_of(folder):
        bad = words_of(one.sentence_bad)
        good, other = words_of(one.sentence_good), words_of(many.sentence_good)
        subject = [a == b for a, b in zip(good, other, strict=True)].index(False)
        verb = [a == b for a, b in zip(good, bad, strict=True)].index(False)
        whole = one.condition in ("simple", "sentential_complement")  # nothing stands between
        for tense in ("is", "was") if good[verb] in ("is", "was") else (good[verb],):
            words = [*good[subject:verb], tense, *(good[verb + 1 :] if whole else ())]
            held = " ".join(lexicon.folded(words))
            assert f"\n{held} " not in clauses if whole else f" {held} " not in corpus


def test_all_words_of_the_pairs_stand_in_the_corpus(folder: Path) -> None:
    seen = set(words_of((folder / "corpus.txt").read_text(encoding="utf-8")))
    for pair in (pair for item in items_of(folder) for pair in item):
        assert seen.issuperset(words_of(f"{pair.sentence_good} {pair.sentence_bad}"))


def test_the_grammars_share_no_words_with_each_other_or_with_the_packages_own(
    lexicons: dict[str, Lexicon],
) -> None:
    own = set(words_of((ROOT / "data" / "agreement.txt").read_text(encoding="utf-8")))
    agreeing = {"is", "are", "was", "were", "has", "have"}
    words = [set(words_of(" ".join(lexicons[name].phrases))) - agreeing for name in GRAMMARS]
    assert min(map(len, words)) > 300
    assert not words[0] & words[1]
    assert (words[0] | words[1]) & own <= {"to", "of"}


@pytest.mark.parametrize("folder", ["first"], indirect=True)
def test_the_seed_decides_every_byte(folder: Path, tmp_path: Path) -> None:
    write("first", tmp_path / "again", "--seed", "1")
    write("first", tmp_path / "other", "--seed", "2")
    for name in ("corpus.txt", "pairs.jsonl"):
        made = (folder / name).read_bytes()
        assert made == (tmp_path / "again" / name).read_bytes()
        assert made != (tmp_path / "other" / name).read_bytes()
