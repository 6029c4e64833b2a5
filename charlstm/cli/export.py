"""`charlstm export`: a trained model as a file for ONNX Runtime, PyTorch or a browser."""

import click

from charlstm.cli.options import json_option, load_model, run_option
from charlstm.cli.outputs import Output, files_of, force_option, output, spare
from charlstm.cli.terminal import print_json
from charlstm.export import FORMATS, encoder, export
from charlstm.text.shown import printable


@click.command()
@click.argument("file", callback=output)
@run_option
@force_option
@json_option
def command(file: Output, run: str | None, as_json: bool) -> None:
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
    encoder(path)  # raises an error for a missing package, before a large model is read
    model = load_model(run)
    spare(files_of(model), file)
    export(model, path, force=file.force)
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
