"""Samples to which the steps leave no character, against a search that reads everything anew."""

from typing import Any

import numpy as np
import pytest
from cells_under_test import random_model
from numpy.typing import NDArray

from charlstm.nn import reference
from charlstm.nn.parameters import Parameters
from charlstm.sampling.chain import Chain
from charlstm.sampling.history import History
from charlstm.sampling.samples import stream, write_all
from charlstm.sampling.source import NetworkSource
from charlstm.sampling.steps.base import ChainStep
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter

V, N = 4, 4
PRIME = [2, 3, 0, 1]
ATTENTION = pytest.mark.parametrize("attention", [0, 6])


class Few(ChainStep):
    """Allows a few of all runs of N characters, and most characters at the beginning."""

    name = "few"
    looks_back = N - 1
    forbids = True
    note = np.bool_

    def __init__(self, share: float) -> None:
        self.allowed = np.random.default_rng(5).random((V,) * N) < share

    def apply(self, logits: NDArray[Any], history: History) -> None:
        logits.reshape(-1, V)[~self.allowed[tuple(history.tail(N - 1))]] = -np.inf

    def wrote(self, history: History) -> None:
        """The note is whether the character is even."""
        assert (history.tail(1, "few") == 0).all()
        history.tail(1, "few")[0] = history.last % 2 == 0
        assert (history.tail(N - 1, "few") == (history.tail(N - 1) % 2 == 0)).all()


def allowed(ids: list[int], step: Few) -> bool:
    return all(step.allowed[tuple(ids[k - N : k])] for k in range(len(PRIME) + 1, len(ids) + 1))


def writer_of(
    model: Parameters,
    seeds: range,
    *,
    share: float = 0.4,
    greedy: bool = False,
    likeliest: int | None = 1,
) -> SampleWriter:
    chain = Chain([Few(share)], greedy=greedy)
    return SampleWriter(source_of(model), chain, np.array(PRIME), seeds, likeliest)


def source_of(model: Parameters) -> NetworkSource:
    """One that has read the prime but for its last character."""
    source = NetworkSource(model)
    source.read(np.array(PRIME[:-1]))
    return source


def model_of(attention: int) -> Parameters:
    return random_model(spread=2.0, vocabulary_size=V, attention=attention)


def log_probs(model: Parameters, ids: list[int]) -> Any:
    """The log-probabilities (T, V) of the next character after each of the ids."""
    logits, _ = reference.run(model, np.array(ids)[:, None])
    return logits[..., 0] - np.log(np.exp(logits[..., 0]).sum(axis=1, keepdims=True))


def first_way(model: Parameters, step: Few, ids: list[int], left: int) -> list[int] | None:
    """The first way on by so many characters, the likeliest first."""
    if not left:
        return ids
    for id_ in np.argsort(-log_probs(model, ids)[-1], kind="stable").tolist():
        if step.allowed[tuple([*ids, id_][-N:])]:
            way = first_way(model, step, [*ids, id_], left - 1)
            if way:
                return way
    return None


def counted(writer: SampleWriter, length: int) -> tuple[int, int]:
    """How often samples were written anew, and from how far back at most."""
    often = far = 0
    for _, _ in zip(range(length), writer.draws(), strict=False):
        lengths = [len(characters) for characters in writer.rewritten.values()]
        often, far = often + len(lengths), max([far, *lengths])
    return often, far


@ATTENTION
@pytest.mark.parametrize("share", [0.3, 0.45])
def test_the_likeliest_text_is_that_of_a_plain_search(attention: int, share: float) -> None:
    model, step = model_of(attention), Few(share)
    for length in (1, 2, 3, 5, 8, 70):
        writer = writer_of(model, range(1), share=share, greedy=True)
        (sample,) = write_all(writer, length, Stops())
        assert sample.ids == (first_way(model, step, PRIME, length) or [])[N:]


