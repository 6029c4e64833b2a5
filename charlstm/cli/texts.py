"""The text that a command reads: files, standard input, an argument, or the run's own."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

import click
import numpy as np

from charlstm.api import Model
from charlstm.api.predicting import Predicting
from charlstm.cli.terminal import note, note_if_file, typed
from charlstm.errors import CorpusError
from charlstm.hints import command
from charlstm.text.decoding import note_on_nuls, read_text
from charlstm.text.line_corpus import without_empty_lines
from charlstm.text.shown import names
from charlstm.text.sources import find_files
from charlstm.text.unknown import cure, nothing_known, unknown_words
from charlstm.text.vocabulary import Ids, Vocabulary


def ids_of(model: Predicting, text: tuple[str, ...], encoding: str, cut: int | None = None) -> Ids:
    """The ids (N,) of these files, or of the run's validation text; at most the first `cut` ids.

    Raises:
        CorpusError: if a text cannot be read, or the run has no validation text.
    """
    if not text:
        return model.validation_ids()[:cut]
    vocabulary, left = model.vocabulary, cut
    pieces: list[Ids] = [np.empty(0, np.uint8)]
    unseen: dict[str, None] = {}
    lines = model.config.lines
    read = read_text(text, tokens=vocabulary.tokens, encoding=encoding, lines=lines, on_note=note)
    for piece in read:
        pieces.append(vocabulary.encode(piece[:left]))
        if (pieces[-1] == vocabulary.unknown).any():
            unseen |= dict.fromkeys(vocabulary.unseen(piece[:left]))
        if left is not None:
            left -= len(pieces[-1])
            if not left:
                break
    ids = np.concatenate(pieces)
    if lines:
        ids = without_empty_lines(vocabulary, ids)
    refuse_wide(text, encoding, unseen)
    check_known(vocabulary, ids, unseen)
    return ids


def refuse_wide(text: tuple[str, ...], encoding: str, unseen: Iterable[str]) -> None:
    """Refuse files that seem to be UTF-16 if NUL is among the `unseen` characters.

    Raises:
        CorpusError: which names the encoding.
    """
    if "\0" in unseen:
        note_on_nuls([file for file in find_files(text) if file.size is not None], encoding)


def check_known(vocabulary: Vocabulary, ids: Ids, unseen: Iterable[str]) -> None:
    """Print a note on the unknown characters `unseen` of a text, if there are any.

    Raises:
        CorpusError: if the text has no others, but for line breaks.
    """
    unseen = list(unseen)
    if unseen:
        refuse_nothing_known(vocabulary, ids, unseen)
        note(unknown_words(vocabulary, unseen, ids))


def refuse_nothing_known(vocabulary: Vocabulary, ids: Ids, unseen: Iterable[str]) -> None:
    """Refuse a text that has no characters but unknown ones, line breaks aside.

    Raises:
        CorpusError: which names them.
    """
    if nothing_known(vocabulary, ids):
        unseen = list(unseen)
        raise CorpusError(
            f"the model knows none of the text's characters: {names(unseen)}"
            f"{cure(vocabulary, unseen)}"
        )


def given_text(model: Model, text: str, limit: int, cut: int | None) -> str | bytes:
    """The text of an argument, or of standard input for "-"; at most its first `cut` characters.

    Raises:
        CorpusError: if it is empty, longer than `limit` characters, or not in UTF-8.
    """
    most = limit + 1 if cut is None else cut
    wanted: str | bytes
    if text == "-":
        pieces = read_text(["-"], tokens=model.vocabulary.tokens)
        wanted = joined(_beginning(pieces, most))
    else:
        view = click.get_current_context().info_name
        note_if_file(text, f"{command('inspect', view, '-')} < {shlex.quote(text)}")
        wanted = typed(text)
        if model.vocabulary.tokens == "byte":  # so that places and --cut count bytes
            wanted = wanted.encode("utf-8", "surrogateescape")
        wanted = wanted[:most]
    if not wanted:
        raise CorpusError("there is no text to look at; give at least one character")
    if len(wanted) > limit:
        raise CorpusError(
            f"the text is longer than the {limit:,} {model.vocabulary.unit}s that this view holds; "
            f"--cut {limit} looks at its beginning"
        )
    return wanted


def check_place(model: Model, at: int, count: int) -> None:
    """Refuse a place --at that a text of `count` characters or bytes does not have.

    Raises:
        CorpusError: which says what places there are.
    """
    if not 0 <= at < count:
        unit = model.vocabulary.unit
        raise CorpusError(
            f"--at {at}: there is no such {unit}; the text has {unit}s 0 to {count - 1}"
        )


def joined(pieces: Iterable[str | bytes]) -> str | bytes:
    """One text from its pieces, which are all characters or all bytes."""
    pieces = list(pieces)
    if any(isinstance(piece, bytes) for piece in pieces):
        return b"".join(piece for piece in pieces if isinstance(piece, bytes))
    return "".join(piece for piece in pieces if isinstance(piece, str))


def lines_of(pieces: Iterable[str | bytes], most: int) -> Iterator[str]:
    """The lines of a text without their newlines, of at most `most` characters or bytes each.

    The text ends with a newline. Bytes are read as UTF-8; what is none stays as surrogates.

    Raises:
        CorpusError: if a line is longer.
    """
    begun: list[str | bytes] = []  # the pieces of a line that goes on
    count, size = 0, 0
    for piece in pieces:
        for part in _with_newlines(piece):
            begun.append(part)
            size += len(part)
            if size > most + 1:
                raise CorpusError(
                    f"line {count + 1:,} has more than {most:,} characters; put one sentence on "
                    "each line"
                )
            if part[-1:] in ("\n", b"\n"):
                yield _line(begun)
                count, begun, size = count + 1, [], 0


def _with_newlines(piece: str | bytes) -> Sequence[str | bytes]:
    """A piece cut after each newline, and nowhere else."""
    if isinstance(piece, bytes):
        return [part for part in re.split(rb"(?<=\n)", piece) if part]
    return [part for part in re.split(r"(?<=\n)", piece) if part]


def _line(begun: list[str | bytes]) -> str:
    """The line of these pieces, without its newline."""
    line = joined(begun)
    text = line if isinstance(line, str) else line.decode("utf-8", "surrogateescape")
    return text.removesuffix("\n")


def _beginning(pieces: Iterable[str | bytes], most: int) -> Iterable[str | bytes]:
    """The first `most` characters. It does not read the rest, which may be endless."""
    for piece in pieces:
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return
