"""The sections that letters are put together from: how to undo, what to do before, what is lost, what goes on."""

from datetime import timedelta

from ringoff.features.notices.model import NoticeFacts, Point, Section
from ringoff.features.notices.systems import system_meaning, system_title
from ringoff.kit.i18n import Language, Phrases, listed, tell_time

_DAY = timedelta(days=1)


def undo(facts: NoticeFacts, say: Phrases, *, open_end: bool = False) -> list[Section]:
    """`open_end`: nothing is fixed yet, so an undo is possible though nobody can say until when."""
    _ = say.gettext
    if facts.undo_until:
        how = _("Tell care by the time above, and quote the case number. Everything then stays as it is.")
    elif open_end and facts.cause == "cancelled":
        how = _("Until we write that a time is fixed, you can undo this: tell care, and quote the case number.")
    else:
        return []
    return [Section(_("If you change your mind"), [how])]


def beforehand(facts: NoticeFacts, say: Phrases) -> list[Section]:
    """What the holder can only do while the line still works."""
    _ = say.gettext
    if facts.cause == "ported":
        return []
    points = []
    if facts.msisdn and facts.service != "iot":
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
    if facts.service == "voice":
        points.append(Point(_("Voicemail and messages"), _("Save what you want to keep.")))
    else:
        points.append(
            Point(
                _("Devices with this SIM"), _("They go offline. Give them another connection first, if they need one.")
            )
        )
    return [Section(_("Before it closes"), points=points)]


def beyond(facts: NoticeFacts, say: Phrases) -> Section:
    """What lies behind the point of no return."""
    _ = say.gettext
    points = [_meant(system, say.language) for system in facts.plan or ("network",)]
    if facts.cause == "cancelled":
        if facts.msisdn and "number" not in facts.plan:
            points.append(Point(None, _("Later the number may be given to somebody else.")))
        points.append(Point(None, _reopening(say)))
    if facts.other_lines:
        points.append(Point(None, _others(facts, say)))
    return Section(_("After this it cannot be undone"), points=points, crossing=True)


def afterwards(facts: NoticeFacts, say: Phrases) -> list[Section]:
    """What the holder should see to now that the line is closed."""
    _ = say.gettext
    if facts.cause == "ported" or not facts.msisdn or facts.service == "iot":
        return []
    check = _(
        "Does a bank, an e-mail, payment or chat app still send codes to this number? They no longer reach you, and "
        "later the number may be given to somebody else. Change the number there now."
    )
    return [Section(_("Please check your log-ins"), [check])]


def let_go(facts: NoticeFacts, say: Phrases) -> list[Section]:
    """What was released, by the minute: most of it happens in the same one."""
    _, language = say.gettext, say.language
    by_time: dict[str, list[str]] = {}
    for released in facts.released:
        time = tell_time(released.at, facts.time_zone, language)
        by_time.setdefault(time, []).append(system_title(released.system, language))
    points = [Point(time, listed(titles, language)) for time, titles in by_time.items()]
    return [Section(_("What has been let go"), points=points)] if points else []


def good_to_know(facts: NoticeFacts, say: Phrases) -> list[Section]:
    points = [Point(None, _reopening(say))] if facts.cause == "cancelled" else []
    if facts.other_lines:
        points.append(Point(None, _others(facts, say)))
    return [Section(say.gettext("Good to know"), points=points)] if points else []


def goes_on(facts: NoticeFacts, say: Phrases) -> list[Section]:
    _ = say.gettext
    points = [_meant(system, say.language) for system in facts.trailing]
    days = sorted({after // _DAY for after in facts.checks_after} - {0})
    if days:
        which = listed([str(day) for day in days], say.language)
        sentence = say.ngettext(
            "We look again after %(days)s day. Should anything have come back, we let it go again.",
            "We look again after %(days)s days. Should anything have come back, we let it go again.",
            days[-1],
        )
        points.append(Point(_("Checks"), sentence % {"days": which}))
    return [Section(_("What still goes on"), points=points)] if points else []


def given_back(facts: NoticeFacts, say: Phrases) -> list[Section]:
    """Withdrawn after the first releases."""
    _ = say.gettext
    titles = [system_title(released.system, say.language) for released in facts.released]
    return [Section(_("What has been given back"), [listed(titles, say.language)])] if titles else []


def not_you(facts: NoticeFacts, say: Phrases) -> str:
    _ = say.gettext
    if facts.cause == "ported":
        return _("Did you not move your number? Tell care at once, with the case number.")
    return _("Was it not you who asked? Tell care at once, with the case number.")


def _meant(system: str, language: Language) -> Point:
    return Point(system_title(system, language), system_meaning(system, language))


def _reopening(say: Phrases) -> str:
    return say.gettext("What is closed cannot be opened again. If you come back, you get a new line.")


def _others(facts: NoticeFacts, say: Phrases) -> str:
    count = facts.other_lines
    sentence = say.ngettext("Your other line stays as it is.", "Your other %(count)d lines stay as they are.", count)
    return sentence % {"count": count}
