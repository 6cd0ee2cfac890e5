"""The columns of the money: bills and what stands on them, payments, deposits, and what leaving will cost or bring.

An amount is read together with its row's currency. Below zero is what makes sense there: credit notes, discounts,
corrections of usage.
"""

from collections.abc import Callable, Sequence

from ringoff.features.directory import checks
from ringoff.features.directory.layout import BadRow, Column, Layout, amount

_ITEM_KINDS = ("recurring", "add_on", "discount", "usage", "one_time", "instalment")
_METHODS = ("card", "direct_debit", "transfer", "cash", "voucher")


def bills() -> Layout:
    columns = (
        Column("account_number", checks.reference, required=True),
        Column("bill_number", checks.reference, required=True),
        Column("issued_on", checks.day, required=True),
        Column("due_on", checks.day),
        Column("amount", checks.short_text, required=True),
        Column("open_amount", checks.short_text, default="0"),
        Column("currency", checks.currency, required=True),
        Column("pay_url", checks.address),
        Column("document", checks.document),
        Column("kind", checks.one_of("invoice", "credit_note"), default="invoice"),
        Column("disputed", checks.yes_or_no, default="no"),
        Column("credit_left", checks.short_text, default="0"),
    )
    read = _amounts(columns, "open_amount", "credit_left", signed=("amount",))

    def finish(values: list[str]) -> list[str]:
        values = read(values)
        total, left, credit = int(values[4]), int(values[5]), int(values[11])
        if values[9] == "credit_note":
            if total > 0:
                raise BadRow("amount", "The amount of a credit note is below zero.")
            if left:
                raise BadRow("open_amount", "Nothing is open of a credit note; credit_left says what is left of it.")
            if credit > -total:
                raise BadRow("credit_left", "No more can be left than the credit note was for.")
        elif total < 0:
            raise BadRow("amount", "The amount of an invoice is not below zero; a credit_note's is.")
        elif credit:
            raise BadRow("credit_left", "Only of a credit_note is credit left.")
        return values

    return Layout("bills", columns, finish)


def layouts() -> Sequence[Layout]:
    """Of the kinds that came with the money of leaving, in the order in which they are imported."""
    owed = (_prepaid_balances(), _instalment_plans(), _commitments(), _usage(), _mandates())
    return (_bill_items(), _payments(), _deposits(), *owed)


def _bill_items() -> Layout:
    columns = (
        Column("account_number", checks.reference, required=True),
        Column("bill_number", checks.reference, required=True),
        Column("item", checks.ordinal, required=True),
        Column("line_ref", checks.line_ref),
        Column("kind", checks.one_of(*_ITEM_KINDS), required=True),
        Column("name", checks.short_text, required=True),
        Column("period_first", checks.day),
        Column("period_end", checks.day),
        Column("net", checks.short_text, required=True),
        Column("tax", checks.short_text, default="0"),
        Column("tax_name", checks.short_text),
        Column("currency", checks.currency, required=True),
    )
    read = _amounts(columns, signed=("net", "tax"))

    def finish(values: list[str]) -> list[str]:
        first, end = values[6], values[7]
        if bool(first) != bool(end):
            raise BadRow("period_end", "A period has both a first day and an end, or neither.")
        if first and not first < end:
            raise BadRow("period_end", "A period ends after its first day: period_end is the first day not in it.")
        return read(values)

    return Layout("bill_items", columns, finish)


def _payments() -> Layout:
    columns = (
        Column("account_number", checks.reference, required=True),
        Column("payment_ref", checks.reference, required=True),
        Column("bill_number", checks.reference),
        Column("received_at", checks.instant, required=True),
        Column("amount", checks.short_text, required=True),
        Column("currency", checks.currency, required=True),
        Column("method", checks.one_of(*_METHODS), required=True),
        Column("processor_ref", checks.reference),
        Column("returned", checks.short_text, default="0"),
    )
    read = _amounts(columns, "returned", above_zero=("amount",))

    def finish(values: list[str]) -> list[str]:
        values = read(values)
        if int(values[8]) > int(values[4]):
            raise BadRow("returned", "No more can have been returned than was paid.")
        return values

    return Layout("payments", columns, finish)


