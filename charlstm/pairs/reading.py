"""Minimal pairs of one or several files in any of the `formats`, read into one set."""

from collections import Counter
from collections.abc import Sequence

from charlstm.errors import CorpusError, shortened
from charlstm.pairs.checked import checked
from charlstm.pairs.collection import Sources, files_of_pairs, names_of
from charlstm.pairs.formats import format_of
from charlstm.pairs.formats.base import Fields, Format
from charlstm.pairs.pair import IDENTICAL, UNNAMED, LeftOut, Pair, PairSet, share_an_end
from charlstm.pairs.refusal import refusal
from charlstm.pairs.source import Head, Source
from charlstm.text.shown import quoted

STRANGERS = "share neither their first word nor their last one"
SHORT = 60  # characters of a sentence in a note


def read_pair_set(sources: Sources) -> PairSet:
    """The pairs of one or several files in the `formats`, in order; "-" is standard input.

    A folder stands for the files in it that have such a format, by name; a note names the others.
    Of several files a pair that names no condition has the name of its file for it. Pairs of two
    identical sentences are left out and counted.

    Raises:
        CorpusError: for a file that cannot be read, is in no format, has no pair, or has a line
            that is no pair (the message names the line and the reason); for a folder without any;
            for a file that is named twice.
    """
    notes: list[str] = []
    files = files_of_pairs(sources, notes)
    reading = _Reading()
    for file, name in zip(files, names_of(files), strict=True):
        reading.read(Source(file), name if len(files) > 1 else None)
    return reading.result(notes)


class _Reading:
    """What has been read of the files so far."""

    def __init__(self) -> None:
        self.pairs: list[Pair] = []
        self.left_out: Counter[LeftOut] = Counter()
        self.doubts: Counter[str] = Counter()
        self.examples: dict[str, str] = {}  # of each doubt
        self.group_by: dict[str, None] = {}

    def read(self, source: Source, name: str | None) -> None:
        """Read a file to its end; `name` tells its conditions and items from those of others."""
        head = source.head()
        form = format_of(head)
        if form is None:
            where = f", line {head.number}" if head.first else ""
            raise CorpusError(f"{source.name}{where}: {refusal(head)}")
        count = 0
        try:
            for count, fields in enumerate(form.read(source), 1):
                self._add(_of_file(fields, form, name), source, name)
                self.group_by |= dict.fromkeys(form.group_by) if count == 1 else {}
        except ValueError as error:
            raise CorpusError(f"{source.name}, line {source.number}: {error}") from error
        if not count:
            raise CorpusError(f"{source.name}: {refusal(Head(source.path))}")

    def _add(self, fields: Fields, source: Source, name: str | None) -> None:
        line = f"line {source.number}"
        if reason := fields.get("left_out"):
            self.left_out[fields.get("condition") or name or UNNAMED, reason] += 1
            return
        pair = checked(fields, f"{name} {line}" if name else line, name or UNNAMED)
        good, bad = pair.sentence_good, pair.sentence_bad
        if good == bad:
            self.left_out[pair.condition, IDENTICAL] += 1
            return
        self.pairs.append(pair)
        doubt = fields.get("doubt") or (None if share_an_end(good, bad) else STRANGERS)
        if doubt:
            self.doubts[doubt] += 1
            where = f"{source.name}, {line}: {_brief(good)} and {_brief(bad)}"
            self.examples.setdefault(doubt, where)

    def result(self, notes: Sequence[str]) -> PairSet:
        """The set of all pairs that were read."""
        if not self.pairs:
            reasons = ", ".join(sorted({reason for _, reason in self.left_out}))
            count = sum(self.left_out.values())
            raise CorpusError(f"all pairs are left out ({count:,}): {reasons}")
        doubts = [
            f"{count:,} of {len(self.pairs):,} pairs {doubt}, as in {self.examples[doubt]}"
            for doubt, count in self.doubts.items()
        ]
        labels = {name for pair in self.pairs for name in pair.labels}
        return PairSet(
            self.pairs,
            group_by=tuple(name for name in self.group_by if name in labels),
            left_out=dict(self.left_out),
            notes=(*notes, *doubts),
        )


def _of_file(fields: Fields, form: Format, name: str | None) -> Fields:
    """The fields of a pair of one of several files, if its condition and item are that file's."""
    if name is None or not form.per_file:
        return fields
    own = {"condition": "_", "item": " "}
    return fields | {
        key: f"{name}{sign}{fields[key]}" for key, sign in own.items() if fields.get(key)
    }


def _brief(sentence: str) -> str:
    return quoted(shortened(sentence, SHORT))
