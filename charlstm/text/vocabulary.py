"""A vocabulary numbers the known characters, or all bytes, and has one number for the unknown."""

from collections.abc import Iterable, Sequence
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
    """The known characters, in the order of their ids 0 … V-1. Id V is the unknown character.

    A "byte" vocabulary always knows all 256 bytes (V = 256), and its `characters` are empty. A
    model reads the unknown id but never writes it, so it has V outputs and V + 1 inputs.
    """

    tokens: Tokens
    characters: str = ""

    @property
    def size(self) -> int:
        """V, the number of known characters."""
        return len(self.characters) if self.tokens == "char" else 256

    @property
    def unit(self) -> str:
        """What an id stands for: "character" or "byte"."""
        return unit_of(self.tokens)

    @property
    def unknown(self) -> int:
        """The id of every unknown character, which is V."""
        return self.size

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger[Any]]:
        """The dtype of ids: the smallest of uint8, uint16 and uint32 that holds V.

        It is uint8 for bytes, because no byte is unknown.
        """
        return np.min_scalar_type(255 if self.tokens == "byte" else self.unknown)

    def encode(self, text: str | bytes) -> Ids:
        """The ids of a text, shape (characters,) or (bytes,); unknown characters become V.

        It never raises. A "char" vocabulary reads bytes as UTF-8. Surrogates in a str are bytes
        that Python could not decode: a "char" vocabulary reads them as unknown characters, a
        "byte" vocabulary as these bytes.
        """
        if self.tokens == "byte":
            return np.frombuffer(_as_bytes(text), np.uint8)
        text = _as_str(text)
        if self._ascii_table and text.isascii():  # the fastest lookup there is
            return np.frombuffer(text.encode("ascii").translate(self._ascii_table), np.uint8)
        return self._table.take(code_points(text), mode="clip")

    def decode(self, ids: Sequence[int] | NDArray[np.integer[Any]]) -> str:
        """The text of ids. The unknown id, and bytes that are not UTF-8, become U+FFFD.

        Raises:
            IndexError: if an id is larger than V.
        """
        if self.tokens == "byte":
            return self.decode_bytes(ids).decode("utf-8", errors="replace")
        codes = self._codes.take(np.asarray(ids, np.intp))
        return codes.tobytes().decode("utf-32-le", errors="replace")

    def decode_bytes(self, ids: Sequence[int] | NDArray[np.integer[Any]]) -> bytes:
        """The bytes that a "byte" vocabulary's ids stand for, or the text of ids in UTF-8.

        Raises:
            IndexError: if an id is larger than V, or is the unknown id of a "byte" vocabulary.
        """
        if self.tokens == "byte":
            return np.arange(256, dtype=np.uint8).take(np.asarray(ids, np.intp)).tobytes()
        return self.decode(ids).encode()

    @property
    def alphabet(self) -> list[str]:
        r"""A name for each id from 0 to V - 1: its character, or `\xNN` for a byte beyond ASCII."""
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
        """This vocabulary and, appended in sorted order, new `characters`. Old ids stay."""
        new = "".join(sorted(self.unseen(characters)))
        return Vocabulary(self.tokens, self.characters + new)

    def to_header(self) -> dict[str, str]:
        """The form in which a checkpoint keeps it, ready for JSON."""
        return {"tokens": self.tokens, "characters": self.characters}

    @classmethod
    def from_header(cls, header: object) -> "Vocabulary":
        """The vocabulary that `to_header` described.

        Raises:
            CheckpointError: if the header describes no vocabulary.
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
        """The code point of each id, U+FFFD for the unknown one; shape (V + 1,)."""
        return code_points(self.characters + "\ufffd")

    @cached_property
    def _table(self) -> Ids:
        """The id of each code point. The last entry is V, for all code points beyond the table."""
        known = code_points(self.characters)
        table = np.full(int(known.max(initial=0)) + 2, self.unknown, self.dtype)
        table[known] = np.arange(self.size)
        return table

    @cached_property
    def _ascii_table(self) -> bytes:
        """The part of `_table` that `bytes.translate` can use; empty where ids need two bytes."""
        fits = self.dtype == np.uint8
        return self._table.take(range(256), mode="clip").tobytes() if fits else b""


def unit_of(tokens: str) -> str:
    """The name of one token, in singular: "character" or "byte"."""
    return "byte" if tokens == "byte" else "character"


def code_points(text: str) -> NDArray[np.uint32]:
    """The Unicode number of every character, shape (characters,)."""
    return np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), "<u4")


def scan(pieces: Iterable[str | bytes]) -> tuple[int, str]:
    """The number of characters or bytes, and the distinct characters, sorted (none of bytes)."""
    count = 0
    known = np.zeros(0x110000, np.bool_)  # by code point
    known_ascii = b""
    for piece in pieces:
        count += len(piece)
        if isinstance(piece, bytes):
            continue
        if piece.isascii():  # the fastest test for new characters is to delete the known ones
            if new := piece.encode("ascii").translate(None, known_ascii):
                known[list(set(new))] = True
                known_ascii = bytes(np.flatnonzero(known[:128]).tolist())
        elif not known.take(codes := code_points(piece)).all():
            known[codes] = True
    return count, "".join(map(chr, np.flatnonzero(known)))


def is_text(text: str) -> bool:
    """Whether a str holds only whole characters: surrogates are halves, or undecoded bytes."""
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
        return text.encode(
            "utf-8", errors="surrogateescape"
        )  # gives undecoded bytes back as they were
    except UnicodeEncodeError:
        return text.encode("utf-8", errors="surrogatepass")
