"""A person and a model write one text: the model goes on by a word or a line, at any place.

What the model writes depends on the text before the place, and on the number of pieces it has
written before. So the same keys give the same text, and a piece that is taken back and asked for
again is another one.
"""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from charlstm.sampling.chain import Chain
from charlstm.sampling.draft import Draft
from charlstm.sampling.follower import Follower
from charlstm.sampling.samples import stream
from charlstm.sampling.source import Source
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter
from charlstm.text.vocabulary import Ids, Vocabulary

LONGEST_WORD, LONGEST_LINE = 40, 500  # characters or bytes that are written at once


@dataclass(frozen=True)
class Next:
    """A character that may come next: its name in the alphabet, and its probability in a draw."""

    name: str
    probability: float


class Session:
    """A text, and a model that goes on with it at the place of the `draft`.

    The `source` has one column and has read nothing. The text begins a line: the model reads a line
    break before it. The text of a byte model has undecodable bytes as surrogates.
    """

    def __init__(
        self, source: Source, chain: Chain, vocabulary: Vocabulary, seed: int, text: str = ""
    ) -> None:
        self.draft, self.chain, self.vocabulary = Draft(text), chain, vocabulary
        self._greedy = Chain([step for step in chain.steps if step.forbids], greedy=True)
        self._follower, self._seed = Follower(source), seed
        self._begin = vocabulary.encode("\n")
        self._alphabet = vocabulary.alphabet
        self._blank = [name.isspace() for name in self._alphabet]
        self._newline = int(self._begin[0])
        self._guess: tuple[str, str] | None = None  # the text before the place, and the guess

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
        guess = self.guess
        if guess:
            self.draft.add(guess)
        return guess

    @property
    def guess(self) -> str:
        """The likeliest characters to come, one after the other, to the end of a word."""
        before = self._before
        if not self._guess or self._guess[0] != before:
            ids = self._word(self._draws(self._greedy, 0, LONGEST_WORD))
            self._guess = before, self._text(list(ids))
        return self._guess[1]

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

    def _write(self, cut: Callable[[Iterator[int]], Iterator[int]], longest: int) -> str:
        piece = self._text(list(cut(self._draws(self.chain, self._seed, longest))))
        self._seed += 1
        if piece:
            self.draft.add(piece)
        return piece

    def _writer(self, chain: Chain, seed: int, likeliest: int | None = None) -> SampleWriter:
        ids: Ids = np.concatenate([self._begin, self.vocabulary.encode(self._before)])
        return SampleWriter(self._follower.after(ids[:-1]), chain, ids, [seed], likeliest)

    def _draws(self, chain: Chain, seed: int, longest: int) -> Iterator[int]:
        for piece in stream(self._writer(chain, seed), longest, Stops()):
            yield from piece

    def _word(self, draws: Iterator[int]) -> Iterator[int]:
        """The ids up to a blank after other characters, or up to and with a line break."""
        begun = False
        for id_ in draws:
            if begun and self._blank[id_]:
                return
            yield id_
            begun = begun or not self._blank[id_]
            if id_ == self._newline:
                return

    def _line(self, draws: Iterator[int]) -> Iterator[int]:
        """The ids up to and with a line break."""
        for id_ in draws:
            yield id_
            if id_ == self._newline:
                return

    def _text(self, ids: list[int]) -> str:
        """The text of ids. Bytes at its end that begin a character are left out."""
        if self.vocabulary.tokens == "byte":
            return codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(bytes(ids))
        return self.vocabulary.decode(ids)
