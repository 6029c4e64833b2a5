"""`charlstm surprisal`: the table that a linguist reads into R or pandas."""

import io
import json
import math
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from command_line import TEXT, TINY, Runner, harmless, start
from hypothesis import given

from charlstm import Model, load
from charlstm.errors import CharlstmError
from charlstm.output.tsv import tsv_lines
from charlstm.text.sources import BLOCK

COLUMNS = ["sentence_id", "token_id", "token", "surprisal", "start", "end", "entropy", "rank"]
LINES = ["The cat is wet.", "The dogs  were here.", "", "The bird ☃ gone. ", " "]
STDIN = "\n".join(LINES).encode()


def table(output: bytes) -> list[dict[str, str]]:
    """The rows by the names of their columns."""
    head, *rows = (line.split("\t") for line in output.decode().removesuffix("\n").split("\n"))
    assert head == [*COLUMNS, "unknown"]
    return [dict(zip(head, row, strict=True)) for row in rows]


def total(rows: list[dict[str, Any]], sentence: int) -> float:
    found = [r["surprisal"] for r in rows if int(r["sentence_id"]) == sentence]
    return math.fsum(float(value) for value in found if value not in ("", None))


def test_words_are_numbered_from_1_in_sentences_numbered_from_1(
    charlstm: Runner, tiny_run: Path
) -> None:
    outcome = charlstm.ok("surprisal", "-r", tiny_run, stdin=STDIN)
    rows = table(outcome.output)
    for number, line in enumerate(LINES, 1):
        own = [row for row in rows if row["sentence_id"] == str(number)]
        assert [row["token"] for row in own] == line.split()
        assert [row["token_id"] for row in own] == [str(k + 1) for k in range(len(own))]
        for row in own:
            assert line[int(row["start"]) : int(row["end"])] == row["token"]
            assert row["entropy"] == row["rank"] == ""
    assert "never seen in training, read as unknown: '☃'" in outcome.stderr
    assert "1 of 58 characters, newlines included, add nothing to a surprisal" in outcome.stderr
    assert "2 lines are empty: counted in sentence_id, without a row" in outcome.stderr


@pytest.mark.parametrize("by", ["char", "word", "region"])
@pytest.mark.parametrize("flags", ["", "--base=e", "--no-closing-blank", "--base=e --json"])
def test_the_rows_of_a_line_sum_to_its_log_likelihood(
    charlstm: Runner, tiny_run: Path, by: str, flags: str
) -> None:
    if by == "char" and "blank" in flags:
        return  # refused
    model, unit = load(tiny_run), 1.0 if "--base=e" in flags else math.log(2)
    command = ("surprisal", "-r", tiny_run, "--by", by, *flags.split())
    outcome = charlstm.ok(*command, stdin=STDIN)
    rows = outcome.json["tokens"] if "--json" in flags else table(outcome.output)
    for number in (1, 2, 4):
        expected = -model.log_likelihood(f"{LINES[number - 1]}\n") / unit
        assert total(rows, number) == pytest.approx(expected, rel=1e-6)


def test_a_word_has_the_blank_after_it_or_the_one_before(charlstm: Runner, tiny_run: Path) -> None:
    model, line = load(tiny_run), "The dogs  were here."

    def bits(before: str, text: str) -> float:
        return -model.log_likelihood(text, prime=f"\n{before}") / math.log(2)

    command = ("surprisal", "-r", tiny_run)
    closed = [r["surprisal"] for r in table(charlstm.ok(*command, stdin=line.encode()).output)]
    pieces = ["The ", "dogs  ", "were ", "here.\n"]
    for k, piece in enumerate(pieces):
        assert float(closed[k]) == pytest.approx(bits("".join(pieces[:k]), piece), rel=1e-5)
    opened = charlstm.ok(*command, "--no-closing-blank", stdin=line.encode()).output
    rows = table(opened)
    assert [row["token"] for row in rows] == [*line.split(), "\\n"]
    pieces = ["The", " dogs", "  were", " here.", "\n"]
    for k, piece in enumerate(pieces):
        expected = bits("".join(pieces[:k]), piece)
        assert float(rows[k]["surprisal"]) == pytest.approx(expected, rel=1e-5)


