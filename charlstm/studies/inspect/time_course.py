"""A unit's time course from subject to verb, averaged over sentences: one line for each kind.

Sentences have different lengths, so the way from subject to verb is stretched to `STEPS` steps;
before it and after it time is in characters. Two sentences in a row show whether the old subject
is forgotten when the new one comes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.output.figure import COLOURS, drawing
from charlstm.output.terminal import bar
from charlstm.studies.inspect.span_values import record_texts, step_of
from charlstm.studies.inspect.spans import Span
from charlstm.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BEFORE, STEPS, AFTER = 6, 24, 6
DASHES = ("--", "-")  # incongruent, congruent; or the second sentence's readings
Kind = tuple[int, int]


@dataclass(frozen=True)
class TimeCourse:
    """Means over sentences by kind, then by name: the memory and each gate, a row of steps each.

    A kind is a reading and 1 for congruent, or the readings of two sentences in a row.
    `marks` are the steps at the end of a subject and at the start of its verb, in turn. `counts`
    has the number of sentences of each kind.
    """

    layer: int
    unit: int
    memory_label: str
    sigmoids: str
    curves: Mapping[Kind, Mapping[str, Array]]
    marks: Sequence[int]
    counts: Mapping[Kind, int]

    @property
    def sentences(self) -> int:
        """Over how many sentences in a row it goes: 1 or 2."""
        return len(self.marks) // 2

    def label(self, kind: Kind, readings: tuple[str, str]) -> str:
        """A kind in words, with the readings' names."""
        if self.sentences == 1:
            return f"{readings[kind[0]]}, {('incongruent', 'congruent')[kind[1]]}"
        return f"{readings[kind[0]]}, then {readings[kind[1]]}"

    def to_mapping(self) -> dict[str, Any]:
        """The curves by kind."""
        return {
            "layer": self.layer,
            "unit": self.unit,
            "sentences": self.sentences,
            "marks": self.marks,
            "lines": [{"kind": kind, **curves} for kind, curves in self.curves.items()],
        }

    def lines(self, readings: tuple[str, str]) -> Iterator[str]:
        """The memory of each kind as a row of bars, under marks for subject and verb."""
        number = ("one sentence", "two sentences")[self.sentences - 1]
        name = f"{self.memory_label} of {self.layer}:{self.unit} over {number}"
        marks = ""
        for k, mark in enumerate(self.marks):
            marks = marks.ljust(mark) + ("│subject", "│verb")[k % 2]
        yield f"{name:<36}{marks}"
        for kind, curves in self.curves.items():
            bars = "".join(bar(float(value), -1.0) for value in curves[self.memory_label])
            yield f"  {self.label(kind, readings):<34}{bars}"


def time_course_of_one(
    parameters: Parameters, vocabulary: Vocabulary, spans: Sequence[Span], layer: int, unit: int
) -> TimeCourse:
    """Curves by reading and by whether the other nouns are congruent, over the spans with labels.

    Raises:
        CorpusError: if no span says whether it is congruent.
    """
    labelled = [span for span in spans if span.pair.congruent is not None]
    if not labelled:
        raise CorpusError("no pair says whether it is congruent; use pairs with that label")
    kinds = [(span.reading, int(bool(span.pair.congruent))) for span in labelled]
    texts = [(span.text, [(span.subject, span.verb)]) for span in labelled]
    return _time_course(parameters, vocabulary, texts, kinds, layer, unit)


def time_course_of_two(
    parameters: Parameters, vocabulary: Vocabulary, spans: Sequence[Span], layer: int, unit: int
) -> TimeCourse:
    """Curves by the readings of two sentences in a row, each followed by one of another item."""
    texts, kinds = [], []
    for n, first in enumerate(spans):
        for second in _next_of_both_readings(spans, n):
            start = len(first.text) + 1
            places = [
                (first.subject, first.verb),
                (start + second.subject, start + second.verb),
            ]
            texts.append((f"{first.text}\n{second.text}", places))
            kinds.append((first.reading, second.reading))
    if not texts:
        raise CorpusError("two sentences in a row need two items of pairs")
    return _time_course(parameters, vocabulary, texts, kinds, layer, unit)


