"""Two calls that differ in one option: what comes of them must differ, whatever the option."""

import importlib
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import click
import pytest
from command_line import TEXT, TINY, Runner, sentences
from keyboard import in_a_terminal

from charlstm.studies.agreement.grammar import CONSTRUCTIONS

EVERYWHERE = {"run", "save", "as_json", "force"}  # each has tests of its own
GRAMMAR = ("-r", "grammar")
# For each command: what is given anyway, and for each option what it is given once.
CASES: dict[str, tuple[Sequence[str], dict[str, str]]] = {
    "sample": (
        ("-r", "learnt", "--seed=1", "--length=80"),
        {
            "prime": "The dog",
            "prime_file": "text.txt",
            "from_state": "prime.state",
            "save_state": "new.state",
            "length": "79",
            "temperature": "0.5",
            "top_k": "2",
            "top_p": "0.5",
            "min_p": "0.4",
            "no_repeat": "2",
            "within_word": "greedy",
            "word_temperature": "3",
            "logprobs": "2",
            "avoid_copying": "6",
            "best_of": "20",
            "must_contain": "birds are gone.",
            "tries": "2",
            "stop": "e",
            "seed": "2",
            "count": "2",
            "novelty": "",
            "blend": "planted:0.5",
            "ablate": "0:3",
            "hold": "0:3:f=0",
        },
    ),
    "write": (
        ("-r", "learnt", "--seed=1"),
        {
            "prime": "The dog",
            "prime_file": "text.txt",
            "temperature": "0.5",
            "top_k": "2",
            "top_p": "0.5",
            "min_p": "0.4",
            "no_repeat": "2",
            "avoid_copying": "6",
            "within_word": "greedy",
            "word_temperature": "3",
            "seed": "2",
            "blend": "planted:0.5",
            "ablate": "0:3",
            "hold": "0:3:f=0",
        },
    ),
    "eval": (
        ("-r", "learnt", "latin.txt", "--encoding=latin-1"),
        {
            "lines": "",
            "encoding": "cp1251",
            "blend": "planted:0.5",
            "ablate": "3",
            "dynamic": "",
            "dynamic_rate": "0.01",
            "dynamic_decay": "0.1",
        },
    ),
    "surprisal": (
        ("-r", "learnt", "latin.txt", "--encoding=latin-1"),
        {"by": "char", "base": "e", "no_closing_blank": "", "encoding": "cp1251", "ablate": "3"},
    ),
    "cloze": (
        ("-r", "learnt", "--prime=The cats", " is", " are"),
        {"prime": r"The cat.\n", "blend": "planted:0.5", "ablate": "0:3", "hold": "3:o=1"},
    ),
    "agree": (
        (*GRAMMAR, "--per-condition=4", "--items=items"),
        {
            "sweep": "depth",
            "score": "verb",
            "corpus": "other.txt",
            "per_condition": "6",
            "seed": "7",
            "items": "elsewhere",
            "ablate": "0:3",
        },
    ),
    "describe": (
        (),
        {
            "cell": "rnn",
            "hidden_size": "9",
            "num_layers": "2",
            "attention": "9",
            "attention_heads": "2",
            "batch_size": "9",
            "tokens": "byte",
            "vocabulary": "9",
            "corpus": "text.txt",
        },
    ),
    "corpus.agreement": (
        ("out.txt", "--sentences=60"),
        {
            "sentences": "61",
            "seed": "2",
            "max_attractors": "3",
            "max_filler": "30",
            "without": CONSTRUCTIONS[1],
            "hold_out": "no",
        },
    ),
    "corpus.pairs": (
        ("out.jsonl", "--per-condition=4"),
        {"corpus": "other.txt", "sweep": "distance", "per_condition": "6", "seed": "2"},
    ),
    "inspect.gates": (
        ("-r", "learnt", "latin.txt", "--encoding=latin-1"),
        {"fresh": "", "encoding": "cp1251", "count": "3", "cut": "40"},
    ),
    "inspect.units": (
        (*GRAMMAR, "--per-condition=12", "--candidates=2", "--controls=19", "--json"),
        {
            "feature": "gender",
            "per_condition": "14",
            "candidates": "3",
            "controls": "20",
            "long": "25",
            "seed": "2",
            "unit": "0:6",
        },
    ),
    "inspect.features": (
        ("-r", "learnt", "long.txt", "--encoding=latin-1", "--feature=word", "--json"),
        {
            "names": "sentence",
            "define": "the=The",
            "candidates": "2",
            "controls": "19",
            "shifts": "100",
            "seed": "2",
            "encoding": "cp1251",
            "cut": "6000",
        },
    ),
    "inspect.gradients": (
        ("learnt", "--text=latin.txt", "--encoding=latin-1", "--steps=12", "--samples=4"),
        {
            "fresh": "",
            "cells": "rnn",
            "gains": "5",
            "text": "text.txt",
            "encoding": "cp1251",
            "steps": "9",
            "samples": "3",
        },
    ),
    "inspect.attention": (
        GRAMMAR,
        {"at": "7", "head": "1", "cut": "9", "color": "always", "per_condition": "6", "seed": "2"},
    ),
    "inspect.why": (
        ("-r", "grammar", "The cats were"),
        {"at": "5", "against": " was", "count": "3", "color": "always"},
    ),
    "inspect.step": (
        ("-r", "grammar", "The cats were here.", "--unit=0:1"),
        {"at": "5", "unit": "1:1"},
    ),
    "inspect.text": (
        ("-r", "grammar", "The cats were here."),
        {
            "layer": "0",
            "units": "0:7",
            "count": "1",
            "span": "cats",
            "top": "1",
            "cut": "9",
            "color": "always",
        },
    ),
}
OTHERWISE = {  # options that need others with them, or that take the place of some
    ("describe", "encoding"): ("--corpus=latin.txt",),
    ("sample", "novelty"): ("--count=2",),
    ("sample", "logprobs"): ("--json",),
    ("sample", "tries"): ("--must-contain=birds are gone.",),
    ("describe", "attention_heads"): ("--attention=9",),
    ("inspect.attention", "at"): ("The cats were here.",),
    ("inspect.attention", "cut"): ("The cats were here.",),
    ("inspect.attention", "color"): ("The cats were here.", "--at=7"),
    ("inspect.attention", "per_condition"): ("--per-condition=4",),
    ("inspect.attention", "seed"): ("--per-condition=4",),
    ("eval", "dynamic_rate"): ("--dynamic",),
    ("eval", "dynamic_decay"): ("--dynamic",),
}
ELSEWHERE = {  # tests that show what these do
    ("agree", "pairs"),
    ("agree", "suites"),
    ("agree", "lower"),
    ("inspect.attention", "pairs"),
    ("inspect.attention", "lower"),
    ("inspect.features", "listed"),
    ("inspect.units", "pairs"),
    ("inspect.units", "lower"),
    ("describe", "encoding"),
    ("describe", "peephole_kind"),
    ("sample", "beam"),
    ("describe", "peepholes"),
    ("describe", "gru_reset"),
}


