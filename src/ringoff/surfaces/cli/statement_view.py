"""An account's statement for the eye: a table a currency, amounts under each other, within 80 columns."""

from rich.markup import escape
from rich.table import Table

from ringoff.features.billing.statement import Statement, StatementRow
from ringoff.features.directory import Account
from ringoff.kit.money import decimal
from ringoff.surfaces.cli.screen import console, say, table


def show(account: Account, told: Statement) -> None:
    say(f"{account.account_number}  {account.holder_name}", "bold")
    say(f"{told.since} to {told.until}, days in {account.time_zone}. Above zero is owed by the holder.")
    for currency in sorted({*told.opening, *told.closing, *(row.currency for row in told.rows)}):
        say()
        console().print(_table(told, currency))
    if not told.closing:
        say("Nothing is booked.")
    for currency, held in told.deposits.items():
        say(f"Deposits held: {_spelled(held, currency)} {currency}")
    if told.shortened:
        say("There is more than this; ask for fewer days. The closing balance counts all of it.")


def _table(told: Statement, currency: str) -> Table:
    grid = table("date", "", currency, "balance", right=(currency, "balance"))
    for column in (grid.columns[0], *grid.columns[2:]):
        column.no_wrap = True
    grid.columns[1].ratio = 1
    grid.add_row("", "opening balance", "", _spelled(told.opening.get(currency, 0), currency))
    for row in told.rows:
        if row.currency == currency:
            amounts = (_spelled(row.amount, currency), _spelled(row.balance, currency))
            grid.add_row(row.dated.isoformat(), escape(_what(row)), *amounts)
    grid.add_row("", "closing balance", "", _spelled(told.closing.get(currency, 0), currency), style="bold")
    return grid


def _what(row: StatementRow) -> str:
    """`source` is made in features/billing/booking.py: what it books, and after which booking of it."""
    source, corrected, _ = row.source.partition(" after ")
    if row.kind == "settled_elsewhere":
        return f"bill {source.split()[1]} settled elsewhere"
    return f"{source}, corrected" if corrected else source


def _spelled(amount: int, currency: str) -> str:
    return f"{decimal(amount, currency):,}"
