"""The time courses of one unit, over the sentences in which it separates the readings."""

from collections.abc import Sequence

from charlstm.errors import CharlstmError
from charlstm.nn.parameters import Parameters
from charlstm.studies.inspect.spans import Span, long_spans
from charlstm.studies.inspect.time_course import (
    TimeCourse,
    time_course_of_one,
    time_course_of_two,
)
from charlstm.studies.inspect.units import Units
from charlstm.text.vocabulary import Vocabulary


def unit_courses(
    parameters: Parameters,
    vocabulary: Vocabulary,
    spans: Sequence[Span],
    units: Units,
    unit: tuple[int, int],
    long: int,
) -> tuple[list[TimeCourse], list[str]]:
    """The time course over one sentence and that over two, and why one is missing.

    The sentences are the long ones; only of constructions in which the unit separates, if there are
    any.
    """
    clear = [
        construction
        for candidate in units.candidates
        if (candidate.layer, candidate.unit) == unit
        for construction in candidate.constructions
    ]
    far = long_spans(spans, long)
    chosen = [span for span in far if span.construction in clear] or far
    courses, missing = [], []
    for measure in (time_course_of_one, time_course_of_two):
        try:
            courses.append(measure(parameters, vocabulary, chosen, *unit))
        except CharlstmError as error:
            missing.append(f"no time course: {error}")
    return courses, missing
