"""What if: the page's changed networks against Python's, and where else a unit is on."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import assert_it_fits, chromium, opened, until
from cells_under_test import each_variant
from models import VOCABULARY, as_exported, wild_model
from pages import page_of

from charlstm.nn import Array, reference
from charlstm.nn.ablation import ablated
from charlstm.nn.hold import held
from charlstm.nn.parameters import Parameters
from charlstm.studies.inspect.salience import units_on_over
from charlstm.studies.inspect.why import why
from charlstm.trace import trace_text

pytestmark = pytest.mark.slow

TEXT = "The cats\n☃ ate the bread\nThe dogs"
LOGITS = "text.map((one) => [...one.logits])"
UNCHANGED = "text.map((one) => [...one.unchanged.logits])"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def logits_of(model: Parameters, text: str = TEXT) -> Array:
    """The logits after each character of a text after a newline, (N, V)."""
    ids = VOCABULARY.encode("\n" + text).astype(np.intp)[:, None]
    found: Array = reference.run(model, ids)[0][1:, :, 0]
    return found


def assert_reads_as(page: Any, logits: Array) -> None:
    np.testing.assert_allclose(page.evaluate(LOGITS), logits, atol=1e-9)


HOLD = """([gate, value]) => {
  $("hold-gate").value = gate;
  showFields();
  $("hold-value").value = value;
  $("hold").click();
}"""


def assert_python_s_changes(browser: Any, model: Parameters, folder: Path) -> None:
    """Two units, one after the other, are ablated and then held gate by gate."""
    near = changed = as_exported(model)
    with opened(browser, page_of(model, folder, TEXT)) as page:
        for layer, unit in ((0, 2), (1, 5)):
            page.evaluate(f"chooseUnit({layer}, {unit}); $('ablate').click()")
            changed = ablated(changed, (layer, unit))
            assert_reads_as(page, logits_of(changed))
            for k, gate in enumerate(model.cell.inputs):
                low = 0.0 if gate in model.cell.sigmoids else -1.0
                value = (low, 0.7, 1.0)[(k + layer) % 3]
                page.evaluate(HOLD, [gate, value])
                changed = held(changed, layer, unit, {gate: value})
                assert_reads_as(page, logits_of(changed))
        while page.locator("#changes button").count():
            page.evaluate("document.querySelector('#changes button').click()")
        assert_reads_as(page, logits_of(near))


@each_variant
def test_ablated_and_held_networks_are_python_s(
    browser: Any, tmp_path: Path, cell: str, options: dict[str, Any]
) -> None:
    model = wild_model(cell, num_layers=2, scale=0.8, options=options)
    assert_python_s_changes(browser, model, tmp_path)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_they_are_also_with_attention_and_lines(browser: Any, tmp_path: Path, cell: str) -> None:
    model = wild_model(cell, num_layers=2, scale=0.8, attention=7, attention_heads=3)
    model.reset_at = int(VOCABULARY.encode("\n")[0])
    assert_python_s_changes(browser, model, tmp_path)


@pytest.mark.parametrize(("cell", "memory"), [("lstm", "c"), ("gru", "h")])
def test_a_memory_that_is_set_is_what_later_steps_read(
    browser: Any, tmp_path: Path, cell: str, memory: str
) -> None:
    model, t, unit = wild_model(cell, num_layers=2, scale=0.8), 9, 4
    near = as_exported(model)
    ids = VOCABULARY.encode("\n" + TEXT).astype(np.intp)[:, None]
    before, state = reference.run(near, ids[: t + 2])
    h = state["layers.1.h"][unit]
    if memory == "c":  # h = o⊙tanh(c) follows
        h[:] = h / np.tanh(state["layers.1.c"][unit]) * -0.5
        state["layers.1.c"][unit] = np.arctanh(-0.5)
    else:
        h[:] = -0.5
    here = near.by_name["W_y"] @ state["layers.1.h"] + near.by_name["b_y"]
    after, _ = reference.run(near, ids[t + 2 :], state)
    with opened(browser, page_of(model, tmp_path, TEXT)) as page:
        page.locator("#what-if summary").click()
        page.evaluate(f"chooseUnit(1, {unit}); look({t})")
        page.locator("#set-value").fill("-0.5")
        expected = np.concatenate([before[1 : t + 1, :, 0], here.T, after[:, :, 0]])
        assert_reads_as(page, expected)
        assert page.evaluate(f"value('memory', {t})") == pytest.approx(-0.5)
        for value in (-1, 1):
            page.locator("#set-value").fill(str(value))
            assert page.evaluate(f"value('memory', {t})") == pytest.approx(value, abs=0.001)


def test_a_character_that_is_swapped(browser: Any, tmp_path: Path) -> None:
    model = wild_model(num_layers=2, scale=0.8)
    near, t = as_exported(model), TEXT.index("bread")
    other = TEXT[:t] + "T" + TEXT[t + 1 :]
    with opened(browser, page_of(model, tmp_path, TEXT)) as page:
        page.locator("#what-if summary").click()
        page.locator("#text b").nth(t).click()
        page.locator("#swap").fill("T")
        assert_reads_as(page, logits_of(near, other))
        np.testing.assert_allclose(page.evaluate(UNCHANGED), logits_of(near), atol=1e-9)
        flips = logits_of(near, other).argmax(1) != logits_of(near).argmax(1)
        assert 0 < flips.sum() < len(TEXT)
        marked = page.evaluate("text.map(({ box }) => box.classList.contains('flipped'))")
        assert marked == flips.tolist()
        assert f"after {flips.sum()} of {len(TEXT)}" in page.locator("#what-if-said").text_content()
        shown = "".join(page.locator("#text .c").all_text_contents())
        assert shown == other.replace("\n", "⏎").replace("☃", "☃")
        page.locator("#swap").fill("T☃")
        assert "one takes the place of one" in page.locator("#swap-said").text_content()
        page.locator("#swap").fill("b")  # as it was
        assert page.locator("#changes li").count() == 0
        assert_reads_as(page, logits_of(near))


def test_what_it_expects_stands_beside_what_it_expected(browser: Any, tmp_path: Path) -> None:
    model = wild_model(num_layers=2, scale=0.8)
    near = as_exported(model)
    with opened(browser, page_of(model, tmp_path, TEXT)) as page:
        page.locator("#what-if summary").click()
        page.locator("#ablate").click()
        now, before = logits_of(ablated(near, (0, 2)))[-1], logits_of(near)[-1]
        shares = [np.exp(y - y.max()) / np.exp(y - y.max()).sum() for y in (now, before)]
        order = np.argsort(-np.maximum(*shares), kind="stable")[:5]
        rows = [row.locator("td").all_text_contents() for row in page.locator("#expected tr").all()]
        assert rows[0] == []
        for row, k in zip(rows[1:], order, strict=True):
            assert row[1:3] == [f"{100 * share[k]:.1f} %" for share in shares]
        assert page.locator("#expected .bar").count() == 10


def test_every_view_is_of_the_changed_network(browser: Any, tmp_path: Path) -> None:
    """Its units, what it writes, and why a character came."""
    model = wild_model(num_layers=2, scale=0.8)
    near = as_exported(model)
    network = held(ablated(near, (1, 3)), 0, 2, {"f": 0.25})
    with opened(browser, page_of(model, tmp_path, TEXT)) as page:
        page.locator("#what-if summary").click()
        page.evaluate("chooseUnit(1, 3)")
        page.locator("#ablate").click()
        page.evaluate("chooseUnit(0, 2)")
        page.evaluate(HOLD, ["f", 0.25])
        trace = trace_text(network, VOCABULARY, TEXT)
        memory = page.evaluate("text.map((_, t) => value('memory', t))")
        np.testing.assert_allclose(memory, trace.memory[0][:, 2], atol=1e-9)
        page.evaluate("document.getElementById('why-view').open = true")
        page.locator("#why-for").fill(" were")
        page.locator("#why-against").fill(" was")
        until(page, "why !== null && why.continuations.length === 2")
        found = why(network, VOCABULARY, TEXT, " were", " was")
        np.testing.assert_allclose(
            page.evaluate("[...why.signed]"), found.influence.signed, atol=1e-8
        )
        unchanged = why(near, VOCABULARY, TEXT, " were", " was").log_odds
        said = page.locator("#why-question").text_content()
        assert said.endswith(f"= {found.log_odds:.3f} nats, unchanged {unchanged:.3f}")
        page.locator("#temperature").fill("0")
        page.locator("#length").fill("20")
        page.locator("#write").click()
        until(page, f"text.length === {len(TEXT) + 20} && !isWriting()")
        text = TEXT + VOCABULARY.decode(
            page.evaluate(f"text.slice({len(TEXT)}).map(({{ id }}) => id)")
        )
        assert_reads_as(page, logits_of(network, text))
        np.testing.assert_allclose(page.evaluate(UNCHANGED), logits_of(near, text), atol=1e-9)
        guesses = logits_of(network, text).argmax(1)[len(TEXT) - 1 : -1]
        assert VOCABULARY.decode(guesses) == text[len(TEXT) :]


def test_changes_by_keys_alone_on_a_phone(browser: Any, tmp_path: Path) -> None:
    model = wild_model(num_layers=2)
    near = as_exported(model)
    with opened(browser, page_of(model, tmp_path, TEXT)) as page:
        page.set_viewport_size({"width": 360, "height": 700})
        page.locator("#what-if summary").focus()
        for key in ("Enter", "Tab", "Enter", "Enter"):
            page.keyboard.press(key)
        assert_reads_as(page, logits_of(near))  # the second press restores the unit
        page.keyboard.press("Enter")
        assert_reads_as(page, logits_of(ablated(near, (0, 2))))
        page.locator("#hold-value").focus()
        page.keyboard.press("End")
        assert_reads_as(page, logits_of(held(ablated(near, (0, 2)), 0, 2, {"i": 1.0})))
        assert_it_fits(page)
        for _ in range(2):
            page.locator("#changes button").first.focus()
            page.keyboard.press("Enter")
        assert_reads_as(page, logits_of(near))
        assert page.locator("#what-if-said").text_content() == "Nothing is changed."


def test_a_unit_is_ablated_before_there_is_a_text(browser: Any, tmp_path: Path) -> None:
    near = as_exported(model := wild_model(num_layers=2))
    with opened(browser, page_of(model, tmp_path, "")) as page:
        page.locator("#what-if summary").click()
        assert page.locator("#ablate").text_content() == "Ablate unit 0:2"
        for field in ("#hold", "#set", "#ablate"):
            page.locator(field).click()
        page.locator("#changes button").first.click()
        page.locator("#changes button").first.click()
        page.locator("#length").fill("0")
        page.locator("#prime").fill("The cats")
        until(page, "text.length === 8 && !isWriting()")
        assert_reads_as(page, logits_of(ablated(near, (0, 2)), "The cats"))


def test_a_character_that_is_clicked_stays_in_view(browser: Any, tmp_path: Path) -> None:
    with opened(browser, page_of(wild_model(), tmp_path, "The cats ate")) as page:
        boxes = page.locator("#text b")
        boxes.nth(2).hover()
        assert page.evaluate("now.here") == 2
        boxes.nth(4).click()
        boxes.nth(7).hover()
        assert page.evaluate("now.here") == 4
        page.locator("#text").focus()
        page.keyboard.press(".")
        assert page.evaluate("now.here") == 5
        page.keyboard.press("Escape")
        boxes.nth(7).hover()
        assert page.evaluate("now.here") == 7


def runs(on: Array) -> list[tuple[int, int]]:
    """The first and the last place of each stretch that is true."""
    grouped = groupby(enumerate(on), key=lambda pair: bool(pair[1]))
    places = [[t for t, _ in group] for is_on, group in grouped if is_on]
    return [(some[0], some[-1]) for some in places]


def test_other_places_where_the_unit_is_on(browser: Any, tmp_path: Path) -> None:
    model, text = wild_model(num_layers=2), "The cats ate the bread. " * 6
    memory = trace_text(as_exported(model), VOCABULARY, text).memory
    with opened(browser, page_of(model, tmp_path, text)) as page:
        page.locator("#where-else summary").click()
        for t, threshold in ((5, 0.3), (40, 0.8), (60, 0.95)):
            page.locator("#threshold").fill(str(threshold))
            page.evaluate(f"look({t})")
            v, values = memory[0][t, 2], memory[0][:, 2]
            sign = np.sign(v) if abs(v) > threshold else np.sign(values)
            on = np.asarray(sign * values > threshold)
            expected = [(a, b) for a, b in runs(on) if not a <= t <= b]
            names = [str(a) if a == b else f"{a}–{b}" for a, b in expected]
            assert page.locator("#where-places button").all_text_contents() == names
            count = sum(b - a + 1 for a, b in expected)
            said = page.locator("#where-count").text_content()
            assert f" at {len(expected)} other place" in said
            assert f", {count} of {len(text)} characters" in said
        page.locator("#threshold").fill("0.3")
        page.evaluate("look(5)")
        first = page.locator("#where-places button").first
        place = int(first.text_content().split("–")[0])
        first.focus()
        page.keyboard.press("Enter")
        assert page.evaluate("now.here") == place


def test_other_places_where_the_units_of_a_span_are_on(browser: Any, tmp_path: Path) -> None:
    model, text = wild_model(num_layers=2), "The cats ate the bread. " * 6
    memory = trace_text(as_exported(model), VOCABULARY, text).memory
    found = units_on_over(memory, 4, 8)
    on = [unit.sign * memory[unit.layer][:, unit.unit] > 0.3 for unit in found]
    count = np.sum(on, axis=0)
    expected: list[tuple[int, int]] = []
    least = len(found)
    for few in range(len(found), (len(found) - 1) // 2, -1):
        places = [(a, b) for a, b in runs(count >= few) if b < 4 or a > 7]
        if len(expected) < 5 and len(places) > len(expected):
            expected, least = places, few
    assert len(found) > 1
    assert expected
    with opened(browser, page_of(model, tmp_path, text)) as page:
        page.locator("#where-else summary").click()
        page.evaluate("mark(4, 7)")
        names = [str(a) if a == b else f"{a}–{b}" for a, b in expected]
        assert page.locator("#where-places button").all_text_contents() == names
        are = "All" if least == len(found) else f"At least {least}"
        said = page.locator("#where-count").text_content()
        assert said.startswith(f"{are} of the {len(found)} units of the marked span are on")
        said = page.locator("#where-places li").first.text_content()
        a, b = expected[0]
        assert said.endswith(f" {count[a : b + 1].max()} of {len(found)} units")
