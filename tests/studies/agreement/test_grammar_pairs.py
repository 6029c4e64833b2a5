"""The grammar's minimal pairs: one word apart, balanced, held out, and never in the corpus."""

import re
from collections import Counter, defaultdict

import pytest
from repository import ROOT

from charlstm.errors import ConfigError
from charlstm.pairs.pair import Pair, first_difference
from charlstm.studies.agreement.corpus import CorpusSettings, read_settings
from charlstm.studies.agreement.grammar import CONSTRUCTIONS
from charlstm.studies.agreement.grammar_pairs import GrammarPairs
from charlstm.studies.agreement.lexicon import NOUNS

BUNDLED = ROOT / "data" / "agreement.txt"
STANDARD = GrammarPairs(CorpusSettings())
PLAIN = {"simple", "adverbials", "coordination_short"}


@pytest.fixture(scope="module")
def default() -> list[Pair]:
    return GrammarPairs(read_settings(BUNDLED)).default().pairs


@pytest.fixture(scope="module")
def sweeps() -> list[Pair]:
    return STANDARD.sweep("depth", 100).pairs + STANDARD.sweep("distance", 40).pairs


def by_condition(pairs: list[Pair]) -> dict[str, list[Pair]]:
    conditions: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        conditions[pair.condition].append(pair)
    return conditions


def test_every_construction_has_400_different_pairs(default: list[Pair]) -> None:
    conditions = by_condition(default)
    assert set(conditions) == set(CONSTRUCTIONS)
    for pairs in conditions.values():
        assert len({pair.sentence_good for pair in pairs}) == len(pairs) >= 400


def test_pairs_differ_in_one_word_only(default: list[Pair], sweeps: list[Pair]) -> None:
    for pair in default + sweeps:
        good, bad = pair.sentence_good.split(), pair.sentence_bad.split()
        assert len(good) == len(bad)
        differing = [(a, b) for a, b in zip(good, bad, strict=True) if a != b]
        assert len(differing) == 1, pair
        if pair.condition.startswith("pronoun"):
            assert set(differing[0]) < {"she", "he", "they"}


def test_pairs_say_where_the_subject_and_the_other_noun_end(
    default: list[Pair], sweeps: list[Pair]
) -> None:
    forms = {form for noun in NOUNS for form in noun.forms}
    for pair in default + sweeps:
        words = pair.sentence_good[: pair.subject_end].split()
        assert words[-1] in forms and pair.sentence_good[pair.subject_end or 0] == " "
        assert (pair.attractor_end is None) is (pair.congruent is None)
        if pair.attractor_end:
            other = pair.sentence_good[: pair.attractor_end].split()[-1]
            assert other in forms - {words[-1]}
            assert pair.sentence_good[pair.attractor_end] == " "
            verb = first_difference(pair.sentence_good, pair.sentence_bad)
            after = pair.sentence_good[pair.attractor_end : verb].split()
            assert not set(after) & (forms - {words[-1]})  # it is the last one
    items: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in default:
        items[pair.item].append(pair)
    for one, two in items.values():
        nouns = [pair.sentence_good[: pair.subject_end].split()[-1] for pair in (one, two)]
        assert nouns[0] != nouns[1]
        if one.attractor_end and two.attractor_end:  # the one that does not change
            ends = (one.attractor_end, two.attractor_end)
            others = [
                p.sentence_good[:end].split()[-1] for p, end in zip((one, two), ends, strict=True)
            ]
            assert others[0] == others[1]


def test_items_are_one_sentence_in_two_readings(default: list[Pair], sweeps: list[Pair]) -> None:
    items: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in default + sweeps:
        items[pair.item].append(pair)
    for first, second in items.values():
        assert first.condition == second.condition
        verbs = [
            set(p.sentence_good.split()) ^ set(p.sentence_bad.split()) for p in (first, second)
        ]
        assert verbs[0] == verbs[1]
        if first.congruent is not None:
            assert {first.congruent, second.congruent} == {True, False}
        if first.condition != "pronoun_gender":
            assert {first.subject_number, second.subject_number} == {"singular", "plural"}


