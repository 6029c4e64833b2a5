"""Work shared among threads comes back in its order, and its errors come through."""

import threading

import pytest

from charlstm import threads
from charlstm.threads import cores, on_all_cores


def test_results_keep_their_order_whoever_is_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "cores", lambda: 2)
    second = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second.wait(10.0), "the two never ran side by side"
        if item == 1:
            second.set()
        return item * item

    assert on_all_cores(work, range(5)) == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("count", [1, 3])
def test_an_error_comes_through(count: int) -> None:
    with pytest.raises(ZeroDivisionError):
        on_all_cores(lambda item: 1 // item, [0] * count)


def test_no_items_give_no_results() -> None:
    assert on_all_cores(str, []) == []
    assert cores() >= 1
