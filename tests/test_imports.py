"""What commands leave alone, so that they start quickly."""

import subprocess
import sys
from pathlib import Path

import pytest

REPORT = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from charlstm.cli import main
main()
"""


def imported(*arguments: object) -> set[str]:
    """The modules in use when the command ended, in a process of its own."""
    command = [sys.executable, "-c", REPORT, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return set(done.stderr.split())


def test_help_needs_neither_numpy_nor_a_terminal() -> None:
    assert not {"numpy", "prompt_toolkit"} & imported("--help")
    assert not {"prompt_toolkit", "charlstm.sampling.session"} & imported("write", "--help")


@pytest.mark.parametrize("options", [(), ("--count", 3, "--json")])
def test_sampling_needs_neither_training_nor_texts(tiny_run: Path, options: tuple[object]) -> None:
    modules = imported("sample", "--run", tiny_run, "--length", 5, *options)
    assert {"numpy", "charlstm.sampling"} <= modules
    unused = {"yaml", "tqdm", "threadpoolctl", "concurrent", "tempfile", "zipfile", "numpy.random"}
    unused |= {"charlstm.text.corpus", "charlstm.training.fit", "charlstm.training.workers"}
    unused |= {"charlstm.api.blending", "charlstm.nn.mixture", "charlstm.sampling.primed"}
    unused |= {"charlstm.evaluate", "charlstm.likelihood", "charlstm.output.figure", "csv"}
    unused |= {"charlstm.novelty", "charlstm.copying"}  # which nobody asked for
    unused |= {"charlstm.sampling.steps.top_k", "charlstm.sampling.steps.avoid_copying"}
    unused |= {"charlstm.cli.avoided", "charlstm.cli.searches"}
    unused |= {"charlstm.sampling.search", "charlstm.sampling.beam"}
    assert not modules & unused
