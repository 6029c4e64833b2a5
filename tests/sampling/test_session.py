"""A person and a model write in turn: pieces, guesses, what comes next, and the model alone."""

import math
from pathlib import Path
from typing import Any

import pytest
from cells_under_test import random_model
from command_line import TINY, Runner

from charlstm import Model, load
from charlstm.sampling.chain import Chain
from charlstm.sampling.filters import Filters
from charlstm.sampling.session import LONGEST_LINE, LONGEST_WORD, Session
from charlstm.sampling.source import NetworkSource
from charlstm.sampling.steps.base import Context
from charlstm.text.vocabulary import Vocabulary

GREEDY = Filters(temperature=0)


@pytest.fixture(scope="module")
def model(learnt_run: Path) -> Model:
    return load(learnt_run)


@pytest.fixture(scope="module")
def byte_model(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "text.txt").write_text("日本 über ☃\n" * 150, encoding="utf-8")
    budget = ("--max-steps=120", "--lr=0.03", "--warmup-steps=5", "--tokens=byte")
    charlstm.ok("train", folder / "text.txt", *TINY, *budget, "--out", folder / "run")
    return load(folder / "run")


def sampled(model: Model, text: str, length: int = 100) -> str:
    """What the model is likeliest to write after a line break and the text."""
    return "".join(model.sample("\n" + text, length=length, temperature=0, stop=()))


@pytest.mark.parametrize("text", ["", "T", "The c", "The cats", "The cats ", "The cats are here"])
def test_a_word_and_a_line_are_the_beginning_of_a_sample(model: Model, text: str) -> None:
    wanted = sampled(model, text)
    line = wanted[: wanted.index("\n") + 1]
    session = model.session(text, GREEDY)
    assert session.guess == session.write_word()
    word = session.draft.text[len(text) :]
    assert line.startswith(word)
    blanks = len(word) - len(word.lstrip())
    assert word[blanks:].split() == [word[blanks:]]  # no blank in it
    assert line[len(word)].isspace()  # and one after it
    session = model.session(text, GREEDY)
    assert session.write_line() == line
    assert session.draft.text == text + line
    assert session.draft.authors == [0] * len(text) + [1] * len(line)


def test_a_word_goes_on_behind_a_line_break_only_when_asked_again(model: Model) -> None:
    session = model.session("The cats are here", GREEDY)
    pieces = [session.write_word() for _ in range(3)]
    assert pieces[:2] == [".", "\n"]
    assert pieces[2] == sampled(model, "The cats are here.\n").split(" ")[0]


def test_what_the_model_never_ends_is_cut() -> None:
    letters = Vocabulary("char", "abc")
    session = Session(NetworkSource(random_model(vocabulary_size=3)), Chain(), letters, 1)
    assert len(session.write_word()) == len(session.guess) == LONGEST_WORD
    assert len(session.write_line()) == LONGEST_LINE


def wild_session(seed: int, **filters: Any) -> Session:
    """One of a model that knows nothing, so that every character follows every other."""
    vocabulary = Vocabulary("char", "\n abcdefgh")
    model = random_model(vocabulary_size=vocabulary.size, spread=0.1)
    chain = Filters(**filters).chain(Context(vocabulary))
    return Session(NetworkSource(model), chain, vocabulary, seed)


@pytest.mark.parametrize("filters", [{}, {"no_repeat": 5}, {"top_k": 9, "word_temperature": 2.0}])
def test_the_next_piece_does_not_go_on_with_a_word_that_has_ended(filters: dict[str, Any]) -> None:
    for seed in range(20):
        session = wild_session(seed, **filters)
        word = session.write_word()
        for write in (session.write_word, session.write_line, session.write_word):
            assert write()[0].isspace() or word.endswith("\n")
            session.draft.undo()


def test_nor_with_a_guess_that_was_taken(model: Model) -> None:
    session = model.session("The ca", Filters(temperature=5.0), seed=1)
    assert session.take_guess().isalpha()
    for _ in range(30):
        assert session.write_word()[0].isspace()
        session.draft.undo()
    free = model.session("The cat", Filters(temperature=5.0), seed=1)
    assert not all(free.write_word()[0].isspace() and free.draft.undo() for _ in range(30))


def test_a_person_may_go_on_with_any_word() -> None:
    """So the model may do so as well, unless the word is as the model has ended it."""
    typed, cut = set(), set()
    for seed in range(60):
        session = wild_session(seed)
        session.write_word()
        session.draft.type("a")
        typed.add(session.write_word()[0])
        session = wild_session(seed)
        session.write_word()
        session.draft.move(len(session.draft.text) - 1)
        session.draft.delete()
        cut.add(session.write_word()[0])
    assert len(typed & {*"abcdefgh"}) > 5
    assert len(cut & {*"abcdefgh"}) > 5


def test_a_word_whose_beginning_is_changed_may_have_no_end(model: Model) -> None:
    """The likeliest character is no blank any more, and no other is left."""
    session = model.session("The ", Filters(top_k=1, temperature=0.5))
    session.take_guess()
    word = session.draft.text
    for place in range(len(word)):
        session.draft.move(place)
        session.draft.delete()
        session.draft.move(len(word) - 1)
        assert session.write_word()
        session.draft.undo()
        session.draft.undo()
    assert session.draft.text == word


