"""The few kinds of mistake for which charlstm prints one line instead of a traceback."""

LONGEST = 900  # characters of a message; only what quotes a user's text or path can be longer


class CharlstmError(Exception):
    """Any expected failure. Its text is one line that says what is wrong and what to do."""

    def __str__(self) -> str:
        """The message, without its middle if it quotes something long."""
        return shortened(super().__str__(), LONGEST)

    def _render_traceback_(self) -> list[str]:
        """The lines that IPython and Jupyter print: one, as on the command line."""
        return [f"{type(self).__name__}: {self}"]


class ConfigError(CharlstmError):
    """A setting that is unknown, of the wrong type, or out of range."""


class CorpusError(CharlstmError):
    """Text that cannot be read, decoded or trained on."""


class CheckpointError(CharlstmError):
    """A checkpoint that is missing, damaged, foreign, or does not fit."""


class RunError(CharlstmError):
    """A run folder that cannot be found, opened or written."""


class OutputError(CharlstmError):
    """A file that a command may not write, because it exists or is an input."""


class DivergedError(CharlstmError):
    """Training whose loss is no longer finite or has risen far above its start."""


class ExportError(CharlstmError):
    """A model that cannot be written in another program's format."""


def shortened(text: str, most: int = 200) -> str:
    """A text, path or value as a message quotes it: without its middle if it is long."""
    if len(text) <= most:
        return text
    return f"{text[: most // 2]} … ({len(text):,} characters) … {text[-most // 4 :]}"
