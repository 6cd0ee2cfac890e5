"""The final bills that were made, as they stand: for a page, the API, and the document that their holder keeps."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.billing.documents import FinalBillDocument, Holder, Sender, Way
from ringoff.features.billing.serial import continuing_from_json, differences_from_json, items_from_json
from ringoff.features.rules import RulePack
from ringoff.kit.ids import case_number

BillState = Literal["open", "moving", "task", "settled", "written_off"]

BILLS = """
SELECT f.id, f.case_id, f.state, f.bill_number, f.version, f.currency, f.issued_at, f.last_day, f.items, f.continuing,
       f.differences, s.cut_off_at, l.line_ref, c.msisdn, c.iccid, l.service, p.name AS plan_name,
       a.holder_name, a.account_number, a.locale, a.time_zone,
       (SELECT q.charged_until FROM quote q WHERE q.case_id = f.case_id ORDER BY q.version DESC LIMIT 1)
  FROM final_bill f JOIN cancellation c ON c.id = f.case_id JOIN line l ON l.id = c.line_id
  JOIN plan p ON p.plan_code = l.plan_code JOIN account a ON a.id = f.account_id
  LEFT JOIN settlement s ON s.case_id = f.case_id
 WHERE f.case_id = ANY (%(case_ids)s::bigint[]) AND f.erased_at IS NULL ORDER BY f.case_id, f.version, f.currency
"""

# How the account pays by itself is told as its holder knows it, also once that has been removed.
MOVEMENTS = """
SELECT m.final_bill_id, m.kind, m.amount, m.route, m.asked_at, m.done_at, a.time_zone,
       coalesce((SELECT d.label FROM mandate d WHERE d.account_id = m.account_id AND m.route = 'processor'
                  ORDER BY d.removed_at IS NOT NULL, d.mandate_ref LIMIT 1), '') AS label
  FROM money_movement m JOIN account a ON a.id = m.account_id
 WHERE m.final_bill_id = ANY (%(ids)s::bigint[]) AND m.state <> 'failed' ORDER BY m.id
"""
_AS_THEY_ARE = (
    "bill_number", "version", "currency", "issued_at", "last_day", "line_ref", "msisdn", "iccid", "service",
    "plan_name", "charged_until",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IssuedBill:
    """One currency of what leaving with one line cost: how it stands, and all that its document tells."""

    id: int
    case_id: int
    state: BillState
    document: FinalBillDocument


async def issued_bills(conn: Connection, case_ids: Sequence[int], sender: Sender, pack: RulePack) -> list[IssuedBill]:
    """By case, a bill before its supplements. `pack`: of the account, it says how soon a refund has to be there."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(BILLS, {"case_ids": arrays.ints(case_ids)})
        rows = await cursor.fetchall()
        await cursor.execute(MOVEMENTS, {"ids": arrays.ints([row["id"] for row in rows])})
        ways: defaultdict[int, list[Way]] = defaultdict(list)
        for movement in await cursor.fetchall():
            ways[movement["final_bill_id"]].append(_way(movement, pack))
    sender = replace(sender, paper=pack.billing.paper)
    return [
        IssuedBill(row["id"], row["case_id"], row["state"], _document(row, ways[row["id"]], sender)) for row in rows
    ]


def _way(movement: Mapping[str, Any], pack: RulePack) -> Way:
    zone, done_at, is_refund = ZoneInfo(movement["time_zone"]), movement["done_at"], movement["kind"] == "refund"
    return Way(
        kind=movement["kind"],
        amount=movement["amount"],
        route=movement["route"],
        to=movement["label"],
        by=(movement["asked_at"] + pack.billing.refund_within).astimezone(zone).date() if is_refund else None,
        done_on=done_at.astimezone(zone).date() if done_at else None,
    )


def _document(row: Mapping[str, Any], ways: Sequence[Way], sender: Sender) -> FinalBillDocument:
    zone, cut_off_at = ZoneInfo(row["time_zone"]), row["cut_off_at"]
    return FinalBillDocument(
        sender=sender,
        holder=Holder(
            name=row["holder_name"],
            account_number=row["account_number"],
            locale=row["locale"],
            time_zone=row["time_zone"],
        ),
        case_number=case_number(row["case_id"]),
        items=items_from_json(row["items"]),
        continuing=continuing_from_json(row["continuing"]),
        differences=differences_from_json(row["differences"]),
        ways=tuple(ways),
        written_off=row["state"] == "written_off",
        late_usage_until=cut_off_at.astimezone(zone).date() if cut_off_at else None,
        **{name: row[name] for name in _AS_THEY_ARE},
    )
