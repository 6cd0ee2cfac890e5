"""The final bill in words: what it comes to, the rows, what goes on, what comes next."""

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ringoff.features.billing.documents import rows
from ringoff.features.billing.documents.model import FinalBillDocument, Holder, Sender, Way
from ringoff.features.billing.documents.telling import amount, day, short_day
from ringoff.features.billing.documents.typeset import typeset
from ringoff.features.billing.model import Difference, Instalments
from ringoff.features.notices.line import written_number
from ringoff.kit.i18n import Phrases, negotiate, phrases

_REGION = {"en": ("en", "GB"), "zh-Hans": ("zh", "CN"), "es": ("es", "ES")}


def render_final_bill(bill: FinalBillDocument, fonts: Path | None = None) -> bytes:
    """The PDF/A in the holder's language: call it in a worker thread. `fonts`: a folder with further ones.

    Raises Unavailable where no font has a character that it needs.
    """
    return typeset("final_bill", content(bill), bill.issued_at, fonts)


def content(bill: FinalBillDocument) -> dict[str, Any]:
    """All that the template sets."""
    say = phrases(negotiate(bill.holder.locale))
    _ = say.gettext
    total = amount(bill.total, bill.currency, say.language)
    items = [item for item in bill.items if item.currency == bill.currency]
    return {
        **framed(bill.sender, _title(bill, say), f"{bill.bill_number} · {bill.case_number}", say),
        "facts": _facts(bill, say),
        "headline": headline(bill, say),
        "columns": [_("What"), _("How it is counted"), _("Amount")],
        "groups": rows.groups(items, say),
        "sums": rows.sums(items, say),
        "total": [_total_is(bill, say), total],
        "sections": [section for section in (_going_on(bill, say), _different(bill, say)) if section["rows"]],
        "next": {"title": _("What comes next"), "steps": _steps(bill, say)},
    }


def framed(sender: Sender, title: str, foot: str, say: Phrases) -> dict[str, Any]:
    """What every document has."""
    lang, region = _REGION[say.language]
    return {
        "lang": lang,
        "region": region,
        "title": title,
        "carrier": sender.carrier_name,
        "accent": sender.accent,
        "paper": sender.paper,
        "foot": " · ".join(part for part in (sender.carrier_name, foot) if part),
        "page": say.gettext("Page {page} of {pages}"),
    }


def addressed(holder: Holder, say: Phrases) -> list[tuple[str, str]]:
    _ = say.gettext
    return [(_("Holder"), holder.name), (_("Account number"), holder.account_number)]


def _title(bill: FinalBillDocument, say: Phrases) -> str:
    _ = say.gettext
    if bill.version > 1:
        return _("Supplementary bill %(number)s") % {"number": bill.bill_number}
    return _("Final bill %(number)s") % {"number": bill.bill_number}


def _facts(bill: FinalBillDocument, say: Phrases) -> list[tuple[str, str]]:
    _ = say.gettext
    issued = bill.issued_at.astimezone(ZoneInfo(bill.holder.time_zone)).date()
    told = [
        *addressed(bill.holder, say),
        (_("Case number"), bill.case_number),
        ({"voice": _("Line"), "data": _("Data SIM"), "iot": _("IoT SIM")}[bill.service], _line(bill, say)),
        (_("Plan"), bill.plan_name),
        (_("Issued on"), short_day(issued, say.language)),
        (_("Last day of service"), short_day(bill.last_day, say.language)),
    ]
    if bill.charged_until is not None and bill.charged_until < bill.last_day:
        told.append((_("Charged only until"), short_day(bill.charged_until, say.language)))
    return [(name, value) for name, value in told if value]


def _line(bill: FinalBillDocument, say: Phrases) -> str:
    if bill.msisdn:
        return written_number(bill.msisdn)
    if bill.iccid:
        return say.gettext("ending in %(digits)s") % {"digits": bill.iccid[-4:]}
    return bill.line_ref


# ── What it comes to ─────────────────────────────────────────────────────────────────────────────────────────────
def headline(bill: FinalBillDocument, say: Phrases) -> dict[str, Any]:
    """What it comes to, and how that moves or moved."""
    _ = say.gettext
    label = _("You get back") if bill.total < 0 else _("You pay") if bill.total > 0 else _("Nothing is left to pay")
    says = [_way(way, bill.currency, say) for way in bill.ways]
    if bill.sender.pay_to and any(way.route == "guest" and way.done_on is None for way in bill.ways):
        quoting = {"where": bill.sender.pay_to, "number": bill.bill_number}
        says.append(_("To %(where)s, with the number %(number)s.") % quoting)
    if bill.written_off:
        label, says = _("You pay nothing"), [_("So small an amount is not asked for. It is settled.")]
    elif not bill.total:
        says = [_("And nothing is owed to you: everything is settled.")]
    return {
        "label": label,
        "says": says,
        "link": next((way.pay_url for way in bill.ways if way.pay_url and way.done_on is None), ""),
        "amounts": [amount(0 if bill.written_off else abs(bill.total), bill.currency, say.language)],
    }


def _total_is(bill: FinalBillDocument, say: Phrases) -> str:
    _ = say.gettext
    if bill.written_off:
        return _("Total, not asked for")
    return _("Total, returned to you") if bill.total < 0 else _("Total to pay") if bill.total > 0 else _("Total")


