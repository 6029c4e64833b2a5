"""`charlstm eval` and `charlstm cloze`: the figures, their JSON, texts that cannot be scored."""

import gzip
import math
import os
import shutil
from pathlib import Path

import pytest
from command_line import TEXT, TINY, Runner

from charlstm import load
from charlstm.store.archive import load as load_checkpoint

SCORE = {
    *("nats_per_char", "bits_per_char", "nats_per_byte", "bits_per_byte", "perplexity"),
    *("characters", "bytes", "unknown", "tokens"),
}


def test_its_own_validation_part_scores_as_training_said(charlstm: Runner, tiny_run: Path) -> None:
    score = charlstm.ok("eval", "-r", tiny_run, "--json").json
    assert score.keys() == SCORE
    progress = load_checkpoint(tiny_run / "best.npz").header["progress"]
    assert score["nats_per_char"] == progress["best_val"]  # to the last bit
    last = charlstm.ok("eval", "-r", tiny_run / "last.npz", "--json").json
    progress = load_checkpoint(tiny_run / "last.npz").header["progress"]
    assert last["nats_per_char"] == progress["last_val"]
    assert (score["characters"], score["unknown"]) == (len(TEXT) - int(len(TEXT) * 0.9), 0)


def test_the_three_measures_are_one(charlstm: Runner, tiny_run: Path) -> None:
    score = charlstm.ok("eval", "-r", tiny_run, "--json").json
    nats = score["nats_per_char"]
    assert score["bits_per_char"] == pytest.approx(nats / math.log(2))
    assert score["perplexity"] == pytest.approx(math.exp(nats))
    assert nats < math.log(len(set(TEXT)))  # it has learnt something


def test_the_same_text_from_a_file_gzip_a_folder_and_a_pipe(
    charlstm: Runner, tiny_run: Path, here: Path
) -> None:
    (here / "text.gz").write_bytes(gzip.compress(TEXT.encode()))
    (here / "utf16.txt").write_text(TEXT, encoding="utf-16")
    (here / "folder").mkdir()
    shutil.copy("text.txt", "folder/a.txt")
    (here / "crlf").write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    flags = ("eval", "-r", tiny_run, "--json")
    scores = [
        charlstm.ok(*flags, *text, stdin=TEXT.encode()).output
        for text in (
            ["text.txt"],
            ["text.gz"],
            ["folder"],
            ["crlf"],
            ["-"],
            ["utf16.txt", "--encoding=utf-16"],
        )
    ]
    assert len(set(scores)) == 1
    nats = charlstm.ok(*flags, "text.txt").json["nats_per_char"]
    assert nats == load(tiny_run).evaluate(TEXT).nats_per_char


