"""Learning curves as a small picture, which a notebook draws anew while a run goes on."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log
from urllib.parse import quote

Point = tuple[int, float]  # update, nats

COLOURS, GREY = ("#2b8cc4", "#d55e00"), "#767676"  # which stand out from white and from black
WIDE, HIGH = 500, 170
LEFT, RIGHT, TOP, BOTTOM = 36, 112, 10, 24  # around the curves: numbers, and the curves' names
MARKS = [m * 10.0**k for k in range(-4, 4) for m in (1, 1.5, 2, 3, 5, 7)]  # nats that may be named


def curves_image(curves: Mapping[str, Sequence[Point]], first: int, last: int) -> str:
    """Each curve by its name from update `first` to `last`, as an image in HTML; "" without points.

    The nats are drawn as logarithms. Jupyter takes an SVG out of a notebook that it does not trust,
    but leaves an image.
    """
    svg = curves_svg(curves, first, last)
    about = "nats in training and validation after so many updates"
    source = f"data:image/svg+xml,{quote(svg)}"
    return f'<img width="{WIDE}" alt="{about}" src="{source}">' if svg else ""


def curves_svg(curves: Mapping[str, Sequence[Point]], first: int, last: int) -> str:
    """The same as SVG, for a light or a dark page."""
    nats = [min(max(y, MARKS[0]), MARKS[-1]) for points in curves.values() for _, y in points]
    if not nats:
        return ""
    low = max(mark for mark in MARKS if mark <= min(nats))
    high = min(mark for mark in MARKS if mark >= max(nats) and mark > low)

    def x(update: int) -> float:
        return LEFT + (WIDE - LEFT - RIGHT) * (update - first) / max(1, last - first)

    def y(value: float) -> float:
        share = log(min(max(value, low), high) / low) / log(high / low)
        return HIGH - BOTTOM - (HIGH - TOP - BOTTOM) * share

    parts = [
        f'<path d="M{LEFT} {y(mark):.1f}H{WIDE - RIGHT}" stroke="{GREY}" opacity=".4"/>'
        f'<text x="{LEFT - 5}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark:g}</text>'
        for mark in MARKS
        if low <= mark <= high
    ]
    for update, anchor in ((first, "start"), (last, "end")):
        where = f'x="{x(update):.1f}" y="{HIGH - 8}" text-anchor="{anchor}"'
        parts.append(f"<text {where}>{update:,}</text>")
    parts.append(f'<text x="{WIDE - RIGHT + 6}" y="{HIGH - 8}">updates</text>')
    ends = [y(points[-1][1]) for points in curves.values() if points]
    gap = 14 if any(abs(a - b) < 14 for a, b in pairwise(ends)) else 0
    for k, (name, points) in enumerate((n, p) for n, p in curves.items() if p):
        line = " ".join(f"{x(update):.1f},{y(value):.1f}" for update, value in points)
        at = f'x="{WIDE - RIGHT + 6}" y="{ends[k] + 4 + gap * (k - 0.5):.1f}"'
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{COLOURS[k]}" stroke-width="1.8"/>'
            f'<text {at} fill="{COLOURS[k]}">{name} {points[-1][1]:.3f}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" '
        f'font-family="sans-serif" font-size="11" fill="{GREY}">{"".join(parts)}</svg>'
    )
