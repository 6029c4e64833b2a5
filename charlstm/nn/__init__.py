"""Everything numerical: from ids to a loss and its gradients. It knows no files and no text."""

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]  # float32 in use, float64 in gradient tests
