"""The page of attention, in a headless Chromium: point, tap, keys, and what is shown then."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import assert_it_fits, chromium, opened
from models import VOCABULARY, looked_at, wild_model

from charlstm.nn.parameters import Parameters
from charlstm.studies.inspect.attention import AttentionView
from charlstm.trace import trace_text

pytestmark = pytest.mark.slow

TEXT = "The cats ate\nthe bread.</script><b>x"
MODEL = wild_model(attention=9, attention_heads=3, scale=0.6)
SEEN = "⏎" + TEXT.replace("\n", "⏎")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_bytes(written(MODEL))
    return path


def written(model: Parameters, head: int | None = None) -> bytes:
    trace = trace_text(model, VOCABULARY, TEXT)
    return AttentionView(trace, [20], "A <run> & more", "about", head).to_page()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(params=[False, True], ids=["mouse", "touch"])
def page(browser: Any, file: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    size = {"width": 1100, "height": 700}
    with opened(browser, file, viewport=size, has_touch=request.param) as found:
        yield found


def check(page: Any, t: int, head: int | None = None) -> None:
    """Assert that the page shows what the step that predicts character `t` looked at."""
    assert page.locator("#place").text_content().endswith(f", character {t}")
    weights = looked_at(MODEL, TEXT, head)[t]
    first = t - 1 - len(weights)
    listed = page.locator("#seen tr").all()
    shares = sorted(((w, first + k) for k, w in enumerate(weights)), reverse=True)
    assert len(listed) == sum(w >= 0.0005 for w, _ in shares[:8])
    for row, (share, place) in zip(listed, shares, strict=False):
        percent, _, where, piece = row.locator("td").all_text_contents()
        assert float(percent.removesuffix(" %")) == pytest.approx(100 * share, abs=0.06)
        assert (int(where), piece) == (place, SEEN[max(0, place - 8) : place + 2])
    colours = page.locator("#text b .c").evaluate_all("all => all.map(e => e.style.background)")
    coloured = {k - 1 for k, colour in enumerate(colours) if colour}
    assert coloured == {first + k for k, w in enumerate(weights) if w >= 0.0005}
    classes = page.locator("#text b").evaluate_all("all => all.map(e => e.className)")
    assert classes == [""] * t + ["own", "here"] + ["later"] * (len(TEXT) - t - 1)


def test_it_begins_at_the_step_asked_for(page: Any) -> None:
    assert page.title() == "What A <run> & more looks at"
    assert "".join(page.locator("#text .c").all_text_contents()) == SEEN
    check(page, 20)


def test_pointing_at_a_character_or_tapping_it_shows_what_it_looked_at(page: Any) -> None:
    box = page.locator("#text b[data-t='7']")
    box.tap() if page.evaluate("navigator.maxTouchPoints") else box.hover()
    check(page, 7)


def test_keys_go_from_character_to_character_and_no_further(page: Any) -> None:
    for id_ in ("head", "text"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == id_
    page.keyboard.press("ArrowLeft")
    check(page, 19)
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    check(page, len(TEXT) - 1)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    check(page, 0)
    assert "nothing to look at" in page.locator("#looks").text_content()


def test_one_chooses_all_heads_or_one_of_them(page: Any) -> None:
    assert page.locator("#head option").all_text_contents() == [
        "all heads (mean)", "head 0", "head 1", "head 2",
    ]  # fmt: skip
    page.locator("#head").select_option("head 1")
    check(page, 20, head=1)
    page.locator("#text").focus()
    page.keyboard.press("ArrowLeft")
    check(page, 19, head=1)
    for key, view in zip(["ArrowDown"] * 2 + ["ArrowUp"] * 4, (3, 3, 2, 1, 0, 0), strict=True):
        page.keyboard.press(key)
        check(page, 19, head=view - 1 if view else None)
        assert page.locator("#head").input_value() == str(view)


def test_it_begins_with_the_head_asked_for_and_offers_no_choice_of_one(
    browser: Any, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(written(MODEL, 2))
    with opened(browser, path) as page:
        check(page, 20, head=2)
    path.write_bytes(written(wild_model(attention=9, scale=0.6), 0))
    with opened(browser, path) as page:
        assert not page.locator("#heads").is_visible()


def test_it_fits_a_phone_in_light_and_dark(page: Any) -> None:
    assert_it_fits(page)
