"""A network's dimension analysis: its equations, shapes, parameters, bytes and operations."""

from charlstm.studies.describe.equations import Equation, Step, one_step
from charlstm.studies.describe.network import Description, Section, describe

__all__ = ["Description", "Equation", "Section", "Step", "describe", "one_step"]
