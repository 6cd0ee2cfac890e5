"""What each notice says of its own case, in English; the other languages stand in `ringoff/locale`.

What it shares with other cases stands in `sections.py`.

How we write: short sentences, "you", the present tense; what happens, then why. Only what `NoticeFacts` knows is
told: amounts only of a bill that was made, no promises about what another system may do later. It is "a request", not
"your wish", because a carrier, or a thief, may have made it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ringoff.features.notices import line
from ringoff.features.notices.model import Letter, NoticeFacts, NoticeType
from ringoff.features.notices.text import tidy
from ringoff.kit.i18n import Phrases, tell_time


def write(notice: NoticeType, facts: NoticeFacts, say: Phrases) -> Letter:
    return _LETTERS[notice](facts, say)


def _acknowledged(facts: NoticeFacts, say: Phrases) -> Letter:
    _ = say.gettext
    called = {"line": line.called(facts, say)}
    subject, heading = _("A request to cancel your %(line)s"), _("A request to cancel your %(thing)s")
    if facts.cause == "ported":
        subject, heading = _moved_away(say)
        opening = [
            _("Your number has moved to your new carrier."),
            _("We now close your %(line)s with us, and write again when that is done.") % called,
        ]
    elif facts.in_review:
        opening = [
            _("We have received a request to cancel your %(line)s. Nothing has changed yet.") % called,
            _("Somebody here looks at it before anything happens. We write again as soon as it is decided."),
        ]
    else:
        opening = [
            _("We have received a request to cancel your %(line)s. Nothing has changed yet.") % called,
            _("We write again as soon as the time is fixed."),
        ]
    now = facts.effective_at <= facts.requested_at
    return _letter(
        facts,
        say,
        subject=subject % called,
        heading=heading % {"thing": line.thing(facts, say)},
        opening=opening,
        times=[
            (_("Received"), _time(facts.requested_at, facts, say)),
            (_("Wanted for"), _("as soon as possible") if now else _time(facts.effective_at, facts, say)),
            *_undo_until(facts, say),
        ],
        ending=_not_you(facts, say),
    )


def _scheduled(facts: NoticeFacts, say: Phrases) -> Letter:
    _ = say.gettext
    called = {"line": line.called(facts, say)}
    subject, heading = _("Your %(line)s will be closed"), _("Your %(thing)s will be closed")
    if facts.cause == "ported":
        subject, heading = _moved_away(say)
        opening = [
            _("Your number has moved to your new carrier, and works with the SIM from there."),
            _("We now close your %(line)s with us. There is nothing that you need to do.") % called,
        ]
    elif facts.undoable_until:
        opening = [
            _("We have a request to cancel your %(line)s.") % called,
            _("Until closing starts, everything works as before."),
        ]
    else:
        opening = [
            _("We have a request to cancel your %(line)s.") % called,
            _("Until closing starts, everything works as before; after this it cannot be undone."),
        ]
    return _letter(
        facts,
        say,
        subject=subject % called,
        heading=heading % {"thing": line.thing(facts, say)},
        opening=opening,
        times=[
            (_("Received"), _time(facts.requested_at, facts, say)),
            (_("Closing starts"), _time(facts.starts_at, facts, say)),
            *_undo_until(facts, say),
        ],
        ending=_not_you(facts, say),
    )


def _closed(facts: NoticeFacts, say: Phrases) -> Letter:
    _ = say.gettext
    called = {"line": line.called(facts, say)}
    if facts.cause == "ported":
        opening = [
            _("Your number has moved to your new carrier. Your %(line)s with us is closed.") % called,
            _("The number works with the SIM of your new carrier. The SIM from us no longer connects."),
        ]
    elif facts.msisdn:
        opening = [
            _("Your %(line)s is closed.") % called,
            _("Its SIM no longer connects. Calls and messages to this number no longer reach you."),
        ]
    else:
        opening = [_("Your %(line)s is closed.") % called, _("It no longer connects.")]
    return _letter(
        facts,
        say,
        subject=_("Your %(line)s is closed") % called,
        heading=_("Your %(thing)s is closed") % {"thing": line.thing(facts, say)},
        opening=opening,
        times=_from_to(_("Closed on"), facts, say),
        ending=_not_you(facts, say),
    )


def _withdrawn(facts: NoticeFacts, say: Phrases) -> Letter:
    _ = say.gettext
    called = {"line": line.called(facts, say)}
    return _letter(
        facts,
        say,
        subject=_("Your %(line)s stays open") % called,
        heading=_("Your %(thing)s stays open") % {"thing": line.thing(facts, say)},
        opening=[
            _("The request to cancel your %(line)s has been undone.") % called,
            _("You keep it as it was. There is nothing that you need to do."),
        ],
        times=_from_to(_("Undone on"), facts, say),
        ending=_("Was it not you who undid it? Tell care at once, with the case number."),
    )


def _declined(facts: NoticeFacts, say: Phrases) -> Letter:
    _ = say.gettext
    called = {"line": line.called(facts, say)}
    return _letter(
        facts,
        say,
        subject=_("Your %(line)s has not been closed") % called,
        heading=_("Your %(thing)s has not been closed") % {"thing": line.thing(facts, say)},
        opening=[
            _("There was a request to cancel your %(line)s. We cannot do so for now.") % called,
            _("Nothing has changed: you keep it as it was."),
        ],
        times=_from_to(_("Decided on"), facts, say),
        ending=None,
    )


def _billed(facts: NoticeFacts, say: Phrases) -> Letter:
    """The last of them is what is new."""
    _ = say.gettext
    newest = facts.bills[-1]
    called = {"line": line.called(facts, say)}
    subject, heading = _("The final bill for your %(line)s"), _("Your final bill %(number)s")
    if newest.supplementary:
        subject, heading = _("A supplementary bill for your %(line)s"), _("Your supplementary bill %(number)s")
    opening = [_("This is the bill for your %(line)s, which is closed.") % called]
    opening += newest.says
    if newest.open and facts.status_url:
        opening.append(
            _("You can pay at %(url)s, with the case number and the code below.") % {"url": facts.status_url}
        )
    if facts.portal:
        where = _(
            "The bill itself, item by item, is in the portal: %(url)s. Once your account has closed, sign in there and "
            "ask for the link to your documents."
        )
        opening.append(where % {"url": facts.portal})
    return _letter(
        facts,
        say,
        subject=subject % called,
        heading=heading % {"number": newest.number},
        opening=opening,
        times=[
            *(
                ((_("Supplementary bill") if bill.supplementary else _("Final bill")) + f" {bill.number}", bill.total)
                for bill in facts.bills
            ),
            *_from_to(_("Closed on"), facts, say),
        ],
        ending=_("Is something wrong with it? Tell care, with the case number."),
    )


_LETTERS: Mapping[NoticeType, Callable[[NoticeFacts, Phrases], Letter]] = {
    "acknowledged": _acknowledged,
    "scheduled": _scheduled,
    "closed": _closed,
    "withdrawn": _withdrawn,
    "declined": _declined,
    "billed": _billed,
}


def _letter(
    facts: NoticeFacts,
    say: Phrases,
    *,
    subject: str,
    heading: str,
    opening: Sequence[str],
    times: Sequence[tuple[str, str]],
    ending: str | None,
) -> Letter:
    """What all letters share: whom it greets, the case it is about, how to reach care, and whether it is a trial."""
    _ = say.gettext
    subject = _("%(subject)s (%(case)s)") % {"subject": subject, "case": facts.case_number}
    return Letter(
        language=say.language,
        subject=_("Trial: %(subject)s") % {"subject": subject} if facts.trial else subject,
        banner=_("This is only a trial: no real line is closed.") if facts.trial else None,
        heading=heading,
        greeting=_("Hello %(name)s,") % {"name": tidy(facts.holder_name)},
        opening=opening,
        particulars=[
            (line.title(facts, say), line.identity(facts, say)),
            *times,
            (_("Case number"), facts.case_number),
            *_status(facts, say),
            (_("Care"), tidy(facts.support) if facts.support else _("answer this mail")),
        ],
        ending=ending,
        carrier=tidy(facts.carrier_name),
    )


def _moved_away(say: Phrases) -> tuple[str, str]:
    """Subject and heading while a ported line is being closed: nobody asked to cancel it."""
    _ = say.gettext
    return _("We are closing your %(line)s with us"), _("We are closing your %(thing)s with us")


def _not_you(facts: NoticeFacts, say: Phrases) -> str:
    _ = say.gettext
    if facts.cause == "ported":
        return _("Did you not move your number? Tell care at once, with the case number.")
    return _("Was it not you who asked? Tell care at once, with the case number.")


def _time(at: datetime, facts: NoticeFacts, say: Phrases) -> str:
    return tell_time(at, facts.time_zone, say.language)


def _undo_until(facts: NoticeFacts, say: Phrases) -> list[tuple[str, str]]:
    until = facts.undoable_until
    return [(say.gettext("Can be undone until"), _time(until, facts, say))] if until else []


def _status(facts: NoticeFacts, say: Phrases) -> list[tuple[str, str]]:
    if facts.status_code is None or facts.status_url is None:
        return []
    told = {"address": facts.status_url, "code": facts.status_code}
    return [(say.gettext("See how it stands"), say.gettext("%(address)s, with the code %(code)s") % told)]


def _from_to(ended: str, facts: NoticeFacts, say: Phrases) -> list[tuple[str, str]]:
    times = [(say.gettext("Received"), _time(facts.requested_at, facts, say))]
    return [*times, (ended, _time(facts.ended_at, facts, say))] if facts.ended_at else times
