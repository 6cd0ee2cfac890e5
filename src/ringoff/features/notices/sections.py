"""The sections of a letter: how to undo, what to do before, what is lost, what was let go, what goes on."""

from collections.abc import Sequence
from datetime import timedelta

from ringoff.features.notices.model import UNCOUNTED_LINES, Circumstances, NoticeFacts, NoticeType, Point, Section
from ringoff.features.notices.systems import system_meaning, system_title
from ringoff.features.notices.text import tidy
from ringoff.kit.i18n import Language, Phrases, listed, phrases, tell_time

_DAY = timedelta(days=1)
_SIDE_BY_SIDE = " · "


def circumstances(notice: NoticeType, facts: NoticeFacts, language: Language) -> Circumstances:
    zone = facts.time_zone
    return Circumstances(
        notice,
        language,
        facts.cause,
        facts.service,
        facts.msisdn is not None,
        facts.undoable_until is not None,
        tuple(facts.plan) if notice == "scheduled" else (),
        tuple([(each.system, tell_time(each.at, zone, language)) for each in facts.released]),
        tuple(facts.trailing),
        tuple([after // _DAY for after in facts.checks_after]),
        facts.other_lines,
        facts.why,
        facts.portal,
    )


def write(case: Circumstances) -> list[Section]:
    say = phrases(case.language)
    match case.notice:
        case "acknowledged":
            return [*_undo(case, say), *_beforehand(case, say)]
        case "scheduled":
            return [*_undo(case, say), *_beforehand(case, say), _beyond(case, say)]
        case "closed":
            return [*_afterwards(case, say), *_let_go(case, say), *_goes_on(case, say), *_good_to_know(case, say)]
        case "withdrawn":
            return _given_back(case, say)
        case "declined":
            return _declined(case, say)
        case "billed":
            return []


def _undo(case: Circumstances, say: Phrases) -> list[Section]:
    """Before anything is fixed an undo is possible, though nobody can say until when."""
    _ = say.gettext
    if case.undoable and case.portal:
        how = _(
            "By the time above, sign in at %(address)s and undo it, or tell care and quote the case number. "
            "Everything then stays as it is."
        ) % {"address": case.portal}
    elif case.undoable:
        how = _("Tell care by the time above, and quote the case number. Everything then stays as it is.")
    elif case.notice == "acknowledged" and case.cause == "cancelled":
        how = _("Until we write that a time is fixed, you can undo this: tell care, and quote the case number.")
    else:
        return []
    return [Section(_("If you change your mind"), [how])]


def _beforehand(case: Circumstances, say: Phrases) -> list[Section]:
    """What the holder can only do while the line still works."""
    _ = say.gettext
    if case.cause == "ported":
        return []
    points = []
    if case.numbered and case.service != "iot":
        points += [
            Point(
                _("Log-ins that use this number"),
                _(
                    "Banks, e-mail, payment and chat apps may send codes to this number. Give them another number "
                    "now, while this one still receives the codes."
                ),
            ),
            Point(
                _("The number itself"),
                _("To keep it, move it to another carrier before this line closes. Afterwards it may be too late."),
            ),
        ]
    if case.service == "voice":
        points.append(Point(_("Voicemail and messages"), _("Save what you want to keep.")))
    else:
        points.append(
            Point(
                _("Devices with this SIM"), _("They go offline. Give them another connection first, if they need one.")
            )
        )
    return [Section(_("Before it closes"), points=points)]


def _beyond(case: Circumstances, say: Phrases) -> Section:
    """What lies behind the point of no return."""
    _ = say.gettext
    points = _meant(case.plan or ("network",), case)
    if case.cause == "cancelled":
        if case.numbered and "number" not in case.plan:
            points.append(Point(None, _("Later the number may be given to somebody else.")))
        points.append(Point(None, _reopening(say)))
    if case.other_lines:
        points.append(Point(None, _others(case, say)))
    return Section(_("After this it cannot be undone"), points=points, crossing=True)


def _afterwards(case: Circumstances, say: Phrases) -> list[Section]:
    """What the holder should see to now that the line is closed."""
    _ = say.gettext
    if case.cause == "ported" or not case.numbered or case.service == "iot":
        return []
    check = _(
        "Does a bank, an e-mail, payment or chat app still send codes to this number? They no longer reach you, and "
        "later the number may be given to somebody else. Change the number there now."
    )
    return [Section(_("Please check your log-ins"), [check])]


def _let_go(case: Circumstances, say: Phrases) -> list[Section]:
    """What was released, by the minute: most of it happens in the same one."""
    _, language = say.gettext, say.language
    by_time: dict[str, list[str]] = {}
    for system, time in case.released:
        by_time.setdefault(time, []).append(system_title(system, language))
    points = [Point(_SIDE_BY_SIDE.join(titles), time) for time, titles in by_time.items()]
    return [Section(_("What has been let go"), points=points)] if points else []


def _good_to_know(case: Circumstances, say: Phrases) -> list[Section]:
    points = [Point(None, _reopening(say))] if case.cause == "cancelled" else []
    if case.other_lines:
        points.append(Point(None, _others(case, say)))
    return [Section(say.gettext("Good to know"), points=points)] if points else []


def _goes_on(case: Circumstances, say: Phrases) -> list[Section]:
    _ = say.gettext
    points = _meant(case.trailing, case)
    days = sorted(set(case.check_days) - {0})
    if days:
        which = listed([str(day) for day in days], say.language)
        sentence = say.ngettext(
            "We look again after %(days)s day. Should anything have come back, we let it go again.",
            "We look again after %(days)s days. Should anything have come back, we let it go again.",
            days[-1],
        )
        points.append(Point(_("Checks"), sentence % {"days": which}))
    return [Section(_("What still goes on"), points=points)] if points else []


def _given_back(case: Circumstances, say: Phrases) -> list[Section]:
    """Withdrawn after the first releases."""
    _ = say.gettext
    titles = [system_title(system, say.language) for system, _time in case.released]
    return [Section(_("What has been given back"), [_SIDE_BY_SIDE.join(titles)])] if titles else []


def _declined(case: Circumstances, say: Phrases) -> list[Section]:
    _ = say.gettext
    return [
        Section(_("The reason"), [_(tidy(case.why)) if case.why else _("Care can tell you the reason.")]),
        Section(_("What you can do"), [_("Ask again once the reason is gone. Care helps you with it.")]),
    ]


def _meant(systems: Sequence[str], case: Circumstances) -> list[Point]:
    """What each system's part means for the holder. A line without a number has none to lose."""
    concerned = [each for each in systems if case.numbered or each not in ("number", "bindings")]
    return [Point(system_title(each, case.language), system_meaning(each, case.language)) for each in concerned]


def _reopening(say: Phrases) -> str:
    return say.gettext("What is closed cannot be opened again. If you come back, you get a new line.")


def _others(case: Circumstances, say: Phrases) -> str:
    count = case.other_lines
    if count >= UNCOUNTED_LINES:
        return say.gettext("Your other lines stay as they are.")
    sentence = say.ngettext("Your other line stays as it is.", "Your other %(count)d lines stay as they are.", count)
    return sentence % {"count": count}
