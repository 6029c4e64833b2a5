"""Measures how soon the page that runs a model answers, in a headless Chromium (needs Playwright).

A time is that of the page's main thread, from a key or a click to the frame that shows its answer;
with another program beside it, it says more than a clock would. All views are open.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from charlstm.export.html import encode
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary("char", "\n" + "".join(map(chr, range(32, 127))))
SENTENCE = "The cats which already ate the fish near the old barn were small and tired. "
VIEWS = ("step-view", "why-view", "what-if", "where-else")
INTERACTIONS = {  # each with k, so that it changes something
    "another character, and why": "k => look(text.length - 1 - k)",
    "another unit": "k => chooseUnit(0, k)",
    "two continuations": "k => { $('why-against').value = k % 2 ? ' was' : ' is'; explain(); }",
    "a gate is held": "k => { $('hold-value').value = k / 40; hold(); }",
    "a unit is ablated": "k => { makeChange('it', { words: '', ablate: [0, k] }); }",
    "a memory is set": "k => { $('set-value').value = k / 40; setMemory(); }",
    "a character is swapped": "k => { $('swap').value = k % 2 ? 'a' : 'b'; swap(); }",
}
FRAME = """() => new Promise((done) =>
  requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => setTimeout(done)))))"""


def page_of(options: argparse.Namespace, folder: Path) -> Path:
    """The page of an untrained model."""
    shape = Architecture(
        cell=options.cell,
        hidden_size=options.hidden_size,
        num_layers=options.layers,
        attention=options.attention,
        attention_heads=4 if options.attention else 1,
    )
    model = Parameters(shape, VOCABULARY.size)
    model.initialise(1)
    path = folder / "page.html"
    path.write_bytes(encode(model, {"vocabulary": json.dumps(VOCABULARY.to_header())}))
    return path


def measure(page: Any, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of the main thread for each call of each interaction, less those of none."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def call(js: str, k: int) -> float:
        before = spent()
        page.evaluate(js, k)
        page.evaluate(FRAME)
        return spent() - before

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(float(m["value"]) for m in metrics if m["name"] == "TaskDuration")

    idle = statistics.median(call("k => k", k) for k in range(rounds))
    return {
        name: [call(js, k) - idle for k in range(rounds + 5)][5:]  # the first ones compile
        for name, js in INTERACTIONS.items()
    }


def main() -> None:
    """Print a line for each interaction."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cell", default="lstm")
    parser.add_argument("--hidden-size", type=int, default=128)
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--attention", type=int, default=0)
    parser.add_argument("--characters", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    text = (SENTENCE * options.characters)[: options.characters]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        installed = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
        browser = playwright.chromium.launch(executable_path=installed)
        page = browser.new_page()
        page.goto(page_of(options, Path(folder)).as_uri())
        page.evaluate("document.getElementById('tour-skip').click()")
        page.evaluate(
            "text => { stop(); $('length').value = 0; $('prime').value = text; read(); }", text
        )
        page.evaluate("$('why-for').value = ' were'")
        for view in VIEWS:
            page.evaluate(f"$('{view}').open = true")
        page.wait_for_timeout(1000)
        for name, times in measure(page, options.rounds).items():
            print(f"{name:28} {statistics.median(times):5.1f} ms, at least {min(times):.1f}")
        browser.close()


if __name__ == "__main__":
    main()
