"""The page's answer to why a character came, against Python's, in a headless Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import assert_it_fits, chromium, opened, until
from cells_under_test import each_variant
from models import VOCABULARY, as_exported, wild_model
from pages import page_of

from charlstm.nn.parameters import Architecture, Parameters
from charlstm.studies.inspect.why import Why, why
from charlstm.text.vocabulary import Vocabulary

pytestmark = pytest.mark.slow

PRIME = "The cats\n☃ ate" + "\nThe dogs"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def ask(page: Any, explain: str, against: str = "") -> None:
    """Open the view and ask; wait until it is answered."""
    page.evaluate("document.getElementById('why-view').open = true")
    page.locator("#why-for").fill(explain)
    page.locator("#why-against").fill(against)
    ids = "JSON.stringify(asked())"
    until(page, f"why !== null && why.key === {ids}")


def leave_out(page: Any) -> None:
    page.locator("#why-leave").click()
    until(page, "leaving === null && why.exact !== undefined")


def signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def rows(page: Any, table: str) -> list[list[str]]:
    return [row.locator("td").all_text_contents() for row in page.locator(f"#{table} tr").all()[1:]]


def assert_same_numbers(page: Any, found: Why) -> None:
    """All numbers to many digits, and those that are shown to the digits shown."""
    influence = found.influence
    got = page.evaluate("[[...why.signed], [...why.norm], [...why.exact], why.total]")
    assert got[3] == pytest.approx(found.log_odds, abs=1e-9)
    for mine, python in zip(got, (influence.signed, influence.norm, influence.exact), strict=False):
        np.testing.assert_allclose(mine, python, atol=1e-8)
    assert f"= {found.log_odds:.3f} nats" in page.locator("#why-question").text_content()
    strongest = sorted(np.argsort(-np.abs(influence.exact), kind="stable")[:8].tolist())
    columns = (influence.signed, influence.norm, influence.exact)
    shown = [[signed(column[t]) for column in columns] for t in strongest]
    assert [row[0] for row in rows(page, "why-strongest")] == [str(t) for t in strongest]
    for row, (one, norm, exact) in zip(rows(page, "why-strongest"), shown, strict=True):
        assert row[2:] == [one, norm[1:], exact]
    logit = found.logit
    picked = [logit.picked] if np.any(logit.picked) else []
    terms = [
        [
            f"{logit.layer}:{k}",
            *(signed(v[k]) for v in (logit.weights, logit.h, *picked, logit.terms)),
        ]
        for k in logit.order[:8]
    ]
    units = rows(page, "why-units")
    assert units[: len(terms)] == terms
    assert [units[-2][-1], units[-1][-1]] == [signed(logit.bias), signed(logit.logit)]


def assert_python_s(browser: Any, model: Parameters, folder: Path) -> None:
    near = as_exported(model)
    with opened(browser, page_of(model, folder, PRIME)) as page:
        ask(page, " were", " was")
        leave_out(page)
        assert_same_numbers(page, why(near, VOCABULARY, PRIME, " were", " was"))
        page.evaluate("look(20)")
        ask(page, "")
        leave_out(page)
        assert_same_numbers(page, why(near, VOCABULARY, PRIME[:20], PRIME[20]))


@each_variant
def test_influence_and_the_logit_are_python_s(
    browser: Any, tmp_path: Path, cell: str, options: dict[str, Any]
) -> None:
    model = wild_model(cell, num_layers=2, scale=0.6, options=options)
    assert_python_s(browser, model, tmp_path)


@pytest.mark.parametrize(("attention", "heads"), [(5, 1), (30, 3)])
@pytest.mark.parametrize(("cell", "layers"), [("lstm", 1), ("gru", 2)])
def test_they_are_also_with_attention(
    browser: Any, tmp_path: Path, cell: str, layers: int, attention: int, heads: int
) -> None:
    model = wild_model(cell, 6, layers, 0.6, attention=attention, attention_heads=heads)
    assert_python_s(browser, model, tmp_path)


@pytest.mark.parametrize("attention", [0, 30])
def test_nothing_speaks_from_before_a_line_that_begins_from_zero(
    browser: Any, tmp_path: Path, attention: int
) -> None:
    model = wild_model("peephole", num_layers=2, scale=0.6, attention=attention)
    model.reset_at = int(VOCABULARY.encode("\n")[0])
    near = as_exported(model)
    with opened(browser, page_of(model, tmp_path, PRIME)) as page:
        ask(page, " a")
        leave_out(page)
        found = why(near, VOCABULARY, PRIME, " a")
        assert not found.influence.signed[: PRIME.rindex("\n")].any()
        assert_same_numbers(page, found)
        asked = "[...influence(text.length, [' s\\nthe', ' s\\na'].map(encode)).signed]"
        across = why(near, VOCABULARY, PRIME, " s\nthe", " s\na").influence.signed
        np.testing.assert_allclose(page.evaluate(asked), across, atol=1e-8)


def test_a_byte_model_explains_a_byte(browser: Any, tmp_path: Path) -> None:
    model = Parameters(Architecture(hidden_size=5), 256, dtype=np.float64)
    model.flat[:] = np.random.default_rng(0).normal(0.0, 0.7, model.size)
    bytes_ = Vocabulary("byte")
    with opened(browser, page_of(model, tmp_path, "a né", bytes_)) as page:
        ask(page, "é", "è")
        leave_out(page)
        assert_same_numbers(page, why(as_exported(model), bytes_, "a né", "é", "è"))


def test_what_cannot_be_explained_is_said_in_a_line(browser: Any, tmp_path: Path) -> None:
    model = wild_model()
    with opened(browser, page_of(model, tmp_path, PRIME)) as page:
        page.evaluate("document.getElementById('why-view').open = true")

        def says(words: str) -> None:
            until(page, f"document.getElementById('why-question').textContent.includes({words!r})")
            assert not page.locator("#why-answer").is_visible()

        page.locator("#why-for").fill("☃")
        says("never seen")
        page.locator("#why-for").fill(" was")
        page.locator("#why-against").fill(" was there")
        says("type two that differ")
        ask(page, " was")
        page.locator("#why-for").fill("")
        page.evaluate("look(0)")
        says("No character stands before")
        page.locator("#prime").fill("")
        says("No character stands before")


def test_by_keys_alone_on_a_phone(browser: Any, tmp_path: Path) -> None:
    """The view opens, asks, leaves out, stops, and puts a unit in view."""
    model = wild_model(num_layers=2)
    with opened(browser, page_of(model, tmp_path, "The cats ate " * 40)) as page:
        page.set_viewport_size({"width": 360, "height": 700})
        page.locator("#why-view summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type(" a")
        until(page, "why !== null && why.count === text.length")
        for _ in range(3):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        until(page, "leaving !== null")
        page.keyboard.press("Enter")
        until(page, "leaving === null")
        assert page.evaluate("why.exact === undefined")
        assert page.locator("#why-leave").text_content() == "Leave each character out"
        while page.evaluate("document.activeElement.className") != "link":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        shown = rows(page, "why-units")[0][0]
        until(page, f"document.getElementById('unit').value === {shown!r}")
        assert page.evaluate("writing === null")
        assert_it_fits(page)
