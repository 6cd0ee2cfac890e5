"""`bench`'s report."""

from collections.abc import Mapping
from typing import Any

from ringoff.surfaces.cli.screen import console, say, table


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
