"""Results at a prompt, in a notebook and for pandas."""

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import chromium, opened
from models import VOCABULARY, wild_model

from charlstm.errors import CharlstmError
from charlstm.output.result import ROWS, Page, Result, aligned_html, table_html
from charlstm.studies.inspect.text import TextView
from charlstm.trace import trace_text

TEXT = "The cats ate <b> & </pre>"


class Cells(HTMLParser):
    """Collects the text of a fragment, and its tags; it refuses a tag that is not closed."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(fragment)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@dataclass(frozen=True, repr=False)
class Three(Result):
    rows: int

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        return ["name", "value"], [["<a>", np.float32(0.5) * k] for k in range(self.rows)]

    def lines(self) -> Any:
        yield from ("one", "two")


def test_a_result_shows_its_lines_at_a_prompt_and_its_table_in_a_notebook() -> None:
    result = Three(3)
    assert repr(result) == "one\ntwo"
    cells = Cells(result._repr_html_())
    assert cells.text == "namevalue<a>0<a>0.5<a>1"
    assert cells.tags == {"table", "thead", "tbody", "tr", "th", "td", "code"}


def test_records_hold_plain_numbers_and_none_for_what_is_unknown() -> None:
    assert Three(2).to_records() == [
        {"name": "<a>", "value": 0.0},
        {"name": "<a>", "value": 0.5},
    ]
    trace = trace_text(wild_model(), VOCABULARY, "T☃")
    assert [record["bits"] is None for record in trace.to_records()] == [False, True]


def test_a_notebook_shows_the_first_rows_of_a_long_table_and_says_so() -> None:
    head, rows = Three(ROWS + 5).to_table()
    page = table_html(head, rows)
    assert page.count("<tr>") == ROWS + 1
    assert "5 more rows" in page


def test_a_trace_is_coloured_text_in_a_notebook() -> None:
    trace = trace_text(wild_model(), VOCABULARY, TEXT)
    cells = Cells(trace._repr_html_())
    assert cells.tags == {"pre", "span"}
    assert TEXT in cells.text
    assert TEXT in repr(trace)
    view = TextView(trace, [(0, 3)], 1, "run", {})
    assert "tanh(c) of 0:3" in Cells(view._repr_html_()).text
    assert repr(view).splitlines()[-1].startswith("tanh(c), g, h: ")


def test_text_keeps_its_columns_where_a_notebook_has_another_font_for_it(tmp_path: Path) -> None:
    spans = "".join(f"<span>{letters * 40}</span>\n" for letters in ("iii", "WWW"))
    style = "<style>body {width: 300px} pre {font-family: serif; white-space: pre-wrap}</style>"
    page = tmp_path / "page.html"
    page.write_text(style + aligned_html(spans), encoding="utf-8")
    script = "[...document.querySelectorAll('span')].map(s => s.getBoundingClientRect().toJSON())"
    with chromium() as browser, opened(browser, page) as tab:
        narrow, wide = tab.evaluate(script)
    assert narrow["width"] == pytest.approx(wide["width"]) and narrow["width"] > 300
    assert narrow["height"] == pytest.approx(wide["height"])


def test_a_page_in_a_notebook_is_a_frame_of_its_own() -> None:
    page = Page(b'<p title="a">&amp;</p>', "Inside <run>")
    assert "<p title" not in page._repr_html_()
    assert 'sandbox="allow-scripts"' in page._repr_html_()
    assert repr(page) == "Inside <run>: a page of 22 bytes, which a notebook shows"


def test_a_trace_names_what_it_has_instead_of_a_gate_that_is_not_there() -> None:
    trace = trace_text(wild_model("gru"), VOCABULARY, TEXT)
    assert trace.gates[0]["z"].shape == trace.states[0]["h"].shape == (len(TEXT), 6)
    with pytest.raises(CharlstmError, match="there is no 'f' here; the names are n, r, z"):
        trace.gates[0]["f"]


def test_the_probabilities_of_a_place_are_those_of_its_guesses() -> None:
    trace = trace_text(wild_model(), VOCABULARY, TEXT)
    shares = trace.probabilities(3)
    assert shares.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(shares[trace.likeliest[3]], trace.shares[3])
    with pytest.raises(CharlstmError, match=r"there is no character 25; the text has .* 0 to 24"):
        trace.probabilities(25)
