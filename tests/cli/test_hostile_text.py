"""Any text at all as a corpus: it is trained on, or refused in one line; no terminal is fooled."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import TEXT, TINY, Runner, harmless, read_all, start
from faults import PERCENT, count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charlstm.cli.terminal import print_json

pytestmark = pytest.mark.faults
ODD = {
    "NULs": b"\0" * 200,
    "one character": b"a" * 200,
    "newlines": b"\n" * 200,
    "carriage returns": b"\r\n\r" * 70,
    "surrogates as UTF-8": b"\xed\xa0\x80\xed\xb0\x80" * 40,
    "overlong": b"\xc0\xaf" * 40,
    "cut short": "é".encode() * 40 + b"\xc3",
    "right to left": "שלום עולם\u202e abc\n".encode() * 10,
    "combining": ("e" + "\u0301" * 30 + "\n").encode() * 10,
    "emoji": "👩‍👩‍👧‍👦🏴‍☠️❤️\n".encode() * 10,
    "every plane": "".join(map(chr, range(0xE000, 0x110000, 1009))).encode(),
    "escapes": b"\x1b[2J\x1b]0;title\x07\x9b31m\x1bP\x1b\\\n" * 10,
    "escapes in UTF-8": "\u009b31m\u0085\u008d\x1b[31m\n".encode() * 10,
    "separators": "a\u2028b\u2029c\x0b\x0c\x1c\x1d\x1e\x85".encode() * 10,
    "byte order marks": b"\xef\xbb\xbf" * 40,
}
TRAIN = ("train", "odd.txt", *TINY, "--max-steps=2", "--sample-every=1")


def check(charlstm: Runner, content: bytes, *flags: str) -> bool:
    """Whether a model could be trained on it; if so it can be used, and else the line says why."""
    Path("odd.txt").write_bytes(content)
    outcome = charlstm(*TRAIN, *flags)
    assert harmless(outcome.stderr)
    assert "Warning" not in outcome.stderr
    if outcome.status:
        assert outcome.status == 1 and outcome.error
        return False
    assert charlstm.ok("sample", "--length=20", "--json").json["samples"]
    same = [flag for flag in flags if flag.startswith("--encoding")]
    score = charlstm("eval", "odd.txt", "--json", *same)
    assert score.status == 0 and score.json["unknown"] == 0, score.stderr
    lines = charlstm.ok("eval", "odd.txt", "--lines", *same)
    assert harmless(lines.stdout)
    return True


@pytest.mark.parametrize("name", ODD)
def test_an_odd_text(charlstm: Runner, here: Path, name: str) -> None:
    content = ODD[name]
    assert check(charlstm, content, "--tokens=byte")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        assert not check(charlstm, content)
    else:
        assert check(charlstm, content) == (len(text.replace("\r\n", "\n")) > 1)
    assert check(charlstm, content, "--encoding=latin-1")
    outcome = charlstm("train", "text.txt", *TINY, "--max-steps=1", "--val=odd.txt")
    assert outcome.status == 0 or outcome.error
    assert here


TEXTS = st.binary(max_size=200) | st.text(max_size=120).map(lambda t: t.encode("utf-8", "replace"))


@settings(
    max_examples=count(10, 1000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(TEXTS, st.sampled_from(["", "--tokens=byte", "--encoding=utf-16", "--encoding=cp1252"]))
def test_any_text(charlstm: Runner, here: Path, content: bytes, flag: str) -> None:
    assert here
    check(charlstm, content, *([flag] if flag else []))


def test_one_endless_line_takes_little_memory(here: Path) -> None:
    """Of 100 MB in full; what is resident stays far below the text."""
    size = count(4, 100) << 20
    with (here / "long.txt").open("wb") as file:
        for _ in range(size >> 16):
            file.write((TEXT.replace("\n", " ") * 30)[: 1 << 16].encode())
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    flags = ("--max-steps=2", "--val-fraction=0.0001", "--out=run")
    process = start("train", "long.txt", *TINY, *flags)
    _, stderr = process.communicate()
    assert process.returncode == 0, stderr
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if PERCENT == 100 and peak > before and sys.platform == "linux":  # kilobytes there
        assert peak < 150 << 10
    (here / "long.txt").unlink()


def test_arguments_are_utf8_whatever_the_locale_says(charlstm: Runner, here: Path) -> None:
    """As everything is that is read from files, and everything that is written."""
    (here / "é.txt").write_text("aé bé cé dé\n" * 60, encoding="utf-8")
    charlstm.ok("train", "é.txt", *TINY, "--max-steps=1", "--out=run")
    locale = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}

    def written(*arguments: str) -> str:
        process = start(*arguments, "--run=run", environment=locale)
        output, errors = process.communicate()
        assert process.returncode == 0 and b"never seen" not in errors, errors
        assert output == charlstm.ok(*arguments, "--run=run").output
        return output.decode()

    drawn = ("sample", "--length=60", "--seed=1", "--prime=é", "--json")
    assert "é" in json.loads(written(*drawn))["samples"][0]["text"]
    assert "é" not in json.loads(written(*drawn, "--stop=é"))["samples"][0]["text"]
    assert "'é'" in written("cloze", "--prime=aé", "é", "b")
    assert "aé" in written("inspect", "text", "aé", "--span=é")
    assert written("eval", "é.txt")


def in_terminal(*arguments: str) -> str:
    """What the command writes to a terminal, on both streams."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = start(*arguments, stdout=theirs, stderr=subprocess.STDOUT)
    os.close(theirs)
    seen = read_all(ours)
    assert process.wait() == 0, seen
    return seen.decode()


def test_no_escape_sequence_of_a_text_reaches_a_terminal(charlstm: Runner, here: Path) -> None:
    text = ODD["escapes in UTF-8"].decode()
    (here / "odd.txt").write_text(text, encoding="utf-8")
    (here / "other.txt").write_text(text + "\x1b[5m\u202e\U000e0041", encoding="utf-8")
    charlstm.ok(*TRAIN, "--out=run")
    flags = ("--run=run", "--length=60", "--seed=1")
    raw = charlstm.ok("sample", *flags).output  # to a pipe it is exact
    assert b"\x1b[" in raw or b"\xc2\x9b" in raw or b"\x1b" in raw
    for command in (
        ("sample", *flags),
        ("sample", *flags, "--json"),
        ("sample", "--run=run", "--prime=\x1b[5m\u202e", "--length=5"),
        ("eval", "other.txt", "--run=run", "--lines"),
        ("surprisal", "other.txt", "--run=run"),
        ("surprisal", "other.txt", "--run=run", "--by=char", "--json"),
        ("eval", "other.txt", "--run=run", "--lines", "--json"),
        ("cloze", "--run=run", "--prime=\x1b[5m", "\x1b[", "\u009b"),
        ("cloze", "--run=run", "--prime=\x1b[5m", "\x1b[", "\u009b", "--json"),
        ("train", "other.txt", *TINY, "--max-steps=4", "--sample-every=2"),
    ):
        shown = in_terminal(*command)
        assert harmless(shown.replace("\r", "")), command


def test_json_is_harmless_and_means_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    value = {
        "text": "日本 e\u0301\u00a0می\u200cخ \x7f \x1b[31m \u009b \u202e \U000e0041 \ue000 \u2028",
        "n": [1.5, None],
    }
    print_json(value)
    shown = capsys.readouterr().out
    assert json.loads(shown) == value
    assert harmless(shown) and shown.count("\n") == 1
    assert "日本 e\u0301\u00a0می\u200cخ" in shown
