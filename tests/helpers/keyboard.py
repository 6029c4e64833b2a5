"""Keys for `charlstm write` without a terminal: they are all pressed before the window opens."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from charlstm.sampling.session import Session

if TYPE_CHECKING:
    from charlstm.cli.editor import Editor

END, TAB, ENTER, BACK, UNDO, REDO = "\x04", "\t", "\r", "\x7f", "\x1a", "\x19"
LEFT, RIGHT, UP, DOWN = "\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B"
HOME, END_OF_LINE, DELETE = "\x1b[H", "\x1b[F", "\x1b[3~"
BEGIN, LAST = "\x1b[1;5H", "\x1b[1;5F"


@contextmanager
def editor_of(session: Session, keys: str, *, closed: bool = False) -> "Iterator[Editor]":
    """An editor in which these keys will be pressed; with `closed` the terminal is gone then."""
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    from charlstm.cli.editor import Editor

    with create_pipe_input() as pipe:
        pipe.send_text(keys)
        if closed:
            pipe.close()
        yield Editor(session, "a model", pipe, DummyOutput())


def pressed(session: Session, keys: str) -> int:
    """The exit status after these keys, which must end the window."""
    with editor_of(session, keys) as editor:
        return editor.run()


@contextmanager
def in_a_terminal(keys: str) -> Iterator[None]:
    """Within it these keys are pressed in each `charlstm write`, and then Ctrl-D."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as editors:

        def open_editor(session: Session, name: str) -> "Editor":
            del name
            return editors.enter_context(editor_of(session, keys + END))

        patch.setattr("charlstm.cli.write._check_terminal", lambda: None)
        patch.setattr("charlstm.cli.editor.open_editor", open_editor)
        yield
