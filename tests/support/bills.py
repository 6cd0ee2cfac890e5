"""A final bill and a statement with everything on them, for documents."""

import io
import re
from datetime import UTC, date, datetime
from typing import Any

from pypdf import PdfReader

from ringoff.features.billing.documents import (
    FinalBillDocument,
    Holder,
    Sender,
    StatementDocument,
    Way,
)
from ringoff.features.billing.ledger import TransactionKind
from ringoff.features.billing.model import FinalItem, Instalments
from ringoff.features.billing.statement import Statement, StatementRow

ISSUED = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)
SENDER = Sender(carrier_name="Lumen Mobile", support="care@lumen.example, +49 800 123 4567, every day from 8 to 20")
NAMES = {"en": "Ada Lovelace", "zh-Hans": "李喆", "es": "Íñigo Muñoz Ibáñez"}


def holder(language: str = "en", name: str | None = None) -> Holder:
    return Holder(name=name or NAMES[language], account_number="A-20931", locale=language, time_zone="Europe/Berlin")


def items() -> tuple[FinalItem, ...]:
    """They come to −1,178: what is returned."""
    november: dict[str, Any] = {"first": date(2026, 11, 16), "end": date(2026, 12, 1), "days": 15, "of_days": 30}
    vat = "VAT 19 %"
    return (
        FinalItem("unused_service", "Lumen L", "i1", "EUR", -1677, -319, vat, **november, of_net=-3353),
        FinalItem("unused_service", "EU Travel", "i2", "EUR", -252, -48, vat, **november, of_net=-504),
        FinalItem("usage", "Calls to Norway", "i3", "EUR", 118, 22, vat),
        FinalItem(
            "early_termination",
            "Lumen 24",
            "i4",
            "EUR",
            4000,
            months=4,
            of_months=24,
            of_net=24000,
            rule="declines_monthly",
        ),
        FinalItem("unpaid_bill", "B-1009", "i5", "EUR", 1978, first=date(2026, 10, 1)),
        FinalItem("deposit", "", "i6", "EUR", -5000, first=date(2024, 4, 1)),
    )


def final_bill(language: str = "en", **changes: Any) -> FinalBillDocument:
    bill: dict[str, Any] = {
        "sender": SENDER,
        "holder": holder(language),
        "bill_number": "FB-4711",
        "case_number": "C-7K2M-04QX",
        "issued_at": ISSUED,
        "currency": "EUR",
        "items": items(),
        "last_day": date(2026, 11, 15),
        "line_ref": "L-1",
        "msisdn": "+4915123456789",
        "plan_name": "Lumen L",
        "continuing": (Instalments("P-1", "Phone Aurora 9", "EUR", 2500, 17500, date(2026, 12, 1), "continue"),),
        "ways": (Way(kind="refund", amount=1178, route="processor", to="Visa •••• 4242", by=date(2026, 11, 30)),),
        "late_usage_until": date(2026, 12, 15),
    }
    return FinalBillDocument(**{**bill, **changes})


_ROWS: tuple[tuple[date, TransactionKind, str, int], ...] = (
    (date(2026, 9, 1), "bill", "bill B-1008", 4589),
    (date(2026, 9, 4), "payment", "payment P-88102", -4589),
    (date(2026, 10, 1), "bill", "bill B-1009 after 17", 4589),
    (date(2026, 10, 5), "payment", "payment P-88944", -2611),
    (date(2026, 11, 16), "final_bill", "final_bill FB-4711", -1178),
)


def account_statement(currency: str = "EUR") -> Statement:
    """It comes to 800, which the holder owes."""
    rows, balance = [], 0
    for dated, kind, source, amount in _ROWS:
        balance += amount
        rows.append(StatementRow(dated, kind, source, currency, amount, balance))
    return Statement(date(2026, 9, 1), date(2026, 11, 16), {}, rows, {currency: balance}, {currency: 5000})


def statement(language: str = "en", told: Statement | None = None) -> StatementDocument:
    return StatementDocument(
        sender=SENDER, holder=holder(language), issued_at=ISSUED, statement=told or account_statement()
    )


def opened(pdf: bytes) -> Any:
    """As a reader finds it."""
    return PdfReader(io.BytesIO(pdf))


def read(pdf: bytes) -> str:
    """All pages, without the spaces that a typesetter moves and the places where a long word may break."""
    text = "\n".join(page.extract_text() for page in opened(pdf).pages)
    return re.sub(r"[\s\u200b]+", " ", text)


def pressed(text: str) -> str:
    return re.sub(r"\s", "", text)
