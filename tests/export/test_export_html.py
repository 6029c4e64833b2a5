"""The page that runs a model: its program against the reference, then in a headless Chromium."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import assert_every_line_has_letters, assert_it_fits, chromium, opened, until
from command_line import Runner
from models import CHARACTERS, VOCABULARY, as_exported, wild_model

from charlstm import load
from charlstm.errors import ExportError
from charlstm.export.html import encode
from charlstm.nn import Array, reference
from charlstm.nn.cells import CELLS
from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture, Parameters, layer_parameters
from charlstm.nn.recording import record
from charlstm.output.page.fixed_point import fixed, rounded
from charlstm.output.page.network import program
from charlstm.studies.inspect.salience import salient_units
from charlstm.text.vocabulary import Vocabulary

pytestmark = pytest.mark.slow

KINDS: dict[str, tuple[str, Mapping[str, str]]] = {
    **{name: (name, {}) for name in CELLS},
    "diagonal peephole": ("peephole", {"peephole_kind": "diagonal", "peepholes": "fo"}),
    "gru after": ("gru", {"gru_reset": "after"}),
}
ABOUT = {"vocabulary": json.dumps(VOCABULARY.to_header())}
PRIME = "The cats ☃ ate"


def model_of(kind: str, layers: int = 2, scale: float = 0.8, **attention: int) -> Parameters:
    cell, options = KINDS[kind]
    return wild_model(cell, num_layers=layers, scale=scale, options=options, **attention)


def run(
    steps: list[dict[str, Any]], params: Mapping[str, Array], x: Array, state: Mapping[str, Array]
) -> list[Any]:
    """A program's values, carried out in the most obvious way."""
    H = len(next(iter(state.values())))
    values: list[Any] = []

    def rows(matrix: Array, block: int) -> Array:
        return matrix[block * H : (block + 1) * H]

    for one in steps:
        of = [values[k] for k in one.get("of", ())]
        match one["op"]:
            case "state":
                value = state[one["name"]]
            case "constant":
                value = one["value"]
            case "bias":
                value = rows(params["b"], one["row"])
            case "input":
                value = rows(params["E"].T, one["row"]) @ x
            case "product":
                value = rows(params[one["weight"]], one["row"]) @ of[0]
            case "scale":
                value = rows(params[one["weight"]], one["row"]) * of[0]
            case "add":
                value = of[0] + of[1]
            case "subtract":
                value = of[0] - of[1]
            case "multiply":
                value = of[0] * of[1]
            case "sigmoid":
                value = reference.sigmoid(of[0])
            case "tanh":
                value = np.tanh(of[0])
        values.append(value)
    return values


@pytest.mark.parametrize("kind", KINDS)
def test_the_program_is_the_reference(kind: str) -> None:
    model = model_of(kind, layers=1)
    cell, H = model.cell, 6
    rng = np.random.default_rng(0)
    state = {name: rng.normal(size=(H, 2)) for name in cell.states}
    x = np.eye(len(CHARACTERS) + 1)[:, [3, len(CHARACTERS)]]
    params, graph = layer_parameters(model.by_name, 0), cell.graph()
    made = program(cell)
    values = run(made["steps"], params, x, state)
    expected = reference.run_step(graph, params, x, state)
    for name, node in graph.states.items():
        np.testing.assert_allclose(values[made["states"][name]], expected[node], atol=1e-12)
    assert list(made["gates"]) == list(cell.inputs)


def test_the_program_s_gates_are_the_layer_s() -> None:
    model = model_of("peephole", layers=1)
    seen = record(model, VOCABULARY.encode("T")[:, None])
    params, x = layer_parameters(model.by_name, 0), np.eye(len(CHARACTERS) + 1)[:, [3]]
    made = program(model.cell)
    values = run(made["steps"], params, x, {name: np.zeros((6, 1)) for name in "hc"})
    assert CHARACTERS[3] == "T"
    for gate, place in made["gates"].items():
        np.testing.assert_allclose(values[place], seen.gates[0][gate][0], atol=1e-12)


