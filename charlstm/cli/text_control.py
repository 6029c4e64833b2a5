"""The text in the window of `charlstm write`: rows, and each author's characters in a style."""

from collections.abc import Iterator
from functools import lru_cache

from prompt_toolkit.data_structures import Point
from prompt_toolkit.layout import UIContent, UIControl
from prompt_toolkit.output import Output
from prompt_toolkit.utils import get_cwidth

from charlstm.sampling.draft import PERSON
from charlstm.sampling.session import Session
from charlstm.text.rows import Row, place_beside, row_at, rows_of
from charlstm.text.shown import printable


class TextControl(UIControl):
    """The text in rows, each author's in its style, and the guess behind it."""

    def __init__(self, session: Session, screen: Output) -> None:
        self.session, self._screen = session, screen
        self.guess = ""
        self.height = 1
        self._unknown = lru_cache(maxsize=4096)(session.vocabulary.unseen)

    def is_focusable(self) -> bool:
        """It has the cursor."""
        return True

    def create_content(self, width: int, height: int) -> UIContent:
        """The rows of the window."""
        del width  # it is that of the screen
        self.height = height
        rows, draft = self._rows(), self.session.draft
        here = row_at(rows, draft.place)
        before = "".join(map(shown, draft.text[rows[here].begin : draft.place]))
        return UIContent(
            lambda k: [*self._fragments(rows[k]), ("", " ")],
            line_count=len(rows),
            cursor_position=Point(len(before), here),
        )

    @property
    def row(self) -> Row:
        """The row of the cursor."""
        rows = self._rows()
        return rows[row_at(rows, self.session.draft.place)]

    @property
    def row_end(self) -> int:
        """The last place that is in the row of the cursor."""
        rows, end = self._rows(), self.row.end
        return end - 1 if any(row.begin == end > self.row.begin for row in rows) else end

    def move(self, rows: int) -> None:
        """Move the cursor by so many rows, down where that is positive."""
        draft = self.session.draft
        for _ in range(abs(rows)):
            step = 1 if rows > 0 else -1
            draft.move(place_beside(draft.text, self._rows(), draft.place, step, columns))

    def _rows(self) -> list[Row]:
        width = max(1, self._screen.get_size().columns - 1)  # the cursor may stand behind a row
        return rows_of(self._shown_text, width, columns)

    @property
    def _shown_text(self) -> str:
        """The text with the guess behind it, which has a sign for a line break."""
        return self.session.draft.text + self.guess.replace("\n", "↵")

    def _fragments(self, row: Row) -> Iterator[tuple[str, str]]:
        draft, text = self.session.draft, self._shown_text
        for place in range(*row):
            style = "class:guess"
            if place < len(draft.text):
                style = "" if draft.authors[place] == PERSON else "class:model"
                if self._unknown(text[place]):
                    style = "class:unknown"
            yield style, shown(text[place])


@lru_cache(maxsize=4096)
def shown(character: str) -> str:
    """A character as it is shown: escaped if it could fool a terminal; a tab as four blanks."""
    return "    " if character == "\t" else printable(character)


@lru_cache(maxsize=4096)
def columns(character: str) -> int:
    """How many columns a character takes."""
    return get_cwidth(shown(character))
