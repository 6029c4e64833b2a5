"""A person and a model write one text: the model goes on by a word or a line, at any place.

What the model writes depends on the text before the place, and on the number of pieces it has
written before. So the same keys give the same text, and a piece that is taken back and asked for
again is another one.
"""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.chain import Chain
from charlstm.sampling.draft import Draft
from charlstm.sampling.follower import Follower
from charlstm.sampling.history import History
from charlstm.sampling.samples import stream
from charlstm.sampling.source import Source
from charlstm.sampling.steps.base import ChainStep
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter
from charlstm.text.vocabulary import Ids, Vocabulary

LONGEST_WORD, LONGEST_LINE = 40, 500  # characters or bytes that are written at once


@dataclass(frozen=True)
class Next:
    """A character that may come next: its name in the alphabet, and its probability in a draw."""

    name: str
    probability: float


@dataclass(frozen=True)
class Piece:
    """What the model writes at once, and whether a blank after it has ended a word."""

    text: str
    ends_word: bool = False


class BlankFirst(ChainStep):
    """Lets only blanks be the first character, where a word has ended.

    The text before it may have been changed since. If no blank is left then, it changes nothing.
    """

    name = "blank_first"
    looks_back = 1

    def __init__(self, blank: NDArray[np.bool_]) -> None:
        self._blank = blank

    def apply(self, logits: NDArray[Any], history: History) -> None:
        """Forbid the others before anything is written; the highest logit is 0."""
        if not history.written and np.exp(logits[..., self._blank]).any():
            logits[..., ~self._blank] = -np.inf


class Session:
    """A text, and a model that goes on with it at the place of the `draft`.

    The `source` has one column and has read nothing. The text begins a line: the model reads a line
    break before it. The text of a byte model has undecodable bytes as surrogates.

    A word ends where a blank is drawn. The next piece then begins with a blank, so that words come
    one by one as they do in a sample.
    """

    def __init__(
        self, source: Source, chain: Chain, vocabulary: Vocabulary, seed: int, text: str = ""
    ) -> None:
        self.draft, self.chain, self.vocabulary = Draft(text), chain, vocabulary
        self._alphabet = vocabulary.alphabet
        self._blank = np.array([name.isspace() for name in self._alphabet])
        self._greedy = Chain(chain.steps, greedy=True)
        self._new_word = Chain([*chain.steps, BlankFirst(self._blank)], greedy=chain.greedy)
        self._ended: dict[int, str] = {}  # pieces that are whole words, by their numbers
        self._follower, self._seed = Follower(source), seed
        self._begin = vocabulary.encode("\n")
        self._newline = int(self._begin[0])
        self._guess: tuple[str, Piece] | None = None  # the text before the place, and the guess

    def write_word(self) -> str:
        """Let the model go on to the end of a word, or of the line; the piece that it writes.

        It is empty if the steps of the chain leave no character.
        """
        return self._write(self._word, LONGEST_WORD)

    def write_line(self) -> str:
        """The same to the end of the line, with the line break."""
        return self._write(self._line, LONGEST_LINE)

    def take_guess(self) -> str:
        """Put in the guess as a piece of the model."""
        return self._add(self._guessed())

    @property
    def guess(self) -> str:
        """The likeliest characters to come, one after the other, to the end of a word."""
        return self._guessed().text

    def likeliest(self, count: int) -> list[Next]:
        """The `count` likeliest next characters under the model that the chain leaves.

        The first is the likeliest to be drawn.
        """
        writer = self._writer(self.chain, 0, count)
        next(writer.draws())
        scores = [
            (id_, drawn) for id_, _, drawn in writer.log_probs[0].likeliest if drawn > -np.inf
        ]
        return [
            Next(self._alphabet[id_], float(np.exp(drawn)))
            for id_, drawn in sorted(scores, key=lambda score: -score[1])
        ]

    @property
    def data(self) -> bytes:
        """The text as bytes: those of a byte model, or UTF-8."""
        if self.vocabulary.tokens == "byte":
            return self.vocabulary.encode(self.draft.text).tobytes()
        return self.draft.text.encode("utf-8", "backslashreplace")

    @property
    def _before(self) -> str:
        return self.draft.text[: self.draft.place]

    def _guessed(self) -> Piece:
        before = self._before
        if not self._guess or self._guess[0] != before:
            self._guess = before, self._word(self._draws(self._greedy, 0, LONGEST_WORD))
        return self._guess[1]

    def _write(self, cut: Callable[[Iterator[int]], Piece], longest: int) -> str:
        chain = self._new_word if self._word_has_ended() else self.chain
        piece = cut(self._draws(chain, self._seed, longest))
        self._seed += 1
        return self._add(piece)

    def _add(self, piece: Piece) -> str:
        if piece.text:
            number = self.draft.add(piece.text)
            if piece.ends_word:
                self._ended[number] = piece.text
        return piece.text

    def _word_has_ended(self) -> bool:
        """Whether a piece that is a whole word stands before the place, as it was written."""
        draft = self.draft
        word = self._ended.get(draft.authors[draft.place - 1]) if draft.place else None
        return word is not None and draft.text.endswith(word, 0, draft.place)

    def _writer(self, chain: Chain, seed: int, likeliest: int | None = None) -> SampleWriter:
        ids: Ids = np.concatenate([self._begin, self.vocabulary.encode(self._before)])
        return SampleWriter(self._follower.after(ids[:-1]), chain, ids, [seed], likeliest)

    def _draws(self, chain: Chain, seed: int, longest: int) -> Iterator[int]:
        for piece in stream(self._writer(chain, seed), longest, Stops()):
            yield from piece

    def _word(self, draws: Iterator[int]) -> Piece:
        """The text up to a blank after other characters, or up to and with a line break."""
        ids: list[int] = []
        begun = False
        for id_ in draws:
            if begun and self._blank[id_]:
                return Piece(self._text(ids), ends_word=True)
            ids.append(id_)
            begun = begun or not self._blank[id_]
            if id_ == self._newline:
                break
        return Piece(self._text(ids))

    def _line(self, draws: Iterator[int]) -> Piece:
        """The text up to and with a line break."""
        ids: list[int] = []
        for id_ in draws:
            ids.append(id_)
            if id_ == self._newline:
                break
        return Piece(self._text(ids))

    def _text(self, ids: list[int]) -> str:
        """The text of ids. Bytes at its end that begin a character are left out."""
        if self.vocabulary.tokens == "byte":
            return codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(bytes(ids))
        return self.vocabulary.decode(ids)
