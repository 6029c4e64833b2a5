r"""A user's own feature: a regular expression, inside whose matches it holds.

Python's `re` has no limit of time, and an expression such as `(a+)+$` needs for ever on some texts.
So the matching runs in a process of its own, which is ended when its time is up.
"""

import json
import re
import subprocess
import sys
import warnings
from functools import partial

import numpy as np

from charlstm.errors import CharlstmError, shortened
from charlstm.studies.features.characters.catalogue import BY_NAME
from charlstm.studies.features.characters.marking import Feature, Marking
from charlstm.text.vocabulary import is_text

SECONDS = 20.0  # for all matches in a text
NEEDS = "needs"  # the name of a group
NAME = re.compile(r"[\w-]{1,30}")
PROGRAM = f"""
import json, re, sys, warnings
warnings.simplefilter("ignore")
pattern, text = json.load(sys.stdin)
pattern = re.compile(pattern, re.MULTILINE)
needs = [{NEEDS!r}] * ({NEEDS!r} in pattern.groupindex)
json.dump([list(map(match.span, [0, *needs])) for match in pattern.finditer(text)], sys.stdout)
"""


def defined_feature(name: str, pattern: str) -> Feature:
    """The feature of this name that holds after each character inside a match of `pattern`.

    `^` and `$` match at every line. If the pattern has a group `needs`, as in
    `"[^"]*(?P<needs>")`, the characters of that group need the feature.

    Raises:
        CharlstmError: if the name is no plain word or one of the library, or the pattern is wrong.
    """
    if not NAME.fullmatch(name):
        raise CharlstmError(
            f"{shortened(name)!r} cannot name a feature; use up to 30 letters, digits, - and _"
        )
    if name in BY_NAME:
        raise CharlstmError(f"{name!r} is a feature of the library; choose another name")
    if not pattern or not is_text(pattern):
        what = "is not in UTF-8" if pattern else "is empty"
        raise CharlstmError(f"the pattern of {name!r} {what}; give a regular expression of Python")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sets that may mean something else one day
            groups = re.compile(pattern, re.MULTILINE).groupindex
    except (re.error, OverflowError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        raise CharlstmError(
            f"the pattern of {name!r} is no regular expression of Python: {reason}"
        ) from error
    needs = "its group 'needs'" if NEEDS in groups else ""
    mark = partial(_mark, name, pattern, NEEDS in groups)
    return Feature(name, f"in a match of {pattern}", mark, needs)


def _mark(name: str, pattern: str, has_needs: bool, text: str) -> Marking:
    """The matches of a pattern.

    Raises:
        CharlstmError: if it takes too long, or more memory than there is.
    """
    values, needs = np.zeros(len(text), np.bool_), np.zeros(len(text), np.bool_)
    for (start, stop), *group in _matches(name, pattern, text):
        values[start:stop] = True
        for first, last in group:  # (-1, -1) where the group has no part in the match
            needs[max(first, 0) : max(last, 0)] = True
    return Marking(values, needs if has_needs else None)


def _matches(name: str, pattern: str, text: str) -> list[list[list[int]]]:
    """Where each match begins and ends, and after it the same of its group `needs`, if any."""
    command = [sys.executable, "-I", "-S", "-c", PROGRAM]
    given = json.dumps([pattern, text])
    try:
        done = subprocess.run(  # noqa: S603 - our own program, our own interpreter
            command, input=given, capture_output=True, text=True, timeout=SECONDS, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise CharlstmError(
            f"the pattern of {name!r} takes more than {SECONDS:g} seconds to match in "
            f"{len(text):,} characters; write it without nested repetition, or shorten the text "
            "with --cut"
        ) from error
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or "").strip().rpartition("\n")[2] or f"exit code {error.returncode}"
        raise CharlstmError(f"the pattern of {name!r} cannot be matched: {reason}") from error
    matches: list[list[list[int]]] = json.loads(done.stdout)
    return matches
