"""Units that carry a feature: a planted one is found, and nothing where there is nothing."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from models import wild_model
from planted_brackets import CARRIER, CHARACTERS, DECOY, VOCABULARY, H, bracket_model, bracket_text

from charlstm.errors import CorpusError
from charlstm.nn.ablation import ablated
from charlstm.nn.cells import CELLS
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.nn.recording import record
from charlstm.nn.variants import untrained
from charlstm.studies.features.characters.catalogue import BY_NAME, FEATURES
from charlstm.studies.features.characters.marking import Feature, Marking
from charlstm.studies.features.costs import Ablations, Cost, Needs
from charlstm.studies.features.halves import Halves, halves_of
from charlstm.studies.features.labels import labels_of
from charlstm.studies.features.measure import carried_once, find_features
from charlstm.studies.features.reading import losses, unit_values
from charlstm.studies.features.result import Candidate, Features, FeatureUnits
from charlstm.studies.features.telling import usable_shifts
from charlstm.text.vocabulary import Vocabulary

PARENTHESES = BY_NAME["parentheses"]


def found_in(
    model: Parameters,
    features: Sequence[Feature] = (PARENTHESES,),
    text: str = bracket_text(),
    vocabulary: Vocabulary = VOCABULARY,
    *,
    controls: int = 12,
    seed: int = 1,
) -> Features:
    ids = vocabulary.encode(text)
    return find_features(model, vocabulary, ids, features, controls=controls, seed=seed)


def test_the_planted_unit_is_found_and_no_other() -> None:
    (found,) = found_in(bracket_model()).features
    assert [each.place for each in found.carriers] == [(0, CARRIER)]
    assert found.verdict == "carries" and found.best.score > 0.99 and found.best.luck == 0.005
    assert found.together > 0.99 and found.character < 0.8 and found.shifted < 0.8
    cost = found.best.cost
    assert cost and cost.needing > 0.5 and cost.others < 0.1
    assert found.needs and found.needs.loss < found.needs.by_frequency
    assert found_in(bracket_model()).has_learnt
    assert found_in(bracket_model()).names[0, CARRIER] == "parentheses"


def test_the_random_units_are_others_than_the_candidates() -> None:
    (found,) = found_in(bracket_model(), controls=H).features
    assert found.carriers and found.control < 0.01


def test_a_unit_that_nobody_listens_to_tells_and_does_not_carry() -> None:
    (found,) = found_in(bracket_model()).features
    decoy = found.of((0, DECOY))
    assert decoy.tells and decoy.score > 0.99 and not decoy.carries
    assert decoy.cost and abs(decoy.cost.needing) < 1e-6


def test_a_unit_that_turns_the_other_way_round_is_found_too() -> None:
    model = bracket_model()
    rows = [CHARACTERS.index(mark) for mark in "()"]
    g = 3 * H + CARRIER  # gates are stored as i, f, o, g
    model.by_name["layers.0.E"][rows, g] *= -1.0
    model.by_name["W_y"][:, CARRIER] *= -1.0
    (found,) = found_in(model).features
    assert [each.place for each in found.carriers] == [(0, CARRIER)]
    assert found.best.score < 0.01


@pytest.mark.parametrize("shift", [1001, 2503, 3777, 4444, 5210])
def test_a_feature_that_has_nothing_to_do_with_the_text_has_no_unit(shift: int) -> None:
    def elsewhere(text: str) -> Marking:
        values, needs = PARENTHESES.mark(text)
        assert needs is not None
        return Marking(np.roll(values, shift), np.roll(needs, shift))

    (found,) = found_in(bracket_model(), [replace(PARENTHESES, mark=elsewhere)]).features
    assert not found.carriers
    assert not any(each.tells for each in found.candidates)


def test_units_are_chosen_by_the_first_half_and_judged_by_the_second() -> None:
    middle = halves_of(len(bracket_text()), H, 256).middle

    def wrong_in(half: slice) -> Feature:
        def mark(text: str) -> Marking:
            values, needs = PARENTHESES.mark(text)
            values[half] = np.roll(values[half], 1500)
            return Marking(values, needs)

        return replace(PARENTHESES, mark=mark)

    (found,) = found_in(bracket_model(), [wrong_in(slice(0, middle))]).features
    assert found.candidates[0].place not in ((0, CARRIER), (0, DECOY))
    (found,) = found_in(bracket_model(), [wrong_in(slice(middle, None))]).features
    assert found.candidates[0].place in ((0, CARRIER), (0, DECOY))
    assert not any(each.tells for each in found.candidates)


def code_text() -> str:
    """Lines of code and prose in which nearly all features occur."""
    rng = np.random.default_rng(4)
    pieces = []
    for _ in range(330):
        word, name = ("".join(rng.choice(list("aeinst"), rng.integers(2, 8))) for _ in range(2))
        kind, blanks = rng.integers(7), " " * int(rng.integers(0, 4))
        pieces.append(
            [
                f"{blanks}if ({word}[{rng.integers(90)}] > 1) {{ {name}(); }}\n",
                f"{blanks}/* {word} {name} {word} */\n",
                f"# {word} {name}\n",
                f"\"{word}, {name},\" said {word.title()}. '{name} {word},' he said.\n\n",
                f"{name.upper()}:\n{word} {name}! {word.title()} {name} {word}?\n",
                f"`{word}` http://{word}.{name}/{word} {name} {rng.integers(10_000)}\n",
                f'{blanks}print("{word} {name}"); // {name}\n',
            ][kind]
        )
    return "".join(pieces)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_an_untrained_network_carries_nothing(cell: str, seed: int) -> None:
    text = code_text()
    vocabulary = Vocabulary("char", "".join(sorted(set(text))))
    fresh = untrained(Parameters(Architecture(cell, {}, 24, 1), vocabulary.size), seed)
    found = found_in(fresh, FEATURES, text, vocabulary, controls=12)
    assert len(found.features) > 15 and not found.has_learnt
    assert not any(each.carriers for each in found.features)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_large_random_weights_carry_nothing_either(seed: int) -> None:
    text = code_text()
    vocabulary = Vocabulary("char", "".join(sorted(set(text))))
    wild = Parameters(Architecture("lstm", {}, 24, 1), vocabulary.size)
    wild.flat[:] = np.random.default_rng(seed).normal(0.0, 1.0, wild.size)
    found = found_in(wild, FEATURES, text, vocabulary, controls=12)
    assert not any(each.carriers for each in found.features)


def test_the_same_seed_finds_the_same_whatever_else_is_looked_for() -> None:
    one, again = found_in(bracket_model(), seed=3), found_in(bracket_model(), seed=3)
    assert repr(one) == repr(again)
    both = found_in(bracket_model(), [BY_NAME["word"], PARENTHESES], seed=3)
    assert repr(both.features[1].candidates) == repr(one.features[0].candidates)
    assert repr(found_in(bracket_model(), seed=4)) != repr(one)


def test_what_cannot_be_measured_is_left_out_and_said() -> None:
    made = [
        Feature("never", "", lambda text: Marking(np.zeros(len(text), np.bool_))),
        Feature("always", "", lambda text: Marking(np.ones(len(text), np.bool_))),
        Feature("once", "", lambda text: Marking(np.arange(len(text)) == 5000)),
        Feature("constant", "", lambda text: Marking(np.full(len(text), 3, np.int32))),
    ]
    found = found_in(bracket_model(), [*made, PARENTHESES])
    why = dict(found.left_out)
    assert why["never"] == "never occurs" and why["always"] == "always holds"
    assert why["once"].startswith("occurs too rarely: at 0 places in one half")
    assert why["constant"] == "is always 3"
    with pytest.raises(CorpusError, match=r"none of the features occurs often enough.*always"):
        found_in(bracket_model(), made)


def test_a_text_that_is_too_short_is_refused() -> None:
    with pytest.raises(CorpusError, match="has 900 characters, and features need 5,257"):
        found_in(bracket_model(), text=bracket_text()[:900])


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_units_are_read_as_if_the_text_were_read_in_one(cell: str) -> None:
    model = Parameters(Architecture(cell, {}, 6, 2), len(CHARACTERS), dtype=np.float64)
    model.flat[:] = np.random.default_rng(5).normal(0.0, 0.2, model.size)
    ids = VOCABULARY.encode(bracket_text(5000))
    places = np.arange(257, 5000, 3)
    values = unit_values(model, ids, places)
    whole = record(model, ids[:, None])
    memory = [model.cell.shown_memory(s[model.cell.memory])[places, :, 0] for s in whole.states]
    np.testing.assert_allclose(values, np.concatenate(memory, axis=1).T, atol=1e-5)
    nats = losses(model, ids, 257, 5000)
    logits = whole.logits[256:-1, :, 0].astype(np.float64)
    odds = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(nats, -odds[np.arange(len(nats)), ids[257:]], atol=1e-5)


def test_a_cost_is_what_the_ablation_of_that_unit_adds_there_and_elsewhere() -> None:
    model = Parameters(Architecture("gru", {}, 6, 2), len(CHARACTERS), dtype=np.float64)
    model.flat[:] = np.random.default_rng(5).normal(0.0, 0.4, model.size)
    ids = VOCABULARY.encode(bracket_text(5300))
    halves = halves_of(ids.size, 12, 256)
    ablations = Ablations(model, ids, halves)
    places = np.arange(halves.middle + 5, halves.stop, 7)
    needs, seen = ablations.needs(places), list[tuple[int, int]]()
    costs = ablations.costs({8: ["a"]}, {"a": needs}, lambda *done: seen.append(done))
    before, after = (
        losses(each, ids, halves.middle, halves.stop).astype(np.float64)
        for each in (model, ablated(model, (1, 2)))
    )
    there = np.isin(np.arange(halves.middle, halves.stop), places)
    added = after - before
    error = np.sqrt(added[there].var() / there.sum() + added[~there].var() / (~there).sum())
    needing, others = added[there].mean(), added[~there].mean()
    assert costs[8, "a"] == pytest.approx((needing, others, (needing - others) / error), rel=1e-4)
    shares = np.bincount(ids[halves.middle :], minlength=len(CHARACTERS)) / len(there)
    expected = -np.log(shares[ids[halves.middle :]][there]).mean()
    assert (needs.loss, needs.by_frequency) == pytest.approx((before[there].mean(), expected))
    assert seen == [(0, 1), (1, 1)]


def test_a_long_text_keeps_the_values_of_some_of_its_characters() -> None:
    assert halves_of(100_257, 512, 256) == Halves(257, 50_257, 100_257, 2)
    long = halves_of(100_000_257, 512, 256)
    assert len(long.chosen) * 512 < 30_000_000
    (found,) = find_features(
        bracket_model(), VOCABULARY, VOCABULARY.encode(bracket_text(24_000)), [PARENTHESES]
    ).features
    assert [each.place for each in found.carriers] == [(0, CARRIER)]


def test_labels_are_not_shifted_by_what_makes_them_the_same_again() -> None:
    lines = np.tile(np.arange(50), 60) < 10
    shifts = usable_shifts(lines, 500)
    assert shifts.min() >= 500 and shifts.max() <= 2500
    assert not np.isin(shifts % 50, [0, 1, 2, 3, 47, 48, 49]).any()
    assert len(set(shifts % 50)) > 20


def test_a_byte_model_knows_a_character_once_its_last_byte_is_read() -> None:
    text = "«é» " * 2000
    vocabulary = Vocabulary("byte")
    ids = vocabulary.encode(text)
    halves = halves_of(ids.size, 8, 256)
    (labels,), _ = labels_of([BY_NAME["guillemets"]], vocabulary, ids, halves)
    # «, é and » take two bytes each: after the second byte of «, up to the first of ».
    period = np.array([False, True, True, True, True, False, False])
    np.testing.assert_array_equal(labels.chosen, period[halves.chosen % 7])
    assert labels.needs is not None
    assert set(labels.needs % 7) == {4, 5}


def test_bytes_that_are_no_utf8_are_read_one_by_one() -> None:
    vocabulary = Vocabulary("byte")
    ids = vocabulary.encode((b"\xff\xa8(\xc3 a) ") * 900)
    halves = halves_of(ids.size, 8, 256)
    (labels,), _ = labels_of([PARENTHESES], vocabulary, ids, halves)
    np.testing.assert_array_equal(labels.chosen, np.isin(halves.chosen % 8, [2, 3, 4, 5]))


def test_a_unit_carries_only_what_it_tells_most_clearly() -> None:
    def units(name: str, counts: bool, score: float) -> FeatureUnits:
        feature = Feature(name, name, partial(Marking))
        needs = Needs(np.arange(30), 1.0, 2.0)
        one = Candidate(0, 3, score, 0.005, Cost(1.0, 0.0, 9.0), "", carries=True)
        return FeatureUnits(feature, counts, 0.5, 0.5, 0.5, 0.9, needs, 0.1, [one])

    weak, clear = units("brackets", False, 0.2), units("comment", False, 0.98)
    once = carried_once([weak, clear, units("depth", True, -0.9)])
    assert [[each.carries for each in found.candidates] for found in once] == [
        [False], [True], [False],
    ]  # fmt: skip
    assert once[0].candidates[0].better == once[2].candidates[0].better == "comment"
    assert once[1].candidates[0].better == ""


def test_a_network_of_few_units_without_random_ones_carries_nothing() -> None:
    small = wild_model(hidden_size=3)
    vocabulary = Vocabulary("char", "\n .Tabcdefghnorstw")
    text = "".join(np.random.default_rng(1).choice(list("\n .Tabcdefgh"), 6000))
    found = found_in(small, [BY_NAME["word"]], text, vocabulary)
    assert not found.features[0].carriers
