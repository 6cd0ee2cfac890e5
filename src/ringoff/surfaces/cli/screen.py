"""What every command's answer has in common: the console, JSON, symbols and times.

Each state has a word and a shape, never a colour alone.
"""

import sys
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.theme import Theme

THEME = Theme(
    {
        "done": "green",
        "waits": "yellow",
        "final": "red",
        "accent": "bold cyan",
        "quiet": "dim",
    }
)
SHAPES: Mapping[str, tuple[str, str]] = {
    "planned": ("○", "quiet"),
    "due": ("◐", "waits"),
    "discharged": ("●", "done"),
    "fallout": ("▲", "final"),
    "void": ("–", "quiet"),
    "requested": ("○", "waits"),
    "in_review": ("◇", "waits"),
    "scheduled": ("◷", "waits"),
    "releasing": ("◐", "waits"),
    "closed": ("●", "done"),
    "declined": ("×", "final"),
    "withdrawing": ("↺", "waits"),
    "withdrawn": ("↺", "done"),
}


@cache
def console() -> Console:
    return Console(theme=THEME, highlight=False)


def give(answer: BaseModel | Mapping[str, Any]) -> None:
    """As JSON, on standard output."""
    shown = answer.model_dump(mode="json") if isinstance(answer, BaseModel) else answer
    text = orjson.dumps(shown, default=str, option=orjson.OPT_INDENT_2).decode()
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say(text: str = "", style: str | None = None) -> None:
    console().print(text, style=style, markup=False)


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Light, without a frame; columns that are too wide wrap."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet")
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def shape(state: str) -> str:
    """The state's symbol, as console markup."""
    symbol, style = SHAPES.get(state, ("·", "quiet"))
    return f"[{style}]{symbol}[/]"


def moment(at: datetime | None, now: datetime) -> str:
    """On this machine's clock: the time today, else the day as well."""
    if at is None:
        return ""
    local, today = at.astimezone(), now.astimezone()
    return local.strftime("%H:%M:%S" if local.date() == today.date() else "%Y-%m-%d %H:%M")
