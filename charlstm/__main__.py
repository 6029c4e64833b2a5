"""`python -m charlstm` is `charlstm`, which imports nothing from the current folder."""

import os
import sys
from contextlib import suppress

with suppress(OSError):  # the folder is gone
    # The folder stays where charlstm itself is imported from it.
    if sys.path[0] == os.getcwd() != os.path.dirname(os.path.dirname(__file__)):  # noqa: PTH109, PTH120
        del sys.path[0]

from charlstm.cli import main

if __name__ == "__main__":
    main()
