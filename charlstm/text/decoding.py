"""Text is read and decoded piece by piece, so that any amount of it needs little memory."""

import codecs
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain

from charlstm.errors import CorpusError, shortened
from charlstm.text.kinds import refuse_other_kinds, wide_encoding
from charlstm.text.sources import File, OnNote, Sources, find_files, read_blocks
from charlstm.text.vocabulary import Tokens, is_text

OnBlock = Callable[[bytes], object]

_CURE = "name its encoding with --encoding, or read raw bytes with --tokens byte"


def read_text(
    sources: Sources,
    *,
    tokens: Tokens = "char",
    encoding: str = "utf-8",
    lines: bool = False,
    on_note: OnNote = lambda _note: None,
) -> Iterator[str | bytes]:
    r"""The text of files, folders (see `find_files`) or "-", piece by piece.

    With tokens "char" the pieces are str. A BOM at the start of a file is dropped, "\r\n" becomes
    "\n", and a file that does not end with "\n" gets one before the next file begins. With "byte"
    the pieces are the files' bytes, unchanged, with nothing between them. With `lines` every file
    ends with "\n", so that no line goes on in the next one. Gzip data are unzipped (see
    `read_blocks`). `on_note` is told what a user may not expect.

    Raises:
        CorpusError: if a file is missing, unreadable, damaged, or not in this encoding.
    """
    files = find_files(sources, on_note)
    return read_files(files, tokens=tokens, encoding=encoding, lines=lines)


def read_files(
    files: Sequence[File],
    *,
    tokens: Tokens,
    encoding: str,
    lines: bool = False,
    on_block: OnBlock = lambda _block: None,
) -> Iterator[str | bytes]:
    """`read_text` of these files. `on_block` gets every raw block, and b"" at the end of a file."""
    if tokens == "char":
        return _read_characters(files, encoding, lines, on_block)
    return _read_bytes(files, lines, on_block)


def check_encoding(encoding: str) -> str:
    """Python's own name for an encoding: utf8 and UTF-8 are both utf-8.

    Raises:
        CorpusError: if it is unknown, or is not an encoding of text.
    """
    try:
        name = codecs.lookup(encoding).name
        codecs.getincrementaldecoder(encoding)
        with suppress(UnicodeError):  # raised by encodings in which these bytes mean nothing
            b"text".decode(encoding)  # refuses codecs such as hex, which decode to bytes
    except (LookupError, ValueError) as error:
        raise CorpusError(
            f"unknown encoding {shortened(encoding)!r}; use one that Python knows, "
            "such as utf-8, utf-16, latin-1, cp1252"
        ) from error
    return name


def note_on_nuls(files: Sequence[File], encoding: str) -> str:
    """A note for a text in which NUL characters were found. No text has them but by mistake.

    Raises:
        CorpusError: if a file seems to be UTF-16 or UTF-32, which would explain them.
    """
    for file in files:
        wide = wide_encoding(next(read_blocks(file), b""))
        if wide and not encoding.startswith(wide[:6]):
            raise CorpusError(f"{file.name} seems to be {wide}: pass --encoding {wide}")
    where = files[0].name if len(files) == 1 else f"a text of {len(files):,} files"
    return f"{where} has NUL characters (U+0000), which the model learns as any other"


def _blocks(file: File, on_block: OnBlock, *, raw: bool = False) -> Iterator[bytes]:
    for block in chain(read_blocks(file, raw=raw), [b""]):
        on_block(block)
        yield block


def _read_bytes(files: Sequence[File], lines: bool, on_block: OnBlock) -> Iterator[bytes]:
    for file in files:
        last = b""
        for block in filter(None, _blocks(file, on_block, raw=True)):
            yield block
            last = block[-1:]
        if lines and last not in (b"", b"\n"):
            yield b"\n"


def _read_characters(
    files: Sequence[File], encoding: str, lines: bool, on_block: OnBlock
) -> Iterator[str]:
    name = check_encoding(encoding)
    last = "\n"
    for file in files:
        between = "" if last == "\n" else "\n"
        for text in _decoded(file, name, on_block):
            yield between + text
            between, last = "", text[-1]
    if lines and last != "\n":
        yield "\n"


def _decoded(file: File, encoding: str, on_block: OnBlock) -> Iterator[str]:
    r"""The text of one file in pieces that are not empty, without BOM and "\r\n"."""
    decoder = codecs.getincrementaldecoder(encoding)()
    pending, start, size = "", True, 0
    for block in _blocks(file, on_block):
        if not size:
            refuse_other_kinds(file.name, block)
            first = block
        size += len(block)
        try:
            text = pending + decoder.decode(block, final=not block)
        except UnicodeError as error:
            raise _undecodable(file, encoding, error, size, first) from error
        if start and text:
            text, start = text.removeprefix("\ufeff"), False
        # The next block may begin with the "\n" that belongs to this "\r".
        pending = "\r" if block and text.endswith("\r") else ""
        text = text[: len(text) - len(pending)]
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        if encoding != "utf-8" and not is_text(text):  # the decoder of utf-8 refuses them itself
            raise CorpusError(
                f"{file.name} holds half characters (lone surrogates) as {encoding}; {_CURE}"
            )
        if text:
            yield text


def _undecodable(
    file: File, encoding: str, error: UnicodeError, size: int, first: bytes
) -> CorpusError:
    """What is wrong, and where. The decoder has been given the first `size` bytes of the file."""
    where = ""
    if isinstance(error, UnicodeDecodeError):
        offset = size - len(error.object) + error.start
        where = f" (byte 0x{error.object[error.start]:02x} at offset {offset})"
    wide = wide_encoding(first)
    known = wide and not encoding.startswith(wide[:6])
    cure = f"it seems to be {wide}: pass --encoding {wide}" if known else _CURE
    return CorpusError(f"{file.name} is not {encoding} text{where}; {cure}")
