"""Colours, stand-ins for characters, and rows broken to a terminal's width."""

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from command_line import harmless
from hypothesis import given
from hypothesis import strategies as st
from models import VOCABULARY, wild_model

from charlstm.output.strips import Strip, strips_lines
from charlstm.output.terminal import (
    AMBER,
    BLOCKS,
    BLUE,
    GREEN,
    PAPER,
    RED,
    Colour,
    Depth,
    bar,
    blend,
    depth,
    diverging,
    gate,
    glyph,
    heat,
    in_xterm,
    of_xterm,
    paint,
    sparkline,
)
from charlstm.text.shown import width
from charlstm.trace import trace_text

OURS = re.compile(r"\x1b\[(?:[0-9]+;)*[0-9]+m")


@pytest.mark.parametrize(
    ("environment", "terminal", "expected"),
    [
        ({"COLORTERM": "truecolor"}, True, Depth.TRUE),
        ({"TERM": "xterm-direct"}, True, Depth.TRUE),
        ({"TERM": "xterm-256color"}, True, Depth.XTERM),
        ({"TERM": "xterm-256color"}, False, Depth.NONE),
        ({"COLORTERM": "24bit", "NO_COLOR": "1"}, True, Depth.NONE),
        ({"COLORTERM": "24bit", "NO_COLOR": ""}, True, Depth.TRUE),  # as no-color.org has it
        ({"TERM": "dumb"}, True, Depth.NONE),
    ],
)
def test_colours_follow_the_terminal(
    environment: dict[str, str], terminal: bool, expected: Depth
) -> None:
    assert depth(environment, terminal) is expected


def test_ramps_reach_their_ends_and_survive_what_is_no_number() -> None:
    assert (diverging(1.0), diverging(-1.0), diverging(0.0)) == (BLUE, RED, PAPER)
    assert (gate(math.nan), gate(-3.0), gate(7.0)) == (PAPER, PAPER, gate(1.0))


def lightness_and_hue(colour: Colour) -> tuple[float, float | None]:
    """Lightness from 0 to 1 and hue in degrees, None of a grey, in OKLab (Ottosson 2020)."""
    s = np.array(colour) / 255
    linear = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    to_cones = [[0.4122215, 0.5363325, 0.0514460], [0.2119035, 0.6806995, 0.1073970],
                [0.0883025, 0.2817188, 0.6299787]]  # fmt: skip
    to_lab = [[0.2104543, 0.7936178, -0.0040720], [1.9779985, -2.4285922, 0.4505937],
              [0.0259040, 0.7827718, -0.8086758]]  # fmt: skip
    L, a, b = to_lab @ np.cbrt(to_cones @ linear)
    return L, None if math.hypot(a, b) < 0.01 else math.degrees(math.atan2(b, a))


def test_the_256_colours_hold_what_they_say() -> None:
    shown = [of_xterm(number) for number in (16, 231, 196, 172, 232, 255)]
    assert shown == [(0, 0, 0), (255,) * 3, (255, 0, 0), (215, 135, 0), (8,) * 3, (238,) * 3]


@pytest.mark.parametrize(
    ("ramp", "sign", "end"), [(diverging, 1, BLUE), (diverging, -1, RED), (gate, 1, GREEN),
                              (heat, 1, AMBER)],
)  # fmt: skip
def test_a_ramp_in_256_colours_keeps_its_hue_and_grows_darker(
    ramp: Callable[[float], Colour], sign: int, end: Colour
) -> None:
    numbers = [in_xterm(ramp(sign * k / 500)) for k in range(501)]
    steps = list(dict.fromkeys(numbers))
    assert numbers == sorted(numbers, key=steps.index)  # no step comes back
    assert [steps.index(number) for number in numbers[::125]] == [0, 1, 2, 3, 4]
    seen = [lightness_and_hue(of_xterm(number)) for number in steps]
    lightness, hue = lightness_and_hue(end)
    assert [L for L, _ in seen] == sorted((L for L, _ in seen), reverse=True)
    assert len({L for L, _ in seen}) == len(seen)
    assert seen[-1][0] == pytest.approx(lightness, abs=0.05)
    assert hue is not None and seen[0][1] is None
    for _, shown in seen[1:]:
        assert shown is not None
        assert abs((shown - hue + 180) % 360 - 180) < 13


