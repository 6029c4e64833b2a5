"""`charlstm compare`: several settings trained under one budget, side by side."""

import sys
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import click

from charlstm.cli.options import json_option, show
from charlstm.cli.outputs import Output, forced, save_all, save_option, spare
from charlstm.cli.pairs import inputs_of, read_given
from charlstm.cli.progress import Display, reading_bar
from charlstm.cli.stop import Stop
from charlstm.cli.terminal import note
from charlstm.config_file import find_config
from charlstm.errors import CharlstmError
from charlstm.output.figure import require_matplotlib
from charlstm.studies.agreement.grammar_pairs import grammar_pairs
from charlstm.studies.compare.comparison import Comparison, read_comparison
from charlstm.studies.compare.groups import share_of
from charlstm.studies.compare.outcome import Outcome, was_begun
from charlstm.studies.compare.result import ComparisonResult
from charlstm.studies.compare.runner import NextRun, compare
from charlstm.text.vocabulary import unit_of
from charlstm.training.events import Event, Finished


@click.command()
@click.argument("config")
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    help="Folder of the runs.  [default: what CONFIG says, or runs/<its name>]",
)
@save_option(".csv", ".png", ".svg")
@json_option
def command(config: str, out: str | None, save: tuple[Output, ...], as_json: bool) -> None:
    """Train the settings that CONFIG lists, a YAML file or a bundled name, and compare them.

    CONFIG has `base` settings, lists of values under `vary`, and a `budget`: characters or
    minutes for each run. The budget may also set the parameters of each network.

    Ctrl-C saves and stops. The same command then goes on, and skips finished runs. It prints a
    table, and writes compare.csv (with matplotlib also compare.png) to the folder of the runs.
    """
    path = find_config(config)
    if out == "-":
        raise click.UsageError("--out is a folder, and - is standard output; name a folder.")
    comparison = read_comparison(path, Path(out) if out else None)
    own = _own_files(comparison)
    texts = [(*planned.config.corpus, planned.config.val) for planned in comparison.runs]
    spare([path, *inputs_of(comparison.pairs), *chain(*texts)], *own, *save)
    if comparison.sweeps and not any(grammar_pairs(run.config.corpus) for run in comparison.runs):
        note("sweeps have no effect: no corpus has the settings of a grammar beside it")
    if comparison.pairs:
        read_given(
            comparison.pairs, lower=comparison.lower
        )  # a mistake in them is met before training
    stop = Stop(None)
    outcomes: list[Outcome] = []
    try:
        with _Watcher() as watcher:
            for event in compare(
                comparison,
                grammar_pairs,
                force=forced(),
                stop=stop.requested,
                on_read=reading_bar(stop.raise_if_requested),
                on_scored=lambda _: stop.raise_if_requested(),
            ):
                watcher.show(event)
                if isinstance(event, Outcome):
                    outcomes.append(event)
    except KeyboardInterrupt:
        note("stopped between updates; the saved runs are kept")
    if stop.requested():
        note(f"{len(outcomes)} of {len(comparison.runs)} runs done; give the same command to go on")
        sys.exit(stop.status)
    result = ComparisonResult(outcomes, comparison.out, path.stem)
    save_all([*own, *save], result)
    show(as_json, result.to_mapping(), result.lines())


def _own_files(comparison: Comparison) -> list[Output]:
    """The table and, unless matplotlib is missing, the figure in the folder of the runs.

    They may replace those of before if the comparison was begun there before.
    """
    begun = any(was_begun(comparison.out / planned.name) for planned in comparison.runs)
    names = ["compare.csv", "compare.png"]
    try:
        require_matplotlib()
    except CharlstmError as error:
        note(f"no {comparison.out / names.pop()}: {error}")
    return [Output(comparison.out / name, begun or forced()) for name in names]


class _Watcher(ExitStack):
    """Shows each run as `charlstm train` does, without the advice at its end."""

    def __init__(self) -> None:
        super().__init__()
        self._display = Display()

    def show(self, event: NextRun | Event | Outcome) -> None:
        """Show one event of a comparison."""
        match event:
            case NextRun():
                finished = ": finished before" if event.finished_before else ""
                note(f"--- {event.number} of {event.count}: {event.name}{finished}")
                self._display = self.enter_context(Display())
            case Finished():
                self.close()
            case Outcome():
                self.close()
                note(f"{event.name}: {_brief(event)}")
            case _:
                self._display.show(event)


def _brief(outcome: Outcome) -> str:
    """The result of a run, in one line."""
    if outcome.diverged:
        return f"diverged ({outcome.diverged})"
    words = (
        f"{outcome.parameters:,} parameters, {outcome.characters:,} {unit_of(outcome.tokens)}s in "
        f"{outcome.seconds:.1f} s"
    )
    if outcome.best_val_nats is not None:
        words += f", validation {outcome.best_val_nats:.4f} nats/{outcome.tokens}"
    left_out = (outcome.agreement or {}).get("left_out")
    if left_out:
        words += f", {left_out:,} pair{'s' * (left_out != 1)} left out with characters never seen"
    accuracy = share_of(outcome.agreement, "overall", "accuracy")
    return words + (f", agreement {accuracy:.1%}" if accuracy is not None else "")
