"""Where a sample ends, and what of it is shown meanwhile."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlstm.sampling.backtrack import Character
from charlstm.sampling.log_probs import LogProbs
from charlstm.sampling.samples import stream, write_all
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter


class Dictated:
    """Writes these texts, one in each column."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts
        self.count = len(texts)
        self.log_probs: list[LogProbs] = []
        self.drawn = 0
        self.reach = 0
        self.rewritten: dict[int, list[Character]] = {}
        self.ended: dict[int, int] = {}

    def draws(self) -> Iterator[list[int]]:
        for row in zip(*self._texts, strict=True):
            self.drawn += 1
            yield list(map(ord, row))


def stops_at(stops: Sequence[str]) -> Stops:
    return Stops([list(map(ord, stop)) for stop in stops])


def text_of(ids: Sequence[int]) -> str:
    return "".join(map(chr, ids))


def streamed(text: str, stops: Sequence[str]) -> list[str]:
    writer = cast("SampleWriter", Dictated(text))
    return list(map(text_of, stream(writer, len(text), stops_at(stops))))


def all_written(texts: Sequence[str], stops: Sequence[str]) -> list[str]:
    writer = cast("SampleWriter", Dictated(*texts))
    written = write_all(writer, len(texts[0]), stops_at(stops))
    return [text_of(sample.ids) for sample in written]


def stopped(text: str, stops: list[str]) -> str:
    """The text before the stop that was complete first; of those, before the longest."""
    for end in range(len(text) + 1):
        ready = [end - len(stop) for stop in stops if stop and text[:end].endswith(stop)]
        if ready:
            return text[: min(ready)]
    return text


@given(
    st.integers(0, 30).flatmap(
        lambda n: st.lists(st.text("ab", min_size=n, max_size=n), min_size=1, max_size=4)
    ),
    st.lists(st.text("ab", max_size=4), max_size=3),
)
def test_a_sample_ends_before_the_first_stop_alone_and_in_a_batch(
    texts: list[str], stops: list[str]
) -> None:
    expected = [stopped(text, stops) for text in texts]
    assert all_written(texts, stops) == expected
    assert ["".join(streamed(text, stops)) for text in texts] == expected


@pytest.mark.parametrize(("stops", "left"), [(["abcd", "bc"], "a"), (["bcd", "d"], "a")])
def test_of_several_stops_the_first_that_is_complete_ends_the_text(
    stops: list[str], left: str
) -> None:
    assert all_written(["abcd"], stops) == streamed("abcd", stops) == [left]


@given(st.text("ab", max_size=30), st.text("ab", min_size=1, max_size=4))
def test_one_stop_is_str_find(text: str, stop: str) -> None:
    at = text.find(stop)
    assert all_written([text], [stop]) == [text if at < 0 else text[:at]]


def test_nothing_is_held_back_longer_than_needed() -> None:
    assert streamed("aENEEND", ["END"]) == ["a", "EN", "E"]
    assert streamed("aEN", ["END"]) == ["a", "EN"]
    writer = Dictated("aENEENDEND")
    shown = stream(cast("SampleWriter", writer), 99, stops_at(["END"]))
    when = [(writer.drawn, text_of(ids)) for ids in shown]
    assert when == [(1, "a"), (4, "EN"), (5, "E")]


def test_a_batch_is_written_until_its_last_sample_has_stopped() -> None:
    writer = Dictated("ab.cd", "abc.d", ".abcd")
    written = write_all(cast("SampleWriter", writer), 5, stops_at(["."]))
    assert [text_of(sample.ids) for sample in written] == ["ab", "abc", ""]
    assert writer.drawn == 4


def test_the_first_of_nested_ends_is_certain_at_once() -> None:
    for one, other in pairwise(["a", "aa", "aaa"]):
        assert streamed("baab", [other, one]) == ["b"]
