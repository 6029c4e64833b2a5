"""Files of minimal pairs, good and bad: JSON Lines, tabs, and any other bytes."""

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlstm.errors import CharlstmError, CorpusError
from charlstm.pairs.files import read_pairs, write_pairs
from charlstm.pairs.formats import (
    MODULES,
    gulordava,
    json_lines,
    lakretz,
    lakretz_verbs,
    linzen,
    named_table,
    plain_table,
)
from charlstm.pairs.pair import Pair
from charlstm.pairs.reading import read_pair_set
from charlstm.pairs.source import LONGEST, Head
from charlstm.studies.agreement.grammar_pairs import bundled_grammar_pairs


def test_written_pairs_are_read_back(tmp_path: Path) -> None:
    default = bundled_grammar_pairs().default().pairs
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


WET = Pair("The cat, wet, is.", "The cat, wet, are.", "pairs", "line 2")


@pytest.mark.parametrize(
    "table",
    [
        "good\tbad\nThe cat, wet, is.\tThe cat, wet, are.\n",
        "\ufeffBad sentence\tGood sentence\r\nThe cat, wet, are.\tThe cat, wet, is.\r\n\r\n",
        'good,bad\n"The cat, wet, is.","The cat, wet, are."\n',
        "sentence_bad;sentence_good;note\r\nThe cat, wet, are.;The cat, wet, is.;odd\r\n",
        "Grammatical\tUngrammatical\nThe cat, wet, is.\tThe cat, wet, are.",
    ],
)
def test_a_first_line_that_names_the_columns_is_no_pair(tmp_path: Path, table: str) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(table.encode())
    assert read_pairs(path) == [WET]


