"""The page of a trace, in a headless Chromium: keys, hover, marked spans, nothing from outside."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import assert_every_line_has_letters, assert_it_fits, chromium, opened
from models import VOCABULARY, as_exported, wild_model

from charlstm.studies.describe.equations import one_step
from charlstm.studies.inspect.salience import units_on_over
from charlstm.studies.inspect.text_page import trace_page
from charlstm.trace import Trace, trace_text

pytestmark = pytest.mark.slow

TEXT = "The cats ate\nthe bread.</script><b>x"
FIRST, LAST = 4, 7


@pytest.fixture(scope="module")
def trace() -> Trace:
    return trace_text(as_exported(wild_model(num_layers=2)), VOCABULARY, TEXT)


@pytest.fixture(scope="module")
def file(trace: Trace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    written = one_step(trace.cell).written
    path.write_bytes(trace_page(trace, (1, 3), "A <run> & more", "2 layers", written))
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Any, file: Path) -> Iterator[Any]:
    with opened(browser, file, viewport={"width": 1100, "height": 700}) as found:
        yield found


def alpha_of(page: Any, t: int) -> float:
    """How strong the colour of a character is."""
    colour = page.locator("#text b .c").nth(t).evaluate("e => getComputedStyle(e).backgroundColor")
    parts = colour.partition("(")[2].rstrip(")").split(",")
    return float(parts[3]) if len(parts) == 4 else 1.0


def shown(page: Any) -> str:
    """The unit in view; the choice of layers agrees with its name."""
    name: str = page.locator("#unit").input_value()
    assert page.locator("#layer").input_value() == name.partition(":")[0]
    return name


def test_it_begins_with_the_chosen_unit_in_its_colours(page: Any, trace: Trace) -> None:
    assert page.title() == "A <run> & more"
    assert "".join(page.locator("#text .c").all_text_contents()) == TEXT.replace("\n", "⏎")
    assert shown(page) == "1:3"
    for t in (0, 5, 20):
        assert alpha_of(page, t) == pytest.approx(abs(trace.memory[1][t, 3]), abs=0.01)


def test_keys_step_through_units_layers_and_gates(page: Any, trace: Trace) -> None:
    press = page.keyboard.press
    press("ArrowRight")
    assert shown(page) == "1:4"
    assert alpha_of(page, 5) == pytest.approx(abs(trace.memory[1][5, 4]), abs=0.01)
    for _ in range(2):
        press("ArrowRight")
    assert shown(page) == "1:0"  # round and round
    press("ArrowLeft")
    press("ArrowUp")
    press("ArrowUp")
    assert shown(page) == "0:5"
    press("g")
    press("g")
    assert page.locator("#quantity").input_value() == "f"
    assert alpha_of(page, 5) == pytest.approx(trace.gates[0]["f"][5, 5], abs=0.01)
    page.locator("#unit").fill("2")
    page.locator("#unit").press("Enter")
    assert alpha_of(page, 5) == pytest.approx(trace.gates[0]["f"][5, 2], abs=0.01)
    page.locator("#next").click()
    assert shown(page) == "0:3"
    for typed, expected in (("1:4", "1:4"), ("5", "1:5"), ("0.2", "1:5"), ("9:99", "1:5")):
        page.locator("#unit").fill(typed)
        page.locator("#unit").press("Enter")
        assert shown(page) == expected


def test_the_order_of_salience(page: Any) -> None:
    page.locator("#order").select_option("salience")
    page.locator("#text").focus()
    page.keyboard.press("ArrowRight")
    first = page.evaluate("data.salient[1][0] === now.unit || data.salient[1][1] === now.unit")
    assert first


def test_hover_tells_all_about_a_character(page: Any, trace: Trace) -> None:
    page.locator("#text b").nth(5).hover()
    assert page.locator("#place").text_content() == "read “a”, character 5"
    assert page.locator("#surprise").text_content() == f"surprise {trace.surprisal[5]:.2f} bits"
    guesses = page.locator("#expected tr td:first-child").all_text_contents()
    assert guesses == ["⏎" if c == "\n" else c for c in trace.expected[6]]  # of what comes next
    values = [float(v) for v in page.locator("#values td").all_text_contents()]
    gates = trace.gates[1]
    expected = [trace.memory[1][5, 3], *(gates[gate][5, 3] for gate in "ifog")]
    expected.append(trace.states[1]["h"][5, 3])
    assert values == pytest.approx(expected, abs=0.011)
    page.locator("#text b").nth(TEXT.index("<")).hover()
    assert page.locator("#surprise").text_content() == "never seen in training"


def mark(page: Any, first: int, last: int) -> None:
    boxes = [page.locator("#text b").nth(t).bounding_box() for t in (first, last)]
    places = [(box["x"] + box["width"] / 2, box["y"] + 8) for box in boxes]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=4)
    page.mouse.up()


def listed(page: Any) -> list[tuple[str, str]]:
    rows = page.locator("#span-units tr").all()[1:]
    cells = [row.locator("td").all_text_contents() for row in rows]
    return [(name, least[0]) for name, least, _ in cells]


def test_a_marked_span_finds_the_units_that_are_on_over_it(page: Any, trace: Trace) -> None:
    mark(page, FIRST, LAST)
    assert "“cats”" in page.locator("#span").text_content()
    expected = units_on_over(trace.memory, FIRST, LAST + 1)
    assert expected
    names = [(f"{unit.layer}:{unit.unit}", "+" if unit.sign > 0 else "−") for unit in expected[:12]]
    assert listed(page) == names
    page.locator("#span-units tr").nth(1).click()
    assert shown(page) == f"{expected[0].layer}:{expected[0].unit}"
    page.locator("#order").select_option("span")
    page.locator("#text").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#span-units tr.shown").count() >= 1
    page.keyboard.press("Escape")
    assert listed(page) == []


def test_the_threshold_and_the_keys_that_mark(page: Any, trace: Trace) -> None:
    page.locator("#text b").nth(FIRST).hover()
    page.keyboard.press("[")
    for _ in range(LAST - FIRST):
        page.keyboard.press(".")
    page.keyboard.press("]")
    page.locator("#threshold").fill("0.8")
    expected = units_on_over(trace.memory, FIRST, LAST + 1, 0.8)
    assert len(listed(page)) == len(expected[:12])
    are = "unit is" if len(expected) == 1 else "units are"
    assert f": {len(expected)} {are} on over all of it" in page.locator("#span").text_content()


def test_letters_name_the_rows_below_each_line_on_a_desk_and_on_a_phone(page: Any) -> None:
    for width in (1100, 360, 200, 800):
        page.set_viewport_size({"width": width, "height": 700})
        assert_every_line_has_letters(page, "i f o g h")
    choices = page.locator("#quantity option").all_text_contents()
    assert choices == ["tanh(c)", "gate i", "gate f", "gate o", "gate g", "h"]


def test_h_can_colour_the_text_and_has_a_row(page: Any, trace: Trace) -> None:
    page.locator("#quantity").select_option("h")
    h = trace.states[1]["h"][:, 3]
    assert alpha_of(page, 5) == pytest.approx(abs(h[5]), abs=0.01)
    bar = page.locator("#text b").nth(5).locator("i[data-row=h]")
    colour = bar.evaluate("e => e.style.background")
    assert colour.startswith(f"rgba(var(--{'minus' if h[5] < 0 else 'plus'})")
    assert page.locator("#all-units-label").text_content() == "h of all 6 units of layer 1 here"


def test_it_fits_a_phone_in_light_and_dark(page: Any) -> None:
    assert_it_fits(page)
    page.locator("#guesses").click()
    assert not page.locator("#text .q").first.is_visible()
    assert_it_fits(page)