def _next_of_both_readings(spans: Sequence[Span], n: int) -> Iterator[Span]:
    """The next span of each reading that is of another item than span n, as far as there is one."""
    others = [0, 1]
    for span in islice(spans, n + 1, None):
        if span.reading in others and span.item != spans[n].item:
            others.remove(span.reading)
            yield span
        if not others:
            return


def _time_course(
    parameters: Parameters,
    vocabulary: Vocabulary,
    texts: Sequence[tuple[str, Sequence[tuple[int, int]]]],
    kinds: Sequence[Kind],
    layer: int,
    unit: int,
) -> TimeCourse:
    cell = parameters.cell
    sums: dict[Kind, dict[str, Array]] = {}
    for column, n, recording in record_texts(parameters, vocabulary, [text for text, _ in texts]):
        text, places = texts[n]
        at = _steps([tuple(step_of(vocabulary, text, k) for k in pair) for pair in places])
        at = np.clip(at, 0, len(recording.ids) - 1)
        states = recording.states[layer][cell.memory][:, unit, column]
        series = {cell.memory_label: cell.shown_memory(states)}
        series |= {g: recording.gates[layer][g][:, unit, column] for g in cell.inputs}
        total = sums.setdefault(kinds[n], {name: np.zeros(at.size) for name in series})
        for name, values in series.items():
            total[name] += np.interp(at, np.arange(len(values)), values)
    counts = {kind: kinds.count(kind) for kind in sorted(sums)}
    curves = {
        kind: {name: total / count for name, total in sums[kind].items()}
        for kind, count in counts.items()
    }
    each = BEFORE + STEPS + AFTER
    marks = [k * each + at for k in range(len(texts[0][1])) for at in (BEFORE, BEFORE + STEPS)]
    return TimeCourse(layer, unit, cell.memory_label, cell.sigmoids, curves, marks, counts)


def _steps(places: Sequence[tuple[int, ...]]) -> NDArray[np.float64]:
    """Where, between the characters of a text, each step of its time course lies."""
    parts = []
    for subject, verb in places:
        parts += [
            subject - np.arange(BEFORE, 0, -1.0),
            np.linspace(subject, verb - 1, STEPS),
            verb + np.arange(AFTER),
        ]
    return np.concatenate(parts)


def time_courses_figure(
    courses: Sequence[TimeCourse], readings: tuple[str, str], title: str
) -> "Figure":
    """A figure with a column for each time course, memory and gates one above another.

    Raises:
        CharlstmError: if matplotlib is missing.
    """
    rows = list(next(iter(courses[0].curves.values())))
    with drawing(4.6 * len(courses), 1.25 * len(rows) + 1.3) as figure:
        grid = figure.subplots(len(rows), len(courses), squeeze=False, sharex="col", sharey="row")
        for column, course in enumerate(courses):
            for row, name in enumerate(rows):
                axes = grid[row][column]
                for kind, curves in course.curves.items():
                    axes.plot(
                        curves[name],
                        DASHES[kind[1]],
                        color=COLOURS[kind[0]],
                        lw=1.4,
                        label=course.label(kind, readings),
                    )
                for mark in course.marks:
                    axes.axvline(mark, color="0.6", lw=0.7)
                axes.set_ylim((-0.05, 1.05) if name in course.sigmoids else (-1.08, 1.08))
                if not column:
                    axes.set_ylabel(name)
                axes.grid(visible=False, axis="x")
            words = ["subject", "verb"] * course.sentences
            grid[-1][column].set_xticks(list(course.marks), words)
            handles, labels = grid[0][column].get_legend_handles_labels()
            grid[0][column].legend(
                handles, labels, ncols=2, fontsize=7.5, loc="lower center", bbox_to_anchor=(0.5, 1)
            )
        figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    return figure
