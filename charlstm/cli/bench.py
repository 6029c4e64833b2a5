"""`charlstm bench`: how fast training and sampling are on this machine."""

from itertools import product

import click

from charlstm.cli.exclusions import Command
from charlstm.cli.options import NumberRange, json_option
from charlstm.cli.terminal import note, print_json
from charlstm.config import Config
from charlstm.nn.cells import CELLS
from charlstm.nn.parameters import Architecture
from charlstm.studies.speed.measure import measure
from charlstm.studies.speed.result import Size, machine
from charlstm.training.defaults import settle_shards

COUNT = click.IntRange(1, 65536)


SECONDS = NumberRange(0.0, 3600.0)


@click.command(cls=Command)
@click.option("--cell", type=click.Choice(list(CELLS)), multiple=True, default=["lstm"])
@click.option("--hidden-size", type=COUNT, multiple=True, default=[128, 512], help="Units.")
@click.option("--num-layers", type=click.IntRange(1, 64), multiple=True, default=[1])
@click.option(
    "--attention",
    type=click.IntRange(0, 4096),
    multiple=True,
    default=[0],
    help="Outputs that each step looks back at.",
)
@click.option(
    "--attention-heads",
    type=click.IntRange(1, 64),
    multiple=True,
    default=[4],
    help="Groups of units of which each looks back for itself.",
)
@click.option("--batch-size", type=COUNT, multiple=True, default=[64], help="Columns.")
@click.option("--seq-length", type=COUNT, multiple=True, default=[64], help="Window.")
@click.option("--vocabulary", type=click.IntRange(2, 10**6), default=65, help="Characters known.")
@click.option("--workers", type=COUNT, help="Processes that train.  [default: as in train]")
@click.option("--repeats", type=click.IntRange(1, 1000), default=5)
@click.option("--seconds", type=SECONDS, default=0.5, help="For each part.")
@json_option
def command(
    cell: tuple[str, ...],
    hidden_size: tuple[int, ...],
    num_layers: tuple[int, ...],
    attention: tuple[int, ...],
    attention_heads: tuple[int, ...],
    batch_size: tuple[int, ...],
    seq_length: tuple[int, ...],
    vocabulary: int,
    workers: int | None,
    repeats: int,
    seconds: float,
    as_json: bool,
) -> None:
    """Measure training and sampling on this machine, beside a step's matrix products alone.

    Repeat --cell, --hidden-size, --num-layers, --attention, --attention-heads, --batch-size or
    --seq-length to measure every combination. The parts of a measurement take turns. A figure is
    the median of the repeats, with the lowest and the highest after it.
    """
    shapes = [
        Architecture(kind, {}, units, layers, reach, heads)
        for kind, units, layers, reach, heads in product(
            cell, hidden_size, num_layers, attention, attention_heads
        )
        if reach or heads == attention_heads[0]  # heads of no attention are all the same
    ]
    for architecture in shapes:
        architecture.make_cell()  # a wrong shape is an error before the first is measured
    about = machine()
    if not as_json:
        click.echo(", ".join(f"{name} {value}" for name, value in about.items()))
        click.echo(f"medians of {repeats} repeats, with the least and the greatest")
    sizes = []
    for architecture, batch, window in product(shapes, batch_size, seq_length):
        size = Size(architecture, batch, window, vocabulary, _workers(workers, batch))
        speed = measure(size, repeats, seconds)
        sizes.append(speed.to_mapping())
        if not as_json:
            click.echo("\n" + "\n".join(speed.lines()))
    if as_json:
        print_json({"machine": about, "repeats": repeats, "seconds": seconds, "sizes": sizes})


def _workers(wanted: int | None, batch_size: int) -> int:
    """How many processes train: as wanted, one for each column at the most, or as in training."""
    if wanted and wanted > batch_size:
        note(
            f"only {batch_size} of {wanted} workers have a column each at --batch-size {batch_size}"
        )
    shards = min(wanted, batch_size) if wanted else None
    return settle_shards(Config(batch_size=batch_size, shards=shards)).shards or 1
