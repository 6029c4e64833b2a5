"""Every option of every command with empty, negative, huge, endless and unprintable values.

Whatever is typed ends in a result, or in one printable line and status 1 or 2: never a traceback,
an unforeseen error, a warning, or a command that hangs.
"""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from command_line import TEXT, TINY, harmless
from faults import Ended, Server, count, folder_in_memory

from charlstm.cli import cli

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]
VALUES = (
    "", " ", "-", "-1", "0", "-0.0", "1", "1.5", "nan", "inf", "-inf", "1e999", "1e308", "1e-320",
    "9" * 30, "9" * 300, "x", "no/such/file", "\x1b[31mred",
     "\udcff", "\u202eabc", "日本語", "[", "a=b",
)  # fmt: skip
# A call of each command that succeeds at once, to which the option under test is added.
BASE: dict[str, tuple[str, ...]] = {
    "train": ("train", "text.txt", *TINY, "--max-steps=1"),
    "sample": ("sample", "--run=tiny", "--length=2"),
    "corpus pairs": ("corpus", "pairs", "new.jsonl", "--per-condition=2"),
    "corpus agreement": ("corpus", "agreement", "new.txt", "--sentences=3"),
    "cloze": ("cloze", "--run=tiny", "--prime=The c", "a", "b"),
    "eval": ("eval", "text.txt", "--run=tiny"),
    "surprisal": ("surprisal", "text.txt", "--run=tiny"),
    "describe": ("describe",),
    "plot": ("plot", "tiny"),
    "agree": ("agree", "--run=tiny", "--per-condition=2"),
    "inspect text": ("inspect", "text", "text.txt", "--run=tiny"),
    "inspect attention": ("inspect", "attention", "The cat", "--run=looking"),
    "inspect gates": ("inspect", "gates", "text.txt", "--run=tiny"),
    "inspect features": ("inspect", "features", "text.txt", "--run=tiny"),
    "inspect gradients": ("inspect", "gradients", "tiny"),
    "inspect units": ("inspect", "units", "--run=tiny"),
    "export": ("export", "new.html", "--run=tiny"),
    "compare": ("compare", "none.yaml"),
    "bench": ("bench", "--hidden-size=8", "--batch-size=2", "--seq-length=4", "--repeats=1",
              "--seconds=0.01", "--workers=1"),
}  # fmt: skip
# As long as asked for, and nobody is kept waiting who did not ask.
ENDLESS = {("sample", "--length"), ("corpus agreement", "--sentences"), ("bench", "--seconds")}


def commands(group: click.Group = cli, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def base(name: str) -> tuple[str, ...]:
    return BASE.get(name, tuple(name.split()))


def options() -> list[tuple[str, str, bool]]:
    """Every (command, long option, whether it takes a value)."""
    return [
        (name, max(option.opts, key=len), not option.is_flag and not option.count)
        for name, command in commands()
        for option in command.params
        if isinstance(option, click.Option)
    ]


@pytest.fixture(scope="module")
def server(tiny_run: Path, looking_run: Path) -> Iterator[Server]:
    with folder_in_memory() as folder, Server(folder) as server:
        shutil.copytree(tiny_run.parent, folder / "runs")
        shutil.copytree(looking_run, folder / "looking")
        yield server


def clean(ended: Ended) -> Ended:
    """Ended in a way that a user can deal with."""
    assert ended.status in (0, 1, 2), (ended.status, ended.stderr)
    assert "Traceback" not in ended.stderr and "please report it" not in ended.stderr, ended.stderr
    assert "Warning" not in ended.stderr, ended.stderr
    assert harmless(ended.stderr), ended.stderr
    if ended.status:
        lines = ended.stderr.splitlines()
        assert lines[-1].startswith("Error: "), ended.stderr
        assert len(lines[-1]) < 6000  # little more than what was typed
    return ended


PAIRS = [
    (name, option, value)
    for name, option, takes in options()
    for value in (VALUES if takes else ("",))
    if (name, option) not in ENDLESS or not value.startswith("9")
]


def test_any_value_of_any_option(server: Server) -> None:
    rng = random.Random(8)
    found = []
    for name, option, value in rng.sample(PAIRS, min(len(PAIRS), count(25, len(PAIRS)))):
        arguments = (*base(name), f"{option}={value}" if value else option)
        ended = server(*arguments, limit=20)
        try:
            clean(ended)
        except AssertionError:
            found.append((arguments[-1][:80], name, ended.status, ended.stderr[-300:]))
    assert not found


def test_every_option_left_empty(server: Server) -> None:
    empty = [pair for pair in options() if pair[2]]
    for name, option, _ in random.Random(8).sample(empty, min(len(empty), count(8, len(empty)))):
        clean(server(*base(name), f"{option}=", limit=20))


def test_an_option_nearly_right_is_answered_with_the_right_one(server: Server) -> None:
    long = [(name, option) for name, option, _ in options() if len(option) > 6]
    for name, option in long[:: count(12, 1)]:
        wrong = option[:4] + option[5:]  # one letter is missing
        ended = clean(server(*base(name), f"{wrong}=1", limit=20))
        assert ended.status == 2
        assert f"{option}" in ended.stderr.splitlines()[-1], ended.stderr


TEXTS = (
    "", "\x00", "\n" * 50, "a" * 5000, "\x1b]0;title\x07\x1b[2J", "\u009b31m", "\udcff\udc80",
    "\u202eמזל טוב", "e\u0301\u0301\u0301",
    "👩‍👩‍👧‍👦🏴", "\r\r\n", "\ufeffx", "\u2028\u2029", TEXT[:300],
)  # fmt: skip


def test_any_text_as_prime_stop_choice_or_input(server: Server) -> None:
    """NUL ends an argument of the system, so that one is only read from files."""
    for text in TEXTS:
        data = text.encode("utf-8", "surrogateescape")
        (server.folder / "odd.txt").write_bytes(data)
        (server.folder / "pairs.jsonl").write_bytes(data)
        (server.folder / "pairs.tsv").write_bytes(data + b"\t" + data + b"\n")
        calls: list[tuple[str, ...]] = [
            ("sample", "--run=tiny", "--prime-file=odd.txt", "--length=3"),
            ("eval", "odd.txt", "--run=tiny"),
            ("eval", "odd.txt", "--run=tiny", "--lines"),
            ("surprisal", "odd.txt", "--run=tiny"),
            ("surprisal", "odd.txt", "--run=tiny", "--by=char", "--json"),
            ("surprisal", "odd.txt", "--run=tiny", "--by=region", "--no-closing-blank"),
            ("agree", "--run=tiny", "--pairs=pairs.jsonl"),
            ("agree", "--run=tiny", "--pairs=pairs.tsv"),
            ("agree", "--run=tiny", "--suite=odd.txt"),
        ]
        if "\0" not in text:
            calls += [
                ("sample", "--run=tiny", f"--prime={text}", "--length=3"),
                ("sample", "--run=tiny", f"--stop={text}", "--length=3", "--json"),
                ("cloze", "--run=tiny", f"--prime={text}", "a", "b"),
                ("cloze", "--run=tiny", "--prime=The", text, "a"),
                ("eval", text, "--run=tiny"),
            ]
        for call in calls:
            ended = clean(server(*call, limit=20))
            if (
                call[0] in ("cloze", "agree", "surprisal") or "--lines" in call
            ):  # for people to read
                assert harmless(ended.stdout), (call, ended.stdout)