def test_named_columns_may_hold_labels(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_text(
        "test case\tgrammatical\tungrammatical\tattractors\tcongruent\titem\tsubject_number\n"
        "simple\tThe author laughs .\tThe author laugh .\t0\t\t7\tsingular\n"
        "pp\tThe author near us laughs .\tThe author near us laugh .\t1\tFALSE\t7\t\n",
        encoding="utf-8",
    )
    simple, pp = read_pairs(path)
    assert simple == Pair(
        "The author laughs .", "The author laugh .", "simple", "7", "singular", None, 0
    )
    assert (pp.condition, pp.subject_number, pp.congruent, pp.attractors) == ("pp", None, False, 1)


def test_pairs_may_say_where_their_nouns_end(tmp_path: Path) -> None:
    ends = {"subject_end": 8, "attractor_end": 17}
    fields = {
        "sentence_good": "The cats near us, dogs are.",
        "sentence_bad": "The cats near us, dogs is.",
    }
    (tmp_path / "p.jsonl").write_text(json.dumps(fields | ends), encoding="utf-8")
    table = "good;bad;subject end;attractor_end\n" + ";".join(map(str, (fields | ends).values()))
    (tmp_path / "p.csv").write_text(table, encoding="utf-8")
    for name in ("p.jsonl", "p.csv"):
        (pair,) = read_pairs(tmp_path / name)
        assert (pair.subject_end, pair.attractor_end) == (8, 17)
    write_pairs(tmp_path / "again.jsonl", [pair])
    (again,) = read_pairs(tmp_path / "again.jsonl")
    assert (again.subject_end, again.attractor_end) == (8, 17)


def test_what_is_no_file_of_pairs_is_told_the_formats(tmp_path: Path) -> None:
    path = tmp_path / "p q.json"

    def message() -> str:
        with pytest.raises(CorpusError) as caught:
            read_pairs(path)
        return str(caught.value)

    path.write_text('[\n {"sentence_good": "a", "sentence_bad": "b"}\n]\n', encoding="utf-8")
    assert "a JSON array" in message() and f"jq -c '.[]' '{path}'" in message()
    path.write_text('{\n "meta": {"metric": "sum"}\n}\n', encoding="utf-8")
    assert message().endswith(f"a test suite of SyntaxGym goes to charlstm agree --suite '{path}'")
    path.write_text("The cat is., The cat are.\n", encoding="utf-8")
    assert "line 1: the columns 'The cat is.', 'The cat are.' are not understood" in message()
    path.write_text("The cat is.\n", encoding="utf-8")
    assert "line 1: it has no tabs, and no columns that are known; a table of" in message()
    path.write_text('{\n "sentence_good": "a"\n}\n', encoding="utf-8")
    assert "line 1: not JSON" in message() and "each line" in message()
    path.write_text("good,bad\na,b,c\n", encoding="utf-8")
    assert "line 2: found 3 columns; the first line names 2" in message()
    path.write_bytes("a\tb\n".encode("utf-16"))
    assert f"iconv -f UTF-16 -t UTF-8 '{path}'" in message()
    path.write_bytes("Müde\tMüder\n".encode("cp1252"))
    assert "iconv -f cp1252" in message()


GOOD = '{"sentence_good": "a", "sentence_bad": "b"}\n'
LONG = '{"sentence_good": "Cats are.", "sentence_bad": "Cats is."}\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no pairs in it"),
        ("\n \n", "no pairs in it"),
        ("sentence_good\tsentence_bad\n", "no pairs in it"),
        (GOOD + '{"sentence_good": "a"}', "line 2: sentence_bad is missing"),
        (GOOD + '{"sentence_good": "a", "sentence_bad": ""}', "line 2: sentence_bad is missing"),
        (GOOD + '{"sentence_good": "a", "sentence_bad": 3}', "line 2: sentence_bad is missing"),
        (GOOD + '{"sentence_good": "a\\nb", "sentence_bad": "a"}', "line 2: .* line break"),
        (GOOD + '{"sentence_good": "\\ud800", "sentence_bad": "a"}', "line 2: .* surrogate"),
        (GOOD + "[1]", "line 2: expected a JSON object"),
        (GOOD + "{", "line 2: not JSON .*column"),
        (GOOD + '{"a":' * 100_000, "line 2: not JSON"),
        (GOOD[:-2] + ', "congruent": 1}', "line 1: congruent must be"),
        (GOOD[:-2] + ', "attractors": -1}', "line 1: attractors must be"),
        (GOOD[:-2] + ', "attractors": true}', "line 1: attractors must be"),
        (GOOD[:-2] + ', "subject_end": 1}', "line 1: subject_end must be .* from 1 to 0"),
        (LONG[:-2] + ', "subject_end": 6}', "line 1: subject_end must be .* from 1 to 5.* not 6"),
        (LONG[:-2] + ', "subject_end": 0}', "line 1: subject_end must be"),
        (LONG[:-2] + ', "subject_end": 3.0}', "line 1: subject_end must be"),
        (LONG[:-2] + ', "attractor_end": true}', "line 1: attractor_end must be"),
        (GOOD[:-2] + ', "subject_number": "dual"}', "line 1: subject_number must be"),
        ("a\tb\nc\td\te\tf\n", "line 2: expected good sentence.*found 3 tabs"),
        ("a\tb\nc\n", "line 2: expected good sentence.*found 0 tabs"),
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


def test_a_file_is_not_held_as_a_whole(tmp_path: Path) -> None:
    same = "x" * 4000
    path = tmp_path / "p.tsv"
    path.write_text(f"{same}\t{same}\n\n" * 1000 + "A is.\tA are.\n", encoding="utf-8")
    tracemalloc.start()
    pair_set = read_pair_set(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6 < path.stat().st_size
    assert (len(pair_set.pairs), pair_set.left_out) == (1, {("pairs", "identical"): 1000})
    assert pair_set.pairs[0].item == "line 2001"


def test_a_line_without_an_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.tsv").write_bytes(b"A is.\tA are.\n" + bytes(LONGEST))
    with pytest.raises(CorpusError, match=r"p\.tsv, line 2: it has over 16 MB"):
        read_pair_set(tmp_path / "p.tsv")


HEADS = {  # a first line, and the format that knows it
    '{"sentence_good": "a b", "sentence_bad": "a c"}': json_lines,
    "good\tbad": named_table,
    "pattern\tconstr_id\tsent_id\tcorrect_number\tform\tclass\tprefix\tn_attr": gulordava,
    "The cat is\tsingular\tcorrect\tid1": lakretz,
    "simple\tThe cat is\tsingular\tplural\tare": lakretz_verbs,
    "2\tis\tare\t0": linzen,
    "The cat is.\tThe cat are.\tpp": plain_table,
}


@pytest.mark.parametrize("line", HEADS)
def test_one_format_alone_knows_a_file(line: str) -> None:
    head = Head(Path("p.gold"), 1, line, "")
    knowing = [module for module in MODULES if module.FORMAT.knows(head)]
    assert knowing[:1] == [HEADS[line]]
    assert set(knowing[1:]) <= {plain_table}  # which comes last
    assert set(HEADS.values()) == set(MODULES)
