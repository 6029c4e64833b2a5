"""`charlstm compare`: several settings trained under one budget, side by side."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from charlstm.cli.options import json_option, save_option
from charlstm.cli.terminal import note, print_json, printable, utf8_output


@click.command()
@click.argument("config")
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    help="Folder of the runs.  [default: what CONFIG says, or runs/<its name>]",
)
@save_option(".csv", ".png", ".svg")
@json_option
def command(config: str, out: str | None, save: tuple[Path, ...], as_json: bool) -> None:
    """Train the settings that CONFIG lists, a YAML file or a bundled name, and compare them.

    CONFIG has `base` settings, lists of values under `vary`, and a `budget`: characters or
    minutes for each run, and if wanted the parameters that each network is to have.

    Ctrl-C saves and stops; the same command goes on, and skips what is finished. The result is a
    table here and compare.csv, with matplotlib also compare.png, in the folder of the runs.
    """
    from charlstm.bundled import find_config
    from charlstm.cli.progress import reading_bar
    from charlstm.cli.train import Stop
    from charlstm.output.figure import require_matplotlib
    from charlstm.studies.compare.comparison import read_plan
    from charlstm.studies.compare.runner import compare

    utf8_output()
    pictures = any(path.suffix.lower() != ".csv" for path in save)
    if pictures:
        require_matplotlib()
    path = find_config(config)
    plan = read_plan(path, Path(out) if out else None)
    stop = Stop(None)
    outcomes: list[Any] = []
    try:
        with _Watcher(as_json) as watcher:
            for event in compare(
                plan,
                stop=stop.asked,
                on_read=reading_bar(stop.raise_if_asked),
                scoring=lambda _: stop.raise_if_asked(),
            ):
                watcher.show(event, outcomes)
    except KeyboardInterrupt:
        note("stopped between updates; what is saved is kept")
    if stop.asked():
        note(f"{len(outcomes)} of {len(plan.settings)} runs done; the same command goes on")
        sys.exit(stop.status)
    _save(outcomes, path.stem, plan.out, save)
    if as_json:
        print_json({"out": str(plan.out), "runs": [outcome.to_mapping() for outcome in outcomes]})
        return
    from charlstm.studies.compare.table import lines

    for line in lines(outcomes):
        click.echo(printable(line))


def _save(outcomes: list[Any], title: str, out: Path, save: tuple[Path, ...]) -> None:
    from charlstm.errors import CharlstmError
    from charlstm.output.figure import require_matplotlib, write_figure
    from charlstm.studies.compare.figure import draw
    from charlstm.studies.compare.table import write_csv

    files = [out / "compare.csv", *save]
    try:
        require_matplotlib()
    except CharlstmError as error:
        note(f"no {out / 'compare.png'}: {error}")
    else:
        files.append(out / "compare.png")
    for path in files:
        if path.suffix.lower() == ".csv":
            write_csv(path, outcomes)
        else:
            write_figure(path, draw(outcomes, title))
    note(f"wrote {', '.join(map(str, files))}")


class _Watcher(ExitStack):
    """Shows each run as `charlstm train` does, but for the advice at its end."""

    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self._display: Any = None

    def show(self, event: Any, outcomes: list[Any]) -> None:
        from charlstm.cli.progress import Display
        from charlstm.studies.compare.outcome import Outcome
        from charlstm.studies.compare.runner import Turn
        from charlstm.training.events import Finished

        match event:
            case Turn():
                kept = ": finished before" if event.kept else ""
                note(f"--- {event.number} of {event.runs}: {event.name}{kept}")
                self.close()
                self._display = None if event.kept else self.enter_context(Display(self._as_json))
            case Finished():
                self.close()
            case Outcome():
                outcomes.append(event)
                self.close()
                note(f"{event.name}: {_brief(event)}")
            case _:
                self._display.show(event)


def _brief(outcome: Any) -> str:
    from charlstm.studies.compare.table import share_of

    if outcome.diverged:
        return f"diverged ({outcome.diverged})"
    right = share_of(outcome.agreement, "overall", "accuracy")
    nats = outcome.best_val_nats
    return (
        f"{outcome.parameters:,} parameters, {outcome.characters:,} characters in "
        f"{outcome.seconds:.1f} s"
        + (f", validation {nats:.4f} nats/char" if nats is not None else "")
        + (f", agreement {right:.1%}" if right is not None else "")
    )
