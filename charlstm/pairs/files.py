"""Files of minimal pairs: JSON Lines as BLiMP's, or tables of sentences."""

import json
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from charlstm.errors import CorpusError, shortened
from charlstm.hints import command
from charlstm.pairs.pair import ENDS, NUMBERS, UNNAMED, Pair, first_difference
from charlstm.pairs.tables import fields_of, named_columns
from charlstm.store.json_text import json_text
from charlstm.store.target import target_file


def write_pairs(path: Path, pairs: Iterable[Pair], *, force: bool = False) -> None:
    """Write the `lines_of` pairs to a file; it raises what `target_file` raises."""
    with target_file(path, CorpusError, force=force) as file:
        file.writelines(lines_of(pairs))


def lines_of(pairs: Iterable[Pair]) -> Iterator[bytes]:
    """One JSON object per line, labels that are None left out."""
    for pair in pairs:
        yield f"{json_text(pair.to_mapping())}\n".encode()


def read_pairs(path: Path) -> list[Pair]:
    """Read pairs from JSON Lines or, if the first line opens no brace, from a table.

    JSON objects have `sentence_good` and `sentence_bad` and may have `condition` (or BLiMP's
    `UID`), `subject_number` ("singular" or "plural"), `congruent` (true or false), `attractors`
    (a count), `subject_end` and `attractor_end` (numbers of characters) and `item`; other keys are
    passed over. In a table a line is the good sentence, a tab, the bad one and, if wanted, a tab
    and the condition. If the first line names the columns (`good` and `bad`, or `grammatical` and
    `ungrammatical`, …), they may have any order, and may be separated by commas or semicolons as in
    CSV. Empty lines are passed over.

    Raises:
        CorpusError: for a file that cannot be read, is not UTF-8, has no pair, or has a line that
            is no pair; the message names the line and the reason.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CorpusError(
            f"{shortened(str(path))}: cannot read the pairs ({error.strerror})"
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        n = raw.count(b"\n", 0, error.start) + 1
        utf16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
        encoding, name = "UTF-16" if utf16 else "cp1252", shlex.quote(str(path))
        raise CorpusError(
            f"{path}, line {n}: not UTF-8 (byte {error.start}); save the pairs as UTF-8, with "
            f"iconv -f {encoding} -t UTF-8 {name} if {encoding} is what it is"
        ) from error
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    as_json = bool(lines) and lines[0][1].lstrip().startswith("{")
    if lines and lines[0][1].startswith("[") and "\t" not in lines[0][1]:
        raise CorpusError(
            f"{path}: it seems to be a JSON array; pairs are JSON Lines, with an object in each "
            f"line: jq -c '.[]' {shlex.quote(str(path))} writes them"
        )
    separator, columns = "\t", None
    if lines and not as_json and (named := named_columns(lines[0][1])):
        (separator, columns), lines = named, lines[1:]
    if not lines:
        raise CorpusError(
            f"{path}: no pairs in it; write some with {command('corpus', 'pairs')} FILE"
        )
    pairs = []
    for n, line in lines:
        try:
            fields = _json_fields(line) if as_json else fields_of(line, separator, columns)
            pairs.append(_checked(fields, f"line {n}"))
        except ValueError as error:
            raise CorpusError(f"{path}, line {n}: {error}") from error
    return pairs


def _json_fields(line: str) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"not JSON ({error.msg} at column {error.colno}); each line holds a whole object"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON that can be read") from error
    if not isinstance(fields, dict):
        raise ValueError("expected a JSON object with sentence_good and sentence_bad")  # noqa: TRY004
    return fields


def _checked(fields: dict[str, Any], item: str) -> Pair:
    """The pair in a line's fields; a ValueError says what is wrong with them."""
    good, bad = (_sentence(fields, key) for key in ("sentence_good", "sentence_bad"))
    if good == bad:
        raise ValueError("sentence_good and sentence_bad are the same")
    number, congruent, attractors = map(fields.get, ("subject_number", "congruent", "attractors"))
    if number not in (None, *NUMBERS):
        raise ValueError(f"subject_number must be singular or plural, not {number!r}")
    if not isinstance(congruent, bool | None):
        raise ValueError(f"congruent must be true or false, not {congruent!r}")  # noqa: TRY004
    if attractors is not None and (type(attractors) is not int or attractors < 0):
        raise ValueError(f"attractors must be a whole number from 0, not {attractors!r}")
    differ = first_difference(f"{good}\n", f"{bad}\n") or 0
    subject, attractor = (_end(name, fields.get(name), differ) for name in ENDS)
    condition = str(fields.get("condition") or fields.get("UID") or UNNAMED)
    named = fields.get("item")
    item = item if named is None else str(named)
    return Pair(good, bad, condition, item, number, congruent, attractors, subject, attractor)


def _end(name: str, end: object, differ: int) -> int | None:
    """Where a noun ends: before the sentences differ."""
    if end is None or (isinstance(end, int) and not isinstance(end, bool) and 0 < end <= differ):
        return end
    raise ValueError(
        f"{name} must be a number of characters from 1 to {differ}, after which the sentences "
        f"differ, not {end!r}"
    )


def _sentence(fields: dict[str, Any], key: str) -> str:
    sentence = fields.get(key)
    if not isinstance(sentence, str) or not sentence.strip():
        raise ValueError(f"{key} is missing or is not a text")
    if "\n" in sentence or "\r" in sentence:
        raise ValueError(f"{key} has a line break in it; a pair is two single lines")
    if any("\ud800" <= character <= "\udfff" for character in sentence):
        raise ValueError(f"{key} has half a surrogate pair in it, which no text can hold")
    return sentence
