"""`charlstm inspect`: look at what a model does inside."""

import importlib

import click

from charlstm.cli.groups import Group

VIEWS = {
    "text": "Colour a text by the memory of one unit.",
    "why": "What speaks for a character, and for another.",
    "step": "The arithmetic of one step, as on a board.",
    "attention": "What each step looks back at.",
    "gates": "How often each gate is open or shut.",
    "units": "Find the units that carry number.",
    "features": "Find the units that carry a feature of any text.",
    "gradients": "How far back the gradient reaches.",
}


class Views(Group):
    """Finds a view in the module of its name, and lists them without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All views."""
        del ctx
        return list(VIEWS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The view, from its own module."""
        del ctx
        if cmd_name not in VIEWS:
            return None
        view: click.Command = importlib.import_module(f"charlstm.cli.inspect.{cmd_name}").command
        return view

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line for each view."""
        del ctx
        with formatter.section("Views"):
            formatter.write_dl(list(VIEWS.items()))


@click.group(cls=Views, context_settings={"show_default": True})
def command() -> None:
    """Look inside a model: its units, attention, gates and gradients."""
