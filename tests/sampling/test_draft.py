"""A draft: who wrote what, what a key takes back, and steps that are undone and made again."""

from hypothesis import given
from hypothesis import strategies as st

from charlstm.sampling.draft import PERSON, Draft


def typed(draft: Draft, text: str) -> None:
    for character in text:
        draft.type(character)


def test_what_is_typed_and_what_is_written_stand_in_their_order() -> None:
    draft = Draft("The ")
    typed(draft, "ca")
    draft.add("ts which")
    typed(draft, "ever")
    assert (draft.text, draft.place) == ("The cats whichever", 18)
    assert draft.authors == [PERSON] * 6 + [1] * 8 + [PERSON] * 4


def test_back_takes_a_piece_of_the_model_as_a_whole_and_else_one_character() -> None:
    draft = Draft("The")
    draft.add(" cats")
    draft.add(" which")
    typed(draft, "ev")
    texts = []
    for _ in range(7):
        draft.back()
        texts.append(draft.text)
    assert texts == ["The cats whiche", "The cats which", "The cats", "The", "Th", "T", ""]
    draft.back()
    assert (draft.text, draft.place) == ("", 0)


def test_back_within_a_piece_takes_one_character() -> None:
    draft = Draft("The")
    draft.add(" cats")
    draft.move(6)
    draft.back()
    assert (draft.text, draft.place) == ("The cts", 5)
    draft.type("u")
    draft.move(len(draft.text))
    draft.back()  # what is left of the piece behind the typed character
    assert draft.text == "The cu"
    draft.move(5)
    draft.back()
    assert draft.text == "Theu"


def test_a_piece_put_into_the_middle_is_taken_back_there() -> None:
    draft = Draft("The sleep.")
    draft.move(4)
    draft.add("cats ")
    assert (draft.text, draft.place) == ("The cats sleep.", 9)
    draft.back()
    assert (draft.text, draft.place) == ("The sleep.", 4)


def test_delete_and_back_word() -> None:
    draft = Draft("The old cats  ")
    draft.back_word()
    assert draft.text == "The old "
    draft.back_word()
    draft.move(0)
    draft.back_word()
    draft.delete()
    assert (draft.text, draft.place) == ("he ", 0)
    draft.move(99)
    draft.delete()
    assert (draft.text, draft.place) == ("he ", 3)


def test_undo_takes_back_a_word_that_was_typed_a_piece_or_what_was_taken_away() -> None:
    draft = Draft()
    typed(draft, "The old  c")
    draft.add("ats sleep")
    draft.back()
    texts = []
    while draft.undo():
        texts.append(draft.text)
    assert texts == ["The old  cats sleep", "The old  c", "The old  ", "The ", ""]
    while draft.redo():
        texts.append(draft.text)
    assert texts[5:] == ["The ", "The old  ", "The old  c", "The old  cats sleep", "The old  c"]
    assert not draft.redo()


def test_typing_elsewhere_is_another_step() -> None:
    draft = Draft("ac")
    draft.move(1)
    draft.type("b")
    draft.move(3)
    draft.type("d")
    draft.undo()
    assert (draft.text, draft.place) == ("abc", 3)
    draft.undo()
    assert (draft.text, draft.place) == ("ac", 1)


def test_what_is_written_after_an_undo_takes_the_place_of_what_was_undone() -> None:
    draft = Draft()
    draft.add("cats")
    draft.undo()
    draft.add("dogs")
    assert not draft.redo()
    draft.back()
    assert draft.text == ""


def test_a_piece_that_is_put_back_is_still_one_piece() -> None:
    draft = Draft("The")
    draft.add(" cats")
    draft.back()
    draft.undo()
    assert draft.authors == [PERSON] * 3 + [1] * 5
    draft.back()
    assert draft.text == "The"


def test_nothing_is_no_step() -> None:
    draft = Draft("a")
    draft.type("")
    draft.type("b")
    draft.move(0)
    draft.back()
    draft.undo()
    assert draft.text == "a"
    assert not draft.undo()


ACTIONS = st.one_of(
    st.tuples(st.just("type"), st.sampled_from(["a", " ", "\n", "bc d", ""])),
    st.tuples(st.just("add"), st.sampled_from([" cats", "x", ".\n"])),
    st.tuples(st.just("move"), st.integers(-1, 30)),
    st.tuples(st.sampled_from(["back", "back_word", "delete"]), st.none()),
)


@given(st.text("ab ", max_size=9), st.lists(ACTIONS, max_size=25))
def test_undo_goes_back_through_every_text_and_redo_forth(
    begin: str, actions: list[tuple[str, object]]
) -> None:
    draft = Draft(begin)
    passed = [(begin, [PERSON] * len(begin))]
    for name, value in actions:
        getattr(draft, name)(*([] if value is None else [value]))
        assert 0 <= draft.place <= len(draft.text) == len(draft.authors)
        passed.append((draft.text, list(draft.authors)))
    undone = [passed[-1]]
    while draft.undo():
        undone.append((draft.text, list(draft.authors)))
    assert undone[-1] == passed[0]
    assert all(state in passed for state in undone)  # a step may hold several typed characters
    redone = [passed[0]]
    while draft.redo():
        redone.append((draft.text, list(draft.authors)))
    assert redone == undone[::-1]
