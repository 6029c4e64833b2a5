"""The files that a command writes: their options, and what is refused before the work starts."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from charlstm.cli.terminal import note
from charlstm.store.target import check_target

if TYPE_CHECKING:  # `charlstm corpus` starts without NumPy
    from charlstm.api.predicting import Predicting
    from charlstm.output.write import Result

Command = TypeVar("Command", bound=Callable[..., Any])
FORCE = "charlstm.force"  # in the context of the command


class Output(NamedTuple):
    """A file to write, and whether it may replace any other one."""

    path: Path
    force: bool


def _remember(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    del parameter
    ctx.meta[FORCE] = value


force_option = click.option(
    "--force",
    is_flag=True,
    is_eager=True,  # read first, so that the callbacks of the files know it
    expose_value=False,
    callback=_remember,
    help="Replace files that exist. Without it only an earlier picture, page or model of charlstm "
    "is replaced. An input never is.",
)


def forced() -> bool:
    """Whether the command that runs was given --force."""
    return bool(click.get_current_context().meta.get(FORCE))


def output(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Output | None:
    """The callback of an option or argument that names a file to write; "-" is no name for one.

    Raises:
        BadParameter: if it names a folder, or one in a folder that does not exist.
    """
    del parameter
    if value is None:
        return None
    path = Path(value)
    if value == "-":
        raise click.BadParameter("- is standard output, and this must be a file; name one.")
    if path.is_dir():
        raise click.BadParameter(f"{value!r} is a folder.")
    if not path.parent.is_dir():
        raise click.BadParameter(f"{value!r}: there is no folder {str(path.parent)!r}.")
    return Output(path, bool(ctx.meta.get(FORCE)))


def output_or_stdout(ctx: click.Context, parameter: click.Parameter, value: str) -> Output | None:
    """The same, for a file instead of which "-" may be given: None is standard output."""
    return None if value == "-" else output(ctx, parameter, value)


def save_option(*endings: str) -> Callable[[Command], Command]:
    """The options `--save FILE`, repeatable, and `--force`.

    They refuse at once a file that cannot be written, and a picture without matplotlib.
    """

    def check(
        ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]
    ) -> tuple[Output, ...]:
        from charlstm.output.figure import PICTURES, require_matplotlib  # noqa: PLC0415 - `sample` needs none

        for name in value:
            if Path(name).suffix.lower() not in endings:
                raise click.BadParameter(f"{name!r} must end in {' or '.join(endings)}.")
        outputs = tuple(made for name in value if (made := output(ctx, parameter, name)))
        if any(made.path.suffix.lower() in PICTURES for made in outputs):
            require_matplotlib()
        return outputs

    save = click.option(
        "--save",
        multiple=True,
        metavar="FILE",
        callback=check,
        help=f"Write the result as {', '.join(endings)}; repeatable.",
    )
    return lambda command: save(force_option(command))


def has_page(outputs: Iterable[Output]) -> bool:
    """Whether one of the files is a page."""
    return any(made.path.suffix.lower() == ".html" for made in outputs)


def spare(inputs: Iterable[str | Path | None], *outputs: Output | None) -> None:
    """Refuse outputs that exist and may not be replaced, or that are inputs.

    A command calls it before its work starts. `charlstm.store.target` has the rule.

    Raises:
        OutputError: for the first file that may not be written.
    """
    sources = [source for source in inputs if source]
    for made in filter(None, outputs):
        check_target(made.path, force=made.force, inputs=sources)


def files_of(model: "Predicting") -> Iterator[str | Path]:
    """What a command may read with a model: checkpoint, metrics, texts and what is beside them."""
    yield model.path
    yield model.path.parent / "metrics.csv"
    for name in filter(None, [*model.config.corpus, model.config.val]):
        yield name
        yield from [Path(name).with_suffix(".json")] if Path(name).name else []


def save_all(outputs: Iterable[Output], result: "Result") -> None:
    """Write a result to each file, once, in the form that the file's ending names."""
    from charlstm.output.write import save  # noqa: PLC0415 - `charlstm sample` saves no result

    for made in {made.path.resolve(): made for made in outputs}.values():
        save(made.path, result, force=made.force)
        note(f"wrote {made.path}")
