"""The agreement corpus: made again byte for byte, balanced, nothing held out, good English."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from repository import ROOT

from charlstm.errors import ConfigError, CorpusError
from charlstm.studies.agreement.corpus import (
    CorpusSettings,
    frames,
    read_settings,
    sentences,
    write_corpus,
)
from charlstm.studies.agreement.draw import HELD_OUT_SHARE, Draw, held_out, not_held_out
from charlstm.studies.agreement.grammar import CONSTRUCTIONS, GRAMMAR
from charlstm.studies.agreement.lexicon import (
    COUPLES,
    LIVING,
    NOUNS,
    PREDICATES,
    PRONOUN_PHRASES,
    Predicate,
)
from charlstm.studies.agreement.phrases import MIN_FILLER, Frame, filler

pytestmark = pytest.mark.slow

BUNDLED = ROOT / "data" / "agreement.txt"
SMALL = CorpusSettings(sentences=4000, seed=5)

SPELLINGS = {form: (noun, number) for noun in NOUNS for number, form in enumerate(noun.forms)}
ENDINGS = {
    f" {p.verb[number]} {p.rest}": (p, number)
    for kind in LIVING
    for p in PREDICATES[kind]
    for number in (0, 1)
}
REPORT = re.compile(r" (?:believe[sd]?|knew|knows?|said|says?|thought|thinks?) that ")


def nouns_in(text: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word in SPELLINGS]


def predicate_of(sentence: str) -> tuple[Predicate, int]:
    """The predicate a sentence ends in, and its number, found by spelling alone."""
    body = sentence.removesuffix(".")
    matches = [match for ending, match in ENDINGS.items() if body.endswith(ending)]
    assert len({(p.lemma, number) for p, number in matches}) == 1, sentence
    return matches[0]


def read_back(sentence: str) -> tuple[str, str, int, int | None]:
    """Subject lemma, predicate lemma, subject number and verb number (None for a pronoun)."""
    before, report, after = sentence.partition(
        match[0] if (match := REPORT.search(sentence)) else "\0"
    )
    if report and after.split()[0] in {"she", "he", "they"}:
        noun, number = SPELLINGS[nouns_in(before)[0]]
        return noun.lemma, after.split(maxsplit=1)[1].removesuffix("."), number, None
    noun, number = SPELLINGS[nouns_in(after or before)[0]]
    predicate, verb_number = predicate_of(sentence)
    return noun.lemma, predicate.lemma, number, verb_number


@pytest.fixture(scope="module")
def bundled() -> list[str]:
    return BUNDLED.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def drawn() -> list[tuple[str, Frame, int]]:
    return list(frames(SMALL))


def test_bundled_corpus_is_made_again_from_its_settings(tmp_path: Path) -> None:
    write_corpus(tmp_path / "agreement.txt", read_settings(BUNDLED))
    assert (tmp_path / "agreement.txt").read_bytes() == BUNDLED.read_bytes()
    assert (tmp_path / "agreement.json").read_bytes() == BUNDLED.with_suffix(".json").read_bytes()


def test_bundled_corpus_is_of_a_size_to_learn_from_in_a_minute(bundled: list[str]) -> None:
    assert 1e6 < BUNDLED.stat().st_size < 2e6
    assert sum(bool(re.match("The cats? which already ate the fish", s)) for s in bundled) >= 5


def test_every_verb_agrees_and_no_held_out_pair_is_there(bundled: list[str]) -> None:
    pairs = set()
    for sentence in bundled:
        subject, predicate, number, verb_number = read_back(sentence)
        assert verb_number in (None, number), sentence
        assert not held_out(subject, predicate), sentence
        pairs.add((subject, predicate))
    assert len(pairs) > 350


def test_pairs_that_a_corpus_without_hold_out_says_are_seen_by_the_reader() -> None:
    everything = sentences(CorpusSettings(sentences=1000, hold_out=False))
    assert sum(held_out(*read_back(sentence)[:2]) for sentence in everything) > 100


def test_hold_out_takes_its_share_and_leaves_each_subject_something() -> None:
    pairs = {(n.lemma, p.lemma) for n in NOUNS for k in n.kinds for p in PREDICATES.get(k, ())}
    couples = {(she.lemma, phrase) for she, _ in COUPLES for phrase in PRONOUN_PHRASES}
    for group in (pairs, couples):
        assert sum(held_out(*pair) for pair in group) / len(group) == pytest.approx(
            HELD_OUT_SHARE, abs=0.1
        )
        assert {subject for subject, _ in group} == {s for s, p in group if not held_out(s, p)}
        assert {predicate for _, predicate in group} == {p for s, p in group if not held_out(s, p)}


def test_sentences_are_well_spelled(bundled: list[str]) -> None:
    for sentence in bundled:
        assert re.fullmatch(r"The [a-z]+(,? [a-z]+)*\.", sentence), sentence
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]|\b(\w+) \1\b", sentence), sentence


def test_no_noun_comes_twice_in_a_sentence(bundled: list[str]) -> None:
    for sentence in bundled:
        lemmas = [SPELLINGS[word][0].lemma for word in nouns_in(sentence)]
        assert len(lemmas) == len(set(lemmas)), sentence


def test_articles_fit_their_nouns(bundled: list[str]) -> None:
    article = re.compile(r"\b(a|an|some) (?:[a-z]+ )?([a-z]+)")
    articles: Counter[str] = Counter()
    for sentence in bundled:
        for determiner, word in article.findall(sentence):
            if word in SPELLINGS:
                number = SPELLINGS[word][1]
                assert number == (determiner == "some"), sentence
                articles[determiner] += 1
    assert set(articles) == {"a", "an", "some"}


def test_who_is_for_people_and_which_for_the_rest(bundled: list[str]) -> None:
    head = re.compile(r"\b([a-z]+) (who|which)\b")
    heads = [(SPELLINGS[noun][0], word) for s in bundled for noun, word in head.findall(s)]
    assert {word for _, word in heads} == {"who", "which"}
    assert all(("person" in noun.kinds) == (word == "who") for noun, word in heads)


def test_numbers_and_congruence_are_balanced(drawn: list[tuple[str, Frame, int]]) -> None:
    cells: Counter[tuple[object, object]] = Counter()
    for name, frame, reading in drawn:
        if name != "pronoun_gender":
            cells["number", reading] += 1
        if frame.others:
            congruent = frame.attractors(reading) == 0
            cells[reading, congruent] += 1
    assert cells["number", 0] == pytest.approx(cells["number", 1], rel=0.1)
    quarter = sum(cells[n, c] for n in (0, 1) for c in (True, False)) / 4
    for number in (0, 1):
        for congruent in (True, False):
            assert cells[number, congruent] == pytest.approx(quarter, rel=0.12)
    assert {name for name, _, _ in drawn} == set(CONSTRUCTIONS)


@pytest.mark.parametrize("most", [0, 1, 3])
def test_attractors_are_limited(most: int) -> None:
    counts: Counter[int] = Counter()
    for name, frame, reading in frames(CorpusSettings(sentences=1500, max_attractors=most)):
        attractors = frame.attractors(reading)
        counts[attractors] += 1
        if name != "pronoun_gender":  # counted again, from the spelling
            text = frame.text(reading)
            clause = text.partition(" that the ")[2] if name == "complement" else text
            number = SPELLINGS[nouns_in(clause)[0]][1]
            others = [SPELLINGS[word][1] for word in nouns_in(text)]
            assert sum(other != number for other in others) == attractors, text
    assert max(counts) == most
    assert set(counts) == set(range(most + 1))


def test_constructions_left_out_are_gone() -> None:
    without = ("object_relative_that", "object_relative_bare")
    settings = CorpusSettings(sentences=800, without=without)
    assert {name for name, _, _ in frames(settings)} == set(CONSTRUCTIONS) - set(without)


def test_longest_filler_is_kept(drawn: list[tuple[str, Frame, int]]) -> None:
    text = [frame.text(0) for name, frame, _ in drawn if name == "adverbials"]
    assert max(map(len, text)) > 150
    short = CorpusSettings(sentences=1500, max_filler=20)
    text = [frame.text(0) for name, frame, _ in frames(short) if name == "adverbials"]
    assert max(map(len, text)) < 100


@pytest.mark.parametrize("length", [*range(MIN_FILLER, 40), 320])
def test_filler_has_any_length(length: int) -> None:
    for rest in ("calm", "happy", "lazy", "quiet", "sad"):
        draw = Draw(Random(length), not_held_out, (0, 0))
        draw.used.add(rest)
        text = filler(draw, length)
        assert len(f" {text}") == length
        assert not nouns_in(text)
        assert length > 150 or not any(word.startswith(rest[:4]) for word in text.split())


def test_filler_too_short_to_exist() -> None:
    with pytest.raises(ValueError, match="7 characters"):
        filler(Draw(Random(0), not_held_out, (0, 0)), MIN_FILLER - 1)


def test_seed_decides_the_corpus() -> None:
    first, second = (list(sentences(CorpusSettings(100, seed))) for seed in (1, 2))
    assert first == list(sentences(CorpusSettings(100, 1)))
    assert first != second


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sentences": 0}, "sentences must be a whole number from 1 up, not 0"),
        ({"max_attractors": -1}, "max_attractors must be"),
        ({"max_filler": 3}, "max_filler must be"),
        ({"sentences": True}, "sentences must be"),
        ({"seed": "one"}, "seed must be"),
        ({"without": ("pronoun_genders",)}, "did you mean 'pronoun_gender'"),
        ({"without": CONSTRUCTIONS}, "leave one in"),
    ],
)
def test_bad_settings_are_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        CorpusSettings(**wrong)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "\udcff", '{"sentences": 1}', "[" * 100_000],
)
def test_bad_settings_files_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises((CorpusError, ConfigError), match=r"c\.json"):
        read_settings(tmp_path / "c.txt")


@pytest.mark.parametrize(
    "change", [{"without": 3}, {"without": "pp"}, {"without": [["pp"]]}, {"sentences": 0.5}]
)
def test_bad_values_in_a_settings_file_are_named(tmp_path: Path, change: dict[str, Any]) -> None:
    write_corpus(tmp_path / "c.txt", CorpusSettings(sentences=3))
    good = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    (tmp_path / "c.json").write_text(json.dumps({**good, **change}), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"c\.json"):
        read_settings(tmp_path / "c.txt")


def test_settings_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="charlstm corpus agreement"):
        read_settings(tmp_path / "c.txt")


def test_a_failed_write_leaves_both_files_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.txt"
    write_corpus(path, CorpusSettings(sentences=3))
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def broken(_settings: CorpusSettings) -> Iterator[str]:
        yield "The cat was full."
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("charlstm.studies.agreement.corpus.sentences", broken)
    with pytest.raises(CorpusError, match="No space left"):
        write_corpus(path, CorpusSettings(sentences=9), force=True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_corpus_and_settings_need_two_names(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"\.txt"):
        write_corpus(tmp_path / "c.json", SMALL)


def test_every_construction_is_written_in_its_own_docstring() -> None:
    for construction in GRAMMAR.values():
        assert re.fullmatch(r"The [^.]+\.", construction.build.__doc__ or "")
