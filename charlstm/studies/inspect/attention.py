"""What the steps of a text looked at: the weights of a model's attention, place by place.

Place k is character k of the text, and place -1 the newline before it. The step that predicts
character t has read the characters before it. It looks at the outputs after places -1 to t - 2, at
most M of them: the one after place t - 1 is its own.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charlstm.errors import CharlstmError
from charlstm.output.figure import drawing
from charlstm.output.page import page
from charlstm.output.result import Result
from charlstm.output.strips import Strip, hex_of, strips_figure, strips_lines
from charlstm.output.terminal import Depth, glyph, heat, table
from charlstm.studies.inspect.heads import views, weights_before, whose
from charlstm.studies.inspect.text_page import trace_data
from charlstm.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEWLINE = -1  # the place before the text
BEFORE = 10  # characters shown up to a place
NAMED = 3  # places named of one step
MOST = 160  # characters in a picture of all steps
WIDE = 0.16  # inches of a character there
LARGEST = 4_000_000  # weights that a page holds


def page_limit(reach: int, heads: int) -> int:
    """How many characters a page holds if each step looks at up to `reach` outputs."""
    largest = LARGEST // len(views(heads))
    return max(math.isqrt(largest), largest // reach)


@dataclass(frozen=True, repr=False)
class AttentionView(Result):
    """A trace with the steps of it to show, those that predict the characters `at`; none are all.

    `run` is the model's name, `about` the sentence below a page's title. `head` is the one whose
    weights are shown, or None for the mean.
    """

    trace: Trace
    at: Sequence[int]
    run: str
    about: str = ""
    head: int | None = None

    @property
    def heads(self) -> int:
        """How many heads there are."""
        R: int = self.trace.heads.shape[1]
        return R

    @property
    def steps(self) -> Sequence[int]:
        """The characters whose steps are shown."""
        return self.at or range(len(self.trace.symbols))

    def to_table(self) -> tuple[list[str], Iterator[list[Any]]]:
        """One row for each step and each place that it sees."""
        symbols = self.trace.symbols
        rows = (
            [t, symbols[t], place, self._symbol(place), weight]
            for t in self.steps
            for place, weight in self._seen(t)
        )
        return ["at", "character", "place", "seen", "weight"], rows

    def to_mapping(self) -> dict[str, Any]:
        """The text, and of each step the weights of the places from `first` on.

        They are those that are shown, and those of each head.
        """
        steps = []
        for t in self.steps:
            first, weights = weights_before(self.trace, t, self.head)
            by_head = [weights_before(self.trace, t, k)[1] for k in range(self.heads)]
            symbol, bits = self.trace.symbols[t], self.trace.surprisal[t]
            step = {"at": t, "character": symbol, "bits": bits, "first": first, "weights": weights}
            steps.append(step | {"by_head": by_head})
        return {
            "text": "".join(self.trace.symbols),
            "reach": self.trace.heads.shape[2],
            "heads": self.heads,
            "head": self.head,
            "steps": steps,
        }

    def to_figure(self) -> "Figure":
        """A row of the text for each of `at`; without them the matrix of all steps and places.

        Raises:
            CharlstmError: if matplotlib is missing, or the text is too long for a picture.
        """
        if self.at:
            return strips_figure([self._text(), *map(self._strip, self.at)], self._title())
        return self._matrix()

    def to_page(self) -> bytes:
        """The page on which one points at a character, in UTF-8; the first of `at` is in view.

        It holds the mean and each of several heads, and begins with what `head` says.
        """
        N, shown = len(self.trace.symbols), views(self.heads)
        data = trace_data(self.trace) | {
            "attention": [
                [
                    np.rint(1000 * weights_before(self.trace, t, view)[1]).astype(int).tolist()
                    for t in range(N)
                ]
                for view in shown
            ],
            "view": shown.index(self.head) if self.head in shown else 0,
            "start": self.at[0] if self.at else N - 1,
        }
        return page("attention", f"What {self.run} looks at", self.about, data)

    def lines(self, columns: int = 80, depth: Depth = Depth.NONE) -> Iterator[str]:
        """The text with its places shaded for each of `at`; without them a row for each step."""
        if about := whose(self.head, self.heads):
            yield from (f"weights: {about}", "")
        if self.at:
            strips = [self._text(), *map(self._strip, self.at)]
            yield from strips_lines(strips, columns, depth)
            yield ""
        head = ["at", "", *("looks at", "after", "share") * NAMED]
        yield from table([head, *map(self._row, self.steps)], {0, 2, 4, 5, 7, 8, 10}, "", "  ")
        yield ""
        yield "at: the step that predicts this character, and has read those before it"
        yield "looks at: a place, the character that was read there; -1 is the newline before all"

    def _seen(self, t: int) -> list[tuple[int, float]]:
        first, weights = weights_before(self.trace, t, self.head)
        return list(enumerate(weights.tolist(), first))

    def _row(self, t: int) -> list[str]:
        """A step, and the places that it looks at most."""
        most = sorted(self._seen(t), key=lambda seen: (-seen[1], -seen[0]))[:NAMED]
        cells = [(str(p), self._before(p), f"{w:.1%}") for p, w in most if w > 0]
        cells += [("", "", "")] * (NAMED - len(cells))
        return [
            str(t),
            f'"{glyph(self.trace.symbols[t])}"',
            *(cell for place in cells for cell in place),
        ]

    def _symbol(self, place: int) -> str:
        return "\n" if place == NEWLINE else self.trace.symbols[place]

    def _before(self, place: int) -> str:
        """The text up to a place, in quotation marks because it may end in a blank."""
        places = range(max(NEWLINE, place + 1 - BEFORE), place + 1)
        return '"' + "".join(glyph(self._symbol(k)) for k in places) + '"'

    def _text(self) -> Strip:
        """The text that the last of `at` needs, the newline before it included."""
        return Strip("text", [glyph("\n"), *self.trace.symbols[: max(self.at) + 1]])

    def _strip(self, t: int) -> Strip:
        """The text up to character t, shaded by the square root of the weights.

        So a quarter of all weight has half of the colour, and a small weight can still be seen.
        """
        first, weights = weights_before(self.trace, t, self.head)
        values = np.full(max(self.at) + 2, np.nan)
        values[first + 1 : first + 1 + len(weights)] = np.sqrt(weights)
        shown = [glyph("\n"), *self.trace.symbols[: t + 1]]
        shown += [" "] * (len(values) - len(shown))
        return Strip(f"{t} {glyph(self.trace.symbols[t])}", shown, values.tolist(), heat)

    def _title(self) -> str:
        parts = (whose(self.head, self.heads), "a quarter of the weight has half the colour")
        return f"{self.run}: what each step looks at ({'; '.join(filter(None, parts))})"

    def _matrix(self) -> "Figure":
        N = len(self.trace.symbols)
        if N > MOST:
            raise CharlstmError(
                f"a picture of all steps holds {MOST} characters, not {N:,}; --at N draws some "
                f"steps, --cut {MOST} the beginning, or save as .html"
            )
        shades = np.full((N, N + 1), np.nan)
        for t in range(N):
            first, weights = weights_before(self.trace, t, self.head)
            shades[t, first + 1 : first + 1 + len(weights)] = np.sqrt(weights)
        with drawing(
            max(N, 12) * WIDE + 0.9, max(N, 12) * WIDE + 1.1, layout="constrained"
        ) as figure:
            from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 - optional

            ramp = LinearSegmentedColormap.from_list("heat", [hex_of(heat(k)) for k in (0.0, 1.0)])
            axes = figure.add_subplot()
            axes.grid(visible=False)
            axes.imshow(shades, ramp, vmin=0.0, vmax=1.0)
            letters = [glyph("\n"), *map(glyph, self.trace.symbols)]
            axes.set_xticks(range(N + 1), letters, family="monospace", size=8)
            axes.set_yticks(range(N), letters[1:], family="monospace", size=8)
            axes.xaxis.tick_top()
            axes.xaxis.set_label_position("top")
            axes.tick_params(length=0)
            axes.set_ylabel("step that predicts")
            axes.set_title(self._title(), fontsize=9, loc="left")
            axes.set_xlabel("looks at the output after")
        return figure
