"""The account statement in words: every booking of a time, and the balance after each."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ringoff.features.billing.documents.final_bill import addressed, framed
from ringoff.features.billing.documents.model import EntryKind, StatementDocument
from ringoff.features.billing.documents.telling import amount, period, short_day
from ringoff.features.billing.documents.typeset import typeset
from ringoff.kit.i18n import Phrases, negotiate, phrases


def render_statement(statement: StatementDocument, fonts: Path | None = None) -> bytes:
    """The PDF/A in the holder's language: call it in a worker thread. Raises as `render_final_bill`."""
    return typeset("statement", content(statement), statement.issued_at, fonts)


def content(statement: StatementDocument) -> dict[str, Any]:
    say = phrases(negotiate(statement.holder.locale))
    _ = say.gettext
    issued = statement.issued_at.astimezone(ZoneInfo(statement.holder.time_zone)).date()
    return {
        **framed(statement.sender, _("Account statement"), statement.holder.account_number, say),
        "facts": [
            *addressed(statement.holder, say),
            (_("Issued on"), short_day(issued, say.language)),
            (_("Period"), period(statement.first, statement.last + timedelta(days=1), say.language)),
        ],
        "headline": _headline(statement, say),
        "columns": [_("Day"), _("What"), _("Amount"), _("Balance")],
        "opening": [_("Balance before"), amount(statement.opening, statement.currency, say.language)],
        "entries": _entries(statement, say),
        "closing": [_("Balance"), amount(statement.closing, statement.currency, say.language)],
        "next": {"title": _("How to read this"), "steps": _steps(statement, say)},
    }


def _headline(statement: StatementDocument, say: Phrases) -> dict[str, Any]:
    _ = say.gettext
    owed = statement.closing
    label = _("You owe") if owed > 0 else _("In your favour") if owed < 0 else _("Everything is settled")
    on = _("On %(day)s.") % {"day": short_day(statement.last, say.language)}
    told = amount(abs(owed), statement.currency, say.language)
    return {"label": label, "says": [on], "link": "", "amount": told}


def _entries(statement: StatementDocument, say: Phrases) -> list[dict[str, str]]:
    told, balance = [], statement.opening
    for entry in statement.entries:
        balance += entry.amount
        told.append(
            {
                "day": short_day(entry.dated, say.language),
                "name": _called(entry.kind, say),
                "reference": entry.reference,
                "amount": amount(entry.amount, statement.currency, say.language),
                "balance": amount(balance, statement.currency, say.language),
            }
        )
    return told


def _called(kind: EntryKind, say: Phrases) -> str:
    _ = say.gettext
    return {
        "bill": _("Bill issued"),
        "payment": _("Payment"),
        "settled_elsewhere": _("Settled elsewhere"),
        "deposit": _("Deposit"),
        "final_bill": _("Final bill"),
        "charge": _("Payment of the final bill"),
        "refund": _("Refund"),
        "write_off": _("Not asked for"),
        "reversal": _("Correction of an earlier entry"),
    }[kind]


def _steps(statement: StatementDocument, say: Phrases) -> list[str]:
    _ = say.gettext
    steps = [
        _("A minus lowers what you owe: a payment, a credit. Without one it rises: a bill, a refund paid out to you."),
        _("A balance with a minus is money that belongs to you."),
    ]
    if statement.sender.support:
        steps.append(_("Questions? %(support)s") % {"support": statement.sender.support})
    return steps