def _deposits() -> Layout:
    columns = (
        Column("account_number", checks.reference, required=True),
        Column("deposit_ref", checks.reference, required=True),
        Column("line_ref", checks.line_ref),
        Column("taken_on", checks.day, required=True),
        Column("amount", checks.short_text, required=True),
        Column("currency", checks.currency, required=True),
        Column("returned_at", checks.instant),
    )
    return Layout("deposits", columns, _amounts(columns, above_zero=("amount",)))


def _prepaid_balances() -> Layout:
    columns = (
        Column("line_ref", checks.line_ref, required=True),
        Column("currency", checks.currency, required=True),
        Column("amount", checks.short_text, required=True),
        Column("promotional", checks.short_text, default="0"),
        Column("expires_on", checks.day),
    )
    read = _amounts(columns, "amount", "promotional")

    def finish(values: list[str]) -> list[str]:
        values = read(values)
        if int(values[3]) > int(values[2]):
            raise BadRow("promotional", "What was given for nothing is a part of the amount.")
        return values

    return Layout("prepaid_balances", columns, finish)


def _instalment_plans() -> Layout:
    columns = (
        Column("line_ref", checks.line_ref, required=True),
        Column("plan_ref", checks.reference, required=True),
        Column("name", checks.short_text, required=True),
        Column("currency", checks.currency, required=True),
        Column("instalment", checks.short_text, required=True),
        Column("remaining", checks.short_text, required=True),
        Column("next_due", checks.day),
        Column("on_leaving", checks.one_of("continue", "due")),
    )
    return Layout("instalment_plans", columns, _amounts(columns, "remaining", above_zero=("instalment",)))


def _commitments() -> Layout:
    columns = (
        Column("line_ref", checks.line_ref, required=True),
        Column("commitment_ref", checks.reference, required=True),
        Column("name", checks.short_text, required=True),
        Column("starts_on", checks.day, required=True),
        Column("ends_on", checks.day, required=True),
        Column("currency", checks.currency, required=True),
        Column("fee", checks.short_text, required=True),
        Column("declines", checks.one_of("none", "monthly"), default="none"),
        Column("rolled_over", checks.yes_or_no, default="no"),
    )
    read = _amounts(columns, "fee")

    def finish(values: list[str]) -> list[str]:
        if values[4] < values[3]:
            raise BadRow("ends_on", "A commitment does not end before it starts.")
        return read(values)

    return Layout("commitments", columns, finish)


def _usage() -> Layout:
    columns = (
        Column("line_ref", checks.line_ref, required=True),
        Column("usage_ref", checks.reference, required=True),
        Column("name", checks.short_text, required=True),
        Column("used_at", checks.instant, required=True),
        Column("currency", checks.currency, required=True),
        Column("net", checks.short_text, required=True),
        Column("tax", checks.short_text, default="0"),
        Column("tax_name", checks.short_text),
        Column("bill_number", checks.reference),
    )
    return Layout("usage", columns, _amounts(columns, signed=("net", "tax")))


def _mandates() -> Layout:
    columns = (
        Column("account_number", checks.reference, required=True),
        Column("mandate_ref", checks.reference, required=True),
        Column("kind", checks.one_of("card", "direct_debit"), required=True),
        Column("label", checks.label, required=True),
        Column("customer_ref", checks.reference, required=True),
        Column("method_ref", checks.reference, required=True),
    )
    return Layout("mandates", columns)


def _amounts(
    columns: Sequence[Column], *plain: str, signed: Sequence[str] = (), above_zero: Sequence[str] = ()
) -> Callable[[list[str]], list[str]]:
    """Turns these columns into minor units of the row's currency."""
    places = {column.name: at for at, column in enumerate(columns)}
    read = [(name, places[name], name in signed, name in above_zero) for name in (*plain, *signed, *above_zero)]
    currency = places["currency"]

    def finish(values: list[str]) -> list[str]:
        for name, at, may_be_negative, needs_some in read:
            values[at] = amount(name, values[at], values[currency], signed=may_be_negative)
            if needs_some and values[at] == "0":
                raise BadRow(name, "This has to be above zero.")
        return values

    return finish