def command_of(name: str) -> click.Command:
    """The command, such as "inspect.gates"."""
    group, _, rest = name.partition(".")
    if group == "corpus":
        found = importlib.import_module("charlstm.cli.corpus").command.commands[rest]
    else:
        found = importlib.import_module(f"charlstm.cli.{name}").command
    assert isinstance(found, click.Command)
    return found


@pytest.fixture(scope="module")
def files(
    charlstm: Runner, learnt_run: Path, planted_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with runs and texts; links to runs, so that they are found by their names."""
    folder = tmp_path_factory.mktemp("options")
    (folder / "learnt").symlink_to(learnt_run)
    (folder / "planted").symlink_to(planted_run)
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    (folder / "latin.txt").write_text("é" + TEXT[:401], encoding="latin-1")
    long = "".join("é" * (n % 7 == 0) + sentences(20, seed=n) for n in range(20))
    (folder / "long.txt").write_text(long, encoding="latin-1")
    save = ("--save-state", folder / "prime.state", "--length=1")
    charlstm.ok("sample", "-r", learnt_run, "--prime=The", *save)
    for name, flags in (("grammar", []), ("other", ["--no-hold-out", "--max-attractors=3"])):
        charlstm.ok("corpus", "agreement", folder / f"{name}.txt", "--sentences=300", *flags)
    train = (*TINY, "--num-layers=3", "--attention=9", "--max-steps=3", "--warmup-steps=1", "--out")
    charlstm.ok("train", folder / "grammar.txt", *train, folder / "grammar")
    return folder


def outcome(charlstm: Runner, name: str, arguments: Sequence[str], folder: Path) -> list[object]:
    """All that a call leaves: what it prints, and the files that it writes."""
    before = set(folder.iterdir())
    with in_a_terminal("\r\r\r") if name == "write" else nullcontext():  # Enter writes a line
        found = charlstm(*name.split("."), *arguments)
    made = sorted(set(folder.iterdir()) - before)
    result = [found.status, found.output, found.stderr, *((p.name, p.read_bytes()) for p in made)]
    for path in made:
        path.unlink()
    return result


def options_of(name: str) -> set[str]:
    parameters = [p for p in command_of(name).params if isinstance(p, click.Option)]
    return {str(p.name) for p in parameters} - EVERYWHERE


@pytest.mark.parametrize("name", CASES)
def test_every_option_is_tried(name: str) -> None:
    missing = options_of(name) - set(CASES[name][1])
    assert missing == {option for command, option in ELSEWHERE if command == name}


@pytest.mark.parametrize("name", CASES)
def test_no_option_is_ignored(
    charlstm: Runner, files: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "write":
        pytest.importorskip("prompt_toolkit", reason="needs the extra charlstm[write]")
    monkeypatch.chdir(files)
    base, options = CASES[name]
    flags = {str(p.name): p for p in command_of(name).params if isinstance(p, click.Option)}
    for option, value in options.items():
        parameter = flags[option]
        others = OTHERWISE.get((name, option), ())
        anyway = [a for a in (*base, *others) if a.partition("=")[0] not in parameter.opts]
        own = [a for a in (*base, *others) if a not in anyway]
        given = [parameter.opts[-1], *([value] if value else [])]
        if value == "no":
            given = [parameter.secondary_opts[0]]
        once = outcome(charlstm, name, [*anyway, *given], files)
        without = outcome(charlstm, name, [*anyway, *own], files)
        assert once[0] == without[0] == 0, (option, once[2], without[2])
        assert once != without, f"{name}: {given} has no effect"
