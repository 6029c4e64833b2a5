"""A SyntaxGym suite as it is published: one JSON object, read and checked as a whole.

https://cpllab.github.io/syntaxgym-core/suite_json.html describes it. Files of Hu et al. (2020) have
their formulas in `meta.string_predictions`; these are read where `predictions` is empty.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from charlstm.errors import CorpusError, shortened
from charlstm.studies.suite.formula import Formula, regions_of
from charlstm.studies.suite.parser import FormulaError, parsed
from charlstm.text.shown import quoted

Kind = TypeVar("Kind")
STDIN = "-"
METRIC = "sum"
NAMES = {dict: "an object", list: "a list", str: "a text", int: "a whole number"}
_HALF = re.compile(r"[\ud800-\udfff]")  # of a character


@dataclass(frozen=True)
class Prediction:
    """A formula as it is written, and as a tree."""

    text: str
    formula: Formula


@dataclass(frozen=True)
class Item:
    """An item's number, and the contents of the regions of its conditions, by name and number."""

    number: int | str
    conditions: Mapping[str, Mapping[int, str]]


@dataclass(frozen=True)
class Suite:
    """A suite: its name, the names of its regions, its predictions and its items."""

    name: str
    region_names: Mapping[int, str]
    predictions: list[Prediction]
    items: list[Item]

    def lowered(self) -> "Suite":
        """The same in small letters."""
        items = [
            Item(
                item.number,
                {
                    name: {number: content.lower() for number, content in regions.items()}
                    for name, regions in item.conditions.items()
                },
            )
            for item in self.items
        ]
        return replace(self, items=items)


def read_suite(path: str | Path) -> Suite:
    """Read the suite of a file, or of standard input for "-".

    Raises:
        CorpusError: if it cannot be read, is no suite, or a formula names what is not there; the
            message says where.
    """
    if not str(path):
        raise CorpusError("the name of a suite is empty; name a file, or - for standard input")
    name = "standard input" if str(path) == STDIN else shortened(str(path))
    try:
        raw = sys.stdin.buffer.read() if str(path) == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise CorpusError(f"{name}: cannot read the suite ({error.strerror})") from error
    try:
        value = json.loads(raw)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise CorpusError(f"{name}: not JSON ({error.msg} at {where})") from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{name}: not JSON that can be read") from error
    try:
        return _suite(value, Path(path).stem if str(path) != STDIN else name)
    except CorpusError as error:
        raise CorpusError(f"{name}: {error}") from error


def _suite(value: object, name: str) -> Suite:
    whole = _of_kind(value, dict, "a SyntaxGym suite")
    meta = _of_kind(whole.get("meta", {}), dict, "meta")
    metric = meta.get("metric", METRIC)
    if metric not in (METRIC, "all") and not (isinstance(metric, list) and METRIC in metric):
        raise CorpusError(f"meta.metric {_brief(metric)}: a suite is read with {METRIC!r} alone")
    names = _of_kind(whole.get("region_meta", {}), dict, "region_meta")
    named = {int(key): str(names[key]) for key in names if key.isdecimal()}
    predictions = [
        _prediction(text, f"prediction {k}") for k, text in enumerate(_formulas(whole, meta))
    ]
    items = [
        _item(item, f"items[{k}]")
        for k, item in enumerate(_filled(whole.get("items"), "items", "the suite"))
    ]
    for k, prediction in enumerate(predictions):
        for item in items:
            _check_regions(prediction, item, f"prediction {k}")
    return Suite(str(meta.get("name") or name), named, predictions, items)


def _formulas(whole: Mapping[str, Any], meta: Mapping[str, Any]) -> Iterator[str]:
    """The texts of the predictions."""
    predictions = _of_kind(whole.get("predictions", []), list, "predictions")
    for k, prediction in enumerate(predictions):
        place = f"predictions[{k}]"
        fields = _of_kind(prediction, dict, place)
        if fields.get("type", "formula") != "formula":
            raise CorpusError(f"{place}: type {_brief(fields['type'])}; only 'formula' is read")
        yield _of_kind(fields.get("formula"), str, f"{place}.formula")
    if not predictions:
        place = "meta.string_predictions"
        texts = _of_kind(meta.get("string_predictions", []), list, place)
        if not texts:
            raise CorpusError("the suite has no predictions")
        yield from (_of_kind(text, str, f"{place}[{k}]") for k, text in enumerate(texts))


def _prediction(text: str, place: str) -> Prediction:
    try:
        return Prediction(" ".join(text.split()), parsed(text))
    except FormulaError as error:
        raise CorpusError(f"{place}, {quoted(shortened(text))}: {error}") from error


def _item(value: object, place: str) -> Item:
    item = _of_kind(value, dict, place)
    conditions: dict[str, dict[int, str]] = {}
    for k, condition in enumerate(_filled(item.get("conditions"), "conditions", place)):
        where = f"{place}.conditions[{k}]"
        fields = _of_kind(condition, dict, where)
        name = _of_kind(fields.get("condition_name"), str, f"{where}.condition_name").strip()
        if name in conditions:
            raise CorpusError(f"{place}: the condition {_brief(name)} is there twice")
        regions: dict[int, str] = {}
        for n, region in enumerate(_filled(fields.get("regions"), "regions", where)):
            number, content = _region(region, f"{where}.regions[{n}]")
            if number in regions:
                raise CorpusError(f"{where}: region {number} is there twice")
            regions[number] = content
        if not any(content.strip() for content in regions.values()):
            raise CorpusError(f"{where}: all regions are empty, so there is no sentence")
        conditions[name] = regions
    number = item.get("item_number", place)
    return Item(number if isinstance(number, int) else str(number), conditions)


def _region(value: object, place: str) -> tuple[int, str]:
    region = _of_kind(value, dict, place)
    number = _of_kind(region.get("region_number"), int, f"{place}.region_number")
    content = _of_kind(region.get("content"), str, f"{place}.content")
    if "\n" in content or "\r" in content:
        raise CorpusError(f"{place}.content has a line break in it; a sentence is one line")
    if _HALF.search(content):
        raise CorpusError(f"{place}.content has half a surrogate pair in it")
    return number, content


def _check_regions(prediction: Prediction, item: Item, place: str) -> None:
    """Refuse a formula that names a condition or region that an item does not have."""
    for region in regions_of(prediction.formula):
        where = f"{place}, {region}: item {item.number}"
        if region.condition not in item.conditions:
            known = ", ".join(map(_brief, item.conditions))
            raise CorpusError(
                f"{where} has no condition {_brief(region.condition)}; it has {shortened(known)}"
            )
        regions = item.conditions[region.condition]
        if region.number is not None and region.number not in regions:
            known = ", ".join(map(str, regions))
            raise CorpusError(
                f"{where} has no region {region.number} in {_brief(region.condition)}; "
                f"it has {shortened(known)}"
            )


def _of_kind(value: object, kind: type[Kind], place: str) -> Kind:
    if not isinstance(value, kind) or isinstance(value, bool):
        what = "is missing" if value is None else f"is {_brief(value)}"
        raise CorpusError(f"{place} {what}; expected {NAMES[kind]}")
    return value


def _filled(value: object, name: str, place: str) -> list[Any]:
    if value is None or value == []:
        raise CorpusError(f"{place} has no {name}")
    return _of_kind(value, list, f"{place}.{name}")


def _brief(value: object) -> str:
    if isinstance(value, dict | list):
        return f"{NAMES[type(value)]} of {len(value):,}"
    return quoted(shortened(value, 60)) if isinstance(value, str) else shortened(repr(value), 60)
