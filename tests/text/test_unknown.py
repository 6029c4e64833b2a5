"""What a vocabulary does not know of a text, said in words."""

import unicodedata

import numpy as np
import pytest

from charlstm.text.unknown import cure, nothing_known, unknown_words
from charlstm.text.vocabulary import Vocabulary


def vocabulary(text: str) -> Vocabulary:
    return Vocabulary("char", "".join(sorted(set(text))))


def test_which_characters_are_unknown_and_how_many() -> None:
    known = vocabulary("\nabc")
    ids = known.encode("aé☃é\n")
    assert unknown_words(known, known.unseen("aé☃é\n"), ids) == (
        "never seen in training, read as unknown: 'é' '☃' (3 of 5 characters)"
    )
    assert unknown_words(known, ["☃"]) == "never seen in training, read as unknown: '☃'"


@pytest.mark.parametrize(
    ("text", "nothing"),
    [("日本", True), ("日\n", True), ("日a", False), ("\n\n", False), ("abc", False)],
)
def test_a_text_of_which_nothing_is_known(text: str, nothing: bool) -> None:
    known = vocabulary("\nabc")
    assert nothing_known(known, known.encode(text)) is nothing
    assert nothing_known(known, np.tile(known.encode(text), 400_000)) is nothing


FRENCH = "Le café était là.\n"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("text", [FRENCH, "각하\n"])
def test_another_form_of_unicode_is_named(form: str, text: str) -> None:
    forms = {f: unicodedata.normalize(f, text) for f in ("NFC", "NFD")}
    other = forms["NFD" if form == "NFC" else "NFC"]
    known = vocabulary(forms[form])
    words = cure(known, known.unseen(other))
    assert f"Unicode's form {form}" in words and f"uconv -x any-{form.lower()}" in words
    assert not known.unseen(forms[form])


def test_what_the_training_text_has_instead_is_named() -> None:
    assert cure(vocabulary('it\'s "so"-.'), "’“–…") == (
        """; the model knows "'" for '’', '"' for '“', '-' for '–', '...' for '…'"""
    )
    assert cure(vocabulary("it’s"), "'") == """; the model knows '’' for "'\""""
    assert cure(vocabulary("fi a1"), "ﬁ\u00a0１") == (
        "; the model knows 'fi' for 'ﬁ', ' ' for U+00A0 (no-break space), '1' for '１'"
    )


def test_nothing_is_said_where_nothing_helps() -> None:
    assert cure(vocabulary("abc"), "é☃\u0301'") == ""
    assert cure(Vocabulary("byte"), []) == ""
