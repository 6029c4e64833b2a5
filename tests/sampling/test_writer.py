"""What is written: golden texts, the reference, and the same text alone and in a batch."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_model

from charlstm.nn import reference
from charlstm.sampling import Filters, generate


@each_variant
@pytest.mark.parametrize("attention", [0, 6])
def test_greedy_text_is_that_of_the_reference(
    cell: str, options: Mapping[str, Any], attention: int
) -> None:
    model = random_model(cell, options, num_layers=2, spread=1.5, attention=attention)
    prime = np.array([1, 5, 0])
    written = [ids[0] for ids in generate(model, prime, 20, Filters(0.0), [1])]
    whole = np.concatenate([prime, written])
    logits, _ = reference.run(model, whole[:, None])
    assert written == list(logits[prime.size - 1 : -1, :, 0].argmax(axis=1))


def sample(*seeds: int, length: int = 40, attention: int = 0) -> list[list[int]]:
    model = random_model(spread=2.0, attention=attention)
    return list(generate(model, np.array([2, 3, 0]), length, Filters(), list(seeds)))


@pytest.mark.parametrize("attention", [0, 5, 50])
def test_the_same_seed_gives_the_same_text_alone_or_in_a_batch(attention: int) -> None:
    seeds = range(7, 71)
    batch = sample(*seeds, attention=attention)
    assert batch == sample(*seeds, attention=attention)
    texts = [[ids[k] for ids in batch] for k in range(len(seeds))]
    assert texts == [[ids[0] for ids in sample(seed, attention=attention)] for seed in seeds]
    assert all(one != other for one, other in pairwise(texts))


def test_a_shorter_sample_is_the_beginning_of_a_longer_one() -> None:
    assert sample(1, length=0) == []
    assert sample(1, length=1) == sample(1, length=40)[:1]


GOLDEN: list[tuple[dict[str, Any], list[str]]] = [  # as the first sampler wrote them
    ({}, ["626323241632684468568172", "484624846662283215386228", "623606636215666222566663"]),
    (
        {"temperature": 0.0},
        ["626626666666666666666666"] * 3,
    ),
    (
        {"temperature": 0.6},
        ["626425454622262666668486", "684622866662274226286428", "624626666622566662286666"],
    ),
    (
        {"top_k": 3},
        ["626426464622262668668186", "484626845662222226666428", "624626666622566462286866"],
    ),
    (
        {"top_p": 0.7},
        ["626425664622262466666286", "686622226666484226286428", "624626666622566442566662"],
    ),
    (
        {"min_p": 0.3},
        ["626625662622262666668686", "484626225666622222666668", "624626666622666662566662"],
    ),
    (
        {"temperature": 2.5, "top_k": 6, "top_p": 0.95, "min_p": 0.02},
        ["426154251222281368656284", "484624846662481423284248", "433826816622656342286747"],
    ),
]


@pytest.mark.parametrize(("filters", "texts"), GOLDEN)
def test_seeds_write_what_they_always_wrote(filters: dict[str, Any], texts: list[str]) -> None:
    model = random_model(spread=2.0, attention=5, vocabulary_size=9)
    for first, count in ((0, 3), (1, 1)):
        seeds = range(7 + first, 7 + first + count)
        drawn = list(generate(model, np.array([2, 3, 0]), 24, Filters(**filters), seeds))
        written = ["".join(str(ids[k]) for ids in drawn) for k in range(count)]
        assert written == texts[first : first + count]
