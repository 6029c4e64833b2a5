"""`charlstm inspect step`: the arithmetic of one step of one unit, with its numbers."""

import click

from charlstm.cli.options import json_option, load_model, run_option, show, warn_unseen
from charlstm.cli.outputs import Output, files_of, save_all, save_option, spare
from charlstm.cli.texts import check_place, given_text
from charlstm.cli.units import UNIT
from charlstm.nn.units import checked_unit

MOST = 10_000  # characters


@click.command()
@click.argument("text")
@run_option
@click.option("--at", type=int, metavar="N", help="Which character.  [default: the last]")
@click.option("--unit", type=UNIT, required=True, help="Which unit, layer:unit.")
@save_option(".csv", ".json")
@json_option
def command(
    text: str,
    run: str | None,
    at: int | None,
    unit: tuple[int | None, int],
    save: tuple[Output, ...],
    as_json: bool,
) -> None:
    """Write down the step of a unit that reads character N of TEXT, counted from 0.

    \b
    charlstm inspect step "The cats which already ate the fish were" --at 7 --unit 0:114

    Every equation of the cell stands with its symbols, and below them with the unit's numbers. A
    pre-activation is the sum of what comes from h of the step before, from x and from the bias.
    TEXT is - for standard input.
    """  # noqa: D301 - click's \b is the character itself
    model = load_model(run)
    spare(files_of(model), *save)
    chosen = checked_unit(model.parameters.architecture, unit)
    given = given_text(model, text, MOST, None)
    at = len(given) - 1 if at is None else at
    check_place(model, at, len(given))
    warn_unseen(model, given)
    step = model.step(given, at, chosen)
    save_all(save, step)
    show(as_json, step.to_mapping(), step.lines())
