"""Money for the eye: what needs a person, what was promised and billed, row by row, within 80 columns."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from ringoff.features.billing import FinalItem, Quote
from ringoff.features.billing.documents import rows
from ringoff.features.billing.documents.final_bill import headline
from ringoff.features.billing.issued import IssuedBill
from ringoff.kit.i18n import phrases
from ringoff.kit.money import decimal
from ringoff.surfaces.cli.screen import console, say, table
from ringoff.surfaces.money_answers import MoneyTasks

_SAY = phrases("en")


def show_tasks(tasks: MoneyTasks) -> None:
    if not tasks.payouts and not tasks.stuck_bills:
        say("Nothing of the money needs a person.")
    if tasks.payouts:
        say("Refunds to pay by transfer", "bold")
        grid = table("id", "account", "bill", "amount", "since", right=("amount",))
        for one in tasks.payouts:
            amount = f"{one.amount.decimal} {one.amount.currency}"
            grid.add_row(one.id, escape(one.account_number), one.bill_number, amount, one.asked_at.date().isoformat())
        console().print(grid)
        say("Once it is paid: ringoff money paid ID --reference TEXT", "quiet")
    if tasks.stuck_bills:
        say("Bills that differ from what was promised, and nothing explains it", "bold")
        grid = table("case", "account", "closed", "because of")
        for stuck in tasks.stuck_bills:
            closed = stuck.closed_at.date().isoformat()
            grid.add_row(stuck.cancellation, escape(stuck.account_number), closed, escape(stuck.why or ""))
        console().print(grid)
        say("Look with ringoff bill CASE; then: ringoff money go-on CASE --how … --why …", "quiet")


def show_bills(quoted: Quote | None, bills: Sequence[IssuedBill]) -> None:
    if quoted is None and not bills:
        say("Nothing was promised, and no bill was made.")
    if quoted is not None:
        say(f"Promised on {quoted.quoted_at.date().isoformat()}, until {quoted.leaving.last_charged}", "bold")
        _show(quoted.bill.items)
    for one in bills:
        document = one.document
        kind = "Supplementary bill" if document.version > 1 else "Final bill"
        say()
        say(f"{kind} {document.bill_number}, {one.state.replace('_', ' ')}", "bold")
        _show(document.items)
        for sentence in headline(document, _SAY)["says"]:
            say(sentence)
        for each in document.differences:
            before, after = (f"{decimal(units, each.currency)}" for units in (each.quoted, each.settled))
            say(f"{each.source}: {before} → {after} {each.currency}, {each.because}", "waits")


def _show(items: Sequence[FinalItem]) -> None:
    for currency in sorted({item.currency for item in items}):
        console().print(_table([item for item in items if item.currency == currency], currency))
    if not items:
        say("Nothing is to be paid, and nothing comes back.")


def _table(items: Sequence[FinalItem], currency: str) -> Table:
    grid = table("", currency, right=(currency,))
    grid.columns[0].ratio = 1
    grid.columns[1].no_wrap = True
    for item in items:
        told = rows.row(item, _SAY)
        says = " ".join([*told["says"], *([told["pencil"]] if told["pencil"] else [])])
        name = escape(told["name"]) + (f"\n[quiet]{escape(says)}[/]" if says else "")
        grid.add_row(name, f"{decimal(item.net, currency):,}")
    taxes = sum(item.tax for item in items)
    if taxes:
        grid.add_row("Tax", f"{decimal(taxes, currency):,}")
    grid.add_row("Total", f"{decimal(sum(item.total for item in items), currency):,}", style="bold")
    return grid
