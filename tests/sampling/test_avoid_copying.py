"""Nothing that stands in a training text is completed, checked by looking for it everywhere."""

import re
from pathlib import Path
from random import Random

import numpy as np
import pytest
from cells_under_test import random_model
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from charlstm.copying import passages, passages_of
from charlstm.sampling.chain import Chain
from charlstm.sampling.history import History
from charlstm.sampling.samples import Written, stream, write_all
from charlstm.sampling.source import NetworkSource
from charlstm.sampling.steps.avoid_copying import AvoidCopying
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter, history_after
from charlstm.text.folding import Folding
from charlstm.text.vocabulary import Vocabulary

pytestmark = pytest.mark.slow

VOCABULARY = Vocabulary("char", "\n ab")
TEXTS = st.text(VOCABULARY.characters, min_size=12, max_size=60)
PRIMES = st.text(VOCABULARY.characters, min_size=1, max_size=12)


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def runs(text: str, n: int, lines: bool) -> set[str]:
    """All runs of n characters in a text, blanks folded; with `lines` none beyond a line."""
    parts = map(folded, text.split("\n")) if lines else [folded(text)]
    return {part[k : k + n] for part in parts for k in range(max(0, len(part) - n + 1))}


def step_of(text: str, n: int, lines: bool = False) -> AvoidCopying:
    folding = Folding(VOCABULARY, 0 if lines else None)
    return AvoidCopying(passages_of([VOCABULARY.encode(text)], n, folding, Path("unused")))


def writer_of(
    step: AvoidCopying, prime: str, seeds: range, spread: float = 2.0, greedy: bool = False
) -> SampleWriter:
    model = random_model(vocabulary_size=len(VOCABULARY.characters), spread=spread)
    chain = Chain([step], greedy=greedy)
    source, start = NetworkSource(model), VOCABULARY.encode(prime)
    source.read(start[:-1])
    return SampleWriter(source, chain, start, seeds)


def text_of(sample: Written) -> str:
    return VOCABULARY.decode(sample.ids)


def completed(prime: str, text: str, stands: set[str], n: int, lines: bool) -> bool:
    """Whether a character of the text completes a run that stands in the training text."""
    for k in range(len(prime) + 1, len(prime + text) + 1):
        before, after = ((prime + text)[: k - j].split("\n")[-1] for j in (1, 0))
        if not lines:
            before, after = (prime + text)[: k - 1], (prime + text)[:k]
        if folded(after) != folded(before) and folded(after)[-n:] in stands:
            return True
    return False


@settings(max_examples=60)
@given(TEXTS, PRIMES, st.integers(2, 5), st.booleans())
def test_no_run_of_the_training_text_is_completed(
    text: str, prime: str, n: int, lines: bool
) -> None:
    step, stands = step_of(text, n, lines), runs(text, n, lines)
    if not stands:
        return
    seeds = range(5)
    batch = write_all(writer_of(step, prime, seeds), 60, Stops())
    for seed, sample in zip(seeds, batch, strict=True):
        assert not completed(prime, text_of(sample), stands, n, lines)
        assert sample.ended == (len(sample.ids) < 60)
        alone = writer_of(step, prime, range(seed, seed + 1))
        (own,) = write_all(alone, 60, Stops())
        assert (own.ids, own.ended, own.taken_back) == (
            sample.ids,
            sample.ended,
            sample.taken_back,
        )


@settings(max_examples=60)
@given(TEXTS, PRIMES, st.integers(2, 5), st.booleans(), st.booleans())
def test_it_forbids_just_what_completes_a_run(
    text: str, prime: str, n: int, lines: bool, collide: bool
) -> None:
    stands = runs(text, n, lines)
    if not stands:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passages, "FACTOR", passages.FACTOR * (not collide))  # else all are 0
        step = step_of(text, n, lines)
        samples = [prime, prime[::-1], text[: len(prime)].ljust(len(prime), "a")]
        for columns in (samples, samples[:1]):
            history = History(len(columns), 2, {step.name: step.note}, {step.name: step.ring})
            for ids in np.transpose([VOCABULARY.encode(sample) for sample in columns]):
                history.append(ids)
                step.wrote(history)
            logits = np.zeros((len(columns), 4))
            step.apply(logits if len(columns) > 1 else logits[0], history)
            assert [
                [completed(sample, c, stands, n, lines) for c in VOCABULARY.characters]
                for sample in columns
            ] == np.isneginf(logits).tolist()


