"""`charlstm export`: a trained model as a file for ONNX Runtime, PyTorch or a browser."""

import click

from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, load_model, run_option
from charlstm.cli.outputs import Output, files_of, force_option, output, spare
from charlstm.cli.terminal import print_json, unescaped
from charlstm.cli.units import UNIT
from charlstm.export import FORMATS, encoder, export
from charlstm.export.html import PageOptions
from charlstm.text.shown import printable


@click.command(cls=Command)
@click.argument("file", callback=output)
@run_option
@click.option("--title", help="Of a page: its title.")
@click.option("--prime", help="Of a page: the text it begins with.  [default: one of the run's]")
@click.option("--unit", type=UNIT, help="Of a page: the unit in view.  [default: the most salient]")
@click.option("--temperature", type=click.FloatRange(0, 1.5), help="Of a page: as in sample.")
@click.option("--top-k", type=click.IntRange(1), help="Of a page: as in sample.")
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="Of a page.")
@click.option("--min-p", type=click.FloatRange(0, 1, min_open=True), help="Of a page.")
@click.option("--no-early", is_flag=True, help="Of a page: without the weights of --keep-early.")
@force_option
@json_option
def command(
    file: Output,
    run: str | None,
    title: str | None,
    prime: str | None,
    unit: tuple[int | None, int] | None,
    temperature: float | None,
    top_k: int | None,
    top_p: float | None,
    min_p: float | None,
    no_early: bool,
    as_json: bool,
) -> None:
    """Write a trained model to FILE. An earlier export is replaced, another file with --force.

    \b
    model.onnx          one step of generation as a graph, for any cell
    model.safetensors   weights under PyTorch's names, for rnn, lstm and gru (reset after)
    model.html          a page that runs the model, writes as you type and shows its units
    """  # noqa: D301 - click's \b, which keeps the lines apart, is the character itself
    path = file.path
    if path.suffix.lower() not in FORMATS:
        raise click.BadParameter(
            f"{str(path)!r} does not end in {' or '.join(FORMATS)}.", param_hint="'FILE'"
        )
    fields = {"temperature": temperature, "top-k": top_k, "top-p": top_p, "min-p": min_p}
    settings = {name: value for name, value in fields.items() if value is not None}
    given = [title, prime, unit, *settings, no_early or None]
    if path.suffix.lower() != ".html" and any(value is not None for value in given):
        raise click.UsageError(
            "--title, --prime, --unit, --temperature, --no-early and what filters are for a page; "
            "name a file that ends in .html."
        )
    encoder(path)  # raises an error for a missing package, before a large model is read
    model = load_model(run)
    spare(files_of(model), file)
    prime = None if prime is None else unescaped(prime)
    options = PageOptions(title, prime, unit, settings, early=not no_early)
    export(model, path, force=file.force, options=options)
    parameters, size = model.parameters.num_parameters, path.stat().st_size
    if as_json:
        print_json(
            {
                "file": str(path),
                "format": FORMATS[path.suffix.lower()],
                "parameters": parameters,
                "bytes": size,
                "run": str(model.path),
            }
        )
        return
    click.echo(f"wrote {printable(str(path))}: {parameters:,} parameters, {size:,} bytes")
