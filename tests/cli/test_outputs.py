"""No command replaces a file of the user's, whatever option names it; "-" is no file."""

import shutil
from pathlib import Path
from typing import Any

import click
import pytest
from command_line import TINY, Runner

from charlstm.cli import cli
from charlstm.cli.outputs import output, output_or_stdout

MINE = "the only copy of my novel\n"
PAIRS = "The cat is wet.\tThe cat are wet.\nThe cats are here.\tThe cats is here.\n"
SUITE = """{"predictions": [{"formula": "(1;%a%) < 9"}], "items": [{"conditions": [
{"condition_name": "a", "regions": [{"region_number": 1, "content": "The cat"}]}]}]}"""
PLAN = """
base: {corpus: text.txt, hidden_size: 4, batch_size: 4, seq_length: 8, workers: 1}
vary: {cell: [rnn]}
budget: {characters: 100}
"""
# What each command writes, and how it is told to.
WRITES = [
    ("x.csv", "plot run --save"),
    ("x.json", "plot run --save"),
    ("x.png", "plot run --save"),
    ("x.svg", "plot run --save"),
    ("x.json", "inspect gates --run run --save"),
    ("x.csv", "inspect gradients run --steps 5 --samples 2 --save"),
    ("x.html", "inspect text cats --run run --save"),
    ("x.csv", "agree --run run --pairs p.tsv --save"),
    ("x.jsonl", "agree --run run --pairs p.tsv --items"),
    ("x.csv", "agree --run run --suite s.json --save"),
    ("x.tsv", "agree --run run --suite s.json --items"),
    ("x.html", "export --run run"),
    ("x.onnx", "export --run run"),
    ("x.safetensors", "export --run run"),
    ("x.state", "sample --run run --length 2 --save-state"),
    ("x.txt", "corpus agreement --sentences 3"),
    ("x.jsonl", "corpus pairs --per-condition 2"),
    ("x.csv", "compare plan.yaml --save"),
    ("runs/plan/compare.csv", "compare plan.yaml"),
    ("runs/plan/compare.png", "compare plan.yaml"),
]


