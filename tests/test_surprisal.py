"""The surprisal of characters: its sum is the log-likelihood, for characters and for bytes."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from models import VOCABULARY, wild_model

import charlstm.surprisal
from charlstm.errors import CheckpointError
from charlstm.likelihood import log_likelihoods
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.surprisal import surprisals
from charlstm.text.parts import By, cut
from charlstm.text.vocabulary import Vocabulary
from charlstm.trace import trace_text

BYTES = Vocabulary("byte")


def wild_byte_model() -> Parameters:
    """A byte model in float64 whose every weight is random and large."""
    model = Parameters(Architecture("gru", {}, 5, 1, 3, 1), 256, dtype=np.float64)
    model.flat[:] = np.random.default_rng(4).normal(0.0, 0.7, model.size)
    return model


MODELS = {
    "characters": (wild_model(), VOCABULARY),
    "characters of lines": (wild_model("rnn"), VOCABULARY),
    "bytes": (wild_byte_model(), BYTES),
}
MODELS["characters of lines"][0].reset_at = VOCABULARY.characters.index("\n")
SENTENCES = st.lists(
    st.text(st.sampled_from("The cats ate. \t\réß☃\udcff"), max_size=90), min_size=1, max_size=40
)


@pytest.mark.parametrize("name", MODELS)
@given(sentences=SENTENCES, by=st.sampled_from(["char", "word", "region"]), closing=st.booleans())
@settings(max_examples=25)
def test_the_sum_over_a_line_is_its_log_likelihood(
    name: str, sentences: list[str], by: By, closing: bool
) -> None:
    parameters, vocabulary = MODELS[name]
    prime = vocabulary.encode("\n")
    cuts = [cut(sentence, by, closing_blank=closing) for sentence in sentences]
    texts = [found.sentence for found in cuts]
    values = surprisals(parameters, vocabulary, prime, texts)
    nats = log_likelihoods(parameters, prime, [vocabulary.encode(f"{text}\n") for text in texts])
    for found, value, expected in zip(cuts, values, nats, strict=True):
        sums = [bits for bits, _ in value.sums(found.parts) if not math.isnan(bits)]
        if found.parts:
            assert math.fsum(sums) * math.log(2) == pytest.approx(-expected, rel=1e-6)
        assert np.nansum(value.bits) * math.log(2) == pytest.approx(-expected, rel=1e-6)
        assert len(value.bits) == len(found.sentence) + 1


def test_the_values_are_those_of_a_trace() -> None:
    parameters, text = wild_model(), "The ☃ rats ate."
    trace = trace_text(parameters, VOCABULARY, f"{text}\n")
    (found,) = surprisals(parameters, VOCABULARY, VOCABULARY.encode("\n"), [text])
    np.testing.assert_allclose(found.bits, trace.surprisal, rtol=1e-9)
    for t, character in enumerate(f"{text}\n"):
        shares = trace.probabilities(t)
        assert found.entropy[t] == pytest.approx(-(shares * np.log2(shares)).sum())
        own = shares[VOCABULARY.characters.index(character)] if character != "☃" else 2.0
        assert found.rank[t] == (1 + (shares > own).sum() if character != "☃" else 0)
    assert len(set(found.rank.tolist())) > 4


def test_a_character_of_several_bytes_has_their_sum_and_no_rank() -> None:
    parameters = wild_byte_model()
    (found,) = surprisals(parameters, BYTES, BYTES.encode("\n"), ["a☃b\udcff"])
    trace = trace_text(parameters, BYTES, "a☃b\udcff\n")
    expected = np.add.reduceat(trace.surprisal, [0, 1, 4, 5, 6])
    np.testing.assert_allclose(found.bits, expected, rtol=1e-9)
    assert [rank > 0 for rank in found.rank] == [True, False, True, True, True]
    assert np.isnan(found.entropy).tolist() == [False, True, False, False, False]


def test_a_large_vocabulary_is_read_in_short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["The cats ate the rat.", "the", ""] * 20
    parameters, prime = wild_model(attention=4), VOCABULARY.encode("\n")
    whole = surprisals(parameters, VOCABULARY, prime, texts)
    monkeypatch.setattr(charlstm.surprisal, "LOGITS", len(VOCABULARY.characters) * 32 * 3)
    for a, b in zip(whole, surprisals(parameters, VOCABULARY, prime, texts), strict=True):
        np.testing.assert_allclose(a.bits, b.bits, rtol=1e-9)
        np.testing.assert_allclose(a.entropy, b.entropy, rtol=1e-9)


def test_damaged_weights_are_refused() -> None:
    parameters = wild_model()
    parameters.flat[:] = np.nan
    with pytest.raises(CheckpointError, match="no finite scores"):
        surprisals(parameters, VOCABULARY, VOCABULARY.encode("\n"), ["The cat"])
