"""A prime that has been read: samples go on from it as if they had read it, and no other does."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cells_under_test import random_model
from hypothesis import given, settings
from hypothesis import strategies as st
from mixtures import mixture_of, two_models

from charlstm.errors import CheckpointError, OutputError
from charlstm.nn.predictors import Predictor
from charlstm.sampling import primed
from charlstm.sampling.backtrack import Backtracker
from charlstm.sampling.filters import STEPS, Filters
from charlstm.sampling.primed import KEPT, Primed, Reader, after_prime
from charlstm.sampling.source import ALL, NetworkSource
from charlstm.sampling.steps.base import Context
from charlstm.sampling.writer import SampleWriter
from charlstm.store import archive
from charlstm.text.vocabulary import Vocabulary

READERS = [Reader("runs/one/best.npz", "11"), Reader("runs/two/best.npz", "22")]
VOCABULARY = Vocabulary("char", "abc d'\n")
PREDICTORS: dict[str, Callable[[], Predictor]] = {
    "network": lambda: random_model(num_layers=2, vocabulary_size=7, spread=1.5),
    "attention": lambda: random_model(vocabulary_size=7, attention=5, spread=1.5),
    "lines": lambda: random_model(vocabulary_size=7, attention=5, spread=1.5, reset_at=6),
    "mixture": lambda: mixture_of(*two_models(attention=4)),
}
FILTERS = [{}, {"no_repeat": 4, "top_k": 3}, {"word_temperature": 0.2}, {"temperature": 0.0}]


@pytest.fixture(params=PREDICTORS)
def predictor(request: pytest.FixtureRequest) -> Predictor:
    return PREDICTORS[request.param]()


def ids_of(size: int, seed: int = 5) -> Any:
    return np.random.default_rng(seed).integers(0, 8, size).astype(np.uint8)


def written(
    predictor: Predictor, prime: Any, state: Primed | None, filters: Filters, count: int
) -> list[list[int]]:
    """30 characters of each sample, after a prime that is read, or after a state."""
    source = NetworkSource(predictor)
    if state:
        source.put(ALL, state.state)
    else:
        source.read(prime[:-1])
    ids = state.ids if state else prime
    chain = filters.chain(Context(VOCABULARY))
    writer = SampleWriter(source, chain, ids, range(3, 3 + count), 2)
    draws = writer.draws()
    return [[*next(draws), *writer.rewritten] for _ in range(30)]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("count", [1, 3])
def test_a_sample_goes_on_from_it_as_from_the_prime(
    predictor: Predictor, filters: dict[str, Any], count: int, tmp_path: Path
) -> None:
    for size in (1, 2, 40):
        state = after_prime(NetworkSource(predictor), READERS, ids_of(size))
        state.save(tmp_path / f"{size}.state")
        loaded = primed.load(tmp_path / f"{size}.state", NetworkSource(predictor), READERS, 7)
        expected = written(predictor, ids_of(size), None, Filters(**filters), count)
        assert written(predictor, None, state, Filters(**filters), count) == expected
        assert written(predictor, None, loaded, Filters(**filters), count) == expected


def test_a_prime_may_be_read_in_parts(predictor: Predictor) -> None:
    ids = ids_of(90)
    whole = after_prime(NetworkSource(predictor), READERS, ids)
    state: Primed | None = None
    for part in (ids[:1], ids[1:50], ids[50:50], ids[50:]):
        state = after_prime(NetworkSource(predictor), READERS, part, state)
    assert state is not None
    assert np.array_equal(state.ids, whole.ids)
    for name, array in whole.state.items():
        assert np.array_equal(state.state[name], array), name


def test_of_a_long_prime_it_keeps_no_more_than_steps_look_back_at(tmp_path: Path) -> None:
    predictor, ids = PREDICTORS["network"](), ids_of(KEPT + 700)
    state = after_prime(NetworkSource(predictor), READERS, ids)
    assert np.array_equal(state.ids, ids[-KEPT:])
    state.save(tmp_path / "x")
    assert (tmp_path / "x").stat().st_size < KEPT + 4000
    filters = Filters(no_repeat=3)
    assert written(predictor, None, state, filters, 2) == written(predictor, ids, None, filters, 2)


def test_no_step_looks_back_further_than_is_kept() -> None:
    for name in STEPS:
        module = importlib.import_module(f"charlstm.sampling.steps.{name}")
        kinds = [kind for kind in vars(module).values() if hasattr(kind, "looks_back")]
        assert kinds
        for kind in kinds:
            assert kind.looks_back + Backtracker.keeps <= KEPT


# Files that are refused


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("states") / "sound"
    source = NetworkSource(PREDICTORS["mixture"]())
    after_prime(source, READERS, ids_of(30)).save(path)
    return path


def refusal(path: Path, readers: list[Reader] = READERS) -> str:
    source = NetworkSource(PREDICTORS["mixture"]())
    with pytest.raises(CheckpointError) as caught:
        primed.load(path, source, readers, 7)
    message = str(caught.value)
    assert message.isprintable() and len(message) < 600
    return message


@given(place=st.floats(0.0, 1.0, exclude_max=True), flip=st.integers(1, 255))
@settings(max_examples=200)
def test_a_changed_byte_is_refused(sound: Path, place: float, flip: int) -> None:
    content = bytearray(sound.read_bytes())
    content[int(place * len(content))] ^= flip
    changed = sound.with_name("changed")
    changed.write_bytes(content)
    assert "it is damaged, or is no file of --save-state" in refusal(changed)


@given(share=st.floats(0.0, 1.0, exclude_max=True))
def test_the_beginning_of_a_file_is_refused(sound: Path, share: float) -> None:
    content = sound.read_bytes()
    cut = sound.with_name("cut")
    cut.write_bytes(content[: int(share * len(content))])
    assert "it is damaged, or is no file of --save-state" in refusal(cut)


M, N = "state/parts.0.attention.m", "state/parts.0.attention.n"
H = "state/parts.1.layers.0.h"
ARRAYS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no ids": lambda a: a.pop("ids"),
    "empty ids": lambda a: a.update(ids=a["ids"][:0]),
    "too many ids": lambda a: a.update(ids=np.zeros(KEPT + 1, np.uint8)),
    "an unknown id": lambda a: a["ids"].__setitem__(3, 8),
    "a huge id": lambda a: a.update(ids=np.full(3, 2**63, np.uint64)),
    "signed ids": lambda a: a.update(ids=a["ids"].astype(np.int8)),
    "ids in rows": lambda a: a.update(ids=a["ids"].reshape(2, -1)),
    "ids that are one": lambda a: a.update(ids=np.array(3, np.uint8)),
    "no state": lambda a: a.pop(H),
    "another array": lambda a: a.update(more=np.zeros(3)),
    "another state": lambda a: a.update({"state/more": np.zeros(3)}),
    "another shape": lambda a: a.update({H: a[H][:, :-1].copy()}),
    "two samples": lambda a: a.update({H: np.repeat(a[H], 2, axis=0)}),
    "another type": lambda a: a.update({H: a[H].astype(np.float32)}),
    "NaN": lambda a: a[H].fill(np.nan),
    "infinity": lambda a: a[M].fill(np.inf),
    "more outputs than there is room for": lambda a: a[N].fill(5),
    "fewer outputs than none": lambda a: a[N].fill(-1),
    "half an output": lambda a: a[N].fill(1.5),
    "numbers that overflow": lambda a: a[H].fill(1e308),
}
HEADERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no kind": lambda h: h.pop("kind"),
    "another kind": lambda h: h.update(kind="model"),
    "a kind that is none": lambda h: h.update(kind=[1]),
    "no readers": lambda h: h.pop("readers"),
    "readers that are none": lambda h: h.update(readers=7),
    "readers in a text": lambda h: h.update(readers="ab"),
    "readers without digest": lambda h: h.update(readers=[{"run": "x"}]),
}


def rewrite(sound: Path, change: Callable[[dict[str, Any]], object], *, header: bool) -> Path:
    """A file with right checksums in which one thing is changed."""
    loaded = archive.load(sound)
    change(loaded.header if header else loaded.arrays)
    changed = sound.with_name("rewritten")
    archive.save(changed, loaded.header, loaded.arrays)
    return changed


@pytest.mark.parametrize("change", ARRAYS)
def test_arrays_that_no_prime_leaves_are_refused(sound: Path, change: str) -> None:
    assert "it is damaged" in refusal(rewrite(sound, ARRAYS[change], header=False))


@pytest.mark.parametrize("change", HEADERS)
def test_headers_of_other_files_are_refused(sound: Path, change: str) -> None:
    message = refusal(rewrite(sound, HEADERS[change], header=True))
    assert "it is damaged, or is no file of --save-state" in message


@pytest.mark.parametrize("readers", [READERS[:1], READERS[::-1], [READERS[0]] * 2, []])
def test_it_belongs_to_the_weights_that_have_read_it(sound: Path, readers: list[Reader]) -> None:
    message = refusal(sound, readers)
    assert (
        "is of other weights, those of runs/one/best.npz and runs/two/best.npz, and not" in message
    )


def test_files_that_are_none_say_so(tmp_path: Path) -> None:
    assert "No such file or directory" in refusal(tmp_path / "none")
    assert "it is damaged, or is no file of --save-state" in refusal(tmp_path)
    (tmp_path / "text").write_text("no state\n", encoding="utf-8")
    assert "it is damaged, or is no file of --save-state" in refusal(tmp_path / "text")


def test_a_file_is_replaced_only_with_force(sound: Path) -> None:
    state = primed.load(sound, NetworkSource(PREDICTORS["mixture"]()), READERS, 7)
    mine = sound.with_name("mine")
    mine.write_text("my novel", encoding="utf-8")
    with pytest.raises(OutputError, match="exists; choose another place"):
        state.save(mine)
    assert mine.read_text(encoding="utf-8") == "my novel"
    state.save(mine, force=True)
    assert mine.read_bytes() == sound.read_bytes()


def test_a_digest_tells_weights_shapes_and_vocabularies_apart() -> None:
    model, other = random_model(vocabulary_size=7), random_model(vocabulary_size=7)
    same = primed.reader_of("a", model, VOCABULARY).digest
    assert primed.reader_of("b", other, VOCABULARY).digest == same
    other.by_name["b_y"][3] += 1e-12
    swapped = Vocabulary("char", "bac d'\n")
    lines = random_model(vocabulary_size=7, reset_at=6)
    others = {
        primed.reader_of("a", *pair).digest
        for pair in ((other, VOCABULARY), (model, swapped), (lines, VOCABULARY))
    }
    assert len(others | {same}) == 4
