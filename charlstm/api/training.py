"""Training from Python."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlstm.api.model import Model, load
from charlstm.store.runs import find_run

if TYPE_CHECKING:  # sampling starts faster without it
    from charlstm.training.events import Event


def train(
    corpus: str | Path | Sequence[str | Path] = (),
    *,
    resume: str | Path | None = None,
    init_from: str | Path | None = None,
    allow_changed_corpus: bool = False,
    root: str | Path = "runs",
    watch: Callable[["Event"], object] | None = None,
    **settings: Any,
) -> Model:
    """Train on text files or folders, and return the model with the best validation loss.

    `settings` are those of a config file (`hidden_size=256`, `max_minutes=5`, …). `resume` names a
    run to go on with, which has its own settings and corpus, `init_from` one whose weights a new
    run starts from. Runs are found and made under `root`.

    `watch` is called with each event (`charlstm.training.events`). Without it, a notebook shows a
    bar and the learning curves, and an interrupt saves and returns the model so far; elsewhere
    nothing is shown.

    Raises:
        CharlstmError: as `charlstm.training.fit.fit`, and for settings that have no effect.
    """
    from charlstm.output.live import live_display  # noqa: PLC0415 - sampling needs no training
    from charlstm.training.events import Finished  # noqa: PLC0415
    from charlstm.training.fit import fit  # noqa: PLC0415
    from charlstm.training.settings import settings_of  # noqa: PLC0415

    given = {**settings, **({"corpus": corpus} if corpus else {})}
    runs = {"resume": resume, "init_from": init_from}
    way: dict[str, Any] = {k: find_run(v, Path(root)) for k, v in runs.items() if v is not None}
    way["allow_changed_corpus"] = allow_changed_corpus
    live = live_display() if watch is None else None
    show = live.show if live else watch or (lambda _: None)
    asks: dict[str, Any] = {"stop": live.stopped, "on_read": live.read} if live else {}
    with live or nullcontext():
        for event in fit(settings_of(given, **way), root=Path(root), **asks, **way):
            show(event)
            if isinstance(event, Finished):
                return load(event.run)
    raise AssertionError("a run ends with Finished")
