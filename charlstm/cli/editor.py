"""The window of `charlstm write`: what each key does to the session, and how the text is shown."""

import sys
from collections.abc import Callable

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output import ColorDepth, create_output
from prompt_toolkit.output import Output as Screen
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth

from charlstm.cli.text_control import TextControl
from charlstm.exclusions import option_of
from charlstm.sampling.session import Session
from charlstm.text.shown import printable, quoted
from charlstm.text.unknown import unknown_words

STYLE = {
    "model": "#3d85c6",
    "guess": "#888888",
    "unknown": "underline",
    "status": "reverse",
    "key": "bold",
}
NO_COLOURS = STYLE | {"model": "", "guess": "dim"}
KEYS = (  # what stands below the text
    ("Tab", "a word"),
    ("Enter", "a line"),
    ("→", "the grey"),
    ("Backspace", "take back"),
    ("Ctrl-D", "end"),
    ("Ctrl-Z/Y", "undo/redo"),
    ("Alt-Enter", "line break"),
)
LIKELIEST = 8  # characters that the status line has at most


def open_editor(session: Session, name: str) -> "Editor":
    """An editor in this terminal, on standard error where standard output is no terminal."""
    return Editor(session, name, create_input(sys.stdin), create_output(always_prefer_tty=True))


class Editor:
    """Keys change the session, and the window shows it."""

    def __init__(self, session: Session, name: str, keys: Input, screen: Screen) -> None:
        self.session, self.name = session, name
        self._unknown = set(session.vocabulary.unseen(session.draft.text))  # said before
        self._message = "Type, and let the model go on with Tab or Enter." * (
            not session.draft.text
        )
        self._likeliest: list[str] = []
        self._exit: int | None = None  # with which `end` was called
        self._text = TextControl(session, screen)
        colours = screen.get_default_color_depth() is not ColorDepth.DEPTH_1_BIT
        rows = [
            Window(self._text),
            Window(FormattedTextControl(self._status), height=1, style="class:status"),
            Window(FormattedTextControl(self._keys), dont_extend_height=True),
        ]
        self._app: Application[int] = Application(
            Layout(HSplit(rows)),
            style=Style.from_dict(STYLE if colours else NO_COLOURS),
            key_bindings=self._bindings(),
            full_screen=True,
            input=keys,
            output=screen,
        )
        self._app.before_render += lambda _: self._try(self._look)

    def run(self) -> int:
        """Show the window until a key ends it, which gives 0, or `end` does."""
        try:
            return self._app.run(pre_run=self._begin)
        except (EOFError, OSError) as error:  # the terminal is gone
            if self._exit is None and not isinstance(error, EOFError):
                raise
            return self._exit or 0

    def end(self, status: int) -> None:
        """End `run` with this status; the handler of a signal may call it at any time."""
        self._exit = status
        if self._app.loop:
            self._app.loop.call_soon_threadsafe(self._leave)

    def _begin(self) -> None:
        if self._exit is not None:
            self._leave()

    def _leave(self) -> None:
        if not self._app.is_done:
            self._app.exit(result=self._exit or 0)

    def _try(self, action: Callable[[], object]) -> None:
        """Do it; an error ends the window, so that it is reported and the text is kept."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - whatever it is
            if not self._app.is_done:
                self._app.exit(exception=error)

    def _bindings(self) -> KeyBindings:
        draft, session = self.session.draft, self.session
        actions: dict[tuple[Keys | str, ...], Callable[[], object]] = {
            ("tab",): lambda: self._write(session.write_word),
            ("enter",): lambda: self._write(session.write_line),
            ("escape", "enter"): lambda: draft.type("\n"),
            ("c-j",): lambda: draft.type("\n"),
            ("backspace",): draft.back,
            ("c-w",): draft.back_word,
            ("delete",): draft.delete,
            ("c-z",): draft.undo,
            ("c-y",): draft.redo,
            ("left",): lambda: draft.move(draft.place - 1),
            ("right",): self._right,
            ("up",): lambda: self._text.move(-1),
            ("down",): lambda: self._text.move(1),
            ("pageup",): lambda: self._text.move(-self._text.height),
            ("pagedown",): lambda: self._text.move(self._text.height),
            ("home",): lambda: draft.move(self._text.row.begin),
            ("end",): lambda: draft.move(self._text.row_end),
            ("c-home",): lambda: draft.move(0),
            ("c-end",): lambda: draft.move(len(draft.text)),
            ("c-c",): self._leave,
            ("c-d",): self._leave,
            ("<sigint>",): self._leave,
        }
        bindings = KeyBindings()
        for keys, action in actions.items():
            bindings.add(*keys)(self._handler(action))
        bindings.add(Keys.BracketedPaste)(self._type)
        bindings.add(Keys.Any)(self._type)
        return bindings

    def _handler(self, action: Callable[[], object]) -> Callable[[KeyPressEvent], None]:
        def handle(event: KeyPressEvent) -> None:
            del event
            self._message = ""
            self._try(action)

        return handle

    def _type(self, event: KeyPressEvent) -> None:
        key = event.key_sequence[0].key
        if isinstance(key, Keys) and key is not Keys.BracketedPaste:
            return  # a key without a meaning here
        text = event.data.replace("\r\n", "\n").replace("\r", "\n")
        self._message = ""
        self._try(lambda: self.session.draft.type(text))
        vocabulary = self.session.vocabulary
        unknown = vocabulary.unseen(self.session.draft.text)
        if not self._unknown.issuperset(unknown):
            self._unknown.update(unknown)
            self._message = unknown_words(vocabulary, unknown)

    def _write(self, write: Callable[[], str]) -> None:
        if not write():
            rules = " and ".join(map(option_of, self.session.chain.rules))
            self._message = f"nothing can follow here: {rules} leaves no character"

    def _right(self) -> None:
        """Go to the right; at the end take the guess."""
        draft = self.session.draft
        if draft.place < len(draft.text):
            draft.move(draft.place + 1)
        else:
            self.session.take_guess()

    def _look(self) -> None:
        """Ask the model what may come next, before it is shown."""
        self._text.guess = ""
        if self.session.draft.place == len(self.session.draft.text):
            self._text.guess = self.session.guess
        self._likeliest = [
            f"{quoted(share.name)} {share.probability:.0%}"
            for share in self.session.likeliest(LIKELIEST)
            if share.probability >= 0.005
        ]

    def _status(self) -> StyleAndTextTuples:
        """What comes next or a message at the left, the model at the right."""
        width = self._app.output.get_size().columns
        right = f" {printable(self.name)} "
        room = width - get_cwidth(right)
        if room < 30 or (self._message and get_cwidth(printable(self._message)) >= room):
            room, right = width, ""
        left = printable(self._message) or "next:"
        for likeliest in [] if self._message else self._likeliest:
            if get_cwidth(left) + get_cwidth(likeliest) + 3 > room:
                break
            left += f"  {likeliest}"
        return [("", f" {left}" + " " * (room - 1 - get_cwidth(left)) + right)]

    def _keys(self) -> StyleAndTextTuples:
        """The keys, in as many lines as they need."""
        width, used = self._app.output.get_size().columns, 0
        lines: StyleAndTextTuples = []
        for key, meaning in KEYS:
            more = len(key) + len(meaning) + 4
            used += more
            if used > width and lines:
                lines.append(("", "\n"))
                used = more
            lines += [("", " "), ("class:key", key), ("", f" {meaning}  ")]
        return lines
