"""Colours, stand-ins for characters, and rows broken to a terminal's width."""

import math
import re

import pytest
from command_line import harmless
from hypothesis import given
from hypothesis import strategies as st
from models import VOCABULARY, wild_model

from charlstm.output.strips import Strip, strips_lines
from charlstm.output.terminal import (
    BLOCKS,
    BLUE,
    PAPER,
    RED,
    Colour,
    Depth,
    bar,
    depth,
    diverging,
    gate,
    glyph,
    nearest,
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


def test_the_256_colours_hold_what_they_say() -> None:
    assert nearest(Colour(0, 0, 0)) == 16
    assert nearest(Colour(255, 255, 255)) == 231
    assert nearest(Colour(255, 0, 0)) == 196
    assert nearest(Colour(8, 8, 8)) == 232
    assert nearest(Colour(128, 128, 128)) == 244


def test_ink_is_black_on_light_and_white_on_dark() -> None:
    assert paint("x", PAPER, Depth.TRUE) == "\x1b[38;2;0;0;0;48;2;242;242;242mx\x1b[0m"
    assert "38;5;231" in paint("x", Colour(10, 10, 90), Depth.XTERM)
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
    assert [strip.label for strip in strips] == [*labels, "tanh(c)", "i", "f", "o", "g"]
    coloured = [OURS.sub("", line) for line in strips_lines(strips, 60, Depth.TRUE)]
    plain = list(strips_lines(strips, 60, Depth.NONE))
    assert coloured[0] == plain[0] == "     text  The cats␛[31m"
    assert coloured[6] == "  tanh(c)  The cats␛[31m"
    assert plain[6][11:] == "".join(bar(float(v), -1.0) for v in trace.memory[0][:, 3])
