"""Text is decoded piece by piece, so that any amount of it can be read in little memory."""

import codecs
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain

from charlstm.errors import CorpusError
from charlstm.text.sources import File, Sources, find_files, read_blocks
from charlstm.text.vocabulary import Tokens, is_text

OnBlock = Callable[[bytes], object]

_WHAT_TO_DO = "name its encoding with --encoding, or read raw bytes with --tokens byte"


def read_text(
    sources: Sources, *, tokens: Tokens = "char", encoding: str = "utf-8"
) -> Iterator[str | bytes]:
    r"""The text of files, folders (every *.txt below, sorted by path) or "-", piece by piece.

    "char": str, a BOM at the start of a file dropped, "\r\n" read as "\n", and a "\n" put between
    two files where the first does not end with one. "byte": bytes, exactly as they are, no joint.
    Names that end in ".gz" are unzipped.

    Raises:
        CorpusError: something is missing, unreadable, damaged, or not in this encoding.
    """
    return read_files(find_files(sources), tokens=tokens, encoding=encoding)


def read_files(
    files: Sequence[File],
    *,
    tokens: Tokens,
    encoding: str,
    on_block: OnBlock = lambda _block: None,
) -> Iterator[str | bytes]:
    """`read_text` of files already found; `on_block` sees every raw block, b"" ends each file."""
    if tokens == "char":
        return _read_characters(files, encoding, on_block)
    return (block for file in files for block in _watched(file, on_block) if block)


def check_encoding(encoding: str) -> str:
    """Python's own name for an encoding, so that utf8 and UTF-8 are one.

    Raises:
        CorpusError: it is unknown, or is no encoding of text.
    """
    try:
        name = codecs.lookup(encoding).name
        codecs.getincrementaldecoder(encoding)
        with suppress(UnicodeError):  # an encoding of text, though not of this one
            b"text".decode(encoding)  # refuses codecs such as hex, which decode to bytes
    except (LookupError, ValueError) as error:
        raise CorpusError(
            f"unknown encoding {encoding!r}; use one that Python knows, "
            "such as utf-8, utf-16, latin-1, cp1252"
        ) from error
    return name


def _watched(file: File, on_block: OnBlock) -> Iterator[bytes]:
    for block in chain(read_blocks(file), [b""]):
        on_block(block)
        yield block


def _read_characters(files: Sequence[File], encoding: str, on_block: OnBlock) -> Iterator[str]:
    name = check_encoding(encoding)
    last = "\n"
    for file in files:
        joint = "" if last == "\n" else "\n"
        for text in _decoded(file, name, on_block):
            yield joint + text
            joint, last = "", text[-1]


def _decoded(file: File, encoding: str, on_block: OnBlock) -> Iterator[str]:
    r"""One file in pieces that are not empty, without BOM and "\r\n"."""
    decoder = codecs.getincrementaldecoder(encoding)()
    held, start, size = "", True, 0
    for block in _watched(file, on_block):
        size += len(block)
        try:
            text = held + decoder.decode(block, final=not block)
        except UnicodeError as error:
            raise _undecodable(file, encoding, error, size) from error
        if start and text:
            text, start = text.removeprefix("\ufeff"), False
        held = "\r" if block and text.endswith("\r") else ""  # its "\n" may open the next block
        text = text[: len(text) - len(held)]
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        if encoding != "utf-8" and not is_text(text):  # Python's utf-8 sees to it by itself
            raise CorpusError(
                f"{file.name} holds half characters (lone surrogates) as {encoding}; {_WHAT_TO_DO}"
            )
        if text:
            yield text


def _undecodable(file: File, encoding: str, error: UnicodeError, size: int) -> CorpusError:
    """`size`: how many bytes of the file the decoder has been given; it holds the last of them."""
    where = ""
    if isinstance(error, UnicodeDecodeError):
        offset = size - len(error.object) + error.start
        where = f" (byte 0x{error.object[error.start]:02x} at offset {offset})"
    return CorpusError(f"{file.name} is not {encoding} text{where}; {_WHAT_TO_DO}")