def test_nothing_between_subject_and_verb_repeats_the_number(default: list[Pair]) -> None:
    items: defaultdict[str, list[list[str]]] = defaultdict(list)
    for pair in default:
        if not pair.condition.startswith("coordination"):  # its first verb agrees as well
            items[pair.item].append(pair.sentence_good.split())
    for first, second in items.values():
        assert sum(a != b for a, b in zip(first, second, strict=True)) == 2, first


def test_clauses_of_the_corpus_now_and_then_repeat_it() -> None:
    corpus = BUNDLED.read_text(encoding="utf-8")
    for clause in ("which is near", "which are near", "who was behind", "has seen", " who follow "):
        assert clause in corpus


def test_number_and_congruence_are_balanced(default: list[Pair], sweeps: list[Pair]) -> None:
    for condition, pairs in by_condition(default + sweeps).items():
        cells = Counter((pair.subject_number, pair.congruent) for pair in pairs)
        assert len(set(cells.values())) == 1, (condition, cells)
        plain = condition in PLAIN or condition.startswith("distance")
        assert len(cells) == (2 if plain or condition == "pronoun_gender" else 4)


def test_no_default_pair_is_in_the_corpus_but_all_its_words_are(default: list[Pair]) -> None:
    corpus = BUNDLED.read_text(encoding="utf-8")
    lines = set(corpus.splitlines())
    words = set(re.findall(r"[A-Za-z]+", corpus))
    for pair in default:
        assert pair.sentence_good not in lines
        assert pair.sentence_bad not in lines
        assert set(re.findall(r"[A-Za-z]+", pair.sentence_good + pair.sentence_bad)) <= words


def test_without_a_hold_out_pairs_come_from_everything() -> None:
    everything = GrammarPairs(CorpusSettings(hold_out=False))
    assert len(everything.default(10).pairs) == 10 * len(CONSTRUCTIONS)


def test_depth_counts_attractors_of_the_other_number() -> None:
    numbers = {form: number for noun in NOUNS for number, form in enumerate(noun.forms)}
    conditions = by_condition(STANDARD.sweep("depth", 60).pairs)
    assert set(conditions) == {f"depth_{s}_{n}" for s in ("pp", "relative") for n in (1, 2, 3, 4)}
    for condition, pairs in conditions.items():
        depth = int(condition[-1])
        for pair in pairs:
            nouns = [numbers[w] for w in re.findall("[a-z]+", pair.sentence_good) if w in numbers]
            assert len(nouns) == depth + 1
            attractors = sum(number != nouns[0] for number in nouns[1:])
            assert attractors == pair.attractors == (0 if pair.congruent else depth)
            assert pair.subject_number == ("singular", "plural")[nouns[0]]


def test_distance_is_exact() -> None:
    for pair in STANDARD.sweep("distance", 40, steps=(10, 33, 160)).pairs:
        good, bad = pair.sentence_good.split(" "), pair.sentence_bad.split(" ")
        verb = next(n for n, (a, b) in enumerate(zip(good, bad, strict=True)) if a != b)
        start = next(n for n, word in enumerate(good) if word in {"who", "which", "that"}) + 2
        assert len(" " + " ".join(good[start:verb])) == int(pair.condition.split("_")[1])


def test_conditions_do_not_hang_on_one_another() -> None:
    few = by_condition(STANDARD.sweep("depth", 10, steps=(2,)).pairs)
    more = by_condition(STANDARD.sweep("depth", 10).pairs)
    assert few["depth_pp_2"] == more["depth_pp_2"]


def test_seed_decides_the_pairs() -> None:
    assert STANDARD.default(10) == STANDARD.default(10)
    assert STANDARD.default(10) != STANDARD.default(10, seed=2)


def test_what_the_grammar_cannot_give_is_said() -> None:
    with pytest.raises(ConfigError, match=r"simple has about \d+ different pairs; ask for fewer"):
        STANDARD.default(20_000)
    with pytest.raises(ConfigError, match="from 1 to 4"):
        STANDARD.sweep("depth", steps=(5,))
    with pytest.raises(ConfigError, match="shorter than 7"):
        STANDARD.sweep("distance", steps=(2,))
