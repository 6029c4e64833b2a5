"""The Python interface: train a model or load one, let it write, score text, and look inside."""

from charlstm.api.comparing import compare_agreement
from charlstm.api.model import Model, load
from charlstm.api.training import train

__all__ = ["Model", "compare_agreement", "load", "train"]
