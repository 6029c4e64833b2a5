"""Learning curves: the loss, the learning rate and the gradient norm of runs as they trained."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from charlstm.config_file import read_yaml
from charlstm.errors import ConfigError, RunError
from charlstm.output.figure import COLOURS, drawing
from charlstm.output.terminal import sparkline
from charlstm.output.write import Table
from charlstm.store.metrics import COLUMNS, read_numbers
from charlstm.text.vocabulary import unit_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABELS = {  # of the columns that the terminal shows
    "train_nats": "train, nats/{tokens}",
    "val_nats": "validation, nats/{tokens}",
    "lr": "learning rate",
    "grad_norm": "gradient norm",
    "c_p90": "|c|, 90 % are below",
}
WIDTH = 50  # glyphs of a sparkline


@dataclass(frozen=True)
class RunCurves:
    """The columns of one run's metrics.csv by name, (N,) each; NaN where a field is empty.

    Losses and `characters` are those of `tokens`, "char" or "byte".
    """

    name: str
    columns: Mapping[str, NDArray[np.float64]]
    tokens: str = "char"


@dataclass(frozen=True)
class LearningCurves:
    """The curves of some runs, each with a name of its own."""

    runs: Sequence[RunCurves]

    def to_table(self) -> Table:
        """The rows of each metrics.csv, with the name of the run before them."""
        rows = [
            [run.name, *row] for run in self.runs for row in zip(*run.columns.values(), strict=True)
        ]
        return ("run", *COLUMNS), rows

    def to_mapping(self) -> dict[str, Any]:
        """The columns of each run for JSON."""
        return {"runs": [{"name": run.name, **run.columns} for run in self.runs]}

    def to_figure(self) -> "Figure":
        """A matplotlib figure over the characters read: losses, learning rate, gradient norm.

        Raises:
            CharlstmError: if matplotlib is missing.
        """
        with drawing(7.0, 6.0) as figure:
            losses, rate, norm = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1, 1))
            for n, run in enumerate(self.runs):
                colour, read = COLOURS[n % len(COLOURS)], run.columns["characters"] / 1e6
                losses.plot(read, run.columns["val_nats"], color=colour, lw=1.8, label=run.name)
                losses.plot(read, run.columns["train_nats"], ":", color=colour, lw=1.4)
                rate.plot(read, run.columns["lr"], color=colour, lw=1.2)
                norm.plot(read, run.columns["grad_norm"], color=colour, lw=1.2)
            losses.set_ylim(*self._loss_range())
            tokens = list(dict.fromkeys(run.tokens for run in self.runs))
            losses.set_ylabel(" or ".join(f"nats/{token}" for token in tokens))
            losses.set_title("validation (solid) and training (dotted)", fontsize=10, loc="left")
            losses.legend(fontsize=8)
            rate.set_ylabel("learning rate")
            norm.set_ylabel("gradient norm")
            norm.set_xlabel(f"million {' or '.join(f'{unit_of(t)}s' for t in tokens)} read")
        return figure

    def lines(self) -> Iterator[str]:
        """For each run the characters read, and a sparkline of each curve that has values."""
        for run in self.runs:
            read = int(np.nanmax(run.columns["characters"]))
            yield f"{run.name}: {read:,} {unit_of(run.tokens)}s read"
            for key, title in LABELS.items():
                values = run.columns[key]
                known = values[np.isfinite(values)]
                if known.size:
                    label = title.format(tokens=run.tokens)
                    shown = np.linspace(0, len(values) - 1, min(WIDTH, len(values)))
                    glyphs = sparkline(values[shown.round().astype(int)].tolist())
                    yield (
                        f"  {label:<22}{glyphs}  {known[0]:.4g} to {known[-1]:.4g}, "
                        f"lowest {known.min():.4g}"
                    )

    def _loss_range(self) -> tuple[float, float]:
        """All losses with a margin, without each run's first training loss, which is far above."""
        losses = np.concatenate(
            [np.append(r.columns["val_nats"], r.columns["train_nats"][1:]) for r in self.runs]
        )
        known = losses[np.isfinite(losses)]
        if not known.size:
            return 0.0, 1.0
        low, high = float(known.min()), float(known.max())
        margin = 0.05 * (high - low) or 0.1
        return low - margin, high + margin


def learning_curves(runs: Sequence[Path]) -> LearningCurves:
    """The curves of run folders, or of the folders of checkpoint files.

    A run is called by the name of its folder or file; by the whole path if two names are the same.

    Raises:
        RunError: if a run has no metrics yet, or they cannot be read.
    """
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        names = [str(run) for run in runs]
    return LearningCurves([_curves(run, name) for run, name in zip(runs, names, strict=True)])


def _curves(run: Path, name: str) -> RunCurves:
    folder = run.parent if run.is_file() else run
    rows = read_numbers(folder / "metrics.csv")
    if not rows:
        raise RunError(f"{str(folder)!r} has no metrics yet; they are written at each validation")
    if all(math.isnan(row["characters"]) for row in rows):
        raise RunError(
            f"{str(folder / 'metrics.csv')!r} has no column of 'characters' to plot over"
        )
    columns = {key: np.array([row[key] for row in rows]) for key in COLUMNS}
    return RunCurves(name, columns, _tokens(folder))


def _tokens(folder: Path) -> str:
    """The tokens of a run, by its config.yaml; "char" where that says nothing."""
    try:
        tokens = read_yaml(folder / "config.yaml").get("tokens")
    except ConfigError:
        return "char"
    return "byte" if tokens == "byte" else "char"