def test_long_white_space_hides_nothing() -> None:
    step = step_of("ab ba" + " " * 5000 + "bb", 6)
    for prime in ("a" + "\n " * 2000 + "b" + " " * 3000 + "b", "b ba" + "\n " * 900):
        logits = np.zeros((1, 4))
        writer = writer_of(step, prime, range(1))
        step.apply(logits[0], writer.history)
        assert np.isneginf(logits[0]).tolist() == [False, False, False, prime[-1] == " "]


def test_a_prime_that_is_a_copy_is_gone_on_from() -> None:
    text = "ab ba bba ab aab ba"
    step = step_of(text, 4)
    (sample,) = write_all(writer_of(step, text, range(1)), 30, Stops())
    assert len(sample.ids) == 30
    assert not completed(text, text_of(sample), runs(text, 4, False), 4, False)


TEXT = "".join(np.random.default_rng(1).choice(list(" ab"), 60))  # leaves few runs of 4


def test_it_goes_back_from_dead_ends() -> None:
    step, seeds = step_of(TEXT, 4), range(40)
    samples = write_all(writer_of(step, "b", seeds), 80, Stops())
    assert sum(sample.taken_back > 0 for sample in samples) > 5
    assert sum(not sample.ended for sample in samples) > 30
    for seed, sample in zip(seeds, samples, strict=True):
        assert not completed("b", text_of(sample), runs(TEXT, 4, False), 4, False)
        alone = writer_of(step, "b", range(seed, seed + 1))
        assert [id_ for ids in stream(alone, 80, Stops()) for id_ in ids] == sample.ids
        assert alone.taken_back == [sample.taken_back]


def test_a_text_that_has_all_runs_leaves_nothing() -> None:
    step = step_of("".join(a + b for a in " ab" for b in " ab") + "a b a", 2)
    (sample,) = write_all(writer_of(step, "a", range(1)), 30, Stops())
    assert sample.ended and sample.ids == []


def test_greedy_text_is_the_likeliest_that_is_no_copy() -> None:
    step, n = step_of("ab ba bba ab aab ba" * 2, 4), 4
    stands = runs("ab ba bba ab aab ba" * 2, n, False)
    (sample,) = write_all(writer_of(step, "b", range(1), greedy=True), 40, Stops())
    written = "b"
    for id_ in sample.ids:  # each is the likeliest of those that may be written
        source = writer_of(step, written, range(1)).source
        logits = source.step(VOCABULARY.encode(written[-1]).astype(np.intp))[:, 0]
        ranked = np.argsort(-logits, kind="stable")
        allowed = [
            k for k in ranked if not completed(written, VOCABULARY.decode([k]), stands, n, False)
        ]
        assert id_ == allowed[0]
        written += VOCABULARY.decode([id_])
    assert sample.taken_back == 0


@given(TEXTS, st.integers(2, 5), st.lists(st.permutations("\n ab"), max_size=40), st.randoms())
def test_a_sample_that_goes_on_from_another_forbids_what_that_one_does(
    text: str, n: int, rows: list[list[str]], random: Random
) -> None:
    stands, step = runs(text, n, False), step_of(text, n)
    assume(stands)
    history = History(4, 2, {step.name: step.note}, {step.name: step.ring})
    samples = [""] * 4
    for row in rows:
        parents = random.choices(range(4), k=4)
        history.pick(parents)
        samples = [samples[k] + c for k, c in zip(parents, row, strict=True)]
        history.append([VOCABULARY.characters.index(c) for c in row])
        step.wrote(history)
        logits = np.zeros((4, 4))
        step.apply(logits, history)
        assert [
            [completed(sample, c, stands, n, False) for c in VOCABULARY.characters]
            for sample in samples
        ] == np.isneginf(logits).tolist()


@settings(max_examples=60)
@given(TEXTS, st.integers(2, 9), st.text(VOCABULARY.characters, min_size=1, max_size=400))
def test_the_end_of_a_long_prime_says_all_that_is_needed_of_it(
    text: str, n: int, prime: str
) -> None:
    step, ids = step_of(text + "aab" * n, n), VOCABULARY.encode(prime + " " * 200 + prime)
    chain = Chain([step])
    whole = History(1, 8, chain.notes, chain.rings)
    for id_ in ids:
        whole.append([id_])
        chain.wrote(whole)
    forbidden = []
    for history in (whole, history_after(chain, ids, 1, 8)):
        logits = np.zeros(VOCABULARY.size)
        chain.forbid(logits, history)
        forbidden.append(logits.tolist())
    assert forbidden[0] == forbidden[1]
    assert step.needs(np.tile(ids[-1:], 50)) == (50 if prime[-1] in " \n" else n)
