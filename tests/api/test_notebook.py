"""What a notebook shows, in a real kernel."""

from pathlib import Path
from typing import Any

import pytest
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
