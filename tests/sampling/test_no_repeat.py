"""no-repeat forbids what an obvious version forbids."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from charlstm.sampling import Filters
from charlstm.sampling.history import History
from charlstm.sampling.steps import no_repeat

V = 3


def forbidden(ids: list[int], n: int, window: int) -> set[int]:
    """The known characters that would end a run of n which is among the last ones."""
    last, begin = ids[-window:], ids[len(ids) - n + 1 :]
    runs = [last[k : k + n] for k in range(len(last) - n + 1)]
    return {id_ for id_ in range(V) if [*begin, id_] in runs}


@settings(max_examples=300)
@given(
    st.integers(1, 60).flatmap(
        lambda length: st.lists(
            st.lists(st.integers(0, V), min_size=length, max_size=length), min_size=1, max_size=3
        )
    ),
    st.integers(2, 6),
)
def test_it_forbids_what_would_end_a_run_that_is_there(texts: list[list[int]], n: int) -> None:
    """Id V is the unknown one, which a prime may have."""
    from unittest.mock import patch

    with patch.object(no_repeat, "WINDOW", 20):
        (step,) = Filters(no_repeat=n).chain().steps
        history = History(len(texts), 20)
        for ids in zip(*texts, strict=True):
            history.append(ids)
        logits: Any = np.zeros((len(texts), V))
        step.apply(logits, history)
    for row, text in zip(logits, texts, strict=True):
        assert set(np.flatnonzero(np.isneginf(row))) == forbidden(text, n, 20)