@pytest.fixture
def folder(here: Path, tiny_run: Path) -> Path:
    """A working folder with a run, pairs and a plan."""
    shutil.copytree(tiny_run, here / "run")
    (here / "p.tsv").write_text(PAIRS, encoding="utf-8")
    (here / "s.json").write_text(SUITE, encoding="utf-8")
    (here / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return here


def arguments(file: str, words: str) -> list[str]:
    """The command line that writes `file`, unless it does so by itself."""
    if file.endswith((".onnx", ".safetensors")):
        pytest.importorskip(file.rpartition(".")[2])
    return [*words.split(), *([] if words == "compare plan.yaml" else [file])]


@pytest.mark.parametrize(("file", "words"), WRITES)
def test_a_file_of_the_users_is_replaced_only_with_force(
    charlstm: Runner, folder: Path, file: str, words: str
) -> None:
    command = arguments(file, words)
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(MINE, encoding="utf-8")
    before = sorted(folder.rglob("*"))
    message = charlstm.fails(*command)
    assert message == f"{file!r} exists; choose another place, or replace it with --force"
    assert path.read_text(encoding="utf-8") == MINE
    assert sorted(folder.rglob("*")) == before  # nothing was begun
    charlstm.ok(*command, "--force")
    assert MINE.encode() not in path.read_bytes()


@pytest.mark.parametrize(("file", "words"), WRITES)
def test_a_second_call_replaces_what_can_say_that_it_is_ours(
    charlstm: Runner, folder: Path, file: str, words: str
) -> None:
    command = arguments(file, words)
    charlstm.ok(*command)
    says_so = file.endswith((".png", ".html", ".onnx", ".safetensors"))
    if says_so or words == "compare plan.yaml":  # a comparison that goes on, in its own folder
        charlstm.ok(*command)
    else:
        assert "exists; " in charlstm.fails(*command)
    (folder / file).chmod(0o444)
    if words != "compare plan.yaml":
        assert "exists; " in charlstm.fails(*command)
    charlstm.ok(*command, "--force")


def test_one_file_given_twice_is_written_once(charlstm: Runner, folder: Path) -> None:
    del folder
    outcome = charlstm.ok("plot", "run", "--save=x.csv", "--save=./x.csv")
    assert outcome.stderr.count("wrote x.csv") == 1
    command = ("agree", "--run=run", "--pairs=p.tsv", "--save=y.csv", "--items=./y.csv")
    assert "--save and --items name the same file" in charlstm.fails(*command, status=2)


INPUTS = [
    ("p.tsv", "sample --run run --prime-file p.tsv --save-state p.tsv"),
    ("p.tsv", "agree --run run --pairs p.tsv --items p.tsv"),
    ("p.tsv", "agree --run run --pairs p.tsv --items link"),
    ("p.tsv", "agree --run run --pairs p.tsv --items hard"),
    ("text.json", "agree --run run --corpus text.txt --items text.json"),
    ("s.json", "agree --run run --suite s.json --items s.json"),
    ("run/metrics.csv", "plot run --save run/metrics.csv"),
    ("run/metrics.csv", "inspect gradients run --save run/metrics.csv"),
    ("text.csv", "inspect gates text.csv --run run --save text.csv"),
    ("text.json", "corpus pairs --corpus text.txt text.json"),
    ("text.txt", "corpus pairs --corpus text.txt text.txt"),
    ("text.csv", "compare csv.yaml --save text.csv"),
    ("run/metrics.csv", "train run/metrics.csv --out run"),
    ("text.csv", "train text.csv --out results"),
]


@pytest.mark.parametrize(("source", "words"), INPUTS)
def test_an_input_is_never_replaced(
    charlstm: Runner, folder: Path, source: str, words: str
) -> None:
    (folder / "text.json").write_text("{}", encoding="utf-8")
    (folder / "text.csv").write_text(MINE, encoding="utf-8")
    (folder / "csv.yaml").write_text(PLAN.replace(".txt", ".csv"), encoding="utf-8")
    (folder / "link").symlink_to("p.tsv")
    (folder / "hard").hardlink_to("p.tsv")
    (folder / "results").mkdir()
    (folder / "results" / "metrics.csv").symlink_to(folder / "text.csv")
    before = (folder / source).read_bytes()
    for force in ((), ("--force",)):
        assert "is an input of this command" in charlstm.fails(*words.split(), *force)
    assert (folder / source).read_bytes() == before


def test_the_settings_beside_a_corpus_are_not_replaced(charlstm: Runner, here: Path) -> None:
    (here / "novel.json").write_text(MINE, encoding="utf-8")
    command = ("corpus", "agreement", "novel.txt", "--sentences=3")
    assert charlstm.fails(*command).startswith("'novel.json' exists")
    assert {path.name for path in here.iterdir()} == {"novel.json", "text.txt"}
    charlstm.ok(*command, "--force")


@pytest.mark.parametrize("name", ["metrics.csv", ".lock", "config.yaml"])
def test_a_run_replaces_no_file_in_its_folder(charlstm: Runner, here: Path, name: str) -> None:
    (here / "results").mkdir()
    (here / "results" / name).write_text(MINE, encoding="utf-8")
    command = ("train", "text.txt", *TINY, "--max-steps=2", "--out=results")
    assert charlstm.fails(*command).startswith(f"'results/{name}' exists; ")
    assert [path.name for path in (here / "results").iterdir()] == [name]
    assert (here / "results" / name).read_text(encoding="utf-8") == MINE
    charlstm.ok(*command, "--force")
    assert MINE.strip() not in (here / "results" / name).read_text(encoding="utf-8")
    assert "holds a run already" in charlstm.fails(*command, "--force")


@pytest.mark.parametrize(
    "name", ["asked.json", "result.json", "metrics.csv", ".lock", "config.yaml", "last.npz"]
)
def test_a_comparison_replaces_no_file_in_a_folder_of_its_runs(
    charlstm: Runner, folder: Path, name: str
) -> None:
    file = folder / "runs" / "plan" / "rnn" / name
    file.parent.mkdir(parents=True)
    file.write_text('{"mine": 1}', encoding="utf-8")
    message = charlstm.fails("compare", "plan.yaml")
    assert "another --out" in message or "exists; " in message
    assert "remove" not in message
    assert file.read_text(encoding="utf-8") == '{"mine": 1}'
    assert [path.name for path in file.parent.iterdir()] == [name]


def commands(group: click.Group, names: tuple[str, ...] = ()) -> Any:
    """Every command with its words."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, (*names, name))
        else:
            yield (*names, name), command


def test_every_command_that_writes_a_file_has_force_in_its_help(charlstm: Runner) -> None:
    writing = {words.split()[0] for _, words in WRITES} | {"train", "write"}
    assert isinstance(cli, click.Group)
    for names, command in commands(cli):
        has_force = "--force" in charlstm.ok(*names, "--help").stdout
        assert has_force == (names[0] in writing), names
        for parameter in command.params:
            if parameter.name in ("save", "items", "file") and names[0] != "train":
                assert has_force, (names, parameter.name)
            assert parameter.callback not in (output, output_or_stdout) or has_force


@pytest.mark.parametrize(
    "words",
    [
        "plot run --save -",
        "inspect gates --run run --save -",
        "agree --run run --pairs p.tsv --items -",
        "export --run run -",
        "train text.txt --max-steps 1 --out -",
        "compare plan.yaml --out -",
    ],
)
def test_a_dash_is_refused_where_a_file_is_meant(
    charlstm: Runner, folder: Path, words: str
) -> None:
    outcome = charlstm(*words.split())
    assert outcome.status in (1, 2) and outcome.output == b""
    assert "'-'" in outcome.error or "- is standard output" in outcome.error
    assert not (folder / "-").exists()


def test_a_dash_is_standard_output_where_that_makes_sense(charlstm: Runner, here: Path) -> None:
    made = charlstm.ok("corpus", "agreement", "-", "--sentences=5")
    charlstm.ok("corpus", "agreement", "c.txt", "--sentences=5")
    assert made.output == (here / "c.txt").read_bytes()
    made = charlstm.ok("corpus", "pairs", "-", "--per-condition=2")
    charlstm.ok("corpus", "pairs", "p.jsonl", "--per-condition=2")
    assert made.output == (here / "p.jsonl").read_bytes()
    assert not (here / "-").exists()
