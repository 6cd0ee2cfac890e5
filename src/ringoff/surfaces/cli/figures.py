"""`bench`'s report."""

from collections.abc import Mapping
from typing import Any

from ringoff.surfaces.cli.screen import console, say, table


async def measure(what: str, lines: int) -> dict[str, Any]:
    match what:
        case "engine":
            from ringoff.surfaces.bench.engine import engine

            return await engine(lines)
        case "http":
            from ringoff.surfaces.bench.http import http

            return await http(lines)
        case _:
            from ringoff.surfaces.bench.growth import growth

            return await growth(lines)


def show(what: str, report: Mapping[str, Any]) -> None:
    for title, figures in report.items():
        if not isinstance(figures, Mapping):
            say(f"{title}: {_figure(figures)}")
            continue
        say(title, "bold")
        grid = table("", "", right=("",))
        grid.show_header = False
        for name, value in figures.items():
            grid.add_row(f"  {name}", _figure(value))
        console().print(grid)


def _figure(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)
