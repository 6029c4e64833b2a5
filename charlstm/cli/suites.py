"""`charlstm agree --suite`: a model on test suites of SyntaxGym."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from charlstm.api import Model
from charlstm.cli.options import show
from charlstm.cli.outputs import Output, save_all
from charlstm.cli.progress import counting_bar
from charlstm.cli.terminal import note
from charlstm.output.write import write_rows
from charlstm.studies.suite.files import Suite, read_suite
from charlstm.studies.suite.measure import SuiteScore, lower_helps
from charlstm.text.shown import names
from charlstm.text.unknown import cure

Command = TypeVar("Command", bound=Callable[..., Any])
MARKS = ",.;:!?…)"  # are written without a blank before them


def suite_option(command: Command) -> Command:
    """The option `--suite`, repeatable; its value is a tuple."""
    text = (
        "A test suite of SyntaxGym (JSON) in place of pairs, or - for standard input; repeatable."
    )
    return click.option("--suite", "suites", metavar="FILE", multiple=True, help=text)(command)


def agree_on_suites(
    models: Sequence[Model],
    files: Sequence[str],
    save: tuple[Output, ...],
    items: Output | None,
    *,
    lower: bool,
    as_json: bool,
) -> None:
    """Score suites, write the files that are wanted, and print the report.

    Raises:
        CorpusError: if a suite cannot be read, or the model knows the characters of no item.
        UsageError: if there are several models.
    """
    model, *others = models
    if others:
        raise click.UsageError("--suite is scored by one run; give the command once for each.")
    suites = [read_suite(file) for file in files]
    suites = [suite.lowered() for suite in suites] if lower else suites
    sentences = sum(len(item.conditions) for suite in suites for item in suite.items)
    with counting_bar(sentences, "sentence") as progress:
        result = model.suites(suites, progress=progress)
    for score in result.scores:
        _say(model, score)
    save_all(save, result)
    if items:
        write_rows(items.path, *result.items(), force=items.force)
        note(f"wrote {items.path}")
    show(as_json, result.to_mapping(), result.lines())


def _say(model: Model, score: SuiteScore) -> None:
    """Print notes on what a user may not expect."""
    suite = score.suite
    if score.left_out:
        items = f"{score.left_out:,} item{'s' * (score.left_out != 1)} of {suite.name}"
        helped = lower_helps(model.vocabulary, suite)
        lower = f"; --lower lets it read {helped:,} of them" if helped else ""
        unknown = f"{names(score.unknown)}{cure(model.vocabulary, score.unknown)}"
        note(f"left out {items}: characters never seen: {unknown}{lower}")
    if apart := _begin_with_a_mark(suite):
        regions = f"{apart:,} region{'s' * (apart != 1)}"
        note(f"{suite.name}: a blank stands before the punctuation with which {regions} begin")


def _begin_with_a_mark(suite: Suite) -> int:
    """How many regions, after others, begin with punctuation that is written without a blank."""
    count = 0
    for item in suite.items:
        for regions in item.conditions.values():
            filled = [content.strip() for content in regions.values() if content.strip()]
            count += sum(content[0] in MARKS for content in filled[1:])
    return count
