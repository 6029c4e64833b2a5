"""charlstm: a character-level LSTM text generator in pure NumPy."""

__version__ = "0.1.0"
