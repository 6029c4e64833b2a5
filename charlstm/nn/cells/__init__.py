"""The cells by name. A new cell is one file and one line here."""

from dataclasses import Field, fields
from typing import Any

from charlstm.nn.cells.base import Cell
from charlstm.nn.cells.coupled import Coupled
from charlstm.nn.cells.gru import GRU
from charlstm.nn.cells.lstm import LSTM
from charlstm.nn.cells.peephole import Peephole
from charlstm.nn.cells.rnn import RNN

CELLS: dict[str, type[Cell[Any]]] = {
    cell.name: cell for cell in (RNN, LSTM, Peephole, Coupled, GRU)
}


def cell_options() -> dict[str, Field[Any]]:
    """The settings that some cell has, by name."""
    return {field.name: field for cell in CELLS.values() for field in fields(cell.Options)}
