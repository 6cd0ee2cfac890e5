"""How long a final bill takes as PDF/A: the first one of a fresh process, and then one after the other."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from ringoff.features.billing.documents import (
    FinalBillDocument,
    Holder,
    Sender,
    StatementDocument,
    Way,
    render_final_bill,
    render_statement,
)
from ringoff.features.billing.model import FinalItem, Instalments
from ringoff.features.billing.statement import Statement, StatementRow

_HOLDERS = (("en", "Ada Lovelace"), ("zh-Hans", "李喆"), ("es", "Íñigo Muñoz Ibáñez"))
_ISSUED = datetime(2026, 11, 16, 3, tzinfo=UTC)
_SENDER = Sender(carrier_name="Bench", support="care@example.net")
_FIRST = "from ringoff.surfaces.bench.documents import first; print(first())"
_FRESH = 5  # processes
_Document = TypeVar("_Document")


async def documents(lines: int) -> dict[str, Any]:
    """`lines` final bills in three languages, no two alike; a tenth as many statements of a year."""
    return await asyncio.to_thread(_measured, lines)


def first() -> float:
    """Milliseconds of the first bill that this process makes, in Chinese: the largest fonts."""
    return _timed(render_final_bill, _bill(1))


def _measured(lines: int) -> dict[str, Any]:
    fresh = [_of_a_fresh_process() for _ in range(_FRESH)]
    first()
    bills = [_timed(render_final_bill, _bill(n)) for n in range(lines)]
    statements = [_timed(render_statement, _statement(n)) for n in range(lines // 10)]
    return {
        "the first of a process, ms": round(statistics.median(fresh), 1),
        "a bill, ms": round(statistics.median(bills), 1),
        "a bill, p99 ms": round(statistics.quantiles(bills, n=100)[98], 1),
        "a statement of a year, ms": round(statistics.median(statements), 1),
        "bills a second": round(1_000 * lines / sum(bills), 1),
        "bytes of a bill": len(render_final_bill(_bill(0))),
    }


def _of_a_fresh_process() -> float:
    told = subprocess.run([sys.executable, "-c", _FIRST], check=True, capture_output=True, text=True)  # noqa: S603
    return float(told.stdout)


def _timed(render: Callable[[_Document], bytes], document: _Document) -> float:
    began = time.perf_counter()
    render(document)
    return (time.perf_counter() - began) * 1_000


def _holder(n: int) -> Holder:
    locale, name = _HOLDERS[n % 3]
    return Holder(name=f"{name} {n}", account_number=f"A-{n}", locale=locale, time_zone="Europe/Berlin")


def _bill(n: int) -> FinalBillDocument:
    net = -(1_000 + n)
    items = (
        FinalItem(
            "unused_service", "Plan L", "1", "EUR", net, net // 5, "VAT 20 %", days=15, of_days=30, of_net=2 * net
        ),
        FinalItem("unused_service", "Travel", "2", "EUR", -252, -50, "VAT 20 %", days=15, of_days=30, of_net=-504),
        FinalItem("usage", "Calls abroad", "3", "EUR", 118, 24, "VAT 20 %"),
        FinalItem("early_termination", "24 months", "4", "EUR", 4_000, months=4, of_months=24, of_net=24_000),
        FinalItem("deposit", f"D-{n}", "5", "EUR", -5_000),
    )
    return FinalBillDocument(
        sender=_SENDER,
        holder=_holder(n),
        bill_number=f"FB-{n}",
        case_number=f"C-{n:04d}-BENCH",
        issued_at=_ISSUED,
        currency="EUR",
        items=items,
        last_day=date(2026, 11, 15),
        line_ref=f"L-{n}",
        msisdn=f"+49151{n:08d}",
        plan_name="Plan L",
        continuing=(Instalments("P-1", "Phone", "EUR", 2_500, 17_500, date(2026, 12, 1), "continue"),),
        ways=(Way(kind="refund", amount=1_000, route="processor", to="Visa", by=date(2026, 11, 30)),),
        late_usage_until=date(2026, 12, 15),
    )


def _statement(n: int) -> StatementDocument:
    begins, rows = date(2026, 1, 1), []
    for month in range(12):
        billed = begins + timedelta(days=30 * month)
        rows.append(StatementRow(billed, "bill", f"bill B-{n}-{month}", "EUR", 4_589, 4_589))
        rows.append(StatementRow(billed + timedelta(days=4), "payment", f"payment P-{n}-{month}", "EUR", -4_589, 0))
    told = Statement(begins, date(2026, 12, 31), {}, rows, {"EUR": 0}, {"EUR": 5_000})
    return StatementDocument(sender=_SENDER, holder=_holder(n), issued_at=_ISSUED, statement=told)