def test_unknown_characters_are_counted_apart(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("eval", "-r", tiny_run, "-")
    score = charlstm.ok(*flags, "--json", stdin="The ☃ is é.\n".encode()).json
    assert (score["characters"], score["unknown"]) == (10, 2)
    assert math.isfinite(score["nats_per_char"])
    assert "knows none of the text's" in charlstm.fails(*flags, stdin="日本".encode())


def test_a_text_of_one_character_can_be_scored(charlstm: Runner, tiny_run: Path) -> None:
    score = charlstm.ok("eval", "-r", tiny_run, "-", "--json", stdin=b"T").json
    expected = -load(tiny_run).log_likelihood("T")
    assert score["nats_per_char"] == pytest.approx(expected, rel=1e-6)


def test_lines_are_scored_each_by_itself(charlstm: Runner, tiny_run: Path) -> None:
    lines = ["The cats are wet.", "", "The cat are wet.", "The \x1b[31mcat", "x" * 300]
    text = "\n".join(lines)
    flags = ("eval", "-r", tiny_run, "-", "--lines")
    outcome = charlstm.ok(*flags, "--json", stdin=text.encode())
    assert outcome.json.keys() == {"lines"}
    found = outcome.json["lines"]
    assert [line.keys() for line in found] == [{"text", "log_likelihood", "unknown"}] * 5
    counts = [0, 0, 0, 5, 300]
    assert [line["unknown"] for line in found] == counts
    assert [line["text"] for line in found] == lines
    model = load(tiny_run)
    for line in found:  # a newline that the file does not end with is scored all the same
        expected = model.log_likelihood(line["text"] + "\n")
        assert line["log_likelihood"] == pytest.approx(expected, rel=1e-5)
    assert "read as unknown: '\\x1b' '[' '3' '1' 'm' 'x'" in outcome.stderr
    ended = charlstm.ok(*flags, "--json", stdin=(text + "\n").encode())
    assert ended.output == outcome.output
    shown = charlstm.ok(*flags, stdin=text.encode()).stdout.splitlines()
    marks = [f"  ({count} unknown)" if count else "" for count in counts]
    assert [line[10:] for line in shown] == [
        f"  {line}{mark}".replace("\x1b", r"\x1b") for line, mark in zip(lines, marks, strict=True)
    ]
    assert float(shown[0][:10]) == pytest.approx(found[0]["log_likelihood"], abs=1e-3)


def test_lines_of_a_byte_model(charlstm: Runner, here: Path) -> None:
    del here
    charlstm.ok("train", "text.txt", *TINY, "--tokens=byte", "--max-steps=1")
    outcome = charlstm.ok("eval", "-", "--lines", "--json", stdin=b"ab\xff\n\nc")
    assert [line["text"] for line in outcome.json["lines"]] == ["ab\ufffd", "", "c"]
    score = charlstm.ok("eval", "-", "--json", stdin=b"\xff\xfe\r\n").json
    assert (score["characters"], score["bytes"], score["unknown"]) == (None, 4, 0)
    assert score["nats_per_char"] is score["bits_per_char"] is None
    shown = charlstm.ok("eval", "-", stdin=b"\xff\xfe\r\n").stdout.splitlines()
    assert shown[3:] == [
        "4 bytes scored",
        "the text is not UTF-8, so nothing can be said per character",
    ]


def test_models_of_characters_and_of_bytes_compare(charlstm: Runner, here: Path) -> None:
    """Both say so much per character and so much per byte of the same text."""
    text = "日本語のテキストé\n" * 90
    (here / "j.txt").write_text(text, encoding="utf-8")
    characters, size = len(text), len(text.encode())
    for tokens, unit, other in (("char", "char", "byte"), ("byte", "byte", "char")):
        charlstm.ok("train", "j.txt", *TINY, f"--tokens={tokens}", "--max-steps=1", "--out", tokens)
        score = charlstm.ok("eval", "j.txt", "-r", tokens, "--json").json
        assert (score["characters"], score["bytes"]) == (characters, size)
        assert score["tokens"] == tokens
        assert score["nats_per_char"] * characters == pytest.approx(score["nats_per_byte"] * size)
        assert score["perplexity"] == pytest.approx(math.exp(score[f"nats_per_{unit}"]))
        for measure in ("char", "byte"):
            nats, bits = score[f"nats_per_{measure}"], score[f"bits_per_{measure}"]
            assert bits == pytest.approx(nats / math.log(2))
        shown = charlstm.ok("eval", "j.txt", "-r", tokens).stdout.splitlines()
        assert shown[0] == f"{score[f'nats_per_{unit}']:.4f} nats/{unit}"
        assert shown[1] == f"{score[f'bits_per_{unit}']:.4f} bits/{unit}"
        assert shown[2] == f"{score['perplexity']:.4f} perplexity"
        counts = {"char": f"{characters:,} characters", "byte": f"{size:,} bytes"}
        assert shown[3].startswith(f"{counts[tokens]} scored")
        assert shown[4] == (
            f"in UTF-8: {score[f'nats_per_{other}']:.4f} nats/{other}, "
            f"{score[f'bits_per_{other}']:.4f} bits/{other} over {counts[other]}"
        )
        assert load(tokens).evaluate(text).nats_per_char == score["nats_per_char"]
    unknown = charlstm.ok("eval", "-", "-r", "char", "--json", stdin="日☃é\n".encode()).json
    assert (unknown["characters"], unknown["bytes"], unknown["unknown"]) == (3, 6, 1)


@pytest.mark.parametrize("lines", [[], ["--lines"]])
def test_texts_that_cannot_be_scored(
    charlstm: Runner, tiny_run: Path, here: Path, lines: list[str]
) -> None:
    (here / "latin.txt").write_bytes(b"abc\xe9def")
    (here / "empty.txt").touch()
    (here / "folder").mkdir()
    flags = ("eval", "-r", tiny_run, *lines)
    assert charlstm.fails(*flags, "none.txt") == "cannot read none.txt: No such file or directory"
    latin = charlstm.fails(*flags, "latin.txt")
    assert "latin.txt is not utf-8 text (byte 0xe9 at offset 3)" in latin and "--encoding" in latin
    assert charlstm.fails(*flags, "empty.txt") == "there is no text to score"
    assert "holds no .txt file" in charlstm.fails(*flags, "folder")
    assert "unknown encoding 'klingon'" in charlstm.fails(*flags, "text.txt", "--encoding=klingon")
    charlstm.ok(*flags, "latin.txt", "--encoding=latin-1")


def test_a_changed_corpus_is_not_its_validation_part(charlstm: Runner, here: Path) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=1")
    (here / "text.txt").write_text(TEXT + "more", encoding="utf-8")
    message = charlstm.fails("eval")
    assert message.endswith("text.txt has changed since the run was started; name the file to read")
    (here / "text.txt").unlink()
    assert "cannot read" in charlstm.fails("eval")
    charlstm.ok("sample", "--length=3")  # which needs the checkpoint alone


def test_cloze_compares_continuations(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("cloze", "-r", tiny_run, "--prime=The cats", " are", " is", " was")
    choices = charlstm.ok(*flags, "--json").json["choices"]
    assert [choice.keys() for choice in choices] == [{"text", "log_likelihood", "share"}] * 3
    assert [choice["text"] for choice in choices] == [" are", " is", " was"]
    assert sum(choice["share"] for choice in choices) == pytest.approx(1)
    model = load(tiny_run)
    for choice in choices:
        expected = model.log_likelihood(choice["text"], "The cats")
        assert choice["log_likelihood"] == pytest.approx(expected, rel=1e-5)
        ratio = math.exp(choice["log_likelihood"] - choices[0]["log_likelihood"])
        assert choice["share"] == pytest.approx(choices[0]["share"] * ratio)


def test_cloze_says_whether_it_starts_where_agree_starts(
    charlstm: Runner, tiny_run: Path, names_run: Path, here: Path
) -> None:
    note = "the prime is read as it is; agree, eval and inspect read a newline first"
    (here / "p.tsv").write_text("The cats are wet.\tThe cats is wet.\n", encoding="utf-8")
    flags = ("agree", "-r", tiny_run, "--pairs=p.tsv", "--score=verb", "--json")
    log_odds = charlstm.ok(*flags).json["overall"]["log_odds"]
    for prime, begins in (("The cats ", False), (r"\nThe cats ", True)):
        words = ("cloze", "-r", tiny_run, "--prime", prime, "are ", "is ")
        outcome = charlstm.ok(*words, "--json")
        assert (outcome.json["prime"], outcome.json["after_newline"]) == (
            prime.replace(r"\n", "\n"),
            begins,
        )
        assert (note in outcome.stderr) is not begins
        right, wrong = (choice["log_likelihood"] for choice in outcome.json["choices"])
        assert (right - wrong == pytest.approx(log_odds, abs=1e-4)) is begins
    assert note not in charlstm.ok("cloze", "-r", tiny_run, "--prime=", "The", "Tha").stderr
    lines = charlstm.ok("cloze", "-r", names_run, "--prime=A", "a", "e", "--json")
    assert lines.json["after_newline"] and note not in lines.stderr


def test_cloze_at_the_extremes(charlstm: Runner, tiny_run: Path) -> None:
    def shares(*arguments: str) -> list[float]:
        found = charlstm.ok("cloze", "-r", tiny_run, "--json", *arguments).json["choices"]
        return [choice["share"] for choice in found]

    assert shares("--prime=The", " ") == [1.0]
    assert shares("--prime=The", " cat", " cat") == [0.5, 0.5]
    assert shares("--prime=", "The", "sss")[0] > 0.9
    assert shares("--prime=The", " " * 3000, " ") == [0.0, 1.0]  # e^-7000 is no float
    assert shares(r"--prime=wet.\n", r"T\n", "T")[1] > 0.5


def test_cloze_and_characters_never_seen(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("cloze", "-r", tiny_run)
    outcome = charlstm.ok(*flags, "--prime=é\x1b[31m", "a", "e")
    assert outcome.stderr.startswith("never seen in training, read as unknown: 'é' '\\x1b'")
    assert "\x1b" not in outcome.stdout
    message = charlstm.fails(*flags, "--prime=The", "é", "a☃")
    assert message == "the model has never seen 'é' '☃' and cannot say how likely that is"
    raw = os.fsdecode(b"\xff")
    assert "never seen" in charlstm.fails(*flags, "--prime=The", raw)
    charlstm.ok(*flags, "--prime", raw, "a")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prime=The"], "Missing argument 'CHOICES...'"),
        (["is", "are"], "Missing option '--prime'"),
        (["--prime=The", "is", ""], "a choice is empty."),
    ],
)
def test_wrong_usage(charlstm: Runner, tiny_run: Path, arguments: list[str], message: str) -> None:
    assert message in charlstm.fails("cloze", "-r", tiny_run, *arguments, status=2)
