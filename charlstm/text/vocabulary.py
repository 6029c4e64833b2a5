"""A vocabulary numbers the known characters, or all bytes; anything else is one number more."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CheckpointError

Tokens = Literal["char", "byte"]
Ids = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Vocabulary:
    """The known characters in the order of their ids 0 … V-1; id V is the unknown input.

    A "byte" vocabulary always knows all 256 bytes (V = 256) and leaves `characters` empty.
    The unknown id is read, never written: a model has V outputs but V + 1 inputs.
    """

    tokens: Tokens
    characters: str = ""

    @property
    def size(self) -> int:
        """V, the number of known characters."""
        return len(self.characters) if self.tokens == "char" else 256

    @property
    def unknown(self) -> int:
        """The id of every unknown character, which is V."""
        return self.size

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger[Any]]:
        """The smallest of uint8, uint16, uint32 for what `encode` returns.

        It holds V, except for bytes: none of them is unknown, so uint8 is enough there.
        """
        return np.min_scalar_type(255 if self.tokens == "byte" else self.unknown)

    def encode(self, text: str | bytes) -> Ids:
        """The ids of a text, shape (characters,) or (bytes,); unknown characters become V.

        Never raises: bytes given to a "char" vocabulary are read as UTF-8, and the stray bytes that
        Python carries inside a str as surrogates are unknown characters, or again those bytes.
        """
        if self.tokens == "byte":
            return np.frombuffer(_as_bytes(text), np.uint8)
        text = _as_str(text)
        if self._ascii_table and text.isascii():  # no faster lookup than this one
            return np.frombuffer(text.encode("ascii").translate(self._ascii_table), np.uint8)
        return self._table.take(code_points(text), mode="clip")

    def decode(self, ids: Sequence[int] | NDArray[np.integer[Any]]) -> str:
        """The text of ids; unknown ones, and bytes that are no UTF-8, become U+FFFD.

        Raises:
            IndexError: an id is larger than V.
        """
        if self.tokens == "byte":
            return self.decode_bytes(ids).decode("utf-8", errors="replace")
        codes = self._codes.take(np.asarray(ids, np.intp))
        return codes.tobytes().decode("utf-32-le", errors="replace")

    def decode_bytes(self, ids: Sequence[int] | NDArray[np.integer[Any]]) -> bytes:
        """The same as bytes: the very bytes of a "byte" vocabulary, or the text in UTF-8.

        Raises:
            IndexError: an id is larger than V, or the unknown one of a "byte" vocabulary.
        """
        if self.tokens == "byte":
            return np.arange(256, dtype=np.uint8).take(np.asarray(ids, np.intp)).tobytes()
        return self.decode(ids).encode()

    @property
    def alphabet(self) -> list[str]:
        r"""What stands for each id from 0 to V - 1; a byte that is no ASCII character is `\xNN`."""
        return list(map(_byte_name, range(256))) if self.tokens == "byte" else list(self.characters)

    def symbols(self, text: str | bytes) -> list[str]:
        """A text cut into tokens, each written as `alphabet` writes it."""
        if self.tokens == "byte":
            return [_byte_name(int(value)) for value in self.encode(text)]
        return list(_as_str(text))

    def unseen(self, text: str | bytes) -> list[str]:
        """The distinct characters of a text that are unknown, in order of appearance."""
        if self.tokens == "byte":
            return []
        known = frozenset(self.characters)
        return [character for character in dict.fromkeys(_as_str(text)) if character not in known]

    def extended(self, characters: str) -> "Vocabulary":
        """This vocabulary with further characters appended, sorted; old ids stay as they are."""
        new = "".join(sorted(self.unseen(characters)))
        return Vocabulary(self.tokens, self.characters + new)

    def to_header(self) -> dict[str, str]:
        """What a checkpoint keeps of it, ready for JSON."""
        return {"tokens": self.tokens, "characters": self.characters}

    @classmethod
    def from_header(cls, header: object) -> "Vocabulary":
        """The vocabulary that `to_header` described.

        Raises:
            CheckpointError: the header describes no vocabulary.
        """
        match header:
            case {"tokens": "byte", "characters": ""}:
                return cls("byte")
            case {"tokens": "char", "characters": str(characters)} if (
                characters and len(set(characters)) == len(characters) and is_text(characters)
            ):
                return cls("char", characters)
        raise CheckpointError(
            "the vocabulary in the checkpoint is damaged; use another checkpoint or train again"
        )

    @cached_property
    def _codes(self) -> NDArray[np.uint32]:
        """Code point by id, U+FFFD for the unknown one; shape (V + 1,)."""
        return code_points(self.characters + "\ufffd")

    @cached_property
    def _table(self) -> Ids:
        """Id by code point; everything past the last known one is clipped to a final unknown."""
        known = code_points(self.characters)
        table = np.full(int(known.max(initial=0)) + 2, self.unknown, self.dtype)
        table[known] = np.arange(self.size)
        return table

    @cached_property
    def _ascii_table(self) -> bytes:
        """The part of `_table` that `bytes.translate` can use; empty where ids are wider."""
        fits = self.dtype == np.uint8
        return self._table.take(range(256), mode="clip").tobytes() if fits else b""


def code_points(text: str) -> NDArray[np.uint32]:
    """The Unicode number of every character, shape (characters,)."""
    return np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), "<u4")


def is_text(text: str) -> bool:
    """Whether a str holds whole characters only: no surrogates, which are halves or stray bytes."""
    try:
        text.encode("utf-16-le")
    except UnicodeEncodeError:
        return False
    return True


def _byte_name(value: int) -> str:
    return chr(value) if value < 128 else f"\\x{value:02x}"


def _as_str(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", errors="surrogateescape")


def _as_bytes(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("utf-8", errors="surrogateescape")  # command-line bytes come back intact
    except UnicodeEncodeError:
        return text.encode("utf-8", errors="surrogatepass")
