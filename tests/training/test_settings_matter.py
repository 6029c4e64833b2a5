"""Two runs that differ in one setting: most settings change the weights, the others must not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import TEXT
from numpy.typing import NDArray

from charlstm.config import SETTINGS, Config
from charlstm.nn.cells import cell_options
from charlstm.store import archive
from charlstm.training.events import Finished, Preview
from charlstm.training.fit import fit

WRITTEN = "é" + TEXT
BASE = Config(
    hidden_size=6, batch_size=6, seq_length=9, shards=2, workers=1, max_steps=6, dropout=0.2,
    lr=0.02, warmup_steps=2, clip_norm=0.15, eval_every=6, checkpoint_every=6,
)  # fmt: skip
MATTER: dict[str, dict[str, Any]] = {
    "corpus": {"corpus": ("other.txt",)},
    "val": {"val": "other.txt"},  # the whole corpus is then trained on
    "val_fraction": {"val_fraction": 0.3},
    "tokens": {"tokens": "byte"},
    "encoding": {"encoding": "latin-1"},
    "lines": {"lines": True},
    "cell": {"cell": "rnn"},
    "hidden_size": {"hidden_size": 7},
    "num_layers": {"num_layers": 2},
    "attention": {"attention": 5, "attention_heads": 1},
    "attention_heads": {"attention": 5, "attention_heads": 2},
    "dropout": {"dropout": 0.3},
    "weight_drop": {"weight_drop": 0.3},
    "memory_penalty": {"memory_penalty": 0.1},
    "batch_size": {"batch_size": 7},
    "seq_length": {"seq_length": 8},
    "epochs": {"epochs": 0.1, "max_steps": None},
    "max_steps": {"max_steps": 7},
    "optimizer": {"optimizer": "rmsprop"},
    "lr": {"lr": 0.021},
    "schedule": {"schedule": "constant"},
    "warmup_steps": {"warmup_steps": 3},
    "clip_norm": {"clip_norm": 0.0},
    "seed": {"seed": 2},
    "shards": {"shards": 3},
}
HOW: dict[str, dict[str, Any]] = {  # it is run, watched and kept
    "threads": {"threads": 2},
    "workers": {"workers": 2},
    "out": {"out": "elsewhere"},
    "eval_every": {"eval_every": 1},
    "checkpoint_every": {"checkpoint_every": 1},
    "checkpoint_minutes": {"checkpoint_minutes": 1e-9},
    "keep": {"keep": 2, "checkpoint_every": 2},
    "keep_early": {"keep_early": 3},
    "sample_every": {"sample_every": 1},
    "patience": {"patience": 5},
}
CLOCK = {"max_minutes"}  # how many updates it allows, the machine decides
OPTIONS: dict[str, tuple[str, Any, Any]] = {  # of cells: the cell, and two values
    "gru_reset": ("gru", "before", "after"),
    "peephole_kind": ("peephole", "full", "diagonal"),
    "peepholes": ("peephole", "ifo", "if"),
}


pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text(WRITTEN, encoding="utf-8")
    (tmp_path / "other.txt").write_text(WRITTEN[::-1], encoding="utf-8")
    return tmp_path


def weights(init_from: Path | None = None, **changes: Any) -> NDArray[np.float32]:
    """All weights in the end, one after another."""
    config = replace(BASE, **({"corpus": ("text.txt",)} | changes))
    *_, finished = fit(config, init_from=init_from)
    assert isinstance(finished, Finished)
    arrays = archive.load(finished.run / "last.npz").arrays
    return np.concatenate([a.ravel() for n, a in arrays.items() if n.startswith("weights/")])


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one.shape == other.shape and bool((one == other).all())


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """The weights of a run with no change, made twice."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "text.txt").write_text(WRITTEN, encoding="utf-8")
    once, again = (
        weights(corpus=(str(folder / "text.txt"),), out=str(folder / name)) for name in "ab"
    )
    assert same(once, again)
    return once


def test_every_setting_is_in_one_of_the_lists() -> None:
    assert {*MATTER, *HOW, *CLOCK} == set(SETTINGS)
    assert set(OPTIONS) == set(cell_options())
    assert not set(MATTER) & set(HOW)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", MATTER)
def test_a_setting_that_matters_changes_the_weights(name: str, plain: NDArray[np.float32]) -> None:
    assert not same(plain, weights(**MATTER[name]))


@pytest.mark.usefixtures("folder")
def test_heads_change_what_attention_learns() -> None:
    assert not same(weights(**MATTER["attention"]), weights(**MATTER["attention_heads"]))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", HOW)
def test_how_a_run_is_made_changes_no_weight(name: str, plain: NDArray[np.float32]) -> None:
    assert same(plain, weights(**HOW[name]))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_of_a_cell_changes_the_weights(name: str) -> None:
    cell, *values = OPTIONS[name]
    found = [weights(cell=cell, cell_options={name: value}) for value in values]
    assert not same(*found)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_an_optimiser_is_the_one_asked_for(optimizer: str) -> None:
    assert not same(weights(optimizer=optimizer), weights(optimizer="rmsprop"))


def test_a_seed_decides_weights_dropout_and_previews_each(folder: Path) -> None:
    first = [weights(seed=seed, dropout=0.0, lr=1e-12, out=f"s{seed}") for seed in (1, 2)]
    assert not same(*first)  # as they are drawn
    old = folder / "s1"
    for dropout in (0.0, 0.5):  # from the same weights, dropout alone is left to chance
        found = [weights(old, seed=seed, dropout=dropout) for seed in (1, 2)]
        assert same(*found) is (dropout == 0.0)
    still = replace(BASE, corpus=("text.txt",), lr=1e-12, dropout=0.0, sample_every=6)
    previews = [
        event.text
        for seed in (1, 2)
        for event in fit(replace(still, seed=seed), init_from=old)
        if isinstance(event, Preview)
    ]
    assert len(previews) == 2 and previews[0] != previews[1]
