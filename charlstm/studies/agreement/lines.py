"""The tables of agreement in a terminal: rows for conditions, for groups, and for totals."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from charlstm.pairs.report import Report
from charlstm.pairs.summary import Share, Summary
from charlstm.text.shown import printable, width

LONGEST_NAME = 50  # of a condition
# Each column's title, and what it shows of a summary.
COLUMNS: dict[str, Callable[[Summary], str]] = {
    "pairs": lambda summary: f"{summary.shares['accuracy'].total:,}",
    "right": lambda summary: percent(summary.shares["accuracy"]),
    "95 %": lambda summary: _interval(summary.shares["accuracy"]),
    "congr.": lambda summary: percent(summary.shares["congruent"]),
    "incongr.": lambda summary: percent(summary.shares["incongruent"]),
    "singular": lambda summary: percent(summary.shares["singular"]),
    "plural": lambda summary: percent(summary.shares["plural"]),
    "joint": lambda summary: percent(summary.shares["joint"]),
    "bias-free": lambda summary: percent(summary.shares["bias_free"]),
    "log-odds": lambda summary: f"{summary.log_odds:.2f}",
    "ties": lambda summary: f"{summary.ties:,}",
}
LENGTHS = "good sentence"  # the title of the block that has its length


class Row(NamedTuple):
    """A row's name as it is shown, its summary, and how many of its pairs are left out."""

    name: str
    summary: Summary
    left_out: int | None = None


Block = tuple[str, Sequence[Row]]  # a title, which may be "", and the rows below it


def blocks_of(report: Report) -> list[Block]:
    """The conditions, the groups, the lengths of the good sentence if any differ, and the totals.

    Reports on the same pairs have the same rows. A star marks what the corpus does not have.
    """
    unseen, out = report.pair_set.unseen, report.left_out.items()

    def left_out(belongs: Callable[[str], bool]) -> int:
        return sum(count for (condition, _), count in out if belongs(condition))

    conditions = [
        Row(shown_name(name) + " *" * (name in unseen), of, left_out(name.__eq__))
        for name, of in report.conditions.items()
    ]
    totals = []
    if report.overall:
        totals.append(Row("overall", report.overall, left_out(lambda name: name not in unseen)))
    if report.unseen:
        totals.append(Row("unseen *", report.unseen, left_out(unseen.__contains__)))
    named = [
        (label, [Row(shown_name(name), of) for name, of in group.items()])
        for label, group in report.groups.items()
    ]
    if set(report.lengths) != {"equal"}:
        named.append((LENGTHS, [Row(name, of) for name, of in report.lengths.items()]))
    return [("", conditions), *named, ("", totals)]


def lines_of(report: Report) -> Iterator[str]:
    """The table of a report, and what is to be said below it."""
    columns: dict[str, Callable[[Row], str]] = {
        title: partial(_cell, text) for title, text in COLUMNS.items()
    }
    if report.left_out:
        columns["left out"] = lambda row: "-" if row.left_out is None else f"{row.left_out:,}"
    blocks = [
        (title, [(row.name, [cell(row) for cell in columns.values()]) for row in rows])
        for title, rows in blocks_of(report)
    ]
    yield from aligned(list(columns), blocks)
    yield from notes_below(report)


def aligned(
    titles: Sequence[str], blocks: Sequence[tuple[str, Sequence[tuple[str, Sequence[str]]]]]
) -> Iterator[str]:
    """The lines of a table: the titles, then each block's rows of a name and cells.

    An empty line stands between blocks.
    """
    every = [("", titles), *(row for _, rows in blocks for row in rows)]
    most = max(width(name) for name, _ in every)
    widths = [max(map(len, column)) for column in zip(*(cells for _, cells in every), strict=True)]

    def line(name: str, cells: Sequence[str]) -> str:
        padded = (f"  {cell:>{size}}" for cell, size in zip(cells, widths, strict=True))
        return f"{name}{' ' * (most - width(name))}{''.join(padded)}"

    yield line("", titles)
    for k, (title, rows) in enumerate(blocks):
        if k:
            yield ""
        if title:
            yield title
        yield from (line(name, cells) for name, cells in rows)


def notes_below(report: Report) -> Iterator[str]:
    """What the star means, what is left out, and what is not looked at."""
    if report.unseen:
        yield "* not in the corpus"
    reasons: dict[str, int] = {}
    for (_, reason), count in report.left_out.items():
        reasons[reason] = reasons.get(reason, 0) + count
    if reasons:
        yield f"left out: {', '.join(f'{count:,} {reason}' for reason, count in reasons.items())}"
        gone = dict.fromkeys(name for name, _ in report.left_out if name not in report.conditions)
        if gone:
            yield f"no pair is left of {', '.join(map(shown_name, gone))}"
    yield from not_looked_at(report)


def not_looked_at(report: Report) -> Iterator[str]:
    """A line where `--score verb` does not look at all that differs between the sentences."""
    if report.more_than_a_word:
        count = sum(report.more_than_a_word.values())
        yield (
            f"{count:,} of {len(report.scores):,} pairs differ in more than a word; only the first "
            "word that differs is scored"
        )


def shown_name(name: str) -> str:
    """The name of a condition on one line, shortened."""
    line = " ".join(printable(name).split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 3] + "..."


def percent(share: Share) -> str:
    """A share in percent; a dash for a share of nothing."""
    return "-" if share.value is None else f"{100 * share.value:.1f}"


def _cell(text: Callable[[Summary], str], row: Row) -> str:
    return text(row.summary)


def _interval(share: Share) -> str:
    low, high = share.interval or (0.0, 1.0)
    return f"{100 * low:.1f} - {100 * high:5.1f}"
