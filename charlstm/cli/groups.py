"""Groups of commands: a mistyped name is answered with the near one, or with all there are."""

import click

from charlstm.errors import shortened
from charlstm.hints import nearest


class Group(click.Group):
    """A group of commands that answers an unknown name in one line."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            near = nearest(args[0], known)
            cure = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
            raise click.UsageError(f"no command {shortened(args[0])!r}; {cure}", ctx)
        return super().resolve_command(ctx, args)
