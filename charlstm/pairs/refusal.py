"""Why a file is no file of minimal pairs, in one line that names its columns."""

import shlex

from charlstm.hints import command
from charlstm.pairs.checked import checked
from charlstm.pairs.formats.cells import SEPARATORS, cells_of
from charlstm.pairs.formats.json_lines import json_object
from charlstm.pairs.formats.linzen import GOLD, TEXT
from charlstm.pairs.source import Head
from charlstm.text.shown import quoted

MOST, LONG = 12, 30  # columns named, and characters of each
TABLE = (
    "a table of pairs names two of its columns good and bad (or grammatical and ungrammatical) in "
    "its first line, or has in every line the good sentence, a tab, the bad one and perhaps a tab "
    "and the condition"
)


def refusal(head: Head) -> str:
    """What is wrong with the beginning of a file that no format knows."""
    if not head.first:
        return f"no pairs in it; write some with {command('corpus', 'pairs')} FILE"
    if head.path and head.path.suffix == TEXT:
        gold = head.path.with_suffix(GOLD).name
        return f"the forms of its verbs should stand beside it, in {gold}, which is missing"
    line = head.first.strip()
    if line.startswith("[") and "\t" not in line:
        file = shlex.quote(str(head.path)) if head.path else ""
        return (
            "it seems to be a JSON array; pairs are JSON Lines, with an object in each "
            f"line: jq -c '.[]' {file} writes them"
        )
    if line.startswith("{"):
        try:
            checked(json_object(line), "")
        except ValueError as error:
            return str(error) + _suite(head)
    separator = max(SEPARATORS, key=lambda mark: len(cells_of(line, mark)))
    cells = cells_of(line, separator)
    if len(cells) == 1:
        return f"it has no tabs, and no columns that are known; {TABLE}"
    names = ", ".join(quoted(_brief(cell.strip())) for cell in cells[:MOST])
    more = f" and {len(cells) - MOST} more" if len(cells) > MOST else ""
    return f"the columns {names}{more} are not understood; {TABLE}"


def _suite(head: Head) -> str:
    """What to type if the file is one object of JSON, as SyntaxGym's suites are."""
    if not head.path or head.path.suffix != ".json":
        return ""
    return f"; a test suite of SyntaxGym goes to {command('agree', '--suite', head.path)}"


def _brief(cell: str) -> str:
    return cell if len(cell) <= LONG else cell[: LONG - 1] + "…"