def test_weights_that_are_no_numbers() -> None:
    model = model_of("lstm")
    for value in (np.nan, np.inf):
        model.flat[5] = value
        with pytest.raises(ExportError, match="not a finite number"):
            encode(model, ABOUT)


def test_16_bits_are_closer_than_half_precision() -> None:
    value = np.random.default_rng(0).normal(0.0, 2.0, (40, 30))
    far = np.abs(rounded(value) - value)
    assert (far <= np.abs(value).max(axis=1, keepdims=True) / 65534 * 1.01).all()
    assert far.max() < np.abs(value.astype(np.float16) - value).max() / 5
    scales, whole = fixed(value)
    assert (scales.itemsize, whole.itemsize) == (4, 2)
    assert (np.abs(whole).max(axis=1) == 32767).all()


def test_vectors_and_numbers_that_are_next_to_nothing() -> None:
    assert fixed(np.ones((5, 1)))[0].shape == (1,)
    for small in (0.0, 1e-45, 1e-40):
        np.testing.assert_allclose(rounded(np.full((2, 2), small)), small, atol=1e-37)


def test_a_network_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("charlstm.output.page.network.MOST", 100)
    with pytest.raises(ExportError, match=r"a page holds 100; export it as \.onnx"):
        encode(model_of("lstm"), ABOUT)


def test_a_page_has_at_most_60_kilobytes_of_script() -> None:
    page = encode(model_of("lstm"), ABOUT).decode()
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    assert 20_000 < len(scripts[0].encode()) <= 60_000


@pytest.mark.parametrize("attention", [0, 128])
def test_1x128_takes_less_than_a_megabyte(attention: int) -> None:
    vocabulary = Vocabulary("char", "".join(map(chr, range(32, 128))))
    model = Parameters(Architecture(hidden_size=128, attention=attention), vocabulary.size)
    model.initialise(1)
    about = {"vocabulary": json.dumps(vocabulary.to_header())}
    assert len(encode(model, about)) < 1_000_000


