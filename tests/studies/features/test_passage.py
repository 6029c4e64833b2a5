"""The picture and the page of features: a passage coloured by the units, and the units' names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browsers import chromium, opened
from planted_brackets import CARRIER, VOCABULARY, bracket_model, bracket_text, write_bracket_run

import charlstm as package
from charlstm.studies.features.characters.catalogue import BY_NAME
from charlstm.studies.features.measure import find_features
from charlstm.studies.features.passage import LENGTH, Passage, passage_of
from charlstm.studies.features.report import FeaturesReport

TEXT = bracket_text()
NAMES = ("parentheses", "line")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> FeaturesReport:
    run = write_bracket_run(tmp_path_factory.mktemp("page") / "brackets")
    return package.load(run).features(TEXT, NAMES, controls=19)


def passage(report: FeaturesReport) -> Passage:
    assert report.passage
    return report.passage


def test_the_passage_begins_a_line_of_the_second_half_and_has_brackets(
    report: FeaturesReport,
) -> None:
    start = passage(report).start
    assert start >= 257 + (len(TEXT) - 257) // 2 and TEXT[start - 1] == "\n"
    assert "".join(passage(report).symbols) == TEXT[start : start + LENGTH]
    inside = BY_NAME["parentheses"].mark(TEXT).values[start : start + LENGTH]
    assert 0.25 < inside.mean() < 0.75


def test_a_strip_has_letters_and_blue_where_the_feature_holds(report: FeaturesReport) -> None:
    start = passage(report).start
    inside = BY_NAME["parentheses"].mark(TEXT).values[start : start + LENGTH]
    (strip,) = passage(report).strips
    assert strip.label == f"parentheses 0:{CARRIER}"
    assert strip.symbols and strip.values
    assert [symbol != " " for symbol in strip.symbols] == [
        bool(flag) and symbol != " "
        for flag, symbol in zip(inside, TEXT[start:], strict=False)
    ]  # fmt: skip
    values = np.array(strip.values)
    assert values[inside].min() > 0.9 and values[~inside].max() < -0.9


def test_a_unit_that_is_low_where_the_feature_holds_is_blue_there_too() -> None:
    model, ids = bracket_model(), VOCABULARY.encode(TEXT)
    features = [BY_NAME["parentheses"]]
    found = find_features(model, VOCABULARY, ids, features, controls=19)
    (one,) = found.features
    turned = [replace(each, score=1 - each.score) for each in one.candidates]
    upside_down = replace(found, features=[replace(one, candidates=turned)])
    strips = [
        passage_of(model, VOCABULARY, ids, features, which).strips[0].values
        for which in (found, upside_down)
    ]
    assert strips[0] and strips[1]
    np.testing.assert_allclose(strips[0], -np.array(strips[1]))


def test_without_a_named_unit_the_best_of_each_feature_is_drawn() -> None:
    model, ids = bracket_model(), VOCABULARY.encode(TEXT)
    features = [BY_NAME["line"]]
    found = find_features(model, VOCABULARY, ids, features, controls=19)
    assert not found.names
    strips = passage_of(model, VOCABULARY, ids, features, found).strips
    assert [strip.label.split()[0] for strip in strips] == ["line"]
    start = passage_of(model, VOCABULARY, ids, features, found).start
    assert all("".join(strip.symbols or ()) == TEXT[start : start + LENGTH] for strip in strips)


def test_the_picture_names_the_units(report: FeaturesReport) -> None:
    pytest.importorskip("matplotlib")
    figure = report.to_figure()
    words = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {"text", f"parentheses 0:{CARRIER}", "brackets: what units tell of a text"} <= words


@pytest.mark.slow
def test_the_page_names_the_units_and_steps_through_them(
    report: FeaturesReport, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_bytes(report.to_page())
    with chromium() as browser, opened(browser, tmp_path / "page.html") as page:
        assert page.locator("#unit").input_value() == f"0:{CARRIER}"
        assert page.locator("#unit-name").text_content() == "parentheses"
        page.keyboard.press("ArrowRight")
        assert page.locator("#unit").input_value() == f"0:{CARRIER + 1}"
        assert page.locator("#unit-name").text_content() == ""
        page.locator("#order").select_option("name")
        page.locator("#next").click()
        assert page.locator("#unit-name").text_content() == "parentheses"


def test_a_page_without_names_has_no_order_of_names(report: FeaturesReport, tmp_path: Path) -> None:
    run = write_bracket_run(tmp_path / "run")
    assert 'value="name"' in report.to_page().decode()
    assert 'value="name"' not in package.load(run).view(TEXT[:50]).to_page().decode()
