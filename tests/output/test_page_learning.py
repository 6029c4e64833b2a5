"""The page's slider over a run's checkpoints: its weights and its numbers are Python's."""

import json
from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import assert_it_fits, chromium, opened, until
from cells_under_test import each_variant
from command_line import TEXT, Runner
from models import VOCABULARY, as_exported, wild_model

from charlstm import load
from charlstm.nn import reference
from charlstm.nn.ablation import ablated
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.nn.recording import record
from charlstm.output.page.fixed_point import packed_difference, rounded
from charlstm.output.page.network import early_limit, network_page
from charlstm.studies.describe.equations import one_step
from charlstm.studies.inspect.why import why
from charlstm.text.vocabulary import Vocabulary
from charlstm.trace import trace_text

pytestmark = pytest.mark.slow

PRIME = "The cats ☃ ate\nthe bread"
UPDATES = (1, 40, 1234)


def course_to(model: Parameters) -> list[tuple[int, Parameters]]:
    """Networks on the way to a model, that differ more the earlier they are, and itself."""
    rng, found = np.random.default_rng(7), []
    for update, far in zip(UPDATES[:-1], (0.6, 0.2), strict=True):
        early = Parameters(
            model.architecture,
            model.vocabulary_size,
            dtype=model.flat.dtype,
            reset_at=model.reset_at,
        )
        early.flat[:] = model.flat + rng.normal(0.0, far, model.size)
        found.append((update, early))
    return [*found, (UPDATES[-1], model)]


def page_of(
    course: Sequence[tuple[int, Parameters]],
    folder: Path,
    text: str = PRIME,
    vocabulary: Vocabulary = VOCABULARY,
) -> Path:
    model, path = course[-1][1], folder / "page.html"
    salient = [[0]] * model.architecture.num_layers
    page = network_page(
        model,
        vocabulary,
        title="",
        about="",
        text=text,
        start=(0, 2),
        written=one_step(model.cell).written,
        salient=salient,
        on_the_way=course,
    )
    path.write_bytes(page)
    return path


