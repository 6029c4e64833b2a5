"""A headless Chromium for tests of pages: Playwright's own, or one that is installed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

INSTALLED = ("chromium", "chromium-browser", "google-chrome")
SIZES = [(360, "light"), (360, "dark"), (1200, "dark")]


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; without Playwright or Chromium the test is skipped and says so."""
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, INSTALLED)), None)
        try:
            browser = playwright.chromium.launch(executable_path=found)
        except api.Error as error:
            pytest.skip(f"no Chromium: {str(error).splitlines()[0]}")
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Any, path: Path, **settings: Any) -> Iterator[Any]:
    """A page opened from its file; any error, warning or request from it fails the test."""
    context = browser.new_context(**settings)
    context.set_default_timeout(30_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url))
    page.goto(path.as_uri())
    try:
        yield page
    finally:
        context.close()
    assert complaints == [path.as_uri()]  # its own file, and nothing else


def until(page: Any, condition: str) -> None:
    """Wait until a condition holds; Playwright's own way needs eval, which our pages forbid."""
    for _ in range(3000):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(10)
    raise AssertionError(f"it never came to {condition}")


LETTERS = """letter => [...document.querySelectorAll("#text b")].map((box) => [
  box.offsetTop,
  [...box.querySelectorAll("i[data-row]")].map((bar) => getComputedStyle(bar, "::before")).filter(
    (said) => said.content !== "none" && said.position === "absolute" && said.left === "0px"
  ).map((said) => JSON.parse(said.content)).join(" "),
])"""


def assert_every_line_has_letters(page: Any, letters: str) -> None:
    """The letters of the bars stand at the left of each line of the text, and nowhere else."""
    until(page, "document.querySelector('#text b.first') !== null")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    lines: dict[int, list[str]] = {}
    for top, said in page.evaluate(LETTERS):
        lines.setdefault(top, []).append(said)
    assert len(lines) > 1
    for first, *others in lines.values():
        assert first == letters
        assert not any(others)
    bars = "document.querySelectorAll('#text b.first')[1].querySelectorAll('i[data-row]')"
    tops = page.evaluate(f"[...{bars}].map((bar) => bar.getBoundingClientRect().top)")
    assert min(b - a for a, b in pairwise(tops)) >= 10  # room for a letter


def assert_it_fits(page: Any) -> None:
    """Nothing sticks out on a phone or a desk, and light and dark differ."""
    seen = {}
    for width, scheme in SIZES:
        page.set_viewport_size({"width": width, "height": 700})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        seen[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert seen == {"light": "rgb(251, 250, 248)", "dark": "rgb(21, 23, 26)"}
