"""`charlstm bench`: how fast training and sampling are on this machine."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import product
from typing import Any

import click

from charlstm.cli.options import json_option
from charlstm.cli.terminal import print_json, utf8_output
from charlstm.nn.cells import CELLS

COUNT = click.IntRange(1, 65536)


@click.command()
@click.option("--cell", type=click.Choice(list(CELLS)), multiple=True, default=["lstm"])
@click.option("--hidden-size", type=COUNT, multiple=True, default=[128, 512], help="Units.")
@click.option("--num-layers", type=click.IntRange(1, 64), multiple=True, default=[1])
@click.option("--batch-size", type=COUNT, multiple=True, default=[64], help="Columns.")
@click.option("--seq-length", type=COUNT, multiple=True, default=[64], help="Window.")
@click.option("--vocabulary", type=click.IntRange(2, 10**6), default=65, help="Characters known.")
@click.option("--workers", type=COUNT, help="Processes that train.  [default: as in train]")
@click.option("--repeats", type=click.IntRange(1, 1000), default=5)
@click.option("--seconds", type=click.FloatRange(0.0, 3600.0), default=0.5, help="For each part.")
@json_option
def command(
    cell: tuple[str, ...],
    hidden_size: tuple[int, ...],
    num_layers: tuple[int, ...],
    batch_size: tuple[int, ...],
    seq_length: tuple[int, ...],
    vocabulary: int,
    workers: int | None,
    repeats: int,
    seconds: float,
    as_json: bool,
) -> None:
    """Measure training and sampling on this machine, beside a step's matrix products alone.

    Several sizes may be given by repeating --cell, --hidden-size, --num-layers, --batch-size and
    --seq-length: every combination is measured. The parts of a measurement take turns; figures are
    medians of the repeats, with the least and the greatest behind.
    """
    utf8_output()
    from charlstm.studies.speed.measure import machine, measure

    about = machine()
    if not as_json:
        click.echo(", ".join(f"{name} {value}" for name, value in about.items()))
        click.echo(f"medians of {repeats} repeats, with the least and the greatest")
    found = []
    for size in product(cell, hidden_size, num_layers, batch_size, seq_length):
        chosen = _size(*size, vocabulary, workers)
        figures = measure(chosen, repeats, seconds)
        shape = asdict(chosen.architecture)
        record = {name: shape[name] for name in ("cell", "hidden_size", "num_layers")}
        names = ("batch_size", "seq_length", "vocabulary_size", "workers", "share")
        record |= {name: getattr(chosen, name) for name in names}
        found.append(record | _flat(asdict(figures)))
        if not as_json:
            _show(chosen, figures)
    if as_json:
        print_json({"machine": about, "repeats": repeats, "seconds": seconds, "sizes": found})


def _size(
    cell: str,
    hidden_size: int,
    num_layers: int,
    batch_size: int,
    seq_length: int,
    vocabulary: int,
    workers: int | None,
) -> Any:
    from charlstm.config import Config
    from charlstm.nn.parameters import Architecture
    from charlstm.studies.speed.measure import Size
    from charlstm.training.defaults import settle_shards

    shards = min(workers, batch_size) if workers else None
    workers = settle_shards(Config(batch_size=batch_size, shards=shards)).shards or 1
    architecture = Architecture(cell, {}, hidden_size, num_layers)
    return Size(architecture, batch_size, seq_length, vocabulary, workers)


def _flat(figures: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Each median by its name, and its range beside it."""
    flat: dict[str, Any] = {}
    for name, figure in figures.items():
        flat |= {name: figure["median"], f"{name}_range": [figure["low"], figure["high"]]}
    return flat


def _show(size: Any, figures: Any) -> None:
    network = size.architecture
    click.echo(
        f"\n{network.cell} {network.num_layers}×{network.hidden_size}, {size.batch_size} columns "
        f"of {size.seq_length} characters, {size.vocabulary_size} known"
    )
    workers = f"{size.workers} worker{'s' * (size.workers != 1)}"
    for what, figure, scale, unit in _lines(workers, size.share, figures):
        low, high = scale * figure.low, scale * figure.high
        click.echo(f"  {what:42}{scale * figure.median:9.2f} {unit:15} {low:.2f}–{high:.2f}")


def _lines(workers: str, share: int, figures: Any) -> Iterator[tuple[str, Any, float, str]]:
    yield f"training, {workers}", figures.training, 1e-3, "k characters/s"
    yield "sampling", figures.sampling, 1e-3, "k characters/s"
    yield "sampling, 64 at once", figures.sampling_batch, 1e-3, "k characters/s"
    yield f"update of {share} columns, one thread", figures.step, 1e3, "ms"
    yield "its matrix products alone, plain", figures.products, 1e3, "ms"
    yield "", figures.gflops, 1.0, "GFLOP/s"
    yield "update ÷ products alone", figures.ratio, 1.0, ""
    yield "share of its own products in the update", figures.product_share, 100.0, "%"
