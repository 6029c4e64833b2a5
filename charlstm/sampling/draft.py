"""A text that a person and a model write in turn. It knows who wrote what, and takes steps back.

What the model writes at once is a piece. Each character has the number of its piece, and 0 if the
person typed it. Each change is an `Edit`, and an edit can be undone.
"""

from collections.abc import Sequence
from typing import NamedTuple

PERSON = 0


class Authored(NamedTuple):
    """Some characters, and the author of each: `PERSON`, or the number of a piece."""

    text: str
    authors: Sequence[int]


EMPTY = Authored("", ())


class Edit(NamedTuple):
    """At this place the `new` part came in place of the `old` one."""

    at: int
    old: Authored
    new: Authored


class Draft:
    """A text with a place from 0 to its length, at which all writing goes on.

    `authors` has the author of each character.
    """

    def __init__(self, text: str = "") -> None:
        self.text, self.authors, self.place = text, [PERSON] * len(text), len(text)
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self._pieces = 0
        self._typing = False  # the last edit is typed and may grow

    def type(self, text: str) -> None:
        """Put in what a person types. Characters typed in a row are one edit until a word ends."""
        if not text:
            return
        new = Authored(text, [PERSON] * len(text))
        last = self._done[-1] if self._typing else None
        if last and len(text) == 1 and (text.isspace() or not last.new.text[-1].isspace()):
            self._change(self.place, self.place, new)
            self._done[-2:] = [last._replace(new=_joined(last.new, new))]
        else:
            self._change(self.place, self.place, new)
        self._typing = True

    def add(self, text: str) -> int:
        """Put in a piece that the model has written; its number."""
        self._pieces += 1
        self._change(self.place, self.place, Authored(text, [self._pieces] * len(text)))
        return self._pieces

    def back(self) -> None:
        """Take away the character before the place; at the end of a piece, all of the piece."""
        begin = max(0, self.place - 1)
        author = self._author(begin)
        if author != PERSON and author != self._author(self.place):
            while begin and self._author(begin - 1) == author:
                begin -= 1
        self._change(begin, self.place, EMPTY)

    def back_word(self) -> None:
        """Take away the word before the place, with the blanks after it."""
        begin = len(self.text[: self.place].rstrip())
        while begin and not self.text[begin - 1].isspace():
            begin -= 1
        self._change(begin, self.place, EMPTY)

    def delete(self) -> None:
        """Take away the character after the place."""
        self._change(self.place, min(self.place + 1, len(self.text)), EMPTY)

    def move(self, place: int) -> None:
        """Go to another place, or to the nearest end."""
        place = min(max(place, 0), len(self.text))
        self._typing = self._typing and place == self.place
        self.place = place

    def undo(self) -> bool:
        """Take back the last edit; False if there is none."""
        if not self._done:
            return False
        edit = self._done.pop()
        self._undone.append(edit)
        self._put(edit.at, edit.new, edit.old)
        return True

    def redo(self) -> bool:
        """Make the edit again that was taken back last; False if there is none."""
        if not self._undone:
            return False
        edit = self._undone.pop()
        self._done.append(edit)
        self._put(edit.at, edit.old, edit.new)
        return True

    def _author(self, place: int) -> int:
        return self.authors[place] if place < len(self.authors) else PERSON

    def _change(self, begin: int, end: int, new: Authored) -> None:
        """Put a new part in place of the characters from `begin` to `end`."""
        old = Authored(self.text[begin:end], tuple(self.authors[begin:end]))
        if not old.text and not new.text:
            return
        self._done.append(Edit(begin, old, new))
        self._undone.clear()
        self._put(begin, old, new)

    def _put(self, at: int, old: Authored, new: Authored) -> None:
        end = at + len(old.text)
        self.text = self.text[:at] + new.text + self.text[end:]
        self.authors[at:end] = new.authors
        self.place = at + len(new.text)
        self._typing = False


def _joined(first: Authored, second: Authored) -> Authored:
    return Authored(first.text + second.text, (*first.authors, *second.authors))
