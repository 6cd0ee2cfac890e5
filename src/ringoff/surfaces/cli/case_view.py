"""A case for the eye, at 80 columns: its systems wave by wave, the point of no return drawn as a line, its history."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ringoff.features.cancellation import State
from ringoff.features.cancellation.casefile import CaseFile, Owed, Summary
from ringoff.features.notices.systems import case_state_title, system_meaning, system_title
from ringoff.features.proof import Recorded
from ringoff.kit.msisdn import international
from ringoff.surfaces.cli.screen import SHAPES, console, moment, say, shape, table

_WORDS = {
    "planned": "waits",
    "due": "under way",
    "discharged": "done",
    "fallout": "needs a person",
    "void": "not needed",
}
_CROSSING = "after this it cannot be undone"


def draw(file: CaseFile, now: datetime, why: str | None = None) -> RenderableType:
    """Everything that is asked of the systems, and what the holder was told."""
    parts: list[RenderableType] = [*heading(file.summary, now, why), Text()]
    before, beyond = _parted(file.releases)
    parts += [_grid(before, now)] if before else []
    if beyond:
        parts += [Rule(_CROSSING, style="final", characters="─"), _grid(beyond, now)]
    notices = [notice for notice in file.notices if notice.state != "void"]
    if notices:
        parts += [Text(), _grid(notices, now)]
    return Group(*parts)


def heading(case: Summary, now: datetime, why: str | None = None) -> list[RenderableType]:
    """`why`: the sentence of the rule that decided."""
    symbol, style = SHAPES[case.state.value]
    parts = [case_state_title(case.state.value, "en")]
    at = case.ended_at or case.releasing_at or case.scheduled_at or case.requested_at
    parts.append(moment(at, now))
    if case.state is State.CLOSED and case.ended_at and case.releasing_at:
        parts.append(f"{_span(case.ended_at - case.releasing_at)} after it began")
    top = Text.assemble((f"{symbol} ", style), (case.number, "bold"), "  ", (" · ".join(parts), style))
    identity = [
        f"line {case.line_ref}",
        international(case.msisdn) if case.msisdn else "",
        f"account {case.account_number}",
    ]
    lines: list[RenderableType] = [top, Text("  " + " · ".join(part for part in identity if part), style="quiet")]
    if case.confidential:
        lines.append(Text("  In confidence: tell nobody but the contact that was given.", style="final"))
    if case.trial:
        lines.append(Text("  A stand-in serves a part of this: nothing real need have been released.", style="final"))
    if case.state in (State.DECLINED, State.IN_REVIEW) and why:
        lines.append(Text(f"  {why}", style="final" if case.state is State.DECLINED else "waits"))
    if says := expectation(case, now):
        lines.append(Text(f"  {says}", style="waits"))
    return lines


def expectation(case: Summary, now: datetime) -> str:
    """What an open case waits for."""
    match case.state:
        case State.SCHEDULED if case.waiting_for:
            return f"Waits for {case.waiting_for.replace(':', ' ')}; looked at again {moment(case.ripe_at, now)}."
        case State.SCHEDULED if case.ripe_at and case.ripe_at > now:
            return f"Until {moment(case.ripe_at, now)} it can be undone: ringoff withdraw {case.number}"
        case State.SCHEDULED:
            return "The first wave opens now."
        case State.IN_REVIEW:
            return f"A person decides: ringoff review {case.number} --approve --why …"
        case _:
            return ""


def tell(case: Summary, now: datetime, why: str | None = None, *, first: bool = True) -> None:
    """A case in few words, after something was done to it."""
    if not first:
        say("These terms had been asked before; this is that case.", "quiet")
    console().print(*heading(case, now, why), sep="\n")
    if case.state.is_open:
        say(f"  Follow it: ringoff show {case.number} --watch", "quiet")


def history(timeline: Iterable[Recorded], now: datetime) -> RenderableType:
    grid = table("when", "what", "who")
    for recorded in timeline:
        event = recorded.event
        detail = event.detail or {}
        of = next((str(detail[name]) for name in ("system", "kind", "notice") if name in detail), "")
        why = detail.get("why") or (event.rule or "")
        what = Text.assemble(f"{event.type} {of} ".strip() + " ", (str(why), "quiet"))
        grid.add_row(Text(moment(event.at, now), "quiet"), what, Text(event.actor.name, "quiet"))
    return Group(Text(), grid)


def show_list(cases: Sequence[Summary], more: str | None, now: datetime) -> None:
    if not cases:
        say("There is no such case.")
        return
    grid = table("case", "state", "line", "number", "asked")
    for case in cases:
        state = f"{shape(case.state.value)} {case_state_title(case.state.value, 'en')}"
        grid.add_row(
            case.number,
            state + (" (trial)" if case.trial else ""),
            case.line_ref,
            international(case.msisdn) if case.msisdn else "–",
            moment(case.requested_at, now),
        )
    console().print(grid)
    if more:
        say(f"There is more: --cursor {more}", "quiet")


def _parted(releases: Sequence[Owed]) -> tuple[list[Owed], list[Owed]]:
    """Before the first system that cannot undo, and from it on. What is given back lies on this side."""
    first = next(
        (one.wave for one in releases if one.kind == "release" and one.effect in ("pivot", "forward_only")), None
    )
    if first is None:
        return list(releases), []
    on_this_side = [one for one in releases if one.kind == "restore" or one.wave < first or _undoable(one, first)]
    return on_this_side, [one for one in releases if one not in on_this_side]


def _undoable(one: Owed, wave: int) -> bool:
    return one.wave == wave and one.effect == "undo"


def _grid(rows: Sequence[Owed], now: datetime) -> Table:
    """Fixed columns, so that the parts on both sides of the line stand under each other. A wave is told once."""
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    for width in (1, 1, 16, 14, 8):
        grid.add_column(width=width, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    wave = 0
    for one in rows:
        first, wave = one.wave != wave, one.wave
        symbol, style = SHAPES[one.state]
        word = Text(_WORDS[one.state], style)
        at = Text(moment(one.settled_at or one.created_at, now) if one.state != "planned" else "", "quiet")
        number = Text(str(wave) if first and wave else "", "quiet")
        sentence = Text(_sentence(one, now), "quiet")
        grid.add_row(number, Text(symbol, style), Text(_title(one), "bold"), word, at, sentence)
    return grid


def _title(one: Owed) -> str:
    title = system_title(one.system, "en")
    return f"{title}, back" if one.kind == "restore" else title


def _sentence(one: Owed, now: datetime) -> str:
    if one.kind == "notify":
        return _about_notice(one, now)
    match one.state:
        case "due" if one.reference:
            return f"Accepted as {one.reference}; asked again {moment(one.due_at, now)}."
        case "due" if one.last_outcome and one.due_at:
            return f"{_capital(one.last_outcome)}. Again {moment(one.due_at, now)}."
        case "due":
            return "Asked to let go." if one.kind == "release" else "Asked to take it back."
        case "fallout":
            return f"{_capital(one.last_outcome or 'no answer in time')}."
        case "void":
            return ""
        case "planned":
            return "Asked when its wave opens."
        case _ if one.kind == "restore":
            return "Taken back, and read back."
        case _:
            return system_meaning(one.system, "en") or "It has let the line go, and was read back."


def _about_notice(one: Owed, now: datetime) -> str:
    kind = str((one.payload or {}).get("notice", "word"))
    match one.state:
        case "discharged":
            return f"The holder was told: {kind}."
        case "due" if one.last_outcome:
            return f"{_capital(one.last_outcome)}. Again {moment(one.due_at, now)}."
        case "due":
            return f"The holder will be told: {kind}."
        case _:
            return f"{_capital(one.last_outcome or 'could not be sent')}."


def _capital(text: str) -> str:
    return (text[:1].upper() + text[1:]).rstrip(".")


def _span(took: timedelta) -> str:
    seconds = took.total_seconds()
    return (
        f"{seconds * 1000:.0f} ms"
        if seconds < 1
        else f"{seconds:.1f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
    )
