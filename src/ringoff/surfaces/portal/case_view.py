"""A case in its holder's words: what is being let go, wave by wave, and whether it can still be undone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from ringoff.features.cancellation import State
from ringoff.features.cancellation.casefile import PLANNED, CaseFile, Owed, Summary
from ringoff.features.notices import case_state_title, obligation_state_title, system_meaning, system_title
from ringoff.features.rules import RulePack
from ringoff.kit.i18n import Phrases, tell_time
from ringoff.surfaces.portal.money import Bill
from ringoff.surfaces.web import naming, outlook
from ringoff.surfaces.web.sheets import Sheet

SHAPES: Mapping[State, str] = {
    State.REQUESTED: "waits",
    State.IN_REVIEW: "waits",
    State.SCHEDULED: "waits",
    State.RELEASING: "waits",
    State.CLOSED: "done",
    State.DECLINED: "person",
    State.WITHDRAWING: "waits",
    State.WITHDRAWN: "done",
}
_ITEM_SHAPES: Mapping[str, str] = {"due": "waits", "discharged": "done", "fallout": "person"}
BEFORE_RELEASE = frozenset({State.REQUESTED, State.IN_REVIEW, State.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Item:
    """One system. `state` is a shape and its word; `at` when it let go, or gave back."""

    title: str
    state: tuple[str, str]
    at: datetime | None
    meaning: str | None


@dataclass(frozen=True, slots=True)
class Stage:
    """What is let go together. `crossing`: the point of no return lies before it; `crossed`: and was passed."""

    title: str
    items: tuple[Item, ...]
    crossing: bool
    crossed: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """`undo`: whether the button is shown; `no_undo`: why not, where that is not plain from the state."""

    summary: Summary
    name: str
    state: tuple[str, str]
    says: tuple[str, ...]
    stages: tuple[Stage, ...]
    undo: bool
    no_undo: str | None
    checks: tuple[datetime, ...]
    bills: tuple[Bill, ...] = ()
    promised: tuple[Sheet, ...] = ()

    def changes(self, since: "CaseView") -> str:
        """What is new since an earlier look, as one announcement."""
        before = {item.title: item.state for stage in since.stages for item in stage.items}
        told = [
            f"{item.title}: {item.state[1]}."
            for stage in self.stages
            for item in stage.items
            if before.get(item.title, item.state) != item.state
        ]
        return " ".join([*told, *(self.says if self.says != since.says else ())])


def view(file: CaseFile, service: str, pack: RulePack, zone: str, say: Phrases) -> CaseView:
    case = file.summary
    crossed = _crossed_by(file.releases)
    can_undo = case.cause == "cancelled" and (
        case.state in BEFORE_RELEASE or (case.state is State.RELEASING and not crossed)
    )
    return CaseView(
        case,
        naming.name(case, service, say),
        (SHAPES[case.state], case_state_title(case.state, say.language)),
        tuple(_says(case, pack, zone, say)),
        tuple(_stages(file, bool(crossed), say)),
        can_undo,
        None if can_undo else _no_undo(case, crossed, say),
        tuple(_checks(file, pack)),
    )


def _crossed_by(releases: Iterable[Owed]) -> list[str]:
    """The systems that cannot give back, and that have been asked."""
    return [
        each.system
        for each in releases
        if each.kind == "release"
        and each.effect in ("pivot", "forward_only")
        and (each.attempts > 0 or each.state == "discharged")
        and each.state != "void"
    ]


def _checks(file: CaseFile, pack: RulePack) -> Iterable[datetime]:
    """When we look again: what is owed by now, then what will be."""
    yield from sorted({check.due_at for check in file.checks if check.state == "due" and check.due_at})
    if file.summary.state is State.CLOSED and file.summary.ended_at:
        begun = len({check.cycle for check in file.checks})
        yield from (file.summary.ended_at + after for after in pack.intervals.verify_after[begun:])


def _says(case: Summary, pack: RulePack, zone: str, say: Phrases) -> Iterable[str]:
    """How it stands, in sentences."""
    _ = say.gettext
    match case.state:
        case State.REQUESTED | State.IN_REVIEW:
            yield _("Somebody here looks at it before anything happens. Until then everything works as before.")
        case State.SCHEDULED if case.waiting_for:
            yield _waits(case.waiting_for, pack, say)
        case State.SCHEDULED:
            at = tell_time(case.ripe_at or case.effective_at, zone, say.language)
            yield _("Closing starts on %(time)s. Until then everything works as before, and you can undo it.") % {
                "time": at
            }
        case State.RELEASING:
            yield _("Closing is under way. You can leave this page: it goes on by itself.")
        case State.CLOSED:
            yield _("It is closed since %(time)s.") % {"time": _ended(case, zone, say)}
        case State.DECLINED:
            why = next((rule.why for rule in pack.review if rule.id == case.review_rule), None)
            yield _("It cannot be closed for now. Nothing has changed.")
            yield _(why) if why else _("Care can tell you the reason.")
        case State.WITHDRAWING:
            yield _("You keep it. What was let go is being given back.")
        case State.WITHDRAWN:
            yield _("You keep it as it was. It was undone on %(time)s.") % {"time": _ended(case, zone, say)}


def _waits(reason: str, pack: RulePack, say: Phrases) -> str:
    """A hold that is not public is not named."""
    _ = say.gettext
    if reason == "cancel_lock":
        return _("You have locked cancelling since: it waits. Lift the lock under Security, or undo it.")
    if reason == "recent_change":
        return _("The lock was lifted a short while ago: it waits for some days, so that you could object.")
    if reason == "secondary_lines":
        return _("It waits for the lines that depend on it. They close first.")
    rule = next((rule for kind, rule in pack.holds.items() if reason == f"hold:{kind}"), None)
    if rule is not None and rule.public:
        return _(rule.why)
    return _("It waits: care has to look at something first.")


def _ended(case: Summary, zone: str, say: Phrases) -> str:
    return tell_time(case.ended_at, zone, say.language) if case.ended_at else ""


def _stages(file: CaseFile, crossed: bool, say: Phrases) -> Iterable[Stage]:
    numbered, state = file.summary.msisdn is not None, file.summary.state
    latest = {each.system: each for each in file.releases if each.kind == "release"}  # the last cycle of each
    given_back = {each.system: each for each in file.releases if each.kind == "restore"}
    shown = sorted(
        (each for each in latest.values() if numbered or each.system not in outlook.OF_A_NUMBER),
        key=lambda each: each.wave,
    )
    waves = [list(wave) for _, wave in groupby(shown, key=lambda each: each.wave)]
    pivot = next((n for n, wave in enumerate(waves) if any(e.effect in ("pivot", "forward_only") for e in wave)), None)
    if state in (State.WITHDRAWING, State.WITHDRAWN):
        pivot = None
    for n, wave in enumerate(waves):
        items = tuple(_item(each, given_back.get(each.system), say) for each in wave)
        yield Stage(outlook.ordinal(n, len(waves), wave[0].wave, say), items, crossing=n == pivot, crossed=crossed)


def _item(owed: Owed, restore: Owed | None, say: Phrases) -> Item:
    _ = say.gettext
    title, meaning = system_title(owed.system, say.language), system_meaning(owed.system, say.language)
    if restore is not None:
        word = _("Given back") if restore.state == "discharged" else _("Being given back")
        shape = _ITEM_SHAPES.get(restore.state, "waits")
        return Item(title, (shape, word), restore.settled_at, None)
    if owed.state == "void":
        return Item(title, ("open", _("Left as it was")), None, None)
    word = obligation_state_title("waiting" if owed.state == PLANNED else owed.state, say.language)
    at = owed.settled_at if owed.state == "discharged" else None
    return Item(title, (_ITEM_SHAPES.get(owed.state, "open"), word), at, meaning)


def _no_undo(case: Summary, crossed: Sequence[str], say: Phrases) -> str | None:
    _ = say.gettext
    if case.cause == "ported" and case.state.is_open:
        return _("The number has moved to your new carrier, so this cannot be undone.")
    if case.state is State.RELEASING:
        title = system_title(crossed[0], say.language) if crossed else ""
        return _("It can no longer be undone: the point of no return was passed with “%(system)s”.") % {"system": title}
    if case.state is State.CLOSED:
        return _("What is closed cannot be opened again. If you come back, you get a new line.")
    return None
