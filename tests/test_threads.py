"""Work shared among threads comes back in its order, and its errors come through."""

import math
import threading
from pathlib import Path

import pytest

from charlstm import threads
from charlstm.config import Config
from charlstm.threads import cores, on_all_cores, quota
from charlstm.training.defaults import settle_shards, workers_for


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


@pytest.mark.parametrize(
    ("own", "files", "granted"),
    [
        ("0::/", {"cpu.max": "150000 100000"}, 1.5),
        ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "50000 100000"}, 0.5),
        ("0::/a/b", {"a/b/cpu.max": "300000 100000", "a/cpu.max": "400000 100000"}, 3.0),
        ("0::/a", {"a/cpu.max": "max 100000", "b/cpu.max": "100 1000"}, math.inf),
        (
            "5:memory:/m\n4:cpu,cpuacct:/docker/x\n0::/",  # a container sees its own group as root
            {"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"},
            2.0,
        ),
        ("1:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, math.inf),
        ("1:cpuset:/", {"cpu/cpu.cfs_quota_us": "1", "cpu/cpu.cfs_period_us": "1"}, math.inf),
        ("0::/", {"cpu.max": "0 0"}, math.inf),
        ("what?", {"cpu.max": "100000 100000"}, math.inf),
        ("0::/", {}, math.inf),
    ],
)
def test_the_quota_of_a_container_is_seen(
    tmp_path: Path, own: str, files: dict[str, str], granted: float
) -> None:
    groups = tmp_path / "cgroup"
    for name, text in files.items():
        (groups / name).parent.mkdir(parents=True, exist_ok=True)
        (groups / name).write_text(text, encoding="utf-8")
    (tmp_path / "own").write_text(own + "\n", encoding="utf-8")
    assert quota(groups, tmp_path / "own") == granted
    assert quota(groups, tmp_path / "none") == math.inf


def test_a_quota_limits_shards_and_workers_but_not_those_of_a_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(64), raising=False)
    for granted, count in ((math.inf, 8), (2.5, 3), (0.1, 1)):
        monkeypatch.setattr(threads, "quota", lambda granted=granted: granted)
        new = settle_shards(Config(batch_size=64))
        assert (new.shards, workers_for(new)) == (count, count)
        old = settle_shards(Config(batch_size=64, shards=6))
        assert (old.shards, workers_for(old)) == (6, min(6, cores()))