def data_of(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    begin = text.index('id="data">') + len('id="data">')
    found: dict[str, Any] = json.loads(text[begin : text.index("</script>", begin)])
    return found


def networks_of(path: Path, model: Parameters) -> list[Parameters]:
    """The networks in a page, the first one first, put together from its texts number by number."""
    found = [as_exported(model)]
    for packed in reversed(data_of(path)["earlier"]):
        texts = {f"attention.{name}": text for name, text in packed["attention"].items()}
        for k, layer in enumerate(packed["layers"]):
            texts |= {f"layers.{k}.{name}": text for name, text in layer.items()}
        texts |= {name: packed[name] for name in ("W_y", "b_y")}
        one = as_exported(model)  # of the same shape
        assert texts.keys() == one.by_name.keys()
        for name, text in texts.items():
            scales = np.frombuffer(b64decode(text["scales"]), "<f4").astype(np.float64)
            whole = np.frombuffer(b64decode(text["values"]), np.int8).reshape(scales.size, -1)
            base = found[-1].by_name[name]
            sums = base + (scales[:, None] * whole).reshape(base.shape)
            one.by_name[name][...] = sums.astype(np.float32)
        found.append(one)
    return found[::-1]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def choose(page: Any, k: int) -> None:
    page.locator("#checkpoint").fill(str(k))
    until(page, f"now.checkpoint === {k}")


def test_a_difference_is_off_by_half_a_step_of_its_row_and_errors_do_not_add_up() -> None:
    rng = np.random.default_rng(0)
    value = rng.normal(0.0, 2.0, (40, 30))
    later = rounded(value)
    for far in (0.01, 0.5, 3.0):
        value = value + rng.normal(0.0, far, value.shape)
        step = np.abs(value - later).max(axis=1, keepdims=True) / 127
        texts, later = packed_difference(value, later)
        assert (np.abs(later - value) <= 0.501 * step).all()
        assert len(b64decode(texts["values"])) == value.size
        assert later.dtype == np.float32


@each_variant
def test_the_numbers_at_each_position_are_python_s(
    browser: Any, tmp_path: Path, cell: str, options: dict[str, Any]
) -> None:
    model = wild_model(cell, num_layers=2, scale=0.8, options=options, attention=4)
    model.reset_at = int(VOCABULARY.encode("\n")[0])
    course = course_to(model)
    path = page_of(course, tmp_path)
    networks, ids = networks_of(path, model), VOCABULARY.encode("\n" + PRIME)
    assert len(networks) == len(course)
    with opened(browser, path) as page:
        until(page, "[...course].filter((one) => one !== undefined).length === 3")
        shown_course = page.evaluate("course")
        for k in (1, 0, 2):
            choose(page, k)
            seen, trace = (
                record(networks[k], ids[:, None]),
                trace_text(networks[k], VOCABULARY, PRIME),
            )
            logits = reference.run(networks[k], ids[:, None].astype(np.intp))[0][1:, :, 0]
            mine = page.evaluate("text.map(({ logits }) => [...logits])")
            np.testing.assert_allclose(mine, logits, atol=1e-8)
            bits = page.evaluate("text.map(({ bits }) => bits ?? NaN)")
            known = np.isfinite(trace.surprisal)
            np.testing.assert_allclose(np.array(bits)[known], trace.surprisal[known], atol=1e-8)
            assert np.isnan(np.array(bits)[~known]).all() and not known.all()
            mean = trace.surprisal[known].mean()
            assert shown_course[k] == pytest.approx(mean, abs=1e-8)
            counted = f"{UPDATES[k]:,} update" + "s" * (k > 0)
            said = f"after {counted}: {mean:.2f} bits per character"
            assert page.locator("#checkpoint-name").text_content() == said
            gate = next(iter(seen.gates[0]))
            values = page.evaluate(f"text.map((_, t) => value('{gate}', t, 2, 0))")
            np.testing.assert_allclose(values, seen.gates[0][gate][1:, 2, 0], atol=1e-8)
            guesses = page.locator("#text b .q").all_text_contents()[::3]
            likeliest = [VOCABULARY.alphabet[int(row.argmax())] for row in logits]
            assert guesses == ["⏎" if c == "\n" else c for c in likeliest]


def test_a_byte_model_has_them_too(browser: Any, tmp_path: Path) -> None:
    vocabulary = Vocabulary("byte")
    model = Parameters(Architecture(hidden_size=5), 256, dtype=np.float64)
    model.flat[:] = np.random.default_rng(0).normal(0.0, 0.7, model.size)
    path = page_of(course_to(model), tmp_path, "aé", vocabulary)
    network, ids = networks_of(path, model)[0], vocabulary.encode("\naé").astype(np.intp)
    with opened(browser, path) as page:
        choose(page, 0)
        logits = reference.run(network, ids[:, None])[0][-1, :, 0]
        np.testing.assert_allclose(page.evaluate("[...text.at(-1).logits]"), logits, atol=1e-8)
        assert "bits per byte" in page.locator("#checkpoint-name").text_content()


def test_keys_move_the_slider_and_all_views_follow(browser: Any, tmp_path: Path) -> None:
    model = wild_model(num_layers=2)
    path = page_of(course_to(model), tmp_path)
    networks, ids = networks_of(path, model), VOCABULARY.encode("\n" + PRIME)[:, None]
    seen = [record(one, ids) for one in networks]
    with opened(browser, path) as page:
        page.locator("#text b").nth(5).hover()
        page.locator("#checkpoint").focus()
        for key, k in (
            ("ArrowLeft", 1),
            ("ArrowLeft", 0),
            ("ArrowRight", 1),
            ("End", 2),
            ("Home", 0),
        ):
            page.keyboard.press(key)
            until(page, f"now.checkpoint === {k}")
            assert page.locator("#unit").input_value() == "0:2"  # the keys are the slider's
            assert page.evaluate("now.here") == 5
            shown = [float(v) for v in page.locator("#values td").all_text_contents()]
            expected = [np.tanh(seen[k].states[0]["c"][6, 2, 0])]
            expected += [seen[k].gates[0][gate][6, 2, 0] for gate in "ifog"]
            assert shown[:-1] == pytest.approx(expected, abs=0.0051)
            alpha = page.evaluate("text[5].box.c.style.background.match(/([0-9.]+)\\)$/)[1]")
            assert float(alpha) == pytest.approx(abs(expected[0]), abs=0.001)
            asked = page.evaluate("[...influence(9, [encode('a')]).signed]")
            signed = why(networks[k], VOCABULARY, PRIME[:9], "a").influence.signed
            np.testing.assert_allclose(asked, signed, atol=1e-8)
            assert page.locator("#learning circle.shown").count() == 1
            said = page.locator("#checkpoint").get_attribute("aria-valuetext")
            assert said == page.locator("#checkpoint-name").text_content()


def test_the_network_that_is_chosen_reads_and_writes_on(browser: Any, tmp_path: Path) -> None:
    model = wild_model()
    path = page_of(course_to(model), tmp_path)
    early = networks_of(path, model)[0]
    with opened(browser, path) as page:
        choose(page, 0)
        page.locator("#temperature").fill("0")
        page.locator("#length").fill("5")
        page.locator("#prime").fill("The dogs")
        until(page, "text.length === 13 && writing === null")
        logits = page.evaluate("text.map(({ logits }) => [...logits])")
        written = page.evaluate("text.map(({ id }) => id)")
        ids = np.array([int(VOCABULARY.encode("\n")[0]), *written], np.intp)
        expected = reference.run(early, ids[:, None])[0][1:, :, 0]
        np.testing.assert_allclose(logits, expected, atol=1e-8)
        assert written[8:] == expected[7:-1].argmax(axis=1).tolist()


def test_it_fits_a_phone_in_light_and_dark_and_stands_above_the_text(
    browser: Any, tmp_path: Path
) -> None:
    with opened(browser, page_of(course_to(wild_model()), tmp_path)) as page:
        until(page, "document.querySelectorAll('#learning circle').length === 3")
        assert_it_fits(page)
        for width in (360, 1100):
            page.set_viewport_size({"width": width, "height": 700})
            until(page, "document.querySelectorAll('#learning circle').length === 3")
            slider = page.locator("#checkpoint").bounding_box()
            assert slider["width"] > 200 and slider["x"] >= 0
            xs = [c.bounding_box()["x"] for c in page.locator("#learning circle").all()]
            assert (
                xs == sorted(xs)
                and slider["x"] <= xs[0]
                and xs[-1] <= slider["x"] + slider["width"]
            )


def test_a_page_without_earlier_weights_has_no_slider(browser: Any, tmp_path: Path) -> None:
    path = page_of([(9, wild_model())], tmp_path)
    assert data_of(path)["earlier"] == []
    with opened(browser, path) as page:
        assert not page.locator("#learning").is_visible()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, charlstm: Runner) -> Path:
    """A run with five early checkpoints."""
    folder = tmp_path_factory.mktemp("early")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    flags = ("--hidden-size=8", "--max-steps=40", "--eval-every=20", "--keep-early=5")
    charlstm.ok("train", str(folder / "text.txt"), *flags, "--out", folder / "run", "--workers=1")
    return folder / "run"


