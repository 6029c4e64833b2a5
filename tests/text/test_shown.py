"""How a text is shown: what people write stays, what could fool a terminal becomes an escape."""

import sys
from pathlib import Path

import pytest
from command_line import Runner, harmless

from charlstm.text.shown import names, printable, quoted, width

WRITTEN = [
    "Qu\u2019est-ce\u00a0? 10\u202f000\u00a0€",  # French: no-break spaces
    "日本\u3000東京",
    "می\u200cخواهم",  # Persian: a zero-width non-joiner
    "क्\u200dष \u0d7b",
    "👩\u200d👩\u200d👧\u200d👦 ❤\ufe0f 👍🏽 🏴\u200d☠\ufe0f",
    "Donau\u00addampf\u00adschiff",
    "葛\U000e0100城",  # an ideographic variation sequence
    "שלום\u200f! \u200eabc",
    "ไทย\u200bภาษา",
    "e\u0301 \ue000 \U0001fadc",
    "a\n\tb",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_people_write_is_shown_as_it_is(text: str) -> None:
    assert printable(text) == text
    assert quoted(text) == "'" + text.replace("\n", "\\n").replace("\t", "\\t") + "'"


def test_every_character_that_could_fool_a_terminal_is_an_escape_and_no_other() -> None:
    deprecated = "\u206a\u206b\u206c\u206d\u206e\u206f"  # of Unicode 3.0
    for character in map(chr, range(sys.maxunicode + 1)):
        shown = printable(character)
        assert harmless(shown)
        assert (shown == character) == (harmless(character) and character not in deprecated)
        assert shown in (character, ascii(character)[1:-1])


def test_a_quoted_text_is_one_line_that_python_would_read() -> None:
    assert quoted(" don't\n") == '''" don't\\n"'''
    assert quoted("""'"\\""") == """'\\'"\\\\'"""
    assert quoted("\x1b[2J\u202e") == r"'\x1b[2J\u202e'"


def test_characters_that_cannot_be_seen_alone_are_named_by_their_number() -> None:
    assert names("é☃ '") == """'é' '☃' ' ' "'\""""
    assert names("\u00a0\u0301\u200c") == (
        "U+00A0 (no-break space) U+0301 (combining acute accent) U+200C (zero width non-joiner)"
    )
    assert names("\x1b\n\udcff\ue000") == r"'\x1b' '\n' '\udcff' '\ue000'"
    assert names("abcde", most=3) == "'a' 'b' 'c' and 2 more"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("abc", 3),
        ("e\u0301", 1),
        ("日本\u3000", 6),
        ("می\u200cخ", 3),
        ("👩\u200d👩\u200d👧", 2),
        ("👍🏽", 2),
        ("🇫🇷", 2),
        ("\u00a0", 1),
        ("a\u00adb", 3),
    ],
)
def test_the_columns_of_a_text(text: str, columns: int) -> None:
    assert width(text) == columns


def test_an_error_keeps_the_spaces_of_a_name(charlstm: Runner, here: Path) -> None:
    assert here
    outcome = charlstm("train", "a\u3000b.txt")
    assert outcome.stderr == "Error: cannot read a\u3000b.txt: No such file or directory\n"


def test_a_persian_and_a_french_model_write_what_their_people_write(
    charlstm: Runner, here: Path
) -> None:
    """In previews, in `cloze`, in `eval --lines`, in JSON and in `inspect text`."""
    text = "می\u200cخواهم\u00a0!\u3000\u2066x\u2069\n" * 40
    (here / "p.txt").write_text(text, encoding="utf-8")
    flags = ("--hidden-size=8", "--max-steps=40", "--sample-every=20", "--batch-size=8")
    preview = charlstm.ok("train", "p.txt", *flags, "--lr=0.05", "--workers=1").stderr
    assert "\u200c" in preview and "\\u200c" not in preview
    assert "\\u2066" in preview and "\u2066" not in preview
    line = text.splitlines()[0]
    shown = line.replace("\u2066", "\\u2066").replace("\u2069", "\\u2069")
    assert shown in charlstm.ok("eval", "p.txt", "--lines").stdout
    assert f'"{shown}"' in charlstm.ok("eval", "p.txt", "--lines", "--json").stdout
    table = charlstm.ok("cloze", f"--prime={line}", "می\u200cخ", "\u00a0!").stdout.splitlines()
    assert table[0] == f"{shown} …"
    assert "'می\u200cخ'" in table[2] and len({width(row) for row in table[2:]}) == 1
    inside = charlstm.ok("inspect", "text", "خ\u200cا\u00a0\u3000!", "--color=never").stdout
    assert "خ◌ا\u00a0\u3000!" in inside
