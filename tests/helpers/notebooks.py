"""Notebooks run by a real kernel; where Jupyter's parts are missing, the test is skipped."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest


def run_notebook(cells: Sequence[str], folder: Path, **settings: Any) -> list[list[Any]]:
    """Run cells in `folder`, one after the other; return the outputs of each.

    A cell that raises an error has it among its outputs. `settings` are those of the client.
    """
    nbclient, nbformat = needed()
    v4 = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    client(nbclient, notebook, folder, allow_errors=True, **settings).execute()
    return [cell.outputs for cell in notebook.cells]


def needed() -> tuple[Any, Any]:
    """The modules nbclient and nbformat, if there is a kernel too."""
    pytest.importorskip("ipykernel")
    return pytest.importorskip("nbclient"), pytest.importorskip("nbformat")


def client(nbclient: Any, notebook: Any, folder: Path, **settings: Any) -> Any:
    """A client of a kernel of this Python, with one connection file and history for itself."""
    settings = {"timeout": 300, "kernel_name": "python3", **settings}
    return nbclient.NotebookClient(notebook, resources={"metadata": {"path": folder}}, **settings)
