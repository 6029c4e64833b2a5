"""The tables of Gulordava et al. (2018), `.tab`: what stands before a word, and its two forms.

Two lines are a pair: the correct and the wrong form after the same prefix. Pairs without attractors
name no congruence, since the table does not say whether there is any other noun.
"""

from collections.abc import Iterator

from charlstm.pairs.formats.base import Fields, Format, label
from charlstm.pairs.formats.cells import quoted_cells
from charlstm.pairs.formats.halves import paired
from charlstm.pairs.source import Head, Source

KEY = ("pattern", "constr_id", "sent_id")
NEEDED = (*KEY, "correct_number", "form", "class", "prefix", "n_attr")
USED = ("pattern", "correct_number", "class", "prefix", "n_attr")  # each becomes a field
NUMBERS = {"sing": "singular", "plur": "plural"}


def _knows(head: Head) -> bool:
    return set(NEEDED) <= set(head.first.split("\t"))


def _rows(source: Source) -> Iterator[tuple[tuple[str, ...], str, dict[str, str]]]:
    lines = source.lines()
    names = quoted_cells(next(lines), "\t")
    for line in lines:
        cells = quoted_cells(line, "\t")
        if len(cells) != len(names):
            raise ValueError(f"found {len(cells)} columns; the first line names {len(names)}")
        row = dict(zip(names, cells, strict=True))
        yield tuple(row[name] for name in KEY), row["class"], row


def _read(source: Source) -> Iterator[Fields]:
    for (pattern, *ids), right, wrong in paired(source, _rows(source)):
        if right["prefix"] != wrong["prefix"]:
            raise ValueError("the two forms of this pair stand after different prefixes")
        attractors = label(right["n_attr"])
        yield {
            "sentence_good": f"{right['prefix']} {right['form']}".strip(),
            "sentence_bad": f"{wrong['prefix']} {wrong['form']}".strip(),
            "condition": pattern,
            "item": "_".join(ids),
            "subject_number": NUMBERS.get(right["correct_number"]),
            "congruent": False if attractors else None,
            "attractors": attractors,
            "closing": " ",
            "labels": dict(_labels(right, wrong)),
        }


def _labels(right: dict[str, str], wrong: dict[str, str]) -> Iterator[tuple[str, object]]:
    """The other columns; two where the two lines differ, such as freq_correct and freq_wrong."""
    for name in (name for name in right if name not in USED):
        if right[name] == wrong[name]:
            yield name, label(right[name])
        else:
            yield f"{name}_correct", label(right[name])
            yield f"{name}_wrong", label(wrong[name])


FORMAT = Format(_knows, _read, group_by=("type",), per_file=True)
