"""The parts of a sentence cover each of its characters once, wherever the blanks are."""

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from charlstm.text.parts import By, cut, joined_regions

LINES = st.text(st.sampled_from("ab.\t \u00a0\u3000\r☃"), max_size=12)


@given(LINES, st.sampled_from(["char", "word", "region"]), st.booleans(), st.booleans())
@example(" a  b ", "word", True, True)
@example(" a  b ", "word", False, True)
@example("\ta\t \t b\t", "region", False, True)
@example("\ta\t b", "word", False, False)
def test_parts_cover_each_character_and_the_newline_once(
    line: str, by: By, closing: bool, tabs_mark: bool
) -> None:
    found = cut(line, by, closing_blank=closing, tabs_mark=tabs_mark)
    covered = [k for part in found.parts for k in range(part.first, part.last)]
    full = found.sentence if by == "char" else line.strip()
    assert covered == (list(range(len(found.sentence) + 1)) if full else [])
    for part in found.parts:
        assert f"{found.sentence}\n"[part.start : part.end] == part.text


@given(LINES)
def test_words_are_those_of_str_split(line: str) -> None:
    assert [part.text for part in cut(line, "word").parts] == line.split()


@given(LINES)
def test_words_and_characters_are_those_of_the_sentence_of_the_regions(line: str) -> None:
    sentence = cut(line, "region").sentence
    if "\t" in line:
        assert {cut(line, by).sentence for by in ("word", "char")} == {sentence}
    kept = cut(line, "word", tabs_mark=False)
    assert (kept.sentence, [part.text for part in kept.parts]) == (line, line.split())


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        (["The cat", "was", "full."], "The cat was full."),
        (["The cat ", "was", " full."], "The cat was full."),
        (["", "The cat", "", " ", "was", ""], "The cat was"),
        (["When he", "ate", ",", "she left"], "When he ate , she left"),
        (["", " "], ""),
    ],
)
def test_a_blank_joins_regions_where_none_stands(contents: list[str], sentence: str) -> None:
    found = joined_regions(contents)
    assert found.sentence == sentence
    assert [part.text for part in found.parts] == [c.strip() for c in contents] * bool(sentence)
    assert cut("\t".join(contents), "region") == found


def test_the_blank_belongs_to_the_word_before_or_after_it() -> None:
    sentence = " The  cat sat "
    closed = cut(sentence, "word").parts
    assert [f"{sentence}\n"[p.first : p.last] for p in closed] == [" The  ", "cat ", "sat \n"]
    opened = cut(sentence, "word", closing_blank=False).parts
    assert [f"{sentence}\n"[p.first : p.last] for p in opened] == [" The", "  cat", " sat", " \n"]
    assert opened[-1].text == "\n"
