"""Whether a command of a page knows its options, without running it."""

import shlex

import click

from charlstm.cli import cli


def parse_command(line: str) -> None:
    """Parse a command and the value of each option.

    Raises:
        click.UsageError: if the command has no such option, or the option no such value.
    """
    command, words = named_command(line)
    context = click.Context(command, info_name=line)
    values, rest, _ = command.make_parser(context).parse_args(words)
    assert not rest, "more words than the command has arguments"
    for option in command.params:
        if isinstance(option, click.Option) and option.name in values:
            option.type_cast_value(context, values[option.name])


def named_command(line: str) -> tuple[click.Command, list[str]]:
    """The command that a line calls, and the words that are left for it."""
    command: click.Command = cli
    words = shlex.split(line)[1:]
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, line
        command, words = found, words[1:]
    return command, words
