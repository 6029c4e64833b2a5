"""What would be a copy: runs of N characters that stand in the training text, found by hashes."""

from charlstm.copying.kept import passages_of
from charlstm.copying.passages import Passages

__all__ = ["Passages", "passages_of"]