def test_the_same_keys_give_the_same_text_and_another_try_another_piece(model: Model) -> None:
    hot = Filters(temperature=2.0)

    def written(seed: int | None) -> list[str]:
        session, tries = model.session("The", hot, seed), []
        for _ in range(4):
            tries.append(session.write_line())
            session.draft.back()
        assert session.draft.text == "The"
        return tries

    assert written(3) == written(3)
    assert len(set(written(3))) == 4
    assert written(3) != written(40)
    assert written(None) != written(None)


def test_a_guess_changes_nothing_until_it_is_taken(model: Model) -> None:
    plain, curious = (model.session("The cats", seed=5) for _ in range(2))
    for session in (plain, curious):
        for _ in range(3):
            if session is curious:
                assert session.guess and session.likeliest(3)
            session.write_word()
    assert plain.draft.text == curious.draft.text
    guess = curious.guess
    curious.take_guess()
    assert curious.draft.text == plain.draft.text + guess
    curious.draft.undo()
    assert curious.draft.text == plain.draft.text
    assert curious.guess == guess


def test_the_likeliest_characters_have_their_probability_in_the_draw(model: Model) -> None:
    text, characters = "The cats ", model.vocabulary.characters
    shares = {c: math.exp(model.log_likelihood(c, prime="\n" + text)) for c in characters}
    likeliest = sorted(shares, key=lambda c: -shares[c])
    session = model.session(text)
    assert [share.name for share in session.likeliest(4)] == likeliest[:4]
    for share in session.likeliest(4):
        assert share.probability == pytest.approx(shares[share.name], rel=1e-3)
    first, second = model.session(text, Filters(top_k=2, temperature=0.5)).likeliest(4)
    squares = shares[first.name] ** 2, shares[second.name] ** 2
    assert first.probability == pytest.approx(squares[0] / sum(squares), rel=1e-3)
    (only,) = model.session(text, GREEDY).likeliest(4)
    assert (only.name, only.probability) == (likeliest[0], 1.0)


def test_the_model_goes_on_from_the_place_whatever_stands_behind_it(model: Model) -> None:
    session = model.session("The cats.\nGone", GREEDY)
    session.draft.move(8)
    piece = session.write_line()
    assert piece == model.session("The cats", GREEDY).write_line()
    assert session.draft.text == f"The cats{piece}.\nGone"
    assert session.draft.place == 8 + len(piece)


def test_rules_hold_for_pieces_and_guesses(model: Model) -> None:
    """No run of 6 characters may come again; so the guess leaves the way that it would take."""
    text, rules = "The cats are here.\n", Filters(no_repeat=6, temperature=0)
    session, free = model.session(text, rules), model.session(text, GREEDY)
    session.draft.type("The ca")
    free.draft.type("The ca")
    assert free.guess.startswith("t")
    assert not session.guess.startswith("t")  # "he cat" stands there already
    for _ in range(20):
        session.write_word()
    written, own = session.draft.text, len(text) + 6
    assert len(written) > own + 40
    for end in range(own + 1, len(written) + 1):
        assert written[end - 6 : end] not in written[: end - 1]


def test_nothing_is_written_where_the_rules_leave_no_character(model: Model) -> None:
    characters = model.vocabulary.characters
    pairs = "".join("a" + c for c in characters) + "a"
    session = model.session(pairs, Filters(no_repeat=2))
    assert session.guess == session.write_word() == session.write_line() == ""
    assert session.take_guess() == ""
    assert session.likeliest(5) == []
    assert (session.draft.text, session.draft.undo()) == (pairs, False)


def test_unknown_characters_are_read_as_unknown(model: Model) -> None:
    session = model.session("The 日", GREEDY)
    assert session.write_word() == model.session("The é", GREEDY).write_word()
    assert session.data.decode().startswith("The 日")


def test_a_model_of_lines_begins_each_line_anew(names_run: Path) -> None:
    model = load(names_run)
    session = model.session("Some town\n", GREEDY)
    name = session.write_line()
    assert name == model.session("", GREEDY).write_line() == session.write_line()
    assert name[:-1] == "".join(model.sample(temperature=0))


def test_a_byte_model_writes_whole_characters(byte_model: Model) -> None:
    session = byte_model.session("日", seed=1)
    for _ in range(30):
        session.write_word()
        session.take_guess()
    session.draft.move(1)
    assert session.guess == "本"
    text = session.draft.text
    assert "☃" in text and "ü" in text
    assert session.data == text.encode("utf-8", "surrogateescape")


def test_a_byte_model_leaves_out_half_a_character(byte_model: Model) -> None:
    session = byte_model.session()
    assert session._text(list("日本".encode()[:5])) == "日"
    assert session._text([0xFF, 0x41]) == "\udcffA"


def test_bytes_that_are_no_text_are_kept(byte_model: Model) -> None:
    data = b"\xff\xfe \xe6"
    session = byte_model.session(data.decode("utf-8", "surrogateescape"), GREEDY)
    piece = session.write_word()
    assert session.data == data + piece.encode("utf-8", "surrogateescape")
    (sample,) = byte_model.samples(b"\n" + data, 40, GREEDY, [1])
    assert sample.startswith(session.data[len(data) :])