@ATTENTION
@pytest.mark.parametrize("likeliest", [None, 1])
def test_samples_are_alone_as_in_a_batch(attention: int, likeliest: int | None) -> None:
    model, seeds = model_of(attention), range(3, 11)
    batch = write_all(writer_of(model, seeds, likeliest=likeliest), 90, Stops())
    for seed, sample in zip(seeds, batch, strict=True):
        own = range(seed, seed + 1)
        (alone,) = write_all(writer_of(model, own, likeliest=likeliest), 90, Stops())
        assert alone.ids == sample.ids and len(alone.ids) == 90
        streamed = list(stream(writer_of(model, own, likeliest=likeliest), 90, Stops()))
        assert [id_ for ids in streamed for id_ in ids] == sample.ids
        assert len(streamed) > 20  # it comes while it is written
        assert allowed(PRIME + sample.ids, Few(0.4))
    often, far = counted(writer_of(model, seeds), 90)
    assert often > 100 and far > 3  # so that there is something to compare


@ATTENTION
def test_each_character_has_the_probability_after_the_text_that_stands_before_it(
    attention: int,
) -> None:
    model = model_of(attention)
    for sample in write_all(writer_of(model, range(6)), 90, Stops()):
        logs = log_probs(model, PRIME + sample.ids)[len(PRIME) - 1 :]
        for t, (id_, score) in enumerate(zip(sample.ids, sample.log_probs, strict=True)):
            assert score.model == pytest.approx(logs[t, id_])
            (likeliest,) = score.likeliest
            assert likeliest[:2] == pytest.approx((logs[t].argmax(), logs[t].max()))


class Trap(ChainStep):
    """Allows nothing after 70 characters to a sample that began with an even one."""

    name = "trap"
    looks_back = 70
    forbids = True

    def apply(self, logits: NDArray[Any], history: History) -> None:
        if history.written == 70:
            logits.reshape(-1, V)[history.tail(70)[0] % 2 == 0] = -np.inf


def test_a_sample_without_a_way_on_ends_and_the_others_go_on() -> None:
    def writer(seeds: range) -> SampleWriter:
        return SampleWriter(source_of(model_of(0)), Chain([Trap()]), np.array(PRIME), seeds)

    samples = write_all(writer(range(30)), 90, Stops())
    trapped = [sample.ids[0] % 2 == 0 for sample in samples]
    assert 0 < sum(trapped) < 30
    assert [len(sample.ids) for sample in samples] == [70 if t else 90 for t in trapped]
    assert [sample.ended for sample in samples] == trapped
    for seed in (trapped.index(True), trapped.index(False)):
        streamed = stream(writer(range(seed, seed + 1)), 90, Stops())
        assert [id_ for ids in streamed for id_ in ids] == samples[seed].ids


@pytest.mark.parametrize("texts", [[[1]], [[0, 2], [1, 1, 0]]])
def test_a_stop_in_what_is_written_anew_ends_the_sample_where_it_first_stands(
    texts: list[list[int]],
) -> None:
    model, stops, ends = model_of(0), Stops(texts), 0
    batch = write_all(writer_of(model, range(25)), 45, stops)
    for seed in range(25):
        seeds = range(seed, seed + 1)
        (sample,) = write_all(writer_of(model, seeds), 45, stops)
        ids = sample.ids
        assert batch[seed].ids == ids
        assert not any(stops.complete(ids[:end]) for end in range(1, len(ids) + 1))
        assert stops.complete(ids + sample.stop) == len(sample.stop)
        pieces = stream(writer_of(model, seeds), 45, stops)
        assert [id_ for piece in pieces for id_ in piece] == ids
        ends += 0 < len(ids) < 45
    assert ends > 0


def test_a_sample_that_a_stop_has_ended_stays_as_it_is_while_others_go_on() -> None:
    model, stops, seeds = model_of(0), Stops([[3]]), range(40)
    batch = write_all(writer_of(model, seeds, share=0.3), 30, stops)
    for seed, sample in zip(seeds, batch, strict=True):
        own = range(seed, seed + 1)
        (alone,) = write_all(writer_of(model, own, share=0.3), 30, stops)
        assert alone.ids == sample.ids
