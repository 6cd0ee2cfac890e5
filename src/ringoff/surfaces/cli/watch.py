"""Draws cases while they happen. Whoever watches changes nothing, and may leave at any time."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from ringoff.app import App
from ringoff.features.cancellation import casefile
from ringoff.features.cancellation.casefile import CaseFile
from ringoff.features.notices.systems import case_state_title, system_title
from ringoff.kit.ids import CaseId
from ringoff.surfaces.cli.case_view import draw, heading
from ringoff.surfaces.cli.screen import console, moment, say

_LOOK_EVERY = 0.15  # seconds
_TRAILS_MOST = timedelta(seconds=10)  # after its end, what trails (a mail that nobody takes) is not waited for longer
_WHOLE_MOST = 2  # more cases than this are drawn as one line each


async def watch(app: App, cases: Sequence[CaseId], *, silent: bool = False) -> list[CaseFile]:
    """Until every case has ended, and what it owes the holder is settled or will take long."""
    seen: dict[tuple[int, str], str] = {}
    live = Live(console=console(), auto_refresh=False) if console().is_terminal and not silent else None
    with live or nullcontext():
        while True:
            files, over = await _look(app, cases)
            if live:
                live.update(_picture(app, files), refresh=True)
            elif not silent:
                _tell_changes(app, files, seen)
            if over:
                return files
            await asyncio.sleep(_LOOK_EVERY)


async def _look(app: App, cases: Sequence[CaseId]) -> tuple[list[CaseFile], bool]:
    async with app.database.transaction() as conn:
        over = await casefile.over(conn, cases)
        files = [await casefile.read(conn, case_id) for case_id in cases]
    return files, all(file.summary.id in over or _trails_long(app, file) for file in files)


def _trails_long(app: App, file: CaseFile) -> bool:
    ended = file.summary.ended_at
    return ended is not None and app.database.clock.now() - ended > _TRAILS_MOST


def _picture(app: App, files: Sequence[CaseFile]) -> RenderableType:
    now = app.database.clock.now()
    if len(files) <= _WHOLE_MOST:
        return Group(*(part for file in files for part in (draw(file, now), Text())))
    return Group(*(heading(file.summary, now)[0] for file in files))


def _tell_changes(app: App, files: Sequence[CaseFile], seen: dict[tuple[int, str], str]) -> None:
    """Where no screen can be redrawn: a line for each change."""
    for file in files:
        case, now = file.summary, app.database.clock.now()
        states = {"": case_state_title(case.state.value, "en")}
        for one in (*file.releases, *file.notices):
            if one.state not in ("planned", "void"):
                name = f"{system_title(one.system, 'en')} {one.kind} {one.cycle}"
                states[name] = one.state if one.state != "fallout" else f"needs a person: {one.last_outcome}"
        for name, state in states.items():
            if seen.get((case.id, name)) != state:
                seen[case.id, name] = state
                say(f"{moment(now, now)}  {case.number}  {name + ': ' if name else ''}{state}")
