"""Units that are on over a span, and what a page keeps of a trace, without a browser."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from models import VOCABULARY, wild_model

from charlstm.output.page import embedded
from charlstm.output.page.network import page_limit
from charlstm.studies.describe.equations import one_step
from charlstm.studies.inspect.salience import units_on_over
from charlstm.studies.inspect.text_page import trace_page
from charlstm.trace import trace_text


def test_units_on_over_all_of_a_span_and_off_elsewhere_come_first() -> None:
    memory = np.zeros((10, 4))
    memory[3:6, 0] = 0.9
    memory[:, 1] = 0.9  # on everywhere
    memory[2:6, 2] = -0.8  # on one character too many
    memory[3:5, 3] = 0.9  # not to the end
    units = units_on_over([memory], 3, 6)
    assert [(unit.unit, unit.sign) for unit in units] == [(0, 1), (2, -1), (1, 1)]
    assert [unit.elsewhere for unit in units] == [0.0, pytest.approx(1 / 7), 1.0]
    assert units[1].least == 0.8
    assert [unit.unit for unit in units_on_over([memory], 3, 6, threshold=0.85)] == [0, 1]
    assert [unit.unit for unit in units_on_over([memory * 0, memory], 0, 10)] == [1]
    assert units_on_over([memory], 0, 10)[0].elsewhere == 0.0


@given(st.text() | st.sampled_from(["</script>", "<!--", "\u2028", "\ud800", "&lt;"]))
def test_data_in_a_page_can_end_no_script(text: str) -> None:
    inside = embedded([text])
    assert not set("<>&\u2028\u2029") & set(inside)
    assert inside.isascii()
    assert json.loads(inside) == [text]


def test_titles_are_escaped_and_nothing_comes_from_outside() -> None:
    text = "</script><img src=x onerror=alert(1)>"
    model = wild_model()
    trace, written = trace_text(model, VOCABULARY, text), one_step(model.cell).written
    page = trace_page(trace, (0, 0), text, text, written).decode()
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert not re.search(r"https?:|src=\"|@import|url\(", page)


def test_a_page_reads_less_with_a_large_network() -> None:
    assert page_limit(wild_model(hidden_size=128)) == 5000
    assert page_limit(wild_model(hidden_size=512, num_layers=2)) < 1_000