@given(st.sampled_from([BLUE, RED, GREEN, AMBER]), st.floats(0, 1))
def test_a_colour_between_is_shown_by_a_step_near_it(end: Colour, share: float) -> None:
    colour = blend(end, share)
    shown = of_xterm(in_xterm(colour))
    assert abs(lightness_and_hue(colour)[0] - lightness_and_hue(shown)[0]) < 0.15


def test_ink_is_black_on_light_and_white_on_dark() -> None:
    assert paint("x", PAPER, Depth.TRUE) == "\x1b[38;2;0;0;0;48;2;242;242;242mx\x1b[0m"
    assert "38;5;231;48;5;25" in paint("x", BLUE, Depth.XTERM)
    assert "38;5;16;48;5;255" in paint("x", PAPER, Depth.XTERM)
    assert paint("x", RED, Depth.NONE) == "x"


def test_stand_ins() -> None:
    shown = [
        glyph(symbol) for symbol in ("\n", "\t", "\x1b", "\x7f", "\u0301", "\x9b", "\\xff", "a")
    ]
    assert shown == ["⏎", "→", "␛", "␡", "◌", "�", "▯", "a"]
    shown = [glyph(symbol) for symbol in "\u00a0\u3000\u200c\u00ad\ue000\u202e"]
    assert shown == ["\u00a0", "\u3000", "◌", "◌", "\ue000", "�"]
    assert (width("日"), width("a"), width("é")) == (2, 1, 1)


@given(st.characters() | st.sampled_from(["\x1b", "\x9b", "\r", "\b", "\u202e", "\ud800"]))
def test_no_character_can_command_the_terminal(symbol: str) -> None:
    assert harmless(glyph(symbol))
    assert len(glyph(symbol)) == 1


def test_blocks_and_sparklines() -> None:
    assert [bar(v) for v in (-1.0, 0.0, 0.49, 1.0, math.nan)] == ["▁", "▁", "▄", "█", " "]
    assert bar(0.0, -1.0) == BLOCKS[4]
    assert sparkline([1.0, 2.0, math.nan, 3.0]) == "▁▅ █"
    assert sparkline([math.inf]) == " "
    assert sparkline([2.0, 2.0]) == "▁▁"


def test_rows_are_broken_together_and_line_up() -> None:
    text = "The 日本 cats\x1b[31m\nX"
    strips = [Strip("text", list(text)), Strip("i", values=[0.5] * len(text))]
    lines = list(strips_lines(strips, 23, Depth.NONE))
    assert lines == [
        "     text  The 日本 cat",
        "        i  ▅▅▅▅▅ ▅ ▅▅▅▅",
        "",
        "     text  s␛[31m⏎",
        "        i  ▅▅▅▅▅▅▅",
        "",
        "     text  X",
        "        i  ▅",
    ]
    for coloured in strips_lines(strips, 23, Depth.TRUE):
        assert "\x1b" not in OURS.sub("", coloured)


def test_colours_and_blocks_show_the_same_rows() -> None:
    trace = trace_text(wild_model(), VOCABULARY, "The cats\x1b[31m")
    strips = [*trace.strips(2), *trace.unit_strips(0, 3)]
    labels = ["text", "surprise", "1st guess", "in tenths", "2nd guess", "in tenths"]
    assert [strip.label for strip in strips] == [*labels, "tanh(c)", "i", "f", "o", "g", "h"]
    coloured = [OURS.sub("", line) for line in strips_lines(strips, 60, Depth.TRUE)]
    plain = list(strips_lines(strips, 60, Depth.NONE))
    assert coloured[0] == plain[0] == "     text  The cats␛[31m"
    assert coloured[6] == "  tanh(c)  The cats␛[31m"
    assert plain[6][11:] == "".join(bar(float(v), -1.0) for v in trace.memory[0][:, 3])
