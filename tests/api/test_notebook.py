"""What a notebook shows, in a real kernel."""

from pathlib import Path
from typing import Any

import pytest
from command_line import TEXT
from notebooks import run_notebook

import charlstm

Outputs = list[list[Any]]


@pytest.fixture(scope="module")
def loaded(tiny_run: Path) -> Outputs:
    """The outputs of cells about a model that is there."""
    cells = (
        f"import charlstm; model = charlstm.load({str(tiny_run)!r}); model",
        "charlstm.load('tinny', root=model.path.parents[1])",
        "model.ablate((0, 99))",
        "charlstm.train('text.txt', hiden_size=8)",
    )
    return run_notebook(cells, tiny_run.parents[1])


TRAIN = "hidden_size=8, batch_size=8, seq_length=12, shards=2, workers=2, eval_every=5"
INTERRUPT = """
import os, signal, threading, time
def interrupt():  # the kernel and its processes, as Jupyter does, once a row of metrics is there
    while not os.path.exists("runs/text-2/metrics.csv"):
        time.sleep(0.01)
    while open("runs/text-2/metrics.csv").read().count("\\n") < 2:
        time.sleep(0.01)
    kill = os.killpg if os.getpgid(0) == os.getpid() else os.kill
    kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """The outputs of cells that train."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    cells = (
        "import charlstm",
        f"model = charlstm.train('text.txt', max_steps=40, {TRAIN})",
        f"{INTERRUPT}model = charlstm.train('text.txt', max_steps=10**6, {TRAIN})",
        "print(model.name, 0 < model.checkpoint.progress.update < 10**6)",
        f"model = charlstm.train('text.txt', max_steps=5, watch=lambda _: None, {TRAIN})",
    )
    return run_notebook(cells, folder)


def test_a_notebook_shows_a_training_run_in_one_display(trained: Outputs) -> None:
    (shown,) = trained[1]  # the one display, as its last update has left it
    assert shown["output_type"] == "display_data"
    assert "done after 40 updates" in shown["data"]["text/plain"]
    assert shown["data"]["text/html"].count("%3Cpolyline") == 2


def test_an_interrupt_of_the_kernel_saves_the_run_and_returns_the_model(trained: Outputs) -> None:
    (shown,), (printed,) = trained[2:4]
    last = shown["data"]["text/plain"].splitlines()[-1]
    assert last.startswith("stopped and saved after ")
    assert last.endswith("; go on with charlstm.train(resume='runs/text-2')")
    assert printed["text"] == "text-2 True\n"


def test_a_notebook_shows_nothing_of_a_run_that_is_watched(trained: Outputs) -> None:
    assert trained[4] == []


def test_a_mistake_in_a_notebook_is_one_line(loaded: Outputs) -> None:
    lines = [outputs[0]["traceback"] for outputs in loaded[1:]]
    assert all(len(traceback) == 1 for traceback in lines)
    run, unit, setting = (traceback[0] for traceback in lines)
    assert run.startswith("RunError: 'tinny' is no run; did you mean '") and run.endswith("/tiny'?")
    assert unit.startswith("CharlstmError: there is no unit 0:99; ")
    assert setting == "ConfigError: unknown setting 'hiden_size'; did you mean 'hidden_size'?"


def test_a_notebook_shows_what_a_model_is(loaded: Outputs, tiny_run: Path) -> None:
    (shown,) = loaded[0]
    model = charlstm.load(tiny_run)
    assert shown["data"]["text/plain"] == repr(model)
    assert shown["data"]["text/html"] == model._repr_html_()
