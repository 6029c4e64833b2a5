"""A result in Python: its lines at a prompt, a table in a notebook, and records for pandas."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import islice
from typing import Any

from charlstm.output.write import Table
from charlstm.store.json_text import plain

ROWS = 100  # rows of a table that a notebook shows


class Result:
    """What a measurement returns. A subclass has a table, and lines for a terminal.

    At a prompt it shows its lines. A notebook shows `_repr_html_`: the table, or what the subclass
    has instead. A dataclass needs `repr=False` for that.
    """

    def to_table(self) -> Table:
        """The head, and rows of as many values."""
        raise NotImplementedError

    def lines(self) -> Iterator[str]:
        """The result as text."""
        raise NotImplementedError

    def to_records(self) -> list[dict[str, Any]]:
        """One mapping for each row of the table, as `pandas.DataFrame` takes them."""
        head, rows = self.to_table()
        return [dict(zip(head, map(plain, row), strict=True)) for row in rows]

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return table_html(*self.to_table())


class Page:
    """A web page in a notebook: a frame in which it runs, apart from the notebook."""

    def __init__(self, content: bytes, title: str, height: int = 600) -> None:
        self.content, self.title, self.height = content, title, height

    def __repr__(self) -> str:
        return f"{self.title}: a page of {len(self.content):,} bytes, which a notebook shows"

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="{escape(self.title)}" srcdoc="{escape(self.content.decode())}" '
            f'sandbox="allow-scripts" style="width:100%;height:{self.height}px;border:0"></iframe>'
        )


def aligned_html(content: str) -> str:
    """HTML in which the characters of all lines stand in columns, and no line is broken."""
    style = "font-family:monospace;white-space:pre;overflow-x:auto;line-height:1.35"
    return f'<pre style="{style}">{content}</pre>'


def table_html(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table in HTML, numbers to the right; of a long one the first rows."""
    rows = iter(rows)
    first = list(islice(rows, ROWS))
    shown = "".join(_row_html(map(_cell, row)) for row in first)
    left = sum(1 for _ in rows)
    more = f"<p>… and {left:,} more rows; to_records() has all</p>" if left else ""
    sides = ["left" if isinstance(value, str) else "right" for value in first[0]] if first else ()
    head_cells = _row_html(
        f'<th style="text-align:{side}">{escape(name)}</th>'
        for name, side in zip(head, sides or ["left"] * len(head), strict=True)
    )
    return f"<table><thead>{head_cells}</thead><tbody>{shown}</tbody></table>{more}"


def _row_html(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _cell(value: Any) -> str:
    """A cell: four digits of a fraction, a dash for what is unknown."""
    value = plain(value)
    if value is None:
        return "<td>–</td>"
    if type(value) in (int, float):
        text = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
        return f'<td style="text-align:right">{text}</td>'
    return f'<td style="text-align:left"><code>{escape(str(value))}</code></td>'