def test_characters_have_entropy_and_rank(charlstm: Runner, tiny_run: Path) -> None:
    model, text = load(tiny_run), "The ☃at☃is.\n"
    trace = model.trace(text)
    outcome = charlstm.ok("surprisal", "-r", tiny_run, "--by=char", stdin=text.encode())
    rows = table(outcome.output)
    assert [row["token"] for row in rows] == [*"The ☃at☃is.", "\\n"]
    for t, row in enumerate(rows):
        shares = sorted(trace.probabilities(t).tolist(), reverse=True)
        entropy = -sum(share * math.log2(share) for share in shares)
        assert float(row["entropy"]) == pytest.approx(entropy, rel=1e-4)
        if text[t] == "☃":
            assert (row["surprisal"], row["rank"], row["unknown"]) == ("", "", "1")
        else:
            own = 2.0 ** -float(row["surprisal"])
            assert shares[int(row["rank"]) - 1] == pytest.approx(own, rel=1e-4)
    command = ("surprisal", "-r", tiny_run, "--by=char", "--base=e")
    for row, nats in zip(
        rows, table(charlstm.ok(*command, stdin=text.encode()).output), strict=True
    ):
        entropy = float(row["entropy"]) * math.log(2)
        assert float(nats["entropy"]) == pytest.approx(entropy, rel=1e-7)
        assert nats["rank"] == row["rank"]


def test_a_region_is_what_stands_between_tabs(charlstm: Runner, tiny_run: Path) -> None:
    lines = "The cat\t\tis wet.\nThe cat \tis wet.\n\tThe cat is\t wet.\t\n"
    outcome = charlstm.ok("surprisal", "-r", tiny_run, "--by=region", stdin=lines.encode())
    assert outcome.stderr == ""
    rows = table(outcome.output)
    tokens = [row["token"] for row in rows]
    assert tokens == ["The cat", "", "is wet.", "The cat", "is wet.", "", "The cat is", "wet.", ""]
    assert [row["surprisal"] for row in rows if not row["token"]] == ["0"] * 3
    sums = {number: total(rows, number) for number in (1, 2, 3)}
    assert sums[1] == pytest.approx(sums[2], rel=1e-6) == pytest.approx(sums[3], rel=1e-6)
    said = charlstm.ok("surprisal", "-r", tiny_run, "--by=region", stdin=b"The cat\n").stderr
    assert said == "no line has a tab between regions, so each is one region\n"


@pytest.mark.parametrize("by", ["word", "char"])
def test_words_and_characters_of_marked_regions(
    charlstm: Runner, tiny_run: Path, byte_run: Path, by: str
) -> None:
    marked, plain = b"The cat\t\tis\twet.\nThe dog\tis.\n", b"The cat is wet.\nThe dog is.\n"
    command = ("surprisal", "--by", by, "-r")
    outcome = charlstm.ok(*command, tiny_run, stdin=marked)
    assert outcome.stdout == charlstm.ok(*command, tiny_run, stdin=plain).stdout
    said = "2 lines have tabs: they mark regions, and the model reads a blank in their place\n"
    assert outcome.stderr == said
    known = charlstm.ok(*command, byte_run, stdin=b"a\tb")  # a model that knows the tab
    expected = -load(byte_run).log_likelihood("a\tb\n") / math.log(2)
    assert total(table(known.output), 1) == pytest.approx(expected, rel=1e-6)
    assert known.stderr == ""


@pytest.fixture(scope="module")
def byte_run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "text.txt").write_text("été à l'île, déjà\n" * 99, encoding="utf-8")
    flags = ("--max-steps=3", "--tokens=byte", "--out", folder / "run")
    charlstm.ok("train", folder / "text.txt", *TINY, *flags)
    return folder / "run"


def test_a_byte_model_has_a_row_for_each_character(charlstm: Runner, byte_run: Path) -> None:
    model, line = load(byte_run), "déjà ☃ \x80"
    data = line[:-1].encode() + b"\x80\r\n" + "été\r".encode()
    rows = table(charlstm.ok("surprisal", "-r", byte_run, "--by=char", stdin=data).output)
    own = [row for row in rows if row["sentence_id"] == "1"]
    assert [row["token"] for row in own] == [*line[:-1], "\\udc80", "\\r", "\\n"]
    assert [row["rank"] == "" for row in own] == [c in "éà☃" for c in [*line, "r", "n"]]
    first = data.partition(b"\r")[0] + b"\r\n"
    expected = -model.log_likelihood(first) / math.log(2)
    assert total(rows, 1) == pytest.approx(expected, rel=1e-6)
    assert [row["token"] for row in rows if row["sentence_id"] == "2"] == [*"été", "\\r", "\\n"]
    words = charlstm.ok("surprisal", "-r", byte_run, "-", stdin=b"\xff " + "☃".encode())
    assert [row["token"] for row in table(words.output)] == ["\\udcff", "☃"]


