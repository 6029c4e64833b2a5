"""The cells by name. A new cell is one file and one line here."""

from charlstm.cells.base import Cell
from charlstm.cells.lstm import LSTM

CELLS: dict[str, type[Cell]] = {cell.name: cell for cell in (LSTM,)}
