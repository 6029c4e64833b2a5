"""The text that a sample goes on from, and those before which it ends."""

import shlex
import sys
from pathlib import Path

from charlstm.api.predicting import Predicting
from charlstm.cli.options import warn_unseen
from charlstm.cli.terminal import note, note_if_file, unescaped
from charlstm.errors import CorpusError, shortened
from charlstm.text.shown import quoted
from charlstm.text.unknown import cure


def read_prime(
    prime: str | None, prime_file: str | None, model: Predicting, *, after: bool = False
) -> str | bytes:
    """The text to go on from: characters, or bytes for a byte model that reads a file.

    A note names its characters that the model has never seen. If nothing was read before (`after`
    is false), no text stands for a newline.

    Raises:
        CorpusError: if the file cannot be read.
    """
    if prime_file is None:
        note_if_file(prime or "", f"--prime-file {shlex.quote(prime or '')}")
        text: str | bytes = unescaped(prime or "")
    else:
        text = _read_file(prime_file, model)
    warn_unseen(model, text if text or after else "\n")
    return text


def _read_file(name: str, model: Predicting) -> str | bytes:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        if model.vocabulary.tokens == "byte":
            return data
        return data.decode("utf-8-sig").replace("\r\n", "\n")  # as the corpus was read
    except OSError as problem:
        raise CorpusError(f"cannot read {shortened(name)!r}: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise CorpusError(
            f"{shortened(name)!r} is not UTF-8 at byte {problem.start}; convert it first"
        ) from problem


def read_stops(stop: tuple[str, ...], model: Predicting) -> list[str]:
    """The texts of --stop; a note names those that the model never writes."""
    texts = list(map(unescaped, stop))
    never = [text for text in texts if model.vocabulary.unseen(text)]
    if never:
        note(
            f"the model never writes {', '.join(map(quoted, never))}, so --stop has no effect there"
            + cure(model.vocabulary, set("".join(never)))
        )
    return texts
