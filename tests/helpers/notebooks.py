"""Notebooks run by a real kernel; where Jupyter's parts are missing, the test is skipped.

`python tests/helpers/notebooks.py docs/lesson.ipynb` runs a notebook and stores its outputs in it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest


def run_notebook(cells: Sequence[str], folder: Path) -> list[list[Any]]:
    """Run cells in `folder`, one after the other; return the outputs of each.

    A cell that raises an error has it among its outputs, and the next one runs.
    """
    nbformat = pytest.importorskip("nbformat")
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook = execute(nbformat.v4.new_notebook(cells=code), folder, allow_errors=True)
    return [cell.outputs for cell in notebook.cells]


def execute(notebook: Any, folder: Path, *, allow_errors: bool = False) -> Any:
    """Run a notebook in `folder` with this Python, and return it with its outputs."""
    pytest.importorskip("ipykernel")
    nbclient = pytest.importorskip("nbclient")
    client = nbclient.NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": folder}},
        allow_errors=allow_errors,
        coalesce_streams=True,
        record_timing=False,
    )
    return client.execute()


def read(path: Path) -> Any:
    """A notebook of this repository."""
    return pytest.importorskip("nbformat").read(path, as_version=4)


def store(path: Path) -> None:
    """Run a notebook in an empty folder, and write it with its outputs, without versions."""
    notebook = read(path)
    with TemporaryDirectory() as folder:
        execute(notebook, Path(folder))
    notebook.metadata.language_info = {"name": "python"}
    pytest.importorskip("nbformat").write(notebook, path)


if __name__ == "__main__":
    store(Path(sys.argv[1]))
