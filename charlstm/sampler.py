"""The old name of `charlstm.sampling`. It is deprecated: the next release removes it."""

import warnings

from charlstm.sampling import Filters, generate

__all__ = ["Filters", "generate"]

warnings.warn(
    "charlstm.sampler is now called charlstm.sampling; the next release removes the old name",
    DeprecationWarning,
    stacklevel=2,
)
