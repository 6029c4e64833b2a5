"""A training run in a notebook; here a fake stands for the notebook."""

import re
import signal
import sys
import threading
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import charlstm
from charlstm.errors import DivergedError
from charlstm.output import live
from charlstm.output.curves import curves_svg
from charlstm.training.events import Event, Note, Started

SETTINGS: dict[str, Any] = {
    "hidden_size": 8,
    "batch_size": 8,
    "seq_length": 12,
    "shards": 1,
    "workers": 1,
    "max_steps": 30,
    "eval_every": 10,
    "dropout": 0.0,
}


class Notebook:
    """A planted IPython with a kernel; `shown` has all bundles that were displayed."""

    def __init__(self, shell: object) -> None:
        self.shown: list[dict[str, str]] = []
        self.displays = 0
        self.interrupts = 0
        self.get_ipython = lambda: shell

    def interrupt_at(self, text: str, times: int = 1) -> None:
        """Interrupt the kernel once `text` is shown."""
        self.where, self.interrupts = text, times

    def display(self, bundle: dict[str, str], *, raw: bool, display_id: bool) -> "Notebook":
        assert raw and display_id
        self.displays += 1
        self.update(bundle, raw=raw)
        return self

    def update(self, bundle: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(bundle)
        while self.interrupts and self.where in bundle["text/plain"]:
            self.interrupts -= 1
            signal.raise_signal(signal.SIGINT)


def plant(monkeypatch: pytest.MonkeyPatch, shell: object) -> Notebook:
    notebook = Notebook(shell)
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=notebook.display))
    monkeypatch.setattr(live, "SECONDS", 0.0)
    return notebook


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    return plant(monkeypatch, SimpleNamespace(kernel=object()))


@pytest.mark.usefixtures("here")
def test_a_run_in_a_notebook_has_one_display_that_is_updated(notebook: Notebook) -> None:
    charlstm.train("text.txt", **SETTINGS)
    assert notebook.displays == 1
    plain = [bundle["text/plain"] for bundle in notebook.shown]
    assert "update 29 of 30, 0:0" in "".join(plain)
    assert re.search(
        r"\n30 updates of 8×12 characters .*\ndone after 30 updates, [^\n]*$", plain[-1]
    )
    middle, end = notebook.shown[-5]["text/html"], notebook.shown[-1]["text/html"]
    assert '<progress value="' in middle and "<progress" not in end
    assert end.count("%3Cpolyline") == 2 and "%3Evalidation%20" in end


@pytest.mark.usefixtures("here")
def test_a_notebook_shows_how_far_a_text_is_read(notebook: Notebook) -> None:
    charlstm.train("text.txt", **SETTINGS)
    plain = [bundle["text/plain"] for bundle in notebook.shown]
    assert any(re.fullmatch(r"\w.* 100%", text) for text in plain)
    assert "100%" not in plain[-1]


@pytest.mark.usefixtures("here")
def test_the_notes_of_a_run_are_shown_in_a_notebook(notebook: Notebook) -> None:
    charlstm.train("text.txt", **SETTINGS | {"patience": 9})
    assert "--patience 9 has no effect on 3 validations" in notebook.shown[-1]["text/html"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("shell", [None, SimpleNamespace()], ids=["no shell", "a terminal's"])
def test_elsewhere_nothing_is_shown(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], shell: object
) -> None:
    notebook = plant(monkeypatch, shell)
    charlstm.train("text.txt", **SETTINGS)
    assert not notebook.shown and capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("here")
def test_who_watches_a_run_is_told_and_the_notebook_is_not(notebook: Notebook) -> None:
    events: list[Event] = []
    charlstm.train("text.txt", watch=events.append, **SETTINGS)
    assert any(isinstance(event, Started) for event in events) and not notebook.shown


@pytest.mark.usefixtures("here")
def test_an_interrupt_saves_the_run_and_returns_the_model(notebook: Notebook) -> None:
    notebook.interrupt_at("update 12 of")
    before = signal.getsignal(signal.SIGINT)
    model = charlstm.train("text.txt", **SETTINGS)
    assert notebook.shown[-1]["text/plain"].endswith(
        "stopped and saved after 12 of 30 updates; go on with charlstm.train(resume='runs/text')"
    )
    assert model.checkpoint.progress.update == 10  # which was the best
    assert signal.getsignal(signal.SIGINT) is before
    charlstm.train(resume="runs/text")
    assert "done after 30 updates" in notebook.shown[-1]["text/plain"]
    charlstm.train(resume="runs/text")
    assert notebook.shown[-1]["text/plain"].endswith(
        "runs/text is finished after 30 updates; nothing was changed; "
        "go on with charlstm.train(resume='runs/text', max_steps=60)"
    )


@pytest.mark.usefixtures("here")
def test_a_second_interrupt_ends_the_run_at_once_in_one_line(notebook: Notebook) -> None:
    notebook.interrupt_at("update 12 of", times=2)
    with pytest.raises(live.Interrupted) as raised:
        charlstm.train("text.txt", **SETTINGS)
    assert raised.value._render_traceback_() == [
        "Interrupted: stopped at once; what was saved before is kept"
    ]


@pytest.mark.usefixtures("here")
def test_an_interrupt_before_the_first_update_is_one_line(notebook: Notebook) -> None:
    notebook.interrupt_at("--patience 9 has no effect")
    with pytest.raises(live.Interrupted, match="stopped before the first update; nothing was lost"):
        charlstm.train("text.txt", **SETTINGS | {"patience": 9})


@pytest.mark.usefixtures("here")
def test_a_run_that_fails_leaves_what_it_has_shown(notebook: Notebook) -> None:
    with pytest.raises(DivergedError):
        charlstm.train("text.txt", **SETTINGS | {"lr": 1e6, "clip_norm": 0.0, "warmup_steps": 1})
    assert "30 updates of 8×12" in notebook.shown[-1]["text/plain"]


@pytest.mark.usefixtures("here")
def test_a_thread_can_train_in_a_notebook(notebook: Notebook) -> None:
    thread = threading.Thread(target=charlstm.train, args=("text.txt",), kwargs=SETTINGS)
    thread.start()
    thread.join()
    assert "done after 30 updates" in notebook.shown[-1]["text/plain"]


@pytest.mark.usefixtures("here")
def test_updates_are_shown_a_few_times_a_second(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SECONDS", 1e9)
    charlstm.train("text.txt", **SETTINGS)
    assert len(notebook.shown) < 10  # notes, the beginning, three validations and the end


def test_what_a_run_says_is_text_and_no_html() -> None:
    shown: list[dict[str, str]] = []
    live.Live(shown.append).show(Note("a <b> & c"))
    assert "a &lt;b&gt; &amp; c" in shown[-1]["text/html"]
    assert shown[-1]["text/plain"] == "a <b> & c"


@pytest.mark.parametrize("nats", [[3.3, 0.4], [1.0, 1.0], [0.0, 0.0], [1e9, 1e-9], [2.0]])
def test_curves_stay_in_their_picture(nats: list[float]) -> None:
    points = list(enumerate(nats, start=1))
    svg = curves_svg({"training": points, "validation": []}, 0, 2)
    assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    (line,) = re.findall(r'points="([^"]*)"', svg)
    for pair in line.split():
        x, y = map(float, pair.split(","))
        assert 36 <= x <= 388 and 10 <= y <= 146
    assert not curves_svg({"training": [], "validation": []}, 0, 2)
