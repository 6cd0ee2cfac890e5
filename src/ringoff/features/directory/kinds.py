"""What an import does with each kind of file: what is unique in it, what is known already, how the rest is written."""

from collections.abc import Mapping, Sequence
from typing import LiteralString, get_args

from ringoff.features.directory import holder_staging, money_staging, money_writing, staging
from ringoff.features.directory.model import FileKind

KINDS: tuple[FileKind, ...] = get_args(FileKind)
"""In the order in which they are written; a kind's place among them is its number in import_problem."""

MONEY: tuple[FileKind, ...] = ("bills", *KINDS[5:])
"""Taken in together, or not at all: a part of somebody's money is a wrong amount."""

KEYS: Mapping[FileKind, Mapping[str, str]] = {
    "plans": {"plan_code": "plan_code"},
    "accounts": {"account_number": "account_number"},
    "lines": {"line_ref": "line_ref", "msisdn": "msisdn", "imsi": "imsi", "iccid": "iccid"},
    "bills": {"key": "bill_number"},
    "bindings": {"key": "name"},
    "bill_items": {"key": "item"},
    "payments": {"key": "payment_ref"},
    "deposits": {"key": "deposit_ref"},
    "prepaid_balances": {"key": "currency"},
    "instalment_plans": {"key": "plan_ref"},
    "commitments": {"key": "commitment_ref"},
    "usage": {"key": "usage_ref"},
    "mandates": {"key": "mandate_ref"},
}
"""What is unique within a file, by the staged column, and which column of the file is at fault."""

UNCHANGED: Mapping[FileKind, LiteralString] = {
    "plans": staging.UNCHANGED_PLANS,
    "accounts": staging.UNCHANGED_ACCOUNTS,
    "lines": staging.UNCHANGED_LINES,
    "bills": holder_staging.UNCHANGED_BILLS,
    "bindings": holder_staging.UNCHANGED_BINDINGS,
    "bill_items": money_staging.UNCHANGED_BILL_ITEMS,
    "payments": money_staging.UNCHANGED_PAYMENTS,
    "deposits": money_staging.UNCHANGED_DEPOSITS,
    "prepaid_balances": money_staging.UNCHANGED_PREPAID_BALANCES,
    "instalment_plans": money_staging.UNCHANGED_INSTALMENT_PLANS,
    "commitments": money_staging.UNCHANGED_COMMITMENTS,
    "usage": money_staging.UNCHANGED_USAGE,
    "mandates": money_staging.UNCHANGED_MANDATES,
}

WRITE: Sequence[tuple[FileKind, str, LiteralString]] = (
    ("plans", "updated", staging.UPDATE_PLANS),
    ("plans", "inserted", staging.INSERT_PLANS),
    ("accounts", "updated", staging.UPDATE_ACCOUNTS),
    ("accounts", "inserted", staging.INSERT_ACCOUNTS),
    ("lines", "updated", staging.UPDATE_LINES),
    ("lines", "inserted", staging.INSERT_LINES),
    ("lines", "inserted", staging.INSERT_LINES_THAT_DEPEND),
    ("bills", "updated", holder_staging.UPDATE_BILLS),
    ("bills", "inserted", holder_staging.INSERT_BILLS),
    ("bindings", "updated", holder_staging.UPDATE_BINDINGS),
    ("bindings", "inserted", holder_staging.INSERT_BINDINGS),
    ("bill_items", "", money_writing.REMOVE_BILL_ITEMS),
    ("bill_items", "updated", money_writing.UPDATE_BILL_ITEMS),
    ("bill_items", "inserted", money_writing.INSERT_BILL_ITEMS),
    ("bill_items", "", money_writing.UNBOOK_BILLS),
    ("payments", "", money_writing.UNBOOK_BILLS_LEFT),
    ("payments", "updated", money_writing.UPDATE_PAYMENTS),
    ("payments", "inserted", money_writing.INSERT_PAYMENTS),
    ("payments", "", money_writing.PAY_BILLS),
    ("deposits", "updated", money_writing.UPDATE_DEPOSITS),
    ("deposits", "inserted", money_writing.INSERT_DEPOSITS),
    ("prepaid_balances", "updated", money_writing.UPDATE_PREPAID_BALANCES),
    ("prepaid_balances", "inserted", money_writing.INSERT_PREPAID_BALANCES),
    ("instalment_plans", "updated", money_writing.UPDATE_INSTALMENT_PLANS),
    ("instalment_plans", "inserted", money_writing.INSERT_INSTALMENT_PLANS),
    ("commitments", "updated", money_writing.UPDATE_COMMITMENTS),
    ("commitments", "inserted", money_writing.INSERT_COMMITMENTS),
    ("usage", "updated", money_writing.UPDATE_USAGE),
    ("usage", "inserted", money_writing.INSERT_USAGE),
    ("usage", "", money_writing.WAKE_SETTLEMENTS),
    ("mandates", "updated", money_writing.UPDATE_MANDATES),
    ("mandates", "inserted", money_writing.INSERT_MANDATES),
)
"""In order; by what its rows are counted as, if they are counted."""
