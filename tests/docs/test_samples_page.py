"""docs/samples.md: its commands are commands, and its script fills a page with what they write."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import TINY, Runner
from doc_commands import parse_command
from repository import ROOT

SCRIPT = ROOT / "benchmarks" / "samples_page.py"
PAGE = (ROOT / "docs" / "samples.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"^    (charlstm sample .+)$", PAGE, re.MULTILINE)
TRAININGS = re.findall(r"^(charlstm train .+)$", PAGE, re.MULTILINE)
COMMAND = "charlstm sample --run run --length 90 --seed 1 --count 5"
EMPTY = f"""# Samples

Held out of run: -

    {COMMAND}

```text
```

Measured: -

Words stay.
"""


@pytest.mark.parametrize("line", [*SAMPLES, *TRAININGS])
def test_every_command_knows_its_options(line: str) -> None:
    parse_command(line)


def test_every_run_is_trained_on_the_page() -> None:
    trained = {re.findall(r"--out (\S+)", line)[0] for line in TRAININGS}
    named = set(re.findall(r"--(?:run|blend) ([^\s:]+)", " ".join(SAMPLES)))
    assert named == trained


def test_every_sample_stands_below_its_command_with_its_figures() -> None:
    blocks = re.findall(
        r"^    (charlstm sample .+)\n\n```text\n((?:.*\n)+?)```\n\nMeasured: \d", PAGE, re.MULTILINE
    )
    assert [command for command, _ in blocks] == SAMPLES
    for command, output in blocks:
        assert output.count("----------\n") == (4 if "--count 5" in command else 0), command


@pytest.mark.slow
def test_the_script_fills_a_page(charlstm: Runner, here: Path) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=60", "--val-fraction=0.2", "--out=run")
    page = here / "page.md"
    page.write_text(EMPTY, encoding="utf-8")
    filled = fill(page)
    output = charlstm.ok(*COMMAND.split()[1:]).stdout.removesuffix("\n")
    assert f"    {COMMAND}\n\n```text\n{output}\n```\n\nMeasured: " in filled
    assert filled.startswith("# Samples\n\nHeld out of ") and filled.endswith("\n\nWords stay.\n")
    assert re.search(r"Held out of run: [\d.]+ nats per character; ", filled)
    assert re.search(r"Measured: [\d.]+ nats per character; \d+ of \d\d+ words", filled)
    page.write_text(filled, encoding="utf-8")
    assert fill(page) == filled


def fill(page: Path) -> str:
    done = subprocess.run(
        [sys.executable, SCRIPT, page], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