def test_the_commands_put_them_into_their_pages(
    charlstm: Runner, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    updates = [int(path.stem[6:]) for path in sorted(run.glob("early-*.npz"))]
    assert len(updates) == 5
    charlstm.ok("export", "page.html", "--run", run / "last.npz")
    charlstm.ok("inspect", "text", "the cat", "--run", run / "last.npz", "--save", "text.html")
    charlstm.ok("export", "small.html", "--run", run / "last.npz", "--no-early")
    charlstm.ok("export", "early.html", "--run", run / f"early-{updates[2]:06d}.npz")
    assert data_of(tmp_path / "page.html")["updates"] == [*updates, 40]
    assert data_of(tmp_path / "text.html")["updates"] == [*updates, 40]
    assert data_of(tmp_path / "small.html")["earlier"] == []
    assert data_of(tmp_path / "early.html")["updates"] == updates[:3]
    sizes = [(tmp_path / name).stat().st_size for name in ("small.html", "page.html")]
    weights = load(run).parameters.num_parameters
    assert sizes[1] - sizes[0] < 5 * weights * 2.5  # small rows have as many scales
    said = charlstm.fails("export", "model.onnx", "--run", run, "--no-early", status=2)
    assert "--no-early" in said and ".html" in said


def test_a_damaged_one_is_one_line(
    charlstm: Runner, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copy = tmp_path / "run"
    copy.mkdir()
    for path in run.glob("*.npz"):
        (copy / path.name).write_bytes(path.read_bytes())
    first = min(copy.glob("early-*.npz"))
    first.write_bytes(first.read_bytes()[:-9])
    assert first.name in charlstm.fails("export", "page.html", "--run", copy)
    charlstm.ok("export", "page.html", "--run", copy, "--no-early")


def test_a_model_knows_the_networks_on_its_way(run: Path) -> None:
    model = load(run / "last.npz")
    all_of_them = model.on_the_way(9)
    updates = [update for update, _ in all_of_them]
    assert updates == sorted(updates) and updates[-1] == 40 and len(updates) == 6
    assert all_of_them[-1][1] is model.parameters
    early = load(run / f"early-{updates[1]:06d}.npz").parameters
    assert (all_of_them[1][1].flat == early.flat).all()
    for most, expected in ((0, []), (1, [0]), (2, [0, 4]), (3, [0, 2, 4]), (5, [0, 1, 2, 3, 4])):
        found = [update for update, _ in model.on_the_way(most)]
        assert found == [*(updates[k] for k in expected), 40]
    assert len(model.ablate((0, 1)).on_the_way(9)) == 1
    model.path = run.parent / "gone" / "last.npz"
    assert len(model.on_the_way(9)) == 1  # its folder was removed since it was loaded
    assert load(run / f"early-{updates[0]:06d}.npz").on_the_way(9)[0][0] == updates[0]


def test_those_of_another_network_in_the_folder_are_passed_over(
    run: Path, tmp_path: Path, charlstm: Runner
) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    flags = ("--hidden-size=9", "--max-steps=40", "--workers=1", "--out", tmp_path / "other")
    charlstm.ok("train", str(tmp_path / "text.txt"), *flags)
    first = min(run.glob("early-*.npz"))
    (tmp_path / "other" / first.name).write_bytes(first.read_bytes())
    assert [update for update, _ in load(tmp_path / "other" / "last.npz").on_the_way(8)] == [40]


def test_a_large_network_has_fewer_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model = wild_model()
    assert early_limit(model) == 8
    for weights, expected in ((3, 3), (0, 0)):
        many = weights * model.num_parameters + 1
        monkeypatch.setattr("charlstm.output.page.network.EARLY_WEIGHTS", many)
        assert early_limit(model) == expected


def test_changes_hold_for_an_earlier_network_too(browser: Any, tmp_path: Path) -> None:
    """What if is asked of the network in view, and beside it stands that one unchanged."""
    course = course_to(wild_model(num_layers=2, scale=0.6))
    path = page_of(course, tmp_path)
    early = networks_of(path, course[-1][1])[0]
    ids = VOCABULARY.encode("\n" + PRIME).astype(np.intp)[:, None]

    def assert_is(page: Any, which: str, model: Parameters) -> None:
        logits = page.evaluate(f"text.map((one) => [...{which}.logits])")
        np.testing.assert_allclose(logits, reference.run(model, ids)[0][1:, :, 0], atol=1e-5)

    with opened(browser, path) as page:
        page.evaluate("$('ablate').click()")
        choose(page, 0)
        assert_is(page, "one", ablated(early, (0, 2)))
        assert_is(page, "one.unchanged", early)
        page.evaluate("document.querySelector('#changes button').click()")
        assert_is(page, "one", early)
        until(page, "measuring === null")
        choose(page, 2)
        assert_is(page, "one", as_exported(course[-1][1]))
