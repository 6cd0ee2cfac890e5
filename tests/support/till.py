"""A carrier that imports money: rows of each kind, and a till that has them booked with the import."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ringoff.features.billing.booking import book_imported
from ringoff.features.billing.facts import facts
from ringoff.features.billing.model import Facts
from ringoff.features.directory import ImportReport, find_line
from tests.support.importing import NOW, Carrier, save

BILL = {
    "account_number": "A1",
    "bill_number": "B1",
    "issued_on": "2026-11-01",
    "amount": "19.90",
    "open_amount": "19.90",
    "currency": "CNY",
}
ITEM = {
    "account_number": "A1",
    "bill_number": "B1",
    "item": "1",
    "line_ref": "L1",
    "kind": "recurring",
    "name": "Plan",
    "period_first": "2026-11-01",
    "period_end": "2026-12-01",
    "net": "18.77",
    "tax": "1.13",
    "tax_name": "VAT 6 %",
    "currency": "CNY",
}
PAYMENT = {
    "account_number": "A1",
    "payment_ref": "P1",
    "bill_number": "B1",
    "received_at": "2026-11-20T10:00:00+08:00",
    "amount": "19.90",
    "currency": "CNY",
    "method": "card",
    "processor_ref": "pi_1",
}
DEPOSIT = {
    "account_number": "A1",
    "deposit_ref": "Z1",
    "line_ref": "L1",
    "taken_on": "2024-01-01",
    "amount": "100",
    "currency": "CNY",
}
BALANCE = {"line_ref": "L1", "currency": "CNY", "amount": "30.00", "promotional": "5.00", "expires_on": "2027-01-01"}
INSTALMENTS = {
    "line_ref": "L1",
    "plan_ref": "I1",
    "name": "Phone 13",
    "currency": "CNY",
    "instalment": "199.00",
    "remaining": "796.00",
    "next_due": "2026-12-15",
}
COMMITMENT = {
    "line_ref": "L1",
    "commitment_ref": "C1",
    "name": "24 months",
    "starts_on": "2026-01-01",
    "ends_on": "2027-12-31",
    "currency": "CNY",
    "fee": "240.00",
    "declines": "monthly",
}
USAGE = {
    "line_ref": "L1",
    "usage_ref": "U1",
    "name": "Roaming in Laos",
    "used_at": "2026-11-20T09:00:00Z",
    "currency": "CNY",
    "net": "1.50",
    "tax": "0.09",
    "tax_name": "VAT 6 %",
}
MANDATE = {
    "account_number": "A1",
    "mandate_ref": "M1",
    "kind": "card",
    "label": "Visa ending in 4242",
    "customer_ref": "cus_1",
    "method_ref": "pm_1",
}
MONEY: Mapping[str, Mapping[str, str]] = {
    "bills": BILL,
    "bill_items": ITEM,
    "payments": {**PAYMENT, "amount": "9.90"},
    "deposits": DEPOSIT,
    "prepaid_balances": BALANCE,
    "instalment_plans": INSTALMENTS,
    "commitments": COMMITMENT,
    "usage": USAGE,
    "mandates": MANDATE,
}
CLOSE = """
WITH closed AS (
    UPDATE line SET status = 'closed', closed_at = %(at)s WHERE line_ref = 'L1' RETURNING id, account_id
), planned AS (INSERT INTO release_plan (digest) VALUES ('of a test') RETURNING id)
INSERT INTO cancellation (line_id, account_id, state, priority, channel, requested_by, when_kind, requested_at,
                          effective_at, ripe_at, scheduled_at, ended_at, rule_pack, plan_id)
SELECT c.id, account_id, 'closed', 0, 'api', 'test', 'now', %(at)s, %(at)s, %(at)s, %(at)s, %(at)s, 'neutral@1', p.id
  FROM closed c, planned p RETURNING cancellation.id
"""
WAIT = """
INSERT INTO settlement (case_id, account_id, closed_at, due_at, cut_off_at, state)
SELECT id, account_id, %(at)s, %(until)s, %(until)s, 'waiting' FROM cancellation WHERE id = %(id)s
"""


class Till(Carrier):
    """A carrier that imports money, and has it booked with the import."""

    async def money(self, *files: tuple[str, Sequence[Mapping[str, str]]], rejects: bool = False) -> ImportReport:
        paths = [save(self.folder / f"{kind}.csv", rows) for kind, rows in files]
        report = await self.take(*paths, rejects=rejects)
        async with self.database.transaction() as conn:
            await book_imported(conn, NOW)
        return report

    async def facts(self, ref: str = "L1") -> Facts:
        async with self.database.transaction() as conn:
            line_id = await find_line(conn, ref)
            return (await facts(conn, [line_id]))[line_id]

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.database.transaction() as conn:
            cursor = await conn.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def closed(self, *, waits: timedelta | None) -> None:
        """L1, yesterday; its settlement waits for usage as long as that from now."""
        ((case,),) = await self.rows(CLOSE, at=NOW - timedelta(days=1))
        if waits is not None:
            await self.rows(WAIT, id=case, at=NOW - timedelta(days=1), until=NOW + waits)

    async def nothing_is_booked(self) -> None:
        for table in ("bill", "bill_item", "payment", "deposit", "usage_charge", "mandate", "ledger_transaction"):
            assert await self.count(table) == 0, table
