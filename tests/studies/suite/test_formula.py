"""Formulas of predictions: generated ones have the value that Python gives them, others say why."""

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from charlstm.studies.suite.formula import Region, holds, regions_of
from charlstm.studies.suite.parser import DEEPEST, FormulaError, parsed

BITS = {(1, "a"): 3.5, (2, "a"): 0.25, (1, "b-c_d"): 3.5, (12, "b-c_d"): 11.0}
Both = tuple[str, str]  # what a suite writes, and the same for Python


def surprisal(region: Region) -> float:
    if region.number is None:
        return sum(bits for (_, condition), bits in BITS.items() if condition == region.condition)
    return BITS[region.number, region.condition]


def joined(parts: list[Both], marks: list[str], python: Callable[[str], str]) -> Both:
    """Parts with marks between them, taken from the left where Python does not take them so."""
    written, evaluated = parts[0]
    for (one, other), mark in zip(parts[1:], marks, strict=False):
        written, evaluated = f"{written} {mark}{one}", f"{evaluated} {python(mark)} {other}"
    return written, evaluated


def chain(parts: st.SearchStrategy[Both], marks: str, python: Callable[[str], str]) -> Any:
    some = st.lists(parts, min_size=1, max_size=3)
    between = st.lists(st.sampled_from(marks), min_size=2, max_size=2)
    return st.builds(joined, some, between, st.just(python))


def compared(first: Both, mark: str, second: Both) -> Both:
    written = f"{first[0]}{mark} {second[0]}"
    if mark == "=":
        return written, f"close({first[1]}, {second[1]})"
    return written, f"({first[1]} {mark} {second[1]})"


def bracketed(inside: Both, brackets: str) -> Both:
    return f"{brackets[0]}{inside[0]}{brackets[1]}", f"({inside[1]})"


NUMBERS = st.sampled_from(["0", "3.5", "7", "1.", ".25", "-2", "10.75"]).map(lambda n: (n, n))
REGIONS = st.sampled_from([*BITS]).map(
    lambda key: (f"( {key[0]};%{key[1]}%)", f"surprisal(Region({key[0]}, {key[1]!r}))")
)
WHOLE = st.sampled_from(["a", "b-c_d"]).map(
    lambda name: (f"(*;%{name}%)", f"surprisal(Region(None, {name!r}))")
)
BRACKETS = st.sampled_from(["()", "[]"])
SUMS = st.recursive(
    NUMBERS | REGIONS | WHOLE,
    lambda inner: st.builds(bracketed, chain(inner, "+-", str), BRACKETS),
    max_leaves=5,
)
COMPARISONS = st.builds(
    compared, chain(SUMS, "+-", str), st.sampled_from("<>="), chain(SUMS, "+-", str)
)
WORDS = {"&": "and", "|": "or"}
FORMULAS = st.recursive(
    COMPARISONS,
    lambda inner: st.builds(
        bracketed, chain(chain(inner, "&", WORDS.__getitem__), "|", WORDS.__getitem__), BRACKETS
    ),
    max_leaves=8,
)


@given(chain(SUMS, "+-", str))
def test_a_sum_has_the_value_that_python_gives_it(of_sum: Both) -> None:
    written, evaluated = of_sum
    value = eval(evaluated, {"surprisal": surprisal, "Region": Region})
    for text, true in (
        (f"{written} > {value:.2f} - 0.1", True),
        (f"{written} < {value:.2f}-.1", False),
    ):
        assert holds(parsed(text), surprisal) is true, text


@given(chain(chain(FORMULAS, "&", WORDS.__getitem__), "|", WORDS.__getitem__))
def test_a_formula_has_the_value_that_python_gives_it(formula: Both) -> None:
    written, evaluated = formula

    def close(a: float, b: float) -> bool:
        return abs(a - b) <= 1e-3 + 1e-5 * abs(b)

    names = {"close": close, "surprisal": surprisal, "Region": Region}
    assert holds(parsed(written), surprisal) is bool(eval(evaluated, names)), written


@given(st.text(st.sampled_from("(6;%a%)[]+-<>=&|1.* x"), max_size=30))
def test_any_text_is_a_formula_or_says_why_not(text: str) -> None:
    said, regions = "", list[Region]()
    try:
        regions = list(regions_of(parsed(text)))
    except FormulaError as error:
        said = str(error)
    assert said.isprintable()
    assert all(region.condition in "%a" for region in regions)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "position 0: expected a region such as (6;%match%), a number or a bracket, not the"),
        ("(1;%a%)", "it compares nothing; a prediction has <, > or ="),
        ("(1;%a%) < (2;%a%) < 3", "position 18: a second comparison; write & between two"),
        ("(1;%a%) * 2 > 1", "position 8: '*' is not understood; there are regions such as"),
        ("((1;%a%) < 1", "position 12: expected ')', not the end"),
        ("[1<2)", "position 4: expected ']', not ')'"),
        ("1<2 & 3", "position 6: & takes comparisons, and this is a number"),
        ("1 + (2<3) < 4", "position 4: + takes numbers, and this is a comparison"),
        ("1 < (2<3)", "position 4: < takes numbers, and this is a comparison"),
        ("1<2 3", "position 4: '3' stands where a sign such as + or & is expected"),
        ("(1;a) < 1", "position 2: ';' is not understood"),
        ("__import__('os').system('true') < 1", "position 0: '_' is not understood"),
        ("-(1;%a%) < 1", "position 1: expected a region such as (6;%match%), a number or a"),
        ("(" * 60 + "1<2" + ")" * 60, f"position {DEEPEST}: over {DEEPEST} brackets inside"),
    ],
)
def test_anything_else_is_refused_with_its_position(text: str, said: str) -> None:
    with pytest.raises(FormulaError) as error:
        parsed(text)
    assert str(error.value).startswith(said)


def test_sums_are_equal_within_a_tolerance_as_in_syntaxgym() -> None:
    for text, equal in (
        ("1 = 1.0009", True),
        ("1 = 1.0011", False),
        ("100000 = 100000.99", True),  # 10⁻⁵ of the second
        ("100000 = 100001.02", False),
    ):
        assert holds(parsed(text), surprisal) is equal, text


def test_a_long_formula_is_no_deep_one() -> None:
    assert holds(parsed("1" + "+1" * 5000 + " = 5001"), surprisal)
