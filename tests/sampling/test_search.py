"""A search as a whole: what it reads is counted, whichever it is."""

import numpy as np
import pytest
from cells_under_test import random_model

from charlstm.sampling import Filters
from charlstm.sampling.search import BATCH, Search
from charlstm.sampling.source import NetworkSource
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter

PRIME = np.array([2, 0, 1])


@pytest.mark.parametrize(
    ("how", "read"),
    [
        (Search(best_of=3), 2 * 3 * 20),
        (Search(beam=4), 4 * 20),
        (Search(tries=5), 5 * 20 + 20),  # the first sample has the text, and is scored
    ],
    ids=str,
)
def test_all_that_the_model_reads_is_counted(how: Search, read: int) -> None:
    source, counts = NetworkSource(random_model(spread=2.0)), list[int]()
    source.read(PRIME[:-1])
    writer = SampleWriter(source, Filters().chain(), PRIME, [0])
    texts = [[2]] if how.tries else []
    (sample,) = how.samples(writer, 20, Stops(), texts, [1], None, counts.append)
    assert len(sample.ids) == 20
    assert sum(counts) == read <= how.work(20, texts)


def test_a_search_leaves_the_writer_as_it_was() -> None:
    source = NetworkSource(random_model(spread=2.0, attention=4))
    source.read(PRIME[:-1])
    before = source.get()
    writer = SampleWriter(source, Filters().chain(), PRIME, [0])
    for how, texts in ((Search(best_of=2), []), (Search(beam=2), []), (Search(), [[4, 4, 4, 4]])):
        first, again = (list(how.samples(writer, 30, Stops(), texts, [1])) for _ in range(2))
        assert first[0].ids == again[0].ids
        assert all(np.array_equal(source.get()[name], before[name]) for name in before)
    assert Search().drawn == BATCH