AS_IT_IS: dict[str, Any] = {
    "sep": "\t",
    "quoting": 3,  # no character quotes
    "keep_default_na": False,  # NA is a token like any other
    "dtype": {"token": str},  # and so is 1
}
NASTY = ['"', "'q\"", "\\", "a\\tb", "NA", "nan", "null", "#x", ",", "1", "\x1b[31m", "\u2028"]


@given(st.lists(st.sampled_from(NASTY) | st.text(max_size=8), min_size=1, max_size=9))
def test_any_token_comes_back_from_the_table(tokens: list[str]) -> None:
    pandas = pytest.importorskip("pandas")
    rows = [[k, token, 0.1 * k, None, math.nan] for k, token in enumerate(tokens)]
    text = "".join(tsv_lines([["id", "token", "x", "none", "nan"], *rows]))
    assert harmless(text)
    read = pandas.read_csv(io.StringIO(text), na_values={"none": "", "nan": ""}, **AS_IT_IS)
    as_bytes = [token.encode("latin-1", "backslashreplace") for token in read["token"]]
    assert [token.decode("unicode_escape") for token in as_bytes] == tokens
    assert read["x"].tolist() == pytest.approx([0.1 * k for k in range(len(tokens))])
    assert read["none"].isna().all() and read["nan"].isna().all()


def test_pandas_reads_a_table_and_a_result_the_same(charlstm: Runner, tiny_run: Path) -> None:
    pandas = pytest.importorskip("pandas")
    sentences = ['The "cat" is NA', "null 1 \\ is\x1bwet."]
    output = charlstm.ok("surprisal", "-r", tiny_run, stdin="\n".join(sentences).encode()).stdout
    read = pandas.read_csv(io.StringIO(output), na_values={"rank": "", "entropy": ""}, **AS_IT_IS)
    made = pandas.DataFrame(load(tiny_run).surprisal(sentences).to_records())
    assert " ".join(read["token"]) == 'The "cat" is NA null 1 \\\\ is\\x1bwet.'
    assert made["token"].tolist() == " ".join(sentences).split(" ")
    for column in ("sentence_id", "token_id", "start", "end", "unknown"):
        assert read[column].tolist() == made[column].tolist()
    assert read["surprisal"].tolist() == pytest.approx(made["surprisal"].tolist(), rel=1e-8)


def test_json_is_one_object_with_the_rows_of_the_table(charlstm: Runner, tiny_run: Path) -> None:
    command = ("surprisal", "-r", tiny_run, "--by=char")
    found = charlstm.ok(*command, "--json", "--ablate=0:3", stdin=STDIN).json
    rows = table(charlstm.ok(*command, "--ablate=0:3", stdin=STDIN).output)
    records = [{k: "" if v is None else v for k, v in row.items()} for row in found["tokens"]]
    for row, record in zip(rows, records, strict=True):
        assert row["token"].replace("\\n", "\n") == record["token"]
        for name in set(row) - {"token"}:
            if row[name]:
                assert float(row[name]) == pytest.approx(record[name], rel=1e-8)
            else:
                assert record[name] == ""
    facts = {key: found[key] for key in found if key != "tokens"}
    how = {"by": "char", "base": 2, "unit": "bits", "closing_blank": True}
    counts = {"sentences": 5, "empty_sentences": 1, "characters": 58, "unknown_characters": 1}
    assert facts == how | counts | {"changes": ["without 0:3"]}
    nothing = charlstm.ok("surprisal", "-r", tiny_run, "--json", stdin=b"\n\n").json
    assert (nothing["tokens"], nothing["sentences"], nothing["empty_sentences"]) == ([], 2, 2)


def test_several_files_are_numbered_on(charlstm: Runner, here: Path, tiny_run: Path) -> None:
    (here / "a.txt").write_bytes(b"The cat")
    (here / "b.txt").write_text("\ufeffThe dog\r\nis wet.\r\n", encoding="utf-16")
    rows = table(charlstm.ok("surprisal", "a.txt", "-", "-r", tiny_run, stdin=b"is\nx").output)
    assert [(r["sentence_id"], r["token"]) for r in rows] == [
        *(("1", "The"), ("1", "cat"), ("2", "is"), ("3", "x"))
    ]
    (here / "mark.txt").write_bytes(b"\xef\xbb\xbfThe dog\r\nis wet.\r\n")
    marked = charlstm.ok("surprisal", "mark.txt", "-r", tiny_run).output
    assert [row["token"] for row in table(marked)] == ["The", "dog", "is", "wet."]
    wide = charlstm.ok("surprisal", "b.txt", "--encoding=utf-16", "-r", tiny_run).output
    assert [row["token"] for row in table(wide)] == ["The", "dog", "is", "wet."]


