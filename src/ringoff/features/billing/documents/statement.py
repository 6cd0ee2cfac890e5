"""The account statement in words: for each currency every booking of a time, and the balance after each."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ringoff.features.billing.documents.final_bill import addressed, framed
from ringoff.features.billing.documents.model import StatementDocument
from ringoff.features.billing.documents.telling import amount, period, short_day
from ringoff.features.billing.documents.typeset import typeset
from ringoff.features.billing.ledger import TransactionKind
from ringoff.features.billing.statement import Statement, StatementRow
from ringoff.kit.i18n import Phrases, negotiate, phrases

_REFERENCE = re.compile(r"\S+ (?P<reference>.+?)(?: after \d+| #\d+)?")


def render_statement(document: StatementDocument, fonts: Path | None = None) -> bytes:
    """The PDF/A in the holder's language: call it in a worker thread. Raises as `render_final_bill`."""
    return typeset("statement", content(document), document.issued_at, fonts)


def content(document: StatementDocument) -> dict[str, Any]:
    """All that the template sets."""
    say = phrases(negotiate(document.holder.locale))
    _ = say.gettext
    told = document.statement
    issued = document.issued_at.astimezone(ZoneInfo(document.holder.time_zone)).date()
    return {
        **framed(document.sender, _("Account statement"), document.holder.account_number, say),
        "facts": [
            *addressed(document.holder, say),
            (_("Issued on"), short_day(issued, say.language)),
            (_("Period"), period(told.since, told.until + timedelta(days=1), say.language)),
        ],
        "headline": _headline(told, say),
        "columns": [_("Day"), _("What"), _("Amount"), _("Balance")],
        "accounts": [_account(told, currency, say) for currency in _currencies(told)],
        "next": {"title": _("How to read this"), "steps": _steps(document, say)},
    }


def _currencies(told: Statement) -> list[str]:
    return sorted({*told.opening, *told.closing, *(row.currency for row in told.rows)})


def _headline(told: Statement, say: Phrases) -> dict[str, Any]:
    """What is owed; of several currencies each by itself, with its sign where they differ."""
    _ = say.gettext
    left = {currency: units for currency, units in sorted(told.closing.items()) if units}
    if not left:
        label = _("Everything is settled")
    elif all(units > 0 for units in left.values()):
        label = _("You owe")
    elif all(units < 0 for units in left.values()):
        label, left = _("In your favour"), {currency: -units for currency, units in left.items()}
    else:
        label = _("Balance")
    on = _("On %(day)s.") % {"day": short_day(told.until, say.language)}
    amounts = [amount(units, currency, say.language) for currency, units in left.items()]
    return {"label": label, "says": [on], "link": "", "amounts": amounts}


def _account(told: Statement, currency: str, say: Phrases) -> dict[str, Any]:
    _ = say.gettext
    several = len(_currencies(told)) > 1
    opening, closing = (
        amount(balances.get(currency, 0), currency, say.language) for balances in (told.opening, told.closing)
    )
    return {
        "title": _("In %(currency)s") % {"currency": currency} if several else "",
        "opening": [_("Balance before"), opening],
        "entries": [_entry(row, say) for row in told.rows if row.currency == currency],
        "closing": [_("Balance"), closing],
    }


def _entry(row: StatementRow, say: Phrases) -> dict[str, str]:
    reference = _REFERENCE.fullmatch(row.source)
    return {
        "day": short_day(row.dated, say.language),
        "name": _called(row.kind, say),
        "reference": reference["reference"] if reference and row.kind != "reversal" else "",
        "amount": amount(row.amount, row.currency, say.language),
        "balance": amount(row.balance, row.currency, say.language),
    }


def _called(kind: TransactionKind, say: Phrases) -> str:
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


def _steps(document: StatementDocument, say: Phrases) -> list[str]:
    _ = say.gettext
    told = document.statement
    steps = [
        _("A minus lowers what you owe: a payment, a credit. Without one it rises: a bill, a refund paid out to you."),
        _("A balance with a minus is money that belongs to you."),
    ]
    for currency, units in sorted(told.deposits.items()):
        held = {"amount": amount(units, currency, say.language)}
        steps.append(_("We also hold a deposit of yours: %(amount)s. It is not part of the balance.") % held)
    if told.shortened:
        shown = {"count": len(told.rows)}
        steps.append(
            _("Only the first %(count)d entries are shown. The balance at the end counts all of them.") % shown
        )
    if document.sender.support:
        steps.append(_("Questions? %(support)s") % {"support": document.sender.support})
    return steps
