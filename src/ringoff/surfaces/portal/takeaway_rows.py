"""The rows of a download: what each thing tells of itself, by the names that a reader of the file knows."""

from collections.abc import Mapping
from typing import Any

from ringoff.features.billing.issued import IssuedBill
from ringoff.features.billing.statement import StatementRow
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.directory import Account, Bill, Line
from ringoff.features.notes import Note
from ringoff.kit.ids import case_number
from ringoff.kit.money import decimal

Row = Mapping[str, Any]


def account(account: Account) -> Row:
    return {
        "account_number": account.account_number,
        "holder_name": account.holder_name,
        "kind": account.kind,
        "email": account.email,
        "phone": account.phone,
        "language": account.locale,
        "time_zone": account.time_zone,
        "bill_cycle_day": account.bill_cycle_day,
        "closed_at": account.closed_at,
    }


def line(line: Line) -> Row:
    return {
        "line_ref": line.line_ref,
        "msisdn": line.msisdn,
        "service": line.service,
        "status": line.status,
        "plan": line.plan.name,
        "monthly_price": str(decimal(line.plan.monthly_price, line.plan.currency)),
        "currency": line.plan.currency,
        "imsi": line.imsi,
        "iccid": line.iccid,
        "eid": line.eid,
        "imei": line.imei,
        "activated_on": line.activated_on,
        "paid_until": line.paid_until,
        "primary_line_ref": line.primary_line_ref,
        "closed_at": line.closed_at,
    }


def bill(bill: Bill) -> Row:
    return {
        "bill_number": bill.number,
        "issued_on": bill.issued_on,
        "due_on": bill.due_on,
        "amount": str(decimal(bill.amount, bill.currency)),
        "open_amount": str(decimal(bill.open_amount, bill.currency)),
        "currency": bill.currency,
        "pay_url": bill.pay_url,
    }


def note(note: Note) -> Row:
    """Not who wrote it: that is the agent's own data."""
    return {
        "written_at": note.written_at,
        "case_number": case_number(note.case_id) if note.case_id is not None else None,
        "text": note.text,
    }


def final_bill(bill: IssuedBill) -> Row:
    told = bill.document
    return {
        "bill_number": told.bill_number,
        "case_number": told.case_number,
        "version": told.version,
        "issued_at": told.issued_at,
        "total": str(decimal(told.total, told.currency)),
        "currency": told.currency,
        "state": bill.state,
    }


def booking(row: StatementRow) -> Row:
    return {
        "dated": row.dated,
        "kind": row.kind,
        "source": row.source,
        "amount": str(decimal(row.amount, row.currency)),
        "balance": str(decimal(row.balance, row.currency)),
        "currency": row.currency,
    }


def case(case: Summary) -> Row:
    return {
        "case_number": case.number,
        "line_ref": case.line_ref,
        "msisdn": case.msisdn,
        "state": str(case.state),
        "channel": case.channel,
        "requested_at": case.requested_at,
        "effective_at": case.effective_at,
        "ended_at": case.ended_at,
        "reason": case.reason,
    }
