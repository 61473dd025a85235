"""Bars as SVG that a browser shows in light and in dark, with the numbers in words for those who do not see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT = 760, 230, 110
BAR, GAP, TOP = 20, 8, 44
COLOURS = (
    *("#3b6fd4", "#b27b16", "#3c7a52", "#8a4fb0", "#b0413e", "#4a7a8a"),
    *("#7a6a2a", "#c2577e", "#1f9e9e", "#a85a26", "#5a9a2f", "#6b6f7a"),
)
ROOT = 'role="img" aria-labelledby="title desc" font-family="ui-sans-serif, system-ui, sans-serif"'
STYLE = (
    ".bg{fill:#ffffff}.name,.title{fill:#1d2740}.value,.legend{fill:#44506b}.title{font-size:16px;font-weight:600}"
    ".name,.value,.legend{font-size:13px}.ours{font-weight:700}"
    "@media (prefers-color-scheme: dark){.bg{fill:#12161f}.name,.title{fill:#eef2ff}.value,.legend{fill:#b9c3dc}}"
)


@dataclass(frozen=True)
class Bar:
    """One line: its parts lie behind each other, each in the colour of its name."""

    name: str
    parts: Sequence[tuple[str, float]]
    is_ours: bool = False

    @property
    def whole(self) -> float:
        return sum(value for _, value in self.parts)


def drawn(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """All bars to one scale; a legend when there are several parts."""
    names = list(dict.fromkeys(name for bar in bars for name, _ in bar.parts))
    most = max((bar.whole for bar in bars), default=0.0) or 1.0
    height = TOP + len(bars) * (BAR + GAP) + (_legend_rows(names) * 22 if len(names) > 1 else 0) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {ROOT}>',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(_in_words(unit, bars))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="bg" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="16" y="26">{escape(title)}</text>',
        *(_bar(bar, TOP + at * (BAR + GAP), most, unit, names) for at, bar in enumerate(bars)),
        *(_legend(names, TOP + len(bars) * (BAR + GAP)) if len(names) > 1 else ()),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def shown(value: float) -> str:
    """Three digits that count."""
    if value >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{float(f'{value:.3g}'):g}"


def _bar(bar: Bar, y: float, most: float, unit: str, names: Sequence[str]) -> str:
    scale, x = (WIDTH - LEFT - RIGHT) / most, float(LEFT)
    shape = "name ours" if bar.is_ours else "name"
    drawn_parts = [f'<text class="{shape}" x="{LEFT - 10}" y="{y + 15:g}" text-anchor="end">{escape(bar.name)}</text>']
    for name, value in bar.parts:
        colour = COLOURS[(names.index(name) if len(names) > 1 else 0 if bar.is_ours else -1) % len(COLOURS)]
        drawn_parts.append(f'<rect x="{x:.1f}" y="{y:g}" width="{value * scale:.1f}" height="{BAR}" fill="{colour}"/>')
        x += value * scale
    drawn_parts.append(f'<text class="value" x="{x + 6:.1f}" y="{y + 15:g}">{shown(bar.whole)} {escape(unit)}</text>')
    return "".join(drawn_parts)


def _legend_rows(names: Sequence[str]) -> int:
    return (len(names) + 3) // 4


def _legend(names: Sequence[str], y: float) -> list[str]:
    width = (WIDTH - 32) / 4
    return [
        f'<rect x="{16 + at % 4 * width:g}" y="{y + at // 4 * 22:g}" width="12" height="12" '
        f'fill="{COLOURS[at % len(COLOURS)]}"/>'
        f'<text class="legend" x="{34 + at % 4 * width:g}" y="{y + 11 + at // 4 * 22:g}">{escape(name)}</text>'
        for at, name in enumerate(names)
    ]


def _in_words(unit: str, bars: Sequence[Bar]) -> str:
    return ". ".join(
        f"{bar.name}: {shown(bar.whole)} {unit}"
        + (" (" + ", ".join(f"{name} {shown(value)}" for name, value in bar.parts) + ")" if len(bar.parts) > 1 else "")
        for bar in bars
    )
