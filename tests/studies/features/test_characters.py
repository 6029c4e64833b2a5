"""The features of characters, each drawn below a text: where it holds, and what needs it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlstm.errors import CharlstmError
from charlstm.studies.features.characters import defined
from charlstm.studies.features.characters.catalogue import BY_NAME, FEATURES
from charlstm.studies.features.characters.defined import defined_feature

# The feature, a text, its value after each character (a flag is 1 or ., a count a digit), and the
# characters that need it. ⏎ and → stand for a newline and a tab.
DRAWN = [
    (
        "quotes",
        'a "b, c." d "e',
        "..111111....11",
        "........^.....",
    ),
    (
        "quotes",
        '"a⏎ ⏎b "c" d',
        "1111...11...",
        ".........^..",
    ),
    (
        "single-quotes",
        "'Tis 'a,' 'I don't.' b",
        ".....1111.1111111111..",
        "........^..........^..",
    ),
    (
        "curly-quotes",
        "“a” ”b “c",
        "11.....11",
        "..^......",
    ),
    (
        "curly-single-quotes",
        "‘don’t’ ’",
        "1111111..",
        "......^..",
    ),
    (
        "low-quotes",
        "„a“ “b”",
        "11.....",
        "..^....",
    ),
    (
        "guillemets",
        "«a» «b",
        "11..11",
        "..^...",
    ),
    (
        "backticks",
        "`a` b`",
        "11...1",
        "..^...",
    ),
    (
        "parentheses",
        "f(a(b)) ) (x⏎⏎y",
        ".11111....111..",
        ".....^^........",
    ),
    (
        "square-brackets",
        "a[i] ]",
        ".11...",
        "...^..",
    ),
    (
        "braces",
        "f{a{b⏎⏎}⏎}x{y}",
        ".111111....11.",
        ".......^.....^",
    ),
    (
        "depth",
        "f(a[b]) {x}",
        "01122100110",
        ".....^^...^",
    ),
    (
        "comment",
        "a /* b * c */ d // e⏎f",
        "...111111111.....111..",
        "...........^^.......^.",
    ),
    (
        "comment",
        '"/*" a /* b',
        "........111",
        "...........",
    ),
    (
        "string",
        'a "b\\"c" \'"\' d "e⏎f',
        "..11111........11..",
        ".......^...........",
    ),
    (
        "string",
        '/* "a" */ "b"',
        "..........11.",
        "............^",
    ),
    (
        "hash-line",
        "#a <x>⏎b # c⏎d#e",
        "111111...111....",
        "......^.....^...",
    ),
    (
        "indentation",
        "a⏎  b⏎⏎   c⏎→d⏎e",
        "0000222222333880",
        "..^^^..^^^^.^^.^",
    ),
    (
        "line",
        "ab⏎c⏎⏎de",
        "12010012",
        "..^.^^..",
    ),
    (
        "after-empty-line",
        "a⏎⏎ROM:⏎x⏎⏎⏎d⏎f",
        "..11111...111..",
        None,
    ),
    (
        "word",
        "the cat's x_1 ",
        "12301230101230",
        "...^...^.^...^",
    ),
    (
        "sentence",
        "ab. Cd? e⏎⏎fg",
        "0001230123012",
        "..^...^......",
    ),
    (
        "number",
        "a1 12 0x1F, 3.14",
        "...11.1111..1.11",
        None,
    ),
    (
        "capitalised",
        "The cat's Mat IS",
        "111.......111.11",
        None,
    ),
    (
        "capitals",
        "KING Richard: McDON I am",
        ".111....................",
        "..^^^...................",
    ),
    (
        "url",
        "http://a.b/c?d www.x.y ab://c",
        "......11111111.....111.......",
        None,
    ),
    (
        "vowel-next",
        "the cat É",
        ".1..1..1.",
        "..^..^..^",
    ),
]

SEES_ONE_WORD_AHEAD = "single-quotes"


def plain(text: str) -> str:
    return text.replace("⏎", "\n").replace("→", "\t")


@pytest.mark.parametrize(("name", "text", "values", "needs"), DRAWN)
def test_a_feature_holds_where_it_is_drawn(
    name: str, text: str, values: str, needs: str | None
) -> None:
    marking = BY_NAME[name].mark(plain(text))
    flags = marking.values.dtype == np.bool_
    assert "".join(".1"[int(v)] if flags else str(v) for v in marking.values) == values
    found = None if marking.needs is None else "".join(".^"[int(flag)] for flag in marking.needs)
    assert found == needs
    assert bool(BY_NAME[name].needs) == (needs is not None)


def test_every_feature_is_drawn() -> None:
    assert {name for name, *_ in DRAWN} == set(BY_NAME)
    assert len(BY_NAME) == len(FEATURES)


@given(st.text("ab \nA.\t1_/*#\\\"'`()[]{}“”‘’„«»wé:", max_size=40))
def test_a_value_depends_on_nothing_that_comes_later(text: str) -> None:
    for feature in FEATURES:
        values = feature.mark(text).values
        assert len(values) == len(text)
        if feature.foresees or feature.name == SEES_ONE_WORD_AHEAD:
            continue
        for t in range(len(text)):
            assert feature.mark(text[: t + 1]).values[t] == values[t], (feature.name, t)


def test_a_pattern_of_ones_own_holds_in_its_matches() -> None:
    year = defined_feature("year", "1[0-9]{3}")
    marking = year.mark("in 1815, 99")
    assert marking.values.nonzero()[0].tolist() == [3, 4, 5, 6]
    assert marking.needs is None and not year.needs
    assert defined_feature("first", "^.").mark("ab\ncd").values.nonzero()[0].tolist() == [0, 3]
    assert not defined_feature("none", "x*").mark("ab").values.any()


def test_a_group_of_the_pattern_names_the_characters_that_need_it() -> None:
    feature = defined_feature("tag", "<(?:[a-z]+(?P<needs>>)|!)")
    marking = feature.mark("<b> <! <i>")
    assert marking.needs is not None and feature.needs
    assert marking.needs.nonzero()[0].tolist() == [2, 9]
    absent = feature.mark("nothing")
    assert absent.needs is not None and not absent.needs.any()


@pytest.mark.parametrize(
    ("name", "pattern", "words"),
    [
        ("x", "(", "is no regular expression of Python: missing )"),
        ("x", "a{99999999999999999999}", "is no regular expression"),
        ("x", "", "is empty"),
        ("x", "\udcff", "is not in UTF-8"),
        ("", "a", "cannot name a feature"),
        ("two words", "a", "cannot name a feature"),
        ("n" * 31, "a", "cannot name a feature"),
        ("quotes", "a", "is a feature of the library"),
    ],
)
def test_what_defines_no_feature_is_refused(name: str, pattern: str, words: str) -> None:
    with pytest.raises(CharlstmError, match=words.replace(")", r"\)")):
        defined_feature(name, pattern)


def test_a_pattern_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defined, "SECONDS", 0.5)
    endless = defined_feature("endless", "(a+)+$")
    with pytest.raises(CharlstmError, match=r"'endless' takes more than 0\.5 seconds to match"):
        endless.mark("a" * 60 + "b")
