"""Minimal pairs: one word apart, balanced, held out; and files of them, good and bad."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repository import ROOT

from charlstm.errors import CharlstmError, ConfigError, CorpusError
from charlstm.pairs.files import Pair, read_pairs, write_pairs
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


def test_items_are_one_sentence_in_two_readings(default: list[Pair], sweeps: list[Pair]) -> None:
    items: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in default + sweeps:
        items[pair.item].append(pair)
    for one, other in items.values():
        assert one.condition == other.condition
        verbs = [set(p.sentence_good.split()) ^ set(p.sentence_bad.split()) for p in (one, other)]
        assert verbs[0] == verbs[1]
        if one.congruent is not None:
            assert {one.congruent, other.congruent} == {True, False}
        if one.condition != "pronoun_gender":
            assert {one.subject_number, other.subject_number} == {"singular", "plural"}


def test_nothing_between_subject_and_verb_repeats_the_number(default: list[Pair]) -> None:
    items: defaultdict[str, list[list[str]]] = defaultdict(list)
    for pair in default:
        if not pair.condition.startswith("coordination"):  # its first verb agrees as well
            items[pair.item].append(pair.sentence_good.split())
    for one, other in items.values():
        assert sum(a != b for a, b in zip(one, other, strict=True)) == 2, one


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
            found = [numbers[w] for w in re.findall("[a-z]+", pair.sentence_good) if w in numbers]
            assert len(found) == depth + 1
            attractors = sum(number != found[0] for number in found[1:])
            assert attractors == pair.attractors == (0 if pair.congruent else depth)
            assert pair.subject_number == ("singular", "plural")[found[0]]


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


def test_written_pairs_are_read_back(tmp_path: Path, default: list[Pair]) -> None:
    write_pairs(tmp_path / "p.jsonl", default)
    assert read_pairs(tmp_path / "p.jsonl") == default


def test_blimp_lines_are_read(tmp_path: Path) -> None:
    line = {
        "sentence_good": "The cats were full.",
        "sentence_bad": "The cats was full.",
        "UID": "regular_plural_1",
        "pair_id": "0",
        "field": "morphology",
    }
    (tmp_path / "b.jsonl").write_text(json.dumps(line) + "\n\n", encoding="utf-8")
    assert read_pairs(tmp_path / "b.jsonl") == [
        Pair("The cats were full.", "The cats was full.", "regular_plural_1", "line 1")
    ]


def test_tabbed_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_bytes(
        "\ufeffsentence_good\tsentence_bad\r\n"
        "Die Katze schläft.\tDie Katze schlafen.\r\n"
        "\r\nA is.\tA are.\tshort\r\n".encode()
    )
    assert read_pairs(path) == [
        Pair("Die Katze schläft.", "Die Katze schlafen.", "pairs", "line 2"),
        Pair("A is.", "A are.", "short", "line 4"),
    ]


GOOD = '{"sentence_good": "a", "sentence_bad": "b"}\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no pairs in it"),
        ("\n \n", "no pairs in it"),
        ("sentence_good\tsentence_bad\n", "no pairs in it"),
        (GOOD + '{"sentence_good": "a"}', "line 2: sentence_bad is missing"),
        (GOOD + '{"sentence_good": "a", "sentence_bad": ""}', "line 2: sentence_bad is missing"),
        (GOOD + '{"sentence_good": "a", "sentence_bad": 3}', "line 2: sentence_bad is missing"),
        (GOOD + '\n{"sentence_good": "a", "sentence_bad": "a"}', "line 3: .* are the same"),
        (GOOD + '{"sentence_good": "a\\nb", "sentence_bad": "a"}', "line 2: .* line break"),
        (GOOD + '{"sentence_good": "\\ud800", "sentence_bad": "a"}', "line 2: .* surrogate"),
        (GOOD + "[1]", "line 2: expected a JSON object"),
        (GOOD + "{", "line 2: not JSON .*column"),
        (GOOD + '{"a":' * 100_000, "line 2: not JSON"),
        (GOOD[:-2] + ', "congruent": 1}', "line 1: congruent must be"),
        (GOOD[:-2] + ', "attractors": -1}', "line 1: attractors must be"),
        (GOOD[:-2] + ', "attractors": true}', "line 1: attractors must be"),
        (GOOD[:-2] + ', "subject_number": "dual"}', "line 1: subject_number must be"),
        ("a\tb\nc\td\te\tf\n", "line 2: expected good sentence.*found 3 tabs"),
        ("a\tb\nc\n", "line 2: expected good sentence.*found 0 tabs"),
        ("a\ta\n", "line 1: .* are the same"),
        ("a\t\n", "line 1: sentence_bad is missing"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"p\.jsonl.*{reason}") as caught:
        read_pairs(path)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_not_utf8_are_located(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_bytes(b"a\tb\nc\t\xff\n")
    with pytest.raises(CorpusError, match=r"line 2: not UTF-8 \(byte 6\)"):
        read_pairs(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot read the pairs"):
        read_pairs(tmp_path / "none.jsonl")


@given(st.one_of(st.binary(max_size=60), st.text('{}":,ab\t\n[]0', max_size=60).map(str.encode)))
def test_any_bytes_give_pairs_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.mktemp("pairs") / "p.jsonl"
    path.write_bytes(raw)
    try:
        pairs = read_pairs(path)
    except CharlstmError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert pairs