def test_many_sentences_are_one_table(
    charlstm: Runner, here: Path, tiny_run: Path, byte_run: Path
) -> None:
    text = "The cat is wet.\n" * 1200  # in three chunks
    command = ("surprisal", "-r", tiny_run)
    expected = [(str(n), word) for n in range(1, 1201) for word in ("The", "cat", "is", "wet.")]
    rows = table(charlstm.ok(*command, stdin=text.encode()).output)
    assert [(row["sentence_id"], row["token"]) for row in rows] == expected
    records = charlstm.ok(*command, "--json", stdin=text.encode()).json["tokens"]
    assert [(str(record["sentence_id"]), record["token"]) for record in records] == expected
    (here / "a.txt").write_bytes(b"one\ntwo")
    (here / "b.txt").write_bytes(b"three")
    of_bytes = table(charlstm.ok("surprisal", "-r", byte_run, "a.txt", "b.txt").output)
    assert [(row["sentence_id"], row["token"]) for row in of_bytes] == [
        *(("1", "one"), ("2", "two"), ("3", "three"))
    ]


def test_rows_come_before_the_text_has_ended(tiny_run: Path) -> None:
    process = start("surprisal", "-r", tiny_run, stdin=-1)
    assert process.stdin and process.stdout
    text = (TEXT * 100)[: BLOCK + 4096]  # more than is read at once, and not the end
    process.stdin.write(text.encode())
    process.stdin.flush()
    rows = [process.stdout.readline() for _ in range(100)]
    assert rows[99].startswith(b"25\t")
    process.stdout.close()  # as `head` does
    process.stdin.close()
    assert process.stderr and process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


def test_what_cannot_be_scored_is_one_line(charlstm: Runner, here: Path, tiny_run: Path) -> None:
    command = ("surprisal", "-r", tiny_run)
    message = "there is no sentence; give one on each line"
    assert charlstm.fails(*command) == message
    assert "the model knows none of the text's characters: '☃'" in charlstm.fails(
        *command, stdin="☃\n☃☃".encode()
    )
    assert "cannot read gone.txt" in charlstm.fails(*command, "gone.txt")
    assert "is not utf-8 text" in charlstm.fails(*command, stdin=b"caf\xe9")
    (here / "wide.txt").write_text(TEXT, encoding="utf-16-le")
    assert "pass --encoding utf-16-le" in charlstm.fails(*command, "wide.txt")
    (here / "long.txt").write_text("The cat is here. " * 80_000, encoding="utf-8")
    said = charlstm.fails(*command, "long.txt")
    assert said == "line 1 has more than 1,048,576 characters; put one sentence on each line"
    said = charlstm.fails(*command, "--by=char", "--no-closing-blank", status=2)
    assert said.startswith("--no-closing-blank has no effect with --by char: a row is a single")
    assert "no unit 0:99" in charlstm.fails(*command, "--ablate=0:99", stdin=b"x")


def test_python_refuses_what_is_no_sentence(tiny_run: Path) -> None:
    model = load(tiny_run)
    with pytest.raises(CharlstmError, match="sentence 2 has a line break in it"):
        model.surprisal(["The cat", "The\ndog"])
    with pytest.raises(CharlstmError, match="sentence 7 has half a surrogate pair in it"):
        model.surprisal("The \ud800", first=7)


def test_a_result_shows_its_rows_in_columns(tiny_run: Path) -> None:
    model: Model = load(tiny_run)
    result = model.surprisal("The cat", "char", base="e")
    first, second, *rest = repr(result).splitlines()
    assert first.split() == [*COLUMNS, "unknown"]
    record = result.to_records()[0]
    shown = [f"{record[name]:.3f}" for name in ("surprisal", "entropy")]
    assert second.split() == ["1", "1", "T", shown[0], "0", "1", shown[1], str(record["rank"]), "0"]
    assert len(rest) == 7
    assert json.loads(json.dumps(result.to_mapping()))["unit"] == "nats"
    assert "<td" in result._repr_html_()
