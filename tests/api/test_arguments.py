"""A wrong argument in Python is one clear line, as a wrong option is in the shell."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from command_line import Runner

import charlstm as package
from charlstm.cli import cli
from charlstm.errors import CharlstmError

TEXT = "The cat is wet."


@pytest.fixture(scope="module")
def model(tiny_run: Path) -> Any:  # what mypy would refuse is what is tried here
    """A model of one layer of 8 units, without attention."""
    return package.load(tiny_run)


UNIT = r"a unit is two whole numbers, \(layer, unit\) such as \(0, 78\), not "
MISTAKES: dict[str, tuple[Callable[[Any], object], str]] = {
    "a step beyond the text": (
        lambda m: m.step(TEXT, 15, (0, 1)),
        "there is no character 15; the text has characters 0 to 14",
    ),
    "a step before it": (lambda m: m.step(TEXT, -1, (0, 1)), "there is no character -1; the text"),
    "a step between characters": (
        lambda m: m.step(TEXT, 1.5, (0, 1)),
        "at must be a whole number, not 1.5",
    ),
    "a step of no text": (lambda m: m.step("", 0, (0, 1)), "there is no text to look at"),
    "half a character to keep": (
        lambda m: m.sample(top_k=2.5),
        "top_k must be a whole number, not 2.5",
    ),
    "a word for a temperature": (
        lambda m: m.sample(temperature="hot"),
        "temperature must be a number, not 'hot'",
    ),
    "no temperature": (lambda m: m.sample(temperature=None), "temperature must be a number"),
    "a switch for a number": (
        lambda m: m.sample(best_of=True),
        "best_of must be a whole number, not True",
    ),
    "a word for a run": (
        lambda m: m.sample(no_repeat="x"),
        "no_repeat must be a whole number, not 'x'",
    ),
    "a number for a way to write words": (
        lambda m: m.sample(within_word=0),
        "within_word must be a text, not 0",
    ),
    "an empty text that must occur": (
        lambda m: m.sample(must_contain=""),
        "the text that must occur is empty",
    ),
    "a word for the seed of a search": (
        lambda m: m.sample(best_of=2, seed="x"),
        "seed must be a whole number from 0, not 'x'",
    ),
    "a word for the seed of a session": (
        lambda m: m.session(seed="x"),
        "seed must be a whole number from 0, not 'x'",
    ),
    "no attention": (lambda m: m.attention(TEXT), "tiny has no attention to look at; train a"),
    "no attention in pairs": (
        lambda m: m.attention_in_pairs(per_condition=2),
        "tiny has no attention to look at; train a",
    ),
    "no continuation": (lambda m: m.cloze("The", []), "there are no continuations; give at least"),
    "a text for continuations": (
        lambda m: m.cloze("The", " cat"),
        "continuations must be a list of texts, not the one text ' cat'",
    ),
    "a number for a continuation": (
        lambda m: m.cloze("The", [" cat", 3]),
        "continuations must be a list of texts; 3 is none",
    ),
    "a score": (
        lambda m: m.agree(score="unknown"),
        "score must be sentence or verb, not 'unknown'",
    ),
    "a table by what there is not": (
        lambda m: m.surprisal(TEXT, "line"),
        "by must be char or word or region, not 'line'",
    ),
    "a base": (lambda m: m.surprisal(TEXT, base=10), "base must be 2 or e, not '10'"),
    "no text to score": (
        lambda m: m.log_likelihood(None),
        "text must be a text, not None",
    ),
    "texts in place of one": (
        lambda m: m.log_likelihood(["The"]),
        r"text must be a text, not \['The'\]",
    ),
    "a number among texts": (
        lambda m: m.log_likelihoods(["The", 3]),
        "each of texts must be a text, not 3",
    ),
    "a number of texts": (
        lambda m: m.log_likelihoods(3),
        "texts must be a list of texts, not 3",
    ),
    "no prime": (lambda m: m.cloze(None, ["T"]), "prime must be a text, not None"),
    "to evaluate a number": (lambda m: m.evaluate(3), "text must be a text, not 3"),
    "the novelty of none": (lambda m: m.novelty(None), "text must be a text, not None"),
    "a trace of none": (lambda m: m.trace(None), "text must be a text, not None"),
    "a view of texts": (lambda m: m.view([TEXT]), r"text must be a text, not \['The cat"),
    "a step in a number": (lambda m: m.step(3, 0, (0, 1)), "text must be a text, not 3"),
    "why after none": (lambda m: m.why(None, "x"), "prime must be a text, not None"),
    "why a number": (lambda m: m.why("The", 3), "continuation must be a text, not 3"),
    "why against a number": (lambda m: m.why("The", "a", 3), "against must be a text, not 3"),
    "gates on a list": (lambda m: m.gates([TEXT]), r"text must be a text, not \['The cat"),
    "features of a number": (lambda m: m.features(3), "text must be a text, not 3"),
    "a sample after none": (lambda m: m.sample(None), "prime must be a text, not None"),
    "a sample up to a number": (
        lambda m: m.sample("The", stop=3),
        "stop must be a list of texts, not 3",
    ),
    "a sample with a number": (
        lambda m: m.sample("The", must_contain=["a", 3]),
        "each of must_contain must be a text, not 3",
    ),
    "a state after none": (lambda m: m.state_after(None), "prime must be a text, not None"),
    "a session of none": (lambda m: m.session(None), "text must be a str, not None"),
    "sentences of none": (
        lambda m: m.surprisal(None),
        "sentences must be a list of texts, not None",
    ),
    "suites of none": (lambda m: m.suites(None), "suites must be a list of suites or files, not"),
    "a number for a suite": (
        lambda m: m.suites([3]),
        "suites must be suites or files; 3 is neither",
    ),
    "a number of pairs": (
        lambda m: m.agree(3),
        "pairs must be a list of pairs or files, not 3",
    ),
    "pairs beside files": (
        lambda m: m.agree([m.pair_set(None, 2).pairs[0], "own.jsonl"]),
        "pairs must be a file, or a list of pairs or of files",
    ),
    "one model to compare": (
        package.compare_agreement,
        "models must be a list of models, not one model",
    ),
    "a number of models": (
        lambda _: package.compare_agreement(3),  # type: ignore[arg-type]
        "models must be a list of models, not 3",
    ),
    "a path for a model": (
        lambda m: package.compare_agreement([m, "runs/b"]),  # type: ignore[list-item]
        "models must be a list of models; 'runs/b' is none",
    ),
    "a sentence before the first": (
        lambda m: m.surprisal(TEXT, first=0),
        "first must be a whole number from 1, not 0",
    ),
    "bytes for sentences": (
        lambda m: m.surprisal(b"The cat"),
        "sentences must be a list of texts, not the one text b'The cat'",
    ),
    "a feature": (
        lambda m: m.units("case"),
        "feature must be number or gender, not 'case'",
    ),
    "no feature of characters": (
        lambda m: m.features(names=["quote"]),
        "there is no feature 'quote'; did you mean 'quotes'\\?",
    ),
    "a text for features": (
        lambda m: m.features(names="word"),
        "names must be a list of texts, not the one text 'word'",
    ),
    "a text for definitions": (
        lambda m: m.features(define="x=y"),
        "define must be patterns by their names, not 'x=y'",
    ),
    "a number for a pattern": (
        lambda m: m.features(define={"x": 3}),
        "define must be patterns by their names; 3 is no text",
    ),
    "a number for a unit": (lambda m: m.ablate(114), UNIT + "114"),
    "a text for a unit": (lambda m: m.ablate("0:114"), UNIT + "'0:114'"),
    "texts for a unit": (lambda m: m.ablate(("0", "1")), UNIT + r"\('0', '1'\)"),
    "three numbers for a unit": (lambda m: m.ablate((0, 1, 2)), UNIT + r"\(0, 1, 2\)"),
    "a fraction for a unit": (lambda m: m.ablate((0, 1.0)), UNIT + r"\(0, 1.0\)"),
    "a unit that is not there": (
        lambda m: m.ablate((0, 500)),
        "there is no unit 0:500; this model has layer 0 with units 0 to 7",
    ),
    "to hold a text": (lambda m: m.hold("0:1", f=0.0), UNIT + "'0:1'"),
    "to hold no gate": (
        lambda m: m.hold((0, 1)),
        r"no gate is named; name one with its value, such as hold\(unit, f=0\.0\)",
    ),
    "to hold a gate at a text": (
        lambda m: m.hold((0, 1), f="shut"),
        "the value of f must be a number, not 'shut'",
    ),
    "to view a number": (lambda m: m.view(TEXT, 3), UNIT + "3"),
    "a step of a number": (lambda m: m.step(TEXT, 1, 3), UNIT + "3"),
    "units of a text": (lambda m: m.units(unit="0:1"), UNIT + "'0:1'"),
    "a number for gains": (
        lambda m: m.gradients(TEXT, gains=2.0),
        "gains must be a list of numbers, not 2.0",
    ),
    "a gain that is none": (
        lambda m: m.gradients(TEXT, gains=[float("nan")]),
        "gains must be numbers above 0, up to 1,000; nan is not",
    ),
    "a text for cells": (
        lambda m: m.gradients(TEXT, cells="rnn"),
        "cells must be a list of texts, not the one text 'rnn'",
    ),
    "a fraction of samples": (
        lambda m: m.sample(best_of=1.5),
        "best_of must be a whole number, not 1.5",
    ),
    "a fraction of pairs": (
        lambda m: m.agree(per_condition=2.5),
        "per_condition must be a whole number from 2, not 2.5",
    ),
    "a true count": (
        lambda m: m.agree(per_condition=True),
        "per_condition must be a whole number from 2, not True",
    ),
    "too few controls": (
        lambda m: m.units(controls=18),
        "controls must be a whole number from 19, not 18",
    ),
    "too many steps": (
        lambda m: m.gradients(TEXT, steps=2001),
        "steps must be a whole number from 2 to 2,000, not 2001",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(model: Any, mistake: str) -> None:
    call, message = MISTAKES[mistake]
    with pytest.raises(CharlstmError, match=f"^{message}") as caught:
        call(model)
    assert str(caught.value).isprintable()


CALLS: dict[str, Callable[..., object]] = {  # by command; each takes its options by name
    "agree": lambda m, **named: m.agree(**named),
    "inspect units": lambda m, **named: m.units(**named),
    "inspect features": lambda m, **named: m.features(TEXT * 400, ["word"], **named),
    "inspect attention": lambda m, **named: m.attention_in_pairs(**named),
    "inspect gradients": lambda m, **named: m.gradients(TEXT, **named),
    "inspect text": lambda m, top, **_: m.view(TEXT, guesses=top),
    "sample": lambda m, **named: m.sample(**named),
}
NOT_IN_PYTHON = {
    ("inspect text", "count"),
    ("inspect text", "cut"),
    ("inspect attention", "cut"),
    ("inspect features", "cut"),
    ("sample", "count"),
    ("sample", "logprobs"),
}


def ranges(name: str) -> dict[str, click.IntRange]:
    """The options of a command that are whole numbers of a range."""
    command: click.Command = cli
    for word in name.split():
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return {
        str(option.name): option.type
        for option in command.params
        if isinstance(option.type, click.IntRange) and (name, option.name) not in NOT_IN_PYTHON
    }


@pytest.mark.parametrize("name", CALLS)
def test_python_refuses_the_numbers_that_the_command_line_refuses(
    looking_run: Path, name: str
) -> None:
    model, options = package.load(looking_run), ranges(name)
    assert options
    for option, kind in options.items():
        assert kind.min is not None
        own = {"inspect text": "guesses"}.get(name, option)
        for value in (kind.min - 1, *([kind.max + 1] if kind.max else [])):
            with pytest.raises(
                CharlstmError, match=f"^{own} must be (a whole number|at least) .*not {value}"
            ):
                CALLS[name](model, **{option: value})


def test_whole_numbers_of_numpy_are_whole_numbers(model: Any) -> None:
    place = np.argmax(np.arange(4))
    assert model.ablate((np.int64(0), place)).name == "tiny, without 0:3"
    assert model.ablate([0, 3]).name == "tiny, without 0:3"
    assert model.ablate(np.array([0, 3])).name == "tiny, without 0:3"
    assert model.step(TEXT, place, (0, place)).at == 3


def test_the_command_line_has_the_same_messages(charlstm: Runner, tiny_run: Path) -> None:
    message = charlstm.fails("inspect", "step", TEXT, "-r", tiny_run, "--at=15", "--unit=3")
    assert "there is no such character; the text has characters 0 to 14" in message
