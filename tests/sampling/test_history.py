"""The history: the last ids of each sample and the notes beside them, whatever happens to both."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from charlstm.sampling.history import NOTHING, History

ACTIONS = st.lists(st.integers(0, 99) | st.permutations(range(3)), max_size=700)


@given(st.integers(1, 9), ACTIONS)
def test_it_is_the_end_of_a_list_for_each_sample(keep: int, actions: list[object]) -> None:
    history = History(3, keep, {"double": np.int64}, {"ring": 2})
    history.ring("ring")[...] = np.arange(3)
    origins = [0, 1, 2]
    lists: list[list[int]] = [[], [], []]
    for action in actions:
        if isinstance(action, int):
            ids = [action, action + 1, action + 2]
            history.append(ids)
            history.tail(1, "double")[0] = 2 * np.array(ids)
            for k, id_ in enumerate(ids):
                lists[k].append(id_)
        elif isinstance(action, list):
            history.pick(action)
            lists = [list(lists[k]) for k in action]
            origins = [origins[k] for k in action]
    for k in range(3):
        expected = ([NOTHING] * keep + lists[k])[-keep:]
        assert history.tail(keep)[:, k].tolist() == expected
        doubled = [2 * id_ if id_ != NOTHING else 0 for id_ in expected]
        assert history.tail(keep, "double")[:, k].tolist() == doubled
    assert history.written == len(lists[0])
    assert history.ring("ring").tolist() == [origins] * (2 + keep)


def test_the_columns_of_a_part_are_views_and_go_back_alone() -> None:
    history = History(2, 3, {"mark": np.bool_}, {"ring": 1})
    for ids in ([1, 5], [2, 6], [3, 7]):
        history.append(ids)
        history.tail(1, "mark")[0] = True
    part = history.columns(slice(1, 2))
    assert (part.back(), part.back(), part.written) == (7, 6, 1)
    part.append([8])
    part.append([9])
    assert history.tail(3).tolist() == [[1, 5], [2, 8], [3, 9]]
    assert history.tail(3, "mark").tolist() == [[True, True], [True, False], [True, False]]
    assert (history.ring("ring") == NOTHING).all()
    part.ring("ring")[0] = 4
    assert history.ring("ring")[0].tolist() == [NOTHING, 4]
