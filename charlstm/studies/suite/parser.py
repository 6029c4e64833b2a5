"""Reads the formula of a prediction, such as `(6;%match%) < (6;%mismatch%)`.

    truth       = conjunction, { "|", conjunction }
    conjunction = comparison, { "&", comparison }
    comparison  = sum, [ ("<" | ">" | "="), sum ]
    sum         = term, { ("+" | "-"), term }
    term        = region | number | "-", number | "(", truth, ")" | "[", truth, "]"
    region      = "(", (digits | "*"), ";", "%", condition, "%", ")"

Nothing of a formula is executed. The parser goes from left to right, with a method for each rule.
"""

import re
from collections.abc import Callable, Iterator

from charlstm.errors import CharlstmError
from charlstm.studies.suite.formula import Formula, Operation, Region, is_truth
from charlstm.text.shown import quoted

DEEPEST = 50  # brackets inside brackets
CLOSING = {"(": ")", "[": "]"}
COMPARING = ("<", ">", "=")
_TOKEN = re.compile(
    r"(?P<region>\(\s*(?P<number>\*|[0-9]{1,9})\s*;\s*%(?P<condition>[^%]*)%\s*\))"
    r"|(?P<literal>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
    r"|(?P<mark>[-+<>=&|()\[\]])"
    r"|(?P<blank>\s+)"
)


class FormulaError(CharlstmError):
    """A formula that cannot be read; the message says where."""


def parsed(text: str) -> Formula:
    """The formula that a text says.

    Raises:
        FormulaError: if it is not of the form above, or says nothing true or false.
    """
    parser = _Parser(text)
    formula = parser.truth()
    if not parser.at_end:
        raise parser.error(f"{parser.what} stands where a sign such as + or & is expected")
    if not is_truth(formula):
        raise FormulaError("it compares nothing; a prediction has <, > or =")
    return formula


class _Parser:
    """Goes through the tokens of a formula from the left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0

    @property
    def at_end(self) -> bool:
        """Whether no token is left."""
        return self._next == len(self._tokens)

    @property
    def mark(self) -> str:
        """The next token if it is a mark, else ""."""
        return "" if self.at_end else self._tokens[self._next]["mark"] or ""

    @property
    def what(self) -> str:
        """The next token, quoted."""
        return "the end" if self.at_end else quoted(self._tokens[self._next][0])

    def error(self, reason: str, place: int | None = None) -> FormulaError:
        """An error at a place of the text, or at the next token."""
        if place is None:
            place = self._place
        return FormulaError(f"position {place}: {reason}")

    @property
    def _place(self) -> int:
        return len(self._text) if self.at_end else self._tokens[self._next].start()

    def truth(self) -> Formula:
        """The longest formula from here on."""
        return self._chain("|", self._conjunction, truths=True)

    def _conjunction(self) -> Formula:
        return self._chain("&", self._comparison, truths=True)

    def _comparison(self) -> Formula:
        place = self._place
        first = self._sum()
        if self.mark not in COMPARING:
            return first
        mark = self._taken()
        self._check(first, mark, place, truth=False)
        place = self._place
        second = self._sum()
        self._check(second, mark, place, truth=False)
        if self.mark in COMPARING:
            raise self.error("a second comparison; write & between two")
        return Operation(mark, (first, second))

    def _sum(self) -> Formula:
        return self._chain("+-", self._term, truths=False)

    def _chain(self, marks: str, operand: Callable[[], Formula], *, truths: bool) -> Formula:
        place, operators = self._place, ""
        operands = [operand()]
        while self.mark and self.mark in marks:
            operators += self._taken()
            self._check(operands[-1], operators[-1], place, truth=truths)
            place = self._place
            operands.append(operand())
            self._check(operands[-1], operators[-1], place, truth=truths)
        return Operation(operators, tuple(operands)) if operators else operands[0]

    def _term(self) -> Formula:
        if self.mark in CLOSING:
            return self._bracket()
        sign = -1.0 if self.mark == "-" else 1.0
        if sign < 0:
            self._taken()
        if self.at_end or self.mark or (sign < 0 and not self._tokens[self._next]["literal"]):
            raise self.error(
                f"expected a region such as (6;%match%), a number or a bracket, not {self.what}"
            )
        token = self._tokens[self._next]
        self._next += 1
        if token["literal"]:
            return sign * float(token["literal"])
        number = None if token["number"] == "*" else int(token["number"])
        return Region(number, token["condition"].strip())

    def _bracket(self) -> Formula:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.error(f"over {DEEPEST} brackets inside each other")
        opened = self._taken()
        formula = self.truth()
        if self.mark != CLOSING[opened]:
            raise self.error(f"expected {CLOSING[opened]!r}, not {self.what}")
        self._taken()
        self._depth -= 1
        return formula

    def _taken(self) -> str:
        mark = self.mark
        self._next += 1
        return mark

    def _check(self, formula: Formula, mark: str, place: int, *, truth: bool) -> None:
        """Refuse a comparison where a number is meant, and the other way round."""
        if is_truth(formula) != truth:
            kinds = ("comparisons", "a number") if truth else ("numbers", "a comparison")
            raise self.error(f"{mark} takes {kinds[0]}, and this is {kinds[1]}", place)


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """The tokens of a formula, blanks left out."""
    place = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise FormulaError(
                f"position {place}: {quoted(text[place])} is not understood; there are regions "
                "such as (6;%match%), numbers, + - < > = & | and the brackets ( ) [ ]"
            )
        if not token["blank"]:
            yield token
        place = token.end()
