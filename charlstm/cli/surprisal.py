"""`charlstm surprisal`: how unexpected each character, word or region of many sentences is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

import click
import numpy as np

from charlstm.api import Model
from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, load_model, run_option
from charlstm.cli.terminal import json_object, note, note_typing
from charlstm.cli.texts import lines_of, refuse_nothing_known, refuse_wide
from charlstm.cli.what_if import Named, ablate_option, what_if, with_changes
from charlstm.errors import CorpusError
from charlstm.output.tsv import tsv_lines
from charlstm.studies.surprisal import BASES, COLUMNS, UNITS, SurprisalTable
from charlstm.text.decoding import read_text
from charlstm.text.parts import BETWEEN, By
from charlstm.text.unknown import unknown_words
from charlstm.text.vocabulary import Vocabulary

LINES, CHARACTERS = 512, 2**18  # read before their rows are written
MOST = 2**20  # characters of a line


@dataclass
class Seen:
    """What there was in the text, to be said when all of it is written."""

    sentences: int = 0
    empty: int = 0  # without a row
    marked: int = 0  # with tabs, which mark regions
    characters: int = 0
    unknown: int = 0
    unseen: dict[str, None] = field(default_factory=dict)

    def add(self, lines: list[str], table: SurprisalTable, vocabulary: Vocabulary) -> None:
        """Add the lines of a table."""
        self.sentences += len(lines)
        self.empty += sum(not cut.parts for cut in table.cuts)
        self.marked += sum(BETWEEN in line for line in lines)
        self.characters += sum(values.bits.size for values in table.values)
        unknown = sum(int(np.isnan(values.bits).sum()) for values in table.values)
        if unknown:
            self.unseen |= dict.fromkeys(vocabulary.unseen(_whole(table)))
        self.unknown += unknown

    def to_mapping(self) -> dict[str, Any]:
        """The counts for JSON."""
        counts = {"sentences": self.sentences, "empty_sentences": self.empty}
        return counts | {"characters": self.characters, "unknown_characters": self.unknown}


@click.command(cls=Command)
@click.argument("text", metavar="[FILE]...", nargs=-1)
@run_option
@click.option(
    "--by",
    type=click.Choice(get_args(By)),
    default="word",
    show_default=True,
    help="What a row is.",
)
@click.option(
    "--base",
    type=click.Choice(tuple(BASES)),
    default="2",
    show_default=True,
    help="Base of the logarithm: bits or nats.",
)
@click.option(
    "--no-closing-blank",
    is_flag=True,
    help="Count the blank after a word with the next word, not with this one.",
)
@click.option("--encoding", default="utf-8", show_default=True, help="How the text is encoded.")
@ablate_option
@json_option
def command(
    text: tuple[str, ...],
    run: str | None,
    by: By,
    base: str,
    no_closing_blank: bool,
    encoding: str,
    ablate: tuple[Named, ...],
    as_json: bool,
) -> None:
    """Write the surprisal of each word of each line as a tab-separated table.

    A line is a sentence, in which tabs may mark regions. FILE is a file, a folder of *.txt, gzip,
    or - for standard input, which is also read without FILE. Each sentence is read after a newline
    from zero state.

    A word's surprisal includes the blank after it, and that of the last word the newline. It is the
    sum over the characters that the model knows; the column unknown counts the others.
    """
    model = what_if(load_model(run), ablate)
    if not text:
        text = ("-",)
        note_typing()
    seen = Seen()
    how = {"by": by, "base": BASES[base], "closing_blank": not no_closing_blank}
    tables = _tables(model, text, encoding, seen, **how)
    if as_json:
        _write_json(with_changes(how | {"unit": UNITS[BASES[base]]}, model), tables, seen)
    else:
        _write_table(tables)
    _say(model, by, seen)


def _tables(
    model: Model, text: tuple[str, ...], encoding: str, seen: Seen, **how: Any
) -> Iterator[SurprisalTable]:
    """A table for each chunk of lines, as soon as these are read; `how` goes to the model."""
    vocabulary = model.vocabulary
    pieces = read_text(text, tokens=vocabulary.tokens, encoding=encoding, lines=True, on_note=note)
    for lines in _chunks(lines_of(pieces, MOST)):
        table = model.surprisal(lines, first=seen.sentences + 1, **how)
        first = not seen.sentences
        seen.add(lines, table, vocabulary)
        if first and seen.unseen:
            refuse_wide(text, encoding, seen.unseen)
            refuse_nothing_known(vocabulary, vocabulary.encode(_whole(table)), seen.unseen)
        yield table
    if not seen.sentences:
        raise CorpusError("there is no sentence; give one on each line")


def _chunks(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines, some at a time."""
    chunk: list[str] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line)
        if len(chunk) == LINES or size >= CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _whole(table: SurprisalTable) -> str:
    """The sentences of a table as one text."""
    return "".join(f"{cut.sentence}\n" for cut in table.cuts)


def _write_table(tables: Iterable[SurprisalTable]) -> None:
    """Print the columns' names and then the rows, each chunk when it is there."""
    head = "".join(tsv_lines([COLUMNS]))
    for table in tables:
        click.echo(head + "".join(tsv_lines(table.rows())), nl=False)
        head = ""


def _write_json(facts: Mapping[str, Any], tables: Iterable[SurprisalTable], seen: Seen) -> None:
    """Print one JSON object on one line, each chunk of its rows when it is there."""
    before = json_object(facts).removesuffix("}") + ', "tokens": ['
    for table in tables:
        records = ", ".join(map(json_object, table.to_records()))
        if records:
            click.echo(before + records, nl=False)
            before = ", "
    if before != ", ":
        click.echo(before, nl=False)
    click.echo("], " + json_object(seen.to_mapping()).removeprefix("{"))


def _say(model: Model, by: By, seen: Seen) -> None:
    """Print notes on what a user may not expect."""
    if seen.unknown:
        note(unknown_words(model.vocabulary, seen.unseen))
        note(
            f"{seen.unknown:,} of {seen.characters:,} characters, newlines included, add nothing "
            "to a surprisal; the column unknown counts them in each row"
        )
    if seen.empty:
        lines = "1 line is" if seen.empty == 1 else f"{seen.empty:,} lines are"
        note(f"{lines} empty: counted in sentence_id, without a row")
    if by == "region" and not seen.marked:
        note("no line has a tab between regions, so each is one region")
    if by != "region" and seen.marked and model.vocabulary.unseen(BETWEEN):
        lines = "1 line has" if seen.marked == 1 else f"{seen.marked:,} lines have"
        note(f"{lines} tabs: they mark regions, and the model reads a blank in their place")
