"""The page's view of one step, term by term, against Python's, in a headless Chromium."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import assert_it_fits, chromium, opened, until
from cells_under_test import variants
from models import VOCABULARY, as_exported, wild_model

from charlstm.nn.parameters import Architecture, Parameters
from charlstm.output.arithmetic import number, places
from charlstm.output.drawing.cell import drawing_of
from charlstm.output.drawing.stands_for import values_of
from charlstm.output.page.network import network_page
from charlstm.studies.describe.equations import one_step
from charlstm.studies.inspect.step import StepArithmetic, _values, step_arithmetic
from charlstm.text.vocabulary import Vocabulary

pytestmark = pytest.mark.slow

TEXT, UNIT = "The cats\nate", 2


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def exported(
    model: Parameters,
    folder: Path,
    text: str = TEXT,
    vocabulary: Vocabulary = VOCABULARY,
    on_the_way: Sequence[tuple[int, Parameters]] = (),
) -> Path:
    path, shape = folder / "page.html", model.architecture
    made = network_page(
        model,
        vocabulary,
        title="",
        about="",
        text=text,
        start=(0, UNIT),
        salient=[list(range(shape.hidden_size))] * shape.num_layers,
        written=one_step(model.cell).written,
        on_the_way=on_the_way,
    )
    path.write_bytes(made)
    return path


def arithmetic(
    model: Parameters, at: int, layer: int, text: str = TEXT, vocabulary: Vocabulary = VOCABULARY
) -> StepArithmetic:
    step, near = one_step(model.cell), as_exported(model)
    return step_arithmetic(near, vocabulary, text, at, (layer, UNIT), step.graph, step.written)


def look(page: Any, at: int, layer: int) -> None:
    page.evaluate(f"tour(99); chooseUnit({layer}, {UNIT}); look({at})")


def zoom(page: Any, at: int, layer: int) -> None:
    """Open the view at a character and a unit."""
    look(page, at, layer)
    page.evaluate("zoom(true)")
    until(page, "keys.f !== undefined")


def in_symbols(words: str) -> str:
    """Words as the page shows them: what is lowered has lost its underscore and braces."""
    return re.sub(r"_\{(.*?)\}|_(.)", r"\1\2", words.replace("t-1", "t−1"))


EQUATIONS = """() => [...document.querySelectorAll("#equations li")].map((li) => [
  li.querySelector(".symbols"), ...li.querySelectorAll(".numbers, small"),
].map((one) => one.textContent))"""


def assert_the_equations_are(page: Any, step: StepArithmetic) -> None:
    shown = page.evaluate(EQUATIONS)
    assert len(shown) == len(step.equations)
    for lines, equation in zip(shown, step.equations, strict=True):
        first, *others = equation.numbers
        sources = ", ".join(in_symbols(source) for source, _ in equation.sources)
        expected = [in_symbols(f"{equation.name} = {equation.formula}"), f"= {first}"]
        expected += [f"from {sources}"] * bool(sources)
        expected += [f"= {' = '.join(others)}"] * bool(others)
        assert lines == expected
    before = ", ".join(f"{name}t−1 = {number(v)}" for name, v in step.before.items())
    assert page.locator("#step-about").text_content().endswith(f"; {before}.")


@pytest.fixture(scope="module", params=variants(), ids=str)
def variant(
    request: pytest.FixtureRequest, browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Parameters, Any]]:
    """A model of two layers of every cell, and its page with the view open."""
    cell, options = request.param
    model = wild_model(cell, num_layers=2, options=options, scale=0.8)
    with opened(browser, exported(model, tmp_path_factory.mktemp("page"))) as page:
        zoom(page, 7, 0)
        yield model, page


# The numbers


def test_equations_and_drawing_have_python_s_numbers(variant: tuple[Parameters, Any]) -> None:
    model, page = variant
    near, step = as_exported(model), one_step(model.cell)
    sketch, at = drawing_of(model.cell), places(step.written)
    stands_for = values_of(sketch, list(at))
    ids = VOCABULARY.encode("\n" + TEXT).astype(np.intp)
    for layer, t in ((0, 7), (1, 7), (1, 8), (0, 0)):
        look(page, t, layer)
        assert_the_equations_are(page, arithmetic(model, t, layer))
        values = _values(near, ids[: t + 2], layer, step.graph)
        numbers = [number(float(values[node][UNIT, 0])) for node in step.graph.nodes]
        shown = page.evaluate(
            "[...drawn('[data-place]')].map((e) => [e.dataset.place, e.textContent])"
        )
        own = {place: text.split()[-1] for place, text in shown if place not in ("x", "y")}
        assert own == {place: numbers[int(place)] for place in own}
        drawn = {str(at[stands_for[r.node]]) for r in sketch.number_places if r.node in stands_for}
        summands = {
            str(place)
            for place in page.evaluate("data.equations.flatMap((e) => e.summands.map((s) => s[1]))")
        }
        assert set(own) >= drawn | summands
        x = dict(shown)["x"]
        assert x == (f"“{TEXT[t]}”".replace("\n", "⏎") if layer == 0 else "h, layer 0")


def test_each_activation_has_its_point_on_its_curve(variant: tuple[Parameters, Any]) -> None:
    _, page = variant
    points = """[...drawn("[data-curve]")].map((one) => [
      ...one.dataset.curve.split(" "), one.getAttribute("cx"), one.getAttribute("cy"),
    ].map(Number))"""
    found, values = page.evaluate(points), page.evaluate("zoomed.values")
    steps = page.evaluate("data.program.steps")
    assert len(found) == sum(one["op"] in ("sigmoid", "tanh") for one in steps)
    for x, y, w, h, reach, place, cx, cy in found:
        a = np.clip(values[int(place)], -reach, reach)
        assert cx == pytest.approx(x + w * a / reach)
        assert cy == pytest.approx(y - h * np.tanh(a * 3.0 / reach))


def test_the_top_layer_shows_the_likeliest_characters_and_others_lead_up(
    browser: Any, tmp_path: Path
) -> None:
    model = wild_model(num_layers=2, attention=3, attention_heads=2)
    with opened(browser, exported(model, tmp_path)) as page:
        zoom(page, 4, 1)
        expected = page.locator("#expected tr").all()[:3]
        shares = [row.locator("td").all_text_contents()[:2] for row in expected]
        words = page.locator("#drawing [data-place=y]").text_content().split(" · ")
        for said, (character, share) in zip(words, shares, strict=True):
            found = re.fullmatch(r"“(.)” (0\.\d\d)", said)
            assert found and found[1] == character
            assert float(found[2]) == pytest.approx(float(share.split()[0]) / 100, abs=0.006)
        output, above = (page.get_by_text(said) for said in ("through attention", "layer above"))
        assert output.is_visible() and not above.is_visible()
        page.evaluate("chooseUnit(0, 0)")
        assert above.is_visible() and not output.is_visible()


def test_a_line_of_its_own_begins_from_zero_and_unknown_characters_have_a_step(
    browser: Any, tmp_path: Path
) -> None:
    model, text = wild_model(num_layers=2, scale=0.8), "The\n☃c"
    model.reset_at = int(VOCABULARY.encode("\n")[0])
    with opened(browser, exported(model, tmp_path, text)) as page:
        zoom(page, 3, 0)
        for at, layer in ((3, 0), (3, 1), (4, 0), (5, 1)):
            look(page, at, layer)
            assert_the_equations_are(page, arithmetic(model, at, layer, text))
        look(page, 3, 0)
        assert "ht−1 = 0.000" in page.locator("#step-about").text_content()


def test_a_byte_model_has_a_step_of_each_byte(browser: Any, tmp_path: Path) -> None:
    vocabulary = Vocabulary("byte")
    model = Parameters(Architecture(hidden_size=5), 256, dtype=np.float64)
    model.flat[:] = np.random.default_rng(0).normal(0.0, 0.7, model.size)
    with opened(browser, exported(model, tmp_path, "aé", vocabulary)) as page:
        zoom(page, 2, 0)
        assert_the_equations_are(page, arithmetic(model, 2, 0, "aé", vocabulary))


def test_the_step_is_that_of_the_checkpoint_in_view(browser: Any, tmp_path: Path) -> None:
    model, early = wild_model(num_layers=2), wild_model(num_layers=2)
    early.flat[:] *= 0.5
    page_of = exported(model, tmp_path, on_the_way=[(1, early), (2, model)])
    with opened(browser, page_of) as page:
        zoom(page, 7, 1)
        assert_the_equations_are(page, arithmetic(model, 7, 1))
        late = page.evaluate("zoomed.values")
        page.evaluate("chooseCheckpoint(0); look(7)")
        h = page.evaluate("data.program.states.h")
        values, seen = page.evaluate(f"[zoomed.values, text[7].states[1].h[{UNIT}]]")
        assert values[h] == seen != late[h]


def test_a_gate_that_is_held_says_so(browser: Any, tmp_path: Path) -> None:
    with opened(browser, exported(wild_model(), tmp_path)) as page:
        zoom(page, 7, 0)
        free = page.evaluate(EQUATIONS)
        page.evaluate("$('hold-gate').value = 'f'; $('hold-value').value = 1; hold()")
        f, i, *_, c, h = page.evaluate(EQUATIONS)
        assert f[-1] == "= 1.000, set under “What if?”"
        assert "What if" not in i[-1] + c[-1] + h[-1]
        assert c[1].startswith("= 1.000·")
        page.evaluate(f"chooseUnit(0, {UNIT + 1})")
        assert not any("What if" in lines[-1] for lines in page.evaluate(EQUATIONS))
        page.evaluate(f"makeChange('hold f 0:{UNIT}'); chooseUnit(0, {UNIT})")
        assert page.evaluate(EQUATIONS) == free


# Term by term


def test_play_lights_up_all_terms_in_the_order_of_the_equations(
    variant: tuple[Parameters, Any],
) -> None:
    model, page = variant
    names = [equation.name.partition("_")[0] for equation in one_step(model.cell).equations]
    page.evaluate("""() => {
      Object.assign(zoomed, { pace: 0, term: null });
      globalThis.seen = [];
      new MutationObserver(() => seen.push([
        zoomed.term, $("meaning").textContent, drawn(".lit").length, drawn(".later").length,
        document.querySelector("[aria-current] .symbols").textContent,
      ])).observe($("meaning"), { childList: true });
    }""")
    page.locator("#step-play").click()
    until(page, "zoomed.timer === null && seen.length > 0")
    seen = page.evaluate("seen")
    assert [term for term, *_ in seen] == list(range(len(names)))
    assert all(lit for _, _, lit, _, _ in seen)
    later = [count for *_, count, _ in seen]
    assert later == sorted(later, reverse=True) and later[-1] == 0
    for name, (_, words, _, _, symbols) in zip(names, seen, strict=True):
        assert symbols.startswith(f"{name}t = ")
        assert re.search(r"[01]\.\d\d", words), words
        assert not words.startswith(f"{name} is") or name in "hm", words  # none is left without
    assert page.locator("#step-play").text_content() == "Play"


def test_keys_open_go_on_play_and_close(browser: Any, tmp_path: Path) -> None:
    model = wild_model(num_layers=2)
    with opened(browser, exported(model, tmp_path)) as page:
        press, term = page.keyboard.press, "zoomed.term"
        look(page, 4, 0)
        page.locator("#text").focus()
        press("f")
        assert page.evaluate(term) is None
        press("z")
        until(page, "keys.f !== undefined")
        assert page.locator("#step-view").get_attribute("open") is not None
        assert page.locator("#drawing .later, #drawing .lit").count() == 0  # all is there
        press("f")
        press("f")
        press("f")
        press("b")
        assert page.evaluate(term) == 1
        assert page.locator("[aria-current=step] .symbols").text_content().startswith("it = ")
        page.evaluate("zoomed.pace = 1e6")
        press("Space")
        assert page.locator("#step-play").text_content() == "Pause"
        assert page.evaluate(term) == 2
        press("Space")
        assert page.evaluate("zoomed.timer") is None
        press("b")
        press("b")
        press("b")
        press("b")
        assert page.evaluate(term) is None
        press("f")
        press(".")  # the same equation at the next character
        assert page.evaluate("[zoomed.term, now.here]") == [0, 5]
        assert "character 5" in page.locator("#step-about").text_content()
        page.locator("#step-forward").click()
        press("f")  # a key works beside a button too
        assert page.evaluate(term) == 2
        page.locator("#equations button").nth(4).click()
        assert page.evaluate(term) == 4
        press("Escape")
        until(page, "keys.f === undefined")
        assert page.locator("#step-view").get_attribute("open") is None
        assert page.evaluate("document.activeElement.id") == "text"


def test_a_double_click_zooms_in_and_then_a_click_chooses(browser: Any, tmp_path: Path) -> None:
    with opened(browser, exported(wild_model(), tmp_path)) as page:
        page.evaluate("tour(99)")
        page.locator("#text b").nth(4).dblclick()
        until(page, "isZoomed() && keys.f !== undefined")
        assert page.evaluate("now.here") == 4
        page.locator("#text b").nth(6).hover()
        assert page.evaluate("now.here") == 4
        page.locator("#text b").nth(6).click()
        assert "character 6" in page.locator("#step-about").text_content()
        page.locator("#prime").fill("")
        until(page, "text.length === 0")
        assert page.locator("#step-none").is_visible()
        assert not page.locator("#step-some").is_visible()


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (1.0, "almost all"),
        (0.896, "almost all"),
        (0.894, "most"),
        (0.6, "most"),
        (0.59, "about half"),
        (0.4, "about half"),
        (0.39, "a little"),
        (0.1, "a little"),
        (0.09, "almost nothing"),
        (0.0, "almost nothing"),
    ],
)
def test_words_of_a_gate_agree_with_the_two_digits_that_are_shown(
    words_page: Any, gate: float, words: str
) -> None:
    found = words_page.evaluate(f"meaning('f', {{f: {gate}, i: 0.5}}, {{}}, '')")
    shown = f"{gate:.2f}"
    assert found == f"The forget gate is {shown}: this unit keeps {words} of what it knew."


@pytest.fixture(scope="module")
def words_page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with opened(browser, exported(wild_model(), tmp_path_factory.mktemp("page"))) as page:
        yield page


LSTM = {"f": 0.98, "i": 0.5, "g": -0.4, "o": 0.2}
COUPLED, GRU, AFTER = {"f": 0.98, "g": 0.0, "o": 0.0}, {"z": 0.7, "r": 0.05}, {"z": 0.0, "m": 0.0}
KEEPS, CANDIDATE = "this unit keeps almost all of what it knew", "into this unit's candidate."
TO = " of this unit to the output and to the next step."
SENTENCES: list[tuple[str, dict[str, float], dict[str, float], str]] = [
    ("i", LSTM, {}, "this unit stores about half of the candidate."),
    ("o", LSTM, {}, "this unit shows a little of what it knows."),
    ("g", LSTM, {}, "what this unit stores of it moves its memory down."),
    ("c", LSTM | {"c": 0.6}, {"c": 0.5}, "it grows. 0.49 is kept, 0.11 is new."),
    ("c", LSTM | {"c": 0.594}, {"c": 0.5}, "it stays about as it was. 0.49 is kept, 0.10 is new."),
    ("c", LSTM | {"c": -0.6}, {"c": 0.5}, "it changes its sign. 0.49 is kept, −1.09 is new."),
    ("c", LSTM | {"c": -0.1}, {"c": -0.5}, "it fades. −0.49 is kept, 0.39 is new."),
    ("h", LSTM | {"h": -0.6}, {}, "a strong signal" + TO),
    ("h", LSTM | {"h": 0.1}, {}, "a weak signal" + TO),
    ("h", LSTM | {"h": 0.094}, {}, "almost no signal" + TO),
    ("f", COUPLED, {}, KEEPS + ", and stores almost nothing of the candidate."),
    ("z", GRU, {}, "this unit keeps most of what it knew, and takes a little of the candidate."),
    ("r", GRU, {}, "the candidates of all units see almost nothing of what this unit knew."),
    (
        "r",
        AFTER | {"r": 0.95},
        {},
        "almost all of m, which comes from all units, goes " + CANDIDATE,
    ),
    ("n", GRU | {"n": -0.001}, {}, "this is where the unit goes as far as it forgets."),
    ("h", GRU | {"h": 0.4}, {"h": 0.2}, "it grows. 0.14 is kept, 0.26 is new."),
    ("h", {"h": 0.4}, {"h": -0.4}, "it changes its sign. All of it is computed anew."),
]


@pytest.mark.parametrize(("letter", "values", "old", "words"), SENTENCES)
def test_each_letter_has_its_sentence(
    words_page: Any, letter: str, values: dict[str, float], old: dict[str, float], words: str
) -> None:
    said = words_page.evaluate(f"meaning('{letter}', {values}, {old}, 'the output')")
    head, _, tail = said.partition(": ")
    assert tail == words
    assert re.search(r"[01]\.\d\d$", head)


# How it looks

CONTRASTS = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const fill = (one) => light(getComputedStyle(one).fill);
  const behind = [...document.querySelectorAll("#drawing svg > rect")].map(fill);
  return [...document.querySelectorAll("#drawing text")].flatMap((one) => {
    const box = one.parentElement.querySelector(":scope > rect");
    return (box ? [fill(box)] : behind).map((card) => {
      const [a, b] = [fill(one), card].sort((p, q) => q - p);
      return (a + 0.05) / (b + 0.05);
    });
  });
}"""


@pytest.mark.parametrize("cell", ["gru", "peephole"])
def test_it_fits_a_phone_and_can_be_read_in_light_and_dark(
    browser: Any, tmp_path: Path, cell: str
) -> None:
    with opened(browser, exported(wild_model(cell), tmp_path)) as page:
        zoom(page, 5, 0)
        assert_it_fits(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert min(page.evaluate(CONTRASTS)) > 4.5
        page.set_viewport_size({"width": 360, "height": 700})
        page.emulate_media(reduced_motion="reduce")
        lit = """[...drawn(".lit:not(.top) > rect")].at(-1).getBoundingClientRect()"""
        for _ in page.evaluate("data.equations"):
            page.keyboard.press("f")
            left, right = page.evaluate(f"[{lit}.left, {lit}.right]")
            assert left >= 0 and right <= 360  # the drawing has moved there
            assert page.locator("#equations li:visible").count() == 1
        assert_it_fits(page)
