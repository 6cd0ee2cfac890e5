"""Plain bar charts as SVG, drawn here: no script, no library, and a table beside them for whoever cannot see."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _HEIGHT, _FOOT, _LEFT = 720, 180, 18, 44


@dataclass(frozen=True, slots=True)
class Bar:
    """`wrong`: in red. The label is told where one points at the bar, and under the first and the last."""

    label: str
    value: int
    wrong: bool = False


def bars(shown: Sequence[Bar], title: str) -> Markup:
    """One chart; nothing where there is nothing to draw. The highest bar is as high as the picture."""
    if not shown:
        return Markup()
    most, high = max(1, *(bar.value for bar in shown)), _HEIGHT - _FOOT - 10
    step = (_WIDTH - _LEFT) / len(shown)
    drawn = [_bar(bar, _LEFT + n * step, step, high, most) for n, bar in enumerate(shown)]
    axis = [_level(share, round(most * share), high) for share in (0, 0.5, 1)]
    ends = _ends(shown)
    return Markup('<svg class="chart" role="img" viewBox="0 0 {} {}" aria-label="{}">{}{}{}</svg>').format(
        _WIDTH, _HEIGHT, title, Markup("").join(axis), Markup("").join(drawn), ends
    )


def _bar(bar: Bar, x: float, step: float, high: float, most: int) -> Markup:
    height = high * bar.value / most
    return Markup(
        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}: {}</title></rect>'
    ).format(
        "bar red" if bar.wrong else "bar", x + 1, 10 + high - height, max(step - 2, 1), height, bar.label, bar.value
    )


def _level(share: float, value: int, high: float) -> Markup:
    y = 10 + high * (1 - share)
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
        '<text x="{}" y="{:.1f}" text-anchor="end">{}</text>'
    ).format(_LEFT, _WIDTH, y, y, _LEFT - 6, y + 4, value)


def _ends(shown: Sequence[Bar]) -> Markup:
    first = Markup('<text x="{}" y="{}">{}</text>').format(_LEFT, _HEIGHT - 3, shown[0].label)
    if len(shown) == 1:
        return first
    last = Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_WIDTH, _HEIGHT - 3, shown[-1].label)
    return first + last