def _way(way: Way, currency: str, say: Phrases) -> str:
    told = {
        "amount": amount(way.amount, currency, say.language),
        "to": way.to,
        "day": _by(way.done_on or way.by, say),
    }
    return (_done(way, say) if way.done_on else _due(way, say)) % told


def _by(on: date | None, say: Phrases) -> str:
    return day(on, say.language) if on else ""


def _done(way: Way, say: Phrases) -> str:
    _ = say.gettext
    if way.kind == "charge":
        return _("%(amount)s was paid on %(day)s.")
    if way.to:
        return _("%(amount)s went back to %(to)s on %(day)s.")
    return _("%(amount)s was returned to you on %(day)s.")


def _due(way: Way, say: Phrases) -> str:
    _ = say.gettext
    match way.kind, way.route, bool(way.to), way.by is not None:
        case "charge", "processor", True, _dated:
            return _("%(amount)s is taken from %(to)s, as always.")
        case "charge", "processor", False, _dated:
            return _("%(amount)s is taken by auto-pay, as always.")
        case "charge", _route, _to, True:
            return _("Please pay %(amount)s by %(day)s.")
        case "charge", _route, _to, False:
            return _("Please pay %(amount)s.")
        case "refund", "cheque", _to, True:
            return _("We send you a cheque for %(amount)s; it reaches you by %(day)s.")
        case "refund", "cheque", _to, False:
            return _("We send you a cheque for %(amount)s.")
        case "refund", _route, True, True:
            return _("%(amount)s goes back to %(to)s by %(day)s.")
        case "refund", _route, True, False:
            return _("%(amount)s goes back to %(to)s.")
        case "refund", "processor", False, True:
            return _("%(amount)s goes back the way you paid it by %(day)s.")
        case "refund", "processor", False, False:
            return _("%(amount)s goes back the way you paid it.")
        case "refund", _route, False, True:
            return _("We transfer %(amount)s to your bank account by %(day)s.")
        case _:
            return _("We transfer %(amount)s to your bank account.")


# ── What goes on, what is different, what comes next ─────────────────────────────────────────────────────────────
def _going_on(bill: FinalBillDocument, say: Phrases) -> dict[str, Any]:
    plans = [_plan(plan, say) for plan in bill.continuing if plan.currency == bill.currency]
    return {"title": say.gettext("Goes on with your other lines"), "rows": plans}


def _plan(plan: Instalments, say: Phrases) -> dict[str, Any]:
    _ = say.gettext
    left = _("%(amount)s are left in all.") % {"amount": amount(plan.remaining, plan.currency, say.language)}
    says = [left]
    if plan.next_due is not None:
        says.append(_("The next one is due on %(day)s.") % {"day": short_day(plan.next_due, say.language)})
    monthly = _("%(amount)s a month") % {"amount": amount(plan.instalment, plan.currency, say.language)}
    return {"name": plan.name, "says": says, "amount": monthly}


def _different(bill: FinalBillDocument, say: Phrases) -> dict[str, Any]:
    changed = [each for each in bill.differences if each.currency == bill.currency and each.quoted != each.settled]
    return {"title": say.gettext("Different from what you confirmed"), "rows": [_change(c, bill, say) for c in changed]}


def _change(change: Difference, bill: FinalBillDocument, say: Phrases) -> dict[str, Any]:
    _ = say.gettext
    name = next((rows.title(item, say) for item in bill.items if item.source == change.source), change.source)
    because = _because(change.because, say)
    moved = (amount(units, change.currency, say.language) for units in (change.quoted, change.settled))
    return {"name": name, "says": [because], "amount": " → ".join(moved)}


def _because(event: str | None, say: Phrases) -> str:
    """`event`: as features/billing/comparing.py names it."""
    _ = say.gettext
    return {
        "payment": _("A payment came in, or was taken back, after you confirmed."),
        "usage": _("Usage was reported after you confirmed."),
        "bill": _("A bill was issued, or changed, after you confirmed."),
        "balance": _("The balance was used, or paid into, after you confirmed."),
        "instalment": _("An instalment was paid, or changed, after you confirmed."),
        "instalments": _("An instalment was paid, or changed, after you confirmed."),
        "deposit": _("A deposit was paid, or returned, after you confirmed."),
        "leaving_day": _("The line ended on another day than the one you confirmed."),
        "accepted": _("We looked at this and corrected it; care can tell you more."),
        "last_line": _("The account ended with another line than the one that was last when you confirmed."),
    }.get(event or "", _("A person looks at this before any money moves."))


def _steps(bill: FinalBillDocument, say: Phrases) -> list[str]:
    _ = say.gettext
    steps = [_("Nothing more is charged for this line after its last day.")]
    if bill.version > 1:
        steps = [_("This bill is for what arrived late. It changes nothing in the final bill.")]
    if bill.late_usage_until is not None and bill.version == 1:
        until = day(bill.late_usage_until, say.language)
        steps.append(
            _("Usage abroad can be reported late. If any comes, a supplementary bill follows by %(day)s.")
            % {"day": until}
        )
    if bill.total < 0 and any(way.done_on is None for way in bill.ways):
        steps.append(_("A refund can take your bank a few days more until you see it."))
    if bill.sender.support:
        steps.append(_("Questions? %(support)s") % {"support": bill.sender.support})
    return steps
