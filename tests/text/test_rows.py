"""Rows of a window: each character is in one, none is too wide, and words that fit stay whole."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from charlstm.text.rows import place_beside, row_at, rows_of
from charlstm.text.shown import width


def shown(text: str, columns: int) -> list[str]:
    return [text[a:b] for a, b in rows_of(text, columns, width)]


def test_lines_are_cut_between_words() -> None:
    assert shown("The cats which waited\n\nslept.", 10) == [
        "The cats ",
        "which ",
        "waited",
        "",
        "slept.",
    ]


def test_a_word_that_fits_in_no_row_is_cut() -> None:
    assert shown("a verylongwordindeed b", 6) == ["a ", "verylo", "ngword", "indeed", " b"]
    assert shown("日本語日本語", 5) == ["日本", "語日", "本語"]
    assert shown("日本", 1) == ["日", "本"]
    assert shown("", 5) == [""]


TEXTS = st.text("ab \n日e\u0301", max_size=40)


@given(TEXTS, st.integers(1, 12))
def test_every_character_is_in_one_row_that_is_not_too_wide(text: str, columns: int) -> None:
    rows = rows_of(text, columns, width)
    assert rows[0].begin == 0 and rows[-1].end == len(text)
    for before, after in pairwise(rows):
        between = text[before.end : after.begin]
        assert between in ("", "\n")
        assert between or before.end > before.begin
    for row in rows:
        piece = text[row.begin : row.end]
        assert "\n" not in piece
        assert sum(map(width, piece)) <= columns or len(piece) == 1
    for word in re.findall(r"[^ \n]+", text):
        if sum(map(width, word)) <= columns:
            assert any(word in text[a:b] for a, b in rows)


@given(TEXTS, st.integers(1, 12), st.data())
def test_a_place_is_in_the_row_that_shows_it(text: str, columns: int, data: st.DataObject) -> None:
    rows = rows_of(text, columns, width)
    place = data.draw(st.integers(0, len(text)))
    row = rows[row_at(rows, place)]
    assert row.begin <= place <= row.end
    if place < row.end:
        assert text[place] != "\n"


def test_up_and_down_keep_the_column() -> None:
    text = "The cats which waited\nab\n日本語日本"
    rows = rows_of(text, 10, width)  # "The cats ", "which ", "waited", "ab", "日本語日本"

    def beside(place: int, step: int) -> int:
        return place_beside(text, rows, place, step, width)

    assert text[beside(4, 1) :].startswith("h waited")
    assert text[beside(8, 1) :].startswith(" waited")  # the end of "which " is in the next row
    assert text[beside(beside(2, 1), 1) :].startswith("ited")
    assert text[beside(text.index("ited"), 1) :].startswith("\n日")
    assert text[beside(text.index("本語"), -1) :].startswith("\n日")
    assert text[beside(text.index("b\n"), 1) :].startswith("日本語")  # in the middle of 日
    assert beside(3, -1) == 0
    assert beside(len(text) - 3, 1) == len(text)
