"""Plots as inline SVG: they take the page's colours, so that dark and light both fit."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

WIDTH, HEIGHT = 340, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 22, 12, 40


def whisker(low: float, middle: float, high: float, *, axis: tuple[float, float]) -> Markup:
    """An interval and its figure as a bar without words, which stand in the table beside it."""
    first, last = axis
    scale = 200 / max(last - first, 1e-9)
    left, at, right = (max(0, min(200, (each - first) * scale)) for each in (low, middle, high))
    return Markup(
        '<svg class="whisker" viewBox="0 0 200 16" preserveAspectRatio="none" aria-hidden="true">'
        f'<line x1="0" x2="200" y1="8" y2="8" class="rail"/>'
        f'<rect x="{left:.1f}" y="5" width="{max(right - left, 1):.1f}" height="6" class="range"/>'
        f'<rect x="{at - 1.5:.1f}" y="1" width="3" height="14" class="point"/></svg>'
    )


def axis_of(rows: Iterable[Sequence[float]]) -> tuple[float, float]:
    """A common axis for intervals, in whole tenths."""
    values = [value for row in rows for value in row] or [0.0, 1.0]
    low, high = int(min(values) * 10) / 10, -int(-max(values) * 10 - 0.999) / 10
    return max(0.0, low), max(low + 0.1, min(1.0, high) if max(values) <= 1 else high)


def reliability_plot(
    rows: Sequence[Mapping[str, Any]], cooled: Sequence[Mapping[str, Any]]
) -> Markup:
    """Precision against confidence; a point a bin, its area the number of spans."""
    most = max((row["spans"] for row in (*rows, *cooled)), default=1)
    dots = [
        _dot(
            _x(row["confidence"]), _y(row["precision"]), 3 + 8 * (row["spans"] / most) ** 0.5, name
        )
        for name, part in (("first", rows), ("second", cooled))
        for row in part
    ]
    diagonal = _line(_x(0), _y(0), _x(1), _y(1), "guide")
    title = "Precision against confidence; on the diagonal a confidence is worth what it says."
    return _frame(title, "confidence", "precision", [diagonal, *dots])


def coverage_plot(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Precision against recall as the threshold falls."""
    points = " ".join(f"{_x(row['recall']):.1f},{_y(row['precision']):.1f}" for row in rows)
    line = f'<polyline points="{points}" class="curve"/>'
    title = "Precision against recall as the confidence threshold falls."
    return _frame(title, "recall", "precision", [line])


def cost_plot(configs: Sequence[Mapping[str, Any]], cost: str, name: str) -> Markup:
    """F1 with its interval against a cost; filled points are efficient, hollow ones are beaten."""
    rows = [row for row in configs if row["cost"].get(cost) is not None]
    if not rows:
        return Markup("")
    first, last = axis_of(row["f1_interval"] for row in rows)
    most = max(row["cost"][cost] for row in rows) * 1.15 or 1.0
    marks: list[str] = []
    for place, row in enumerate(rows, start=1):
        x = _x(row["cost"][cost] / most)
        low, middle, high = (
            _y((each - first) / (last - first))
            for each in (row["f1_interval"][0], row["f1"], row["f1_interval"][1])
        )
        kind = "first" if cost in row["efficient_in"] else "hollow"
        marks += [_line(x, low, x, high, "error"), _dot(x, middle, 6, kind)]
        marks.append(_text(x + 9, middle - 7, str(place), "start"))
    title = f"F1 against {name}; filled points are efficient."
    ticks = [(each / 4, f"{most * each / 4:,.0f}") for each in range(5)]
    levels = [(each / 4, f"{first + (last - first) * each / 4:.3f}") for each in range(5)]
    return _frame(title, name, "F1", marks, across=ticks, up=levels)


_TENTHS = [(each / 5, f"{each / 5:.1f}") for each in range(6)]


def _frame(
    title: str,
    across_name: str,
    up_name: str,
    marks: Iterable[str],
    *,
    across: Sequence[tuple[float, str]] = _TENTHS,
    up: Sequence[tuple[float, str]] = _TENTHS,
) -> Markup:
    parts = [f"<title>{escape(title)}</title>"]
    for place, name in across:
        parts.append(_line(_x(place), _y(0), _x(place), _y(1), "grid"))
        parts.append(_text(_x(place), _y(0) + 16, name, "middle"))
    for place, name in up:
        parts.append(_line(_x(0), _y(place), _x(1), _y(place), "grid"))
        parts.append(_text(_x(0) - 5, _y(place) + 4, name, "end"))
    parts.append(_text(_x(0.5), HEIGHT - 6, across_name, "middle"))
    parts.append(
        f'<text transform="translate(11 {_y(0.5):.0f}) rotate(-90)" text-anchor="middle">'
        f"{escape(up_name)}</text>"
    )
    shape = f'class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}"'
    return Markup(f"<svg {shape}>{''.join(parts)}{''.join(marks)}</svg>")


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _dot(x: float, y: float, radius: float, kind: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" class="{kind}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