def test_the_command_needs_no_package(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    out = charlstm.ok("export", "live.html", "--run", tiny_run).stdout
    assert out.startswith("wrote live.html: ")
    page = (here / "live.html").read_text(encoding="utf-8")
    assert "<title>A character model at work</title>" in page
    assert not any(word in page for word in ("https:", "http:", str(here), "src="))


def test_a_page_begins_as_it_was_asked_to(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    flags = (
        "--title=My <cats>",
        r"--prime=The cats\n",
        "--unit=0:3",
        "--temperature=0.7",
        "--top-k=5",
    )
    charlstm.ok("export", "page.html", "--run", tiny_run, *flags, "--top-p=0.9", "--min-p=0.1")
    page = (here / "page.html").read_text(encoding="utf-8")
    assert "<title>My &lt;cats&gt;</title>" in page
    assert "trained on text.txt; validation " in page
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert data["start"] == [0, 3]
    assert data["settings"] == {
        "prime": "The cats\n", "temperature": 0.7, "top-k": 5, "top-p": 0.9, "min-p": 0.1
    }  # fmt: skip


def test_a_page_begins_with_a_line_that_the_run_did_not_train_on(
    charlstm: Runner, tiny_run: Path, here: Path
) -> None:
    charlstm.ok("export", "page.html", "--run", tiny_run)
    page = (here / "page.html").read_text(encoding="utf-8")
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    model = load(tiny_run)
    text = model.vocabulary.decode(model.validation_ids())
    assert data["settings"] == {"prime": text.split("\n")[1]}
    unit = salient_units(model.trace("\n" + text).memory[0][1:], 1)[
        0
    ]  # of at most 2,000 characters
    assert data["start"] == [0, unit] == [0, data["salient"][0][0]]


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [
        (("model.onnx", "--title=x"), 2, "are for a page; name a file that ends in .html"),
        (("model.onnx", "--top-k=4"), 2, "are for a page"),
        (("page.html", "--unit=0:99"), 1, "there is no unit 0:99"),
        (("page.html", "--prime", "x" * 5001), 1, "a page of this network reads 5,000"),
        (("page.html", "--temperature=9"), 2, "temperature"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_a_page_cannot_begin_with(
    charlstm: Runner, tiny_run: Path, flags: tuple[str, ...], status: int, message: str
) -> None:
    assert message in charlstm.fails("export", *flags, "--run", tiny_run, status=status)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def exported(model: Parameters, folder: Path) -> Path:
    path = folder / "live.html"
    path.write_bytes(encode(model, ABOUT))
    return path


def greedy(model: Parameters, prime: str, length: int) -> str:
    """What the model writes after a newline and the prime."""
    ids = VOCABULARY.encode("\n" + prime).astype(np.intp)[:, None]
    logits, state = reference.run(model, ids)
    written = []
    for _ in range(length):
        written.append(int(logits[-1, :, 0].argmax()))
        logits, state = reference.run(model, np.array([[written[-1]]]), state)
    return VOCABULARY.decode(written)


@pytest.mark.parametrize("attention", [0, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_logits_and_greedy_text_are_python_s(
    browser: Any, tmp_path: Path, kind: str, attention: int
) -> None:
    model = model_of(kind, attention=attention, attention_heads=3)
    near = as_exported(model)
    ids = VOCABULARY.encode("\n" + PRIME).astype(np.intp)[:, None]
    with opened(browser, exported(model, tmp_path)) as page:
        logits = page.evaluate("prime => [...logitsAfter(prime)]", PRIME)
        np.testing.assert_allclose(logits, reference.run(near, ids)[0][-1, :, 0], atol=1e-9)
        np.testing.assert_allclose(logits, reference.run(model, ids)[0][-1, :, 0], atol=1e-2)
        text = page.evaluate("prime => greedy(prime, 200)", PRIME)
        assert text == greedy(near, PRIME, 200)


def test_a_line_begins_from_zero_where_the_run_did_so(browser: Any, tmp_path: Path) -> None:
    model = model_of("lstm", attention=20)
    model.reset_at = int(VOCABULARY.encode("\n")[0])
    near, prime = as_exported(model), "\nThe dogs\nThe c"
    with opened(browser, exported(model, tmp_path)) as page:
        logits = page.evaluate("prime => [...logitsAfter(prime)]", prime)
        alone = page.evaluate("prime => [...logitsAfter(prime)]", "The c")
        assert logits == alone
        ids = VOCABULARY.encode(prime).astype(np.intp)[:, None]
        np.testing.assert_allclose(logits, reference.run(near, ids)[0][-1, :, 0], atol=1e-9)


def test_it_writes_while_one_types(browser: Any, tmp_path: Path) -> None:
    model = model_of("lstm")
    with opened(browser, exported(model, tmp_path)) as page:
        page.locator("#length").fill("12")
        page.locator("#temperature").fill("0")
        page.locator("#prime").type("The cat\x1b☃")
        until(page, "text.length === 21")
        cells = page.locator("#text .c").all_text_contents()
        assert "".join(cells[:9]) == "The cat�☃"
        assert page.locator("#text b.given").count() == 9
        written = greedy(as_exported(model), "The cat☃☃", 12)
        assert "".join(cells[9:]) == written.replace("\n", "⏎")
        assert "☃" in page.locator("#unseen").text_content()
        page.locator("#prime").fill("The")
        until(page, "text.length === 15 && writing === null")
        assert page.locator("#text b.given").count() == 3


def test_units_layers_gates_and_stopping_by_key(browser: Any, tmp_path: Path) -> None:
    model = model_of("lstm")
    seen = record(as_exported(model), VOCABULARY.encode("\nThe")[:, None])
    with opened(browser, exported(model, tmp_path)) as page:
        page.locator("#length").fill("1")
        page.locator("#prime").fill("The")
        until(page, "text.length === 4 && writing === null")
        assert page.locator("#unit").input_value().startswith("1:")
        page.locator("#unit").fill("1:0")
        page.locator("#unit").press("Enter")
        page.locator("#text").focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowUp", ",", ",", "g", "g"):
            page.keyboard.press(key)
        assert page.locator("#unit").input_value() == "0:2"
        assert page.locator("#layer").input_value() == "0"
        assert page.locator("#quantity").input_value() == "f"
        assert "read “h”" in page.locator("#place").text_content()
        values = [float(v) for v in page.locator("#values td").all_text_contents()]
        expected = [np.tanh(seen.states[0]["c"][2, 2, 0])]
        expected += [seen.gates[0][gate][2, 2, 0] for gate in "ifog"]
        expected.append(seen.states[0]["h"][2, 2, 0])
        assert values == pytest.approx(expected, abs=0.0051)
        page.locator("#length").fill("5000")
        page.locator("#text").focus()
        page.keyboard.press("Enter")
        until(page, "text.length > 6")
        page.keyboard.press("Escape")
        stopped = page.evaluate("[writing, text.length]")
        assert stopped[0] is None and stopped[1] < 5000


def test_the_text_is_coloured_by_what_the_framed_character_looked_at(
    browser: Any, tmp_path: Path
) -> None:
    model, prime = model_of("gru", attention=5, attention_heads=2), "The cats ate"
    network = Network(as_exported(model), len(prime) + 1, 1)
    network.predict(VOCABULARY.encode("\n" + prime).astype(np.intp)[:, None])
    p = network.looked_at(len(prime) + 1)[1:, 0].mean(axis=1)  # of both heads
    strength = "Number(/, ([0-9.]+)\\)/.exec(one.box.c.style.background)[1])"
    strengths = f"t => {{ look(t); return text.map((one) => {strength}); }}"
    with opened(browser, exported(model, tmp_path)) as page:
        page.locator("#length").fill("0")
        page.locator("#quantity").select_option("attention")
        page.locator("#prime").fill(prime)
        until(page, f"text.length === {len(prime)}")
        for t in (11, 7, 3, 0, 9):
            seen = min(t, 5)  # of the characters; the newline before them is looked at too
            expected = np.zeros(len(prime))
            expected[t - seen : t] = p[t, :seen][::-1] / max(p[t].max(), 1e-9)
            np.testing.assert_allclose(page.evaluate(strengths, t), expected, atol=0.00051)
        assert page.locator("#attention-help").is_visible()
    with opened(browser, exported(model_of("gru"), tmp_path)) as page:
        choices = page.locator("#quantity option").all_text_contents()
        assert "attention" not in choices
        assert not page.locator("#attention-help").is_visible()


@pytest.mark.parametrize(
    ("cell", "letters"), [("lstm", "i f o g h"), ("gru", "n r z"), ("coupled", "f o g h")]
)
def test_letters_name_the_rows_below_each_line_also_while_it_writes(
    browser: Any, tmp_path: Path, cell: str, letters: str
) -> None:
    with opened(browser, exported(model_of(cell), tmp_path)) as page:
        page.locator("#length").fill("0")
        page.locator("#prime").fill("The cats\nate")  # two lines, for which there is room already
        until(page, "text.length === 12 && writing === null")
        assert_every_line_has_letters(page, letters)
        page.locator("#length").fill("200")
        page.locator("#prime").fill("The cats " * 12)
        until(page, "text.length > 130")
        for width in (360, 900):
            page.set_viewport_size({"width": width, "height": 700})
            page.keyboard.press("Escape")
            assert_every_line_has_letters(page, letters)


def test_it_fits_a_phone(browser: Any, tmp_path: Path) -> None:
    with opened(browser, exported(model_of("lstm"), tmp_path)) as page:
        page.locator("#prime").fill("The cats " * 12)
        until(page, "text.length > 108")
        page.keyboard.press("Escape")
        assert_it_fits(page)


def test_a_byte_model_reads_and_writes_bytes(browser: Any, tmp_path: Path) -> None:
    vocabulary = Vocabulary("byte")
    model = Parameters(Architecture(hidden_size=5), 256, dtype=np.float64)
    model.flat[:] = np.random.default_rng(0).normal(0.0, 0.7, model.size)
    path = tmp_path / "live.html"
    path.write_bytes(encode(model, {"vocabulary": json.dumps(vocabulary.to_header())}))
    ids = vocabulary.encode("\né").astype(np.intp)[:, None]
    with opened(browser, path) as page:
        logits = page.evaluate("[...logitsAfter('é')]")
        expected = reference.run(as_exported(model), ids)[0][-1, :, 0]
        np.testing.assert_allclose(logits, expected, atol=1e-9)
        page.locator("#length").fill("1")
        page.locator("#prime").fill("aé")
        until(page, "text.length === 4")
        assert page.locator("#text .c").all_text_contents()[:3] == ["a", "▯", "▯"]


def test_a_first_visit_is_shown_around_and_may_skip_it(browser: Any, tmp_path: Path) -> None:
    with opened(browser, exported(model_of("lstm"), tmp_path)) as page:
        stops = page.evaluate("STOPS.length")
        assert page.locator("#tour").is_visible()
        assert page.locator("#tour-count").text_content() == f"1 of {stops}"
        for number in range(2, stops + 1):
            page.locator("#tour-next").click()
            assert page.locator("#tour-count").text_content() == f"{number} of {stops}"
            assert page.locator(".toured").count() == 1
        page.locator("#tour-next").click()
        assert not page.locator("#tour").is_visible()
        assert page.evaluate("remembered()") == "seen"  # so the next visit begins without it
        page.locator("#tour-start").click()
        page.locator("#tour-skip").click()
        assert not page.locator("#tour").is_visible()
        assert page.locator(".toured").count() == 0


def test_a_copy_is_the_text_and_words_are_not_broken(browser: Any, tmp_path: Path) -> None:
    text = "The cats ate the bread. The cats ate\nthe bread."
    with opened(browser, exported(model_of("lstm"), tmp_path)) as page:
        page.locator("#prime").fill(text)
        page.keyboard.press("Escape")
        page.evaluate("stop()")
        assert page.evaluate("copied()") == text + page.evaluate(f"written({len(text)})")
        page.set_viewport_size({"width": 360, "height": 700})
        lines: dict[int, str] = {}
        boxes = (
            "[...document.querySelectorAll('#text b')].map((b) => [b.offsetTop, b.c.textContent])"
        )
        for top, shown in page.evaluate(boxes)[: len(text)]:
            lines[top] = lines.get(top, "") + shown
        words = set(text.split())
        assert len(lines) > 2
        for line in lines.values():
            assert set(line.replace("⏎", " ").split()) <= words


def test_a_text_that_is_too_long_is_read_up_to_the_limit(browser: Any, tmp_path: Path) -> None:
    with opened(browser, exported(model_of("lstm"), tmp_path)) as page:
        page.evaluate("data.most = 9")
        page.evaluate("$('prime').value = 'The cats ☃ ate'; read()")
        assert page.evaluate("written()") == "The cats "
        said = page.locator("#unseen").text_content()
        assert said.endswith("☃; too long for this page, which reads the first 9")
        page.evaluate("$('prime').value = 'The cats'; read()")
        assert page.locator("#unseen").text_content() == ""


def test_a_browser_that_cannot_run_the_page_says_what_it_needs(
    browser: Any, tmp_path: Path
) -> None:
    path = exported(model_of("lstm"), tmp_path)
    with opened(browser, path) as page:
        assert page.locator("#stranded").count() == 0
    with opened(browser, path, java_script_enabled=False) as page:
        said = page.locator("#stranded").text_content()
        assert said == "This page needs JavaScript, and a browser of 2022 or later."
