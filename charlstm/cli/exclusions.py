"""A command that refuses options without effect, as the table `charlstm.exclusions` has them."""

from typing import Any

import click
from click.core import ParameterSource

from charlstm.cli.terminal import note
from charlstm.exclusions import broken


class Command(click.Command):
    """A command that looks at its options together, once each of them has been read."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options; one without effect is an error."""
        rest = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:  # as the shell's completion does, in the middle of a line
            refuse_without_effect(ctx)
        return rest


def refuse_without_effect(ctx: click.Context, **facts: Any) -> None:
    """Refuse options of the command line that have no effect; `facts` count as given options.

    Raises:
        UsageError: for the first such option. A note says it if the rule is mild.
    """
    name = ctx.command_path.removeprefix(f"{ctx.find_root().command_path} ")
    for rule in broken(name, _given(ctx) | facts):
        if facts and rule.other not in facts:
            continue
        if not rule.mild:
            raise click.UsageError(rule.message(), ctx)
        note(rule.message().removesuffix("."))


def _given(ctx: click.Context) -> dict[str, Any]:
    """What was typed: the values of options by their long names, of arguments in capitals.

    An option that the command does not take as an argument is a flag, and counts as True.
    """
    given = {}
    for parameter in ctx.command.params:
        name, value = parameter.name or "", ctx.params.get(parameter.name or "", True)
        typed = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if typed and value not in (None, ()):
            is_option = isinstance(parameter, click.Option)
            given[max(parameter.opts, key=len) if is_option else name.upper()] = value
    return given
