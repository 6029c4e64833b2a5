"""`charlstm inspect units`: which units carry the subject's number, and how one of them does it."""

from pathlib import Path
from typing import Any

import click

from charlstm.cli.inspect.shared import checked_index
from charlstm.cli.inspect.units_show import show
from charlstm.cli.options import json_option, load_model, run_option, save_option
from charlstm.cli.terminal import note, print_json, utf8_output
from charlstm.errors import CharlstmError

READINGS = {"number": ("singular", "plural"), "gender": ("feminine", "masculine")}


@click.command()
@run_option
@click.option("--feature", type=click.Choice(tuple(READINGS)), default="number", show_default=True)
@click.option("--pairs", metavar="FILE", help="Your own pairs, with item and subject_number.")
@click.option("--per-condition", default=40, type=click.IntRange(2), help="Pairs of each kind.")
@click.option("--candidates", default=10, type=click.IntRange(1), help="How many units to silence.")
@click.option("--controls", default=30, type=click.IntRange(2), help="Random units to silence.")
@click.option("--long", default=20, type=click.IntRange(0), help="Characters that are long.")
@click.option("--seed", default=1, type=click.IntRange(0), help="Decides pairs and controls.")
@click.option("--layer", type=int, help="Layer of --unit.  [default: the last]")
@click.option("--unit", type=int, help="Draw this unit's time course.  [default: the best]")
@save_option(".png", ".svg", ".csv", ".json")
@json_option
def command(
    run: str | None,
    feature: str,
    pairs: str | None,
    per_condition: int,
    candidates: int,
    controls: int,
    long: int,
    seed: int,
    layer: int | None,
    unit: int | None,
    save: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Find the units that carry the subject's number (or gender) to the verb.

    A unit carries it if in half of the constructions its value tells both apart (AUC 0.9 or more
    halfway and just before the verb), and if agreement over a long way suffers more when it is
    silenced than when random units are. --save FILE.png draws a unit's time course.
    """
    utf8_output()
    model = load_model(run)
    architecture = model.parameters.architecture
    last = architecture.num_layers - 1
    at = last if layer is None else checked_index("layer", layer, last + 1)
    if unit is not None:
        checked_index("unit", unit, architecture.hidden_size)
    from charlstm.studies.inspect.course import one_sentence, two_sentences
    from charlstm.studies.inspect.spans import spans
    from charlstm.studies.inspect.units import find

    found = spans(_pairs(model, pairs, per_condition, seed), feature)
    with _bar(candidates + controls) as step:
        units = find(
            model.parameters,
            model.vocabulary,
            found,
            candidates=candidates,
            controls=controls,
            long=long,
            seed=seed,
            progress=step,
        )
    best = next(iter(units.carriers or units.units))
    place = (best.layer, best.unit) if unit is None else (at, unit)
    far = _course_spans(found, units, place, long)
    courses = []
    for make in (one_sentence, two_sentences):
        try:
            courses.append(make(model.parameters, model.vocabulary, far, *place))
        except CharlstmError as error:
            note(f"no time course: {error}")
    _write(save, model, units, READINGS[feature], courses)
    if as_json:
        from charlstm.output.write import plain
        from charlstm.studies.inspect.units_table import to_mapping

        print_json(plain(to_mapping(units, READINGS[feature], courses)))
    else:
        show(units, feature, READINGS[feature], courses)


def _course_spans(found: Any, units: Any, place: tuple[int, int], long: int) -> list[Any]:
    """The long sentences; only of the constructions in which the unit tells, if there are any."""
    told = [unit for unit in units.units if (unit.layer, unit.unit) == place]
    clear = told[0].constructions if told else []
    far = [span for span in found if span.distance > long]
    return [span for span in far if span.pair.condition in clear] or far


def _pairs(model: Any, pairs: str | None, per_condition: int, seed: int) -> Any:
    from charlstm.pairs.scores import readable
    from charlstm.studies.agreement import pair_sets

    if pairs is not None:
        from charlstm.pairs.files import PairSet, read_pairs

        asked = PairSet(read_pairs(Path(pairs)))
    else:
        known = pair_sets.settings_of(model.config.corpus)
        settings = known[0] if known else pair_sets.bundled_settings()
        if not known:
            note("the run's corpus has no settings beside it: pairs are made like the bundled one")
        asked = pair_sets.default_set(settings, per_condition, seed)
    kept, unknown = readable(model.vocabulary, asked.pairs)
    if unknown:
        left = len(asked.pairs) - len(kept)
        note(f"left out {left:,} pairs with characters never seen: {' '.join(map(ascii, unknown))}")
    return kept


def _bar(total: int) -> Any:
    """A bar in a terminal, called for each step."""
    import sys
    from contextlib import nullcontext

    if not sys.stderr.isatty():
        return nullcontext(lambda: None)
    from contextlib import contextmanager

    from tqdm import tqdm

    @contextmanager
    def shown() -> Any:
        with tqdm(total=total, unit="unit", leave=False) as bar:
            yield bar.update

    return shown()


def _write(
    save: tuple[Path, ...], model: Any, units: Any, readings: tuple[str, str], courses: list[Any]
) -> None:
    from charlstm.output.write import write_csv, write_json
    from charlstm.studies.inspect.units_table import HEAD, to_mapping, to_rows

    for path in save:
        if path.suffix.lower() == ".csv":
            write_csv(path, HEAD, to_rows(units))
        elif path.suffix.lower() == ".json":
            write_json(path, to_mapping(units, readings, courses))
        elif not courses:
            raise CharlstmError(f"there is nothing to draw in {str(path)!r}; save as .csv")
        else:
            from charlstm.output.figure import write_figure
            from charlstm.studies.inspect.course_figure import figure

            one = courses[0]
            title = f"{model.path.parent.name}: layer {one.layer}, unit {one.unit}"
            sigmoids = model.parameters.cell.sigmoids
            write_figure(path, figure(courses, readings, title, sigmoids))
        note(f"wrote {path}")
