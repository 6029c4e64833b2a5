"""`charlstm export`: a trained model as a file for ONNX Runtime, PyTorch or a browser."""

from pathlib import Path

import click

from charlstm.cli.options import json_option, load_model, run_option
from charlstm.cli.terminal import print_json
from charlstm.export import FORMATS, encoder, export
from charlstm.text.shown import printable


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@run_option
@json_option
def command(file: Path, run: str | None, as_json: bool) -> None:
    """Write a trained model to FILE. An existing FILE is replaced.

    \b
    model.onnx          one step of generation as a graph, for any cell
    model.safetensors   weights under PyTorch's names, for rnn, lstm and gru (reset after)
    model.html          a page that runs the model, writes as you type and shows its units
    """  # noqa: D301 - click's \b, which keeps the lines apart, is the character itself
    if file.suffix.lower() not in FORMATS:
        raise click.BadParameter(
            f"{str(file)!r} does not end in {' or '.join(FORMATS)}.", param_hint="'FILE'"
        )
    encoder(file)  # raises an error for a missing package, before a large model is read
    model = load_model(run)
    export(model, file)
    parameters, size = model.parameters.num_parameters, file.stat().st_size
    if as_json:
        print_json(
            {
                "file": str(file),
                "format": FORMATS[file.suffix.lower()],
                "parameters": parameters,
                "bytes": size,
                "run": str(model.path),
            }
        )
        return
    click.echo(f"wrote {printable(str(file))}: {parameters:,} parameters, {size:,} bytes")
