"""Sampling: from the distribution of the next character to a text. docs/sampling.md explains it."""

from charlstm.sampling.filters import Filters
from charlstm.sampling.writer import generate

__all__ = ["Filters", "generate"]
