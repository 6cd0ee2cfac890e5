"""What hangs on the demo's lines and accounts: two bills each, with their documents, and what a holder sees to."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from ringoff.surfaces.demo.paper import pdf

_DUE_AFTER = 14  # days
_TAX = {
    "GBP": (Decimal("0.20"), "VAT 20 %"),
    "EUR": (Decimal("0.21"), "IVA 21 %"),
    "CNY": (Decimal("0.06"), "增值税 6%"),
}
_PHONE = {"GBP": "Phone 13", "EUR": "Teléfono 13", "CNY": "手机 13"}

# By the currency of the holder's plan: kind, name, detail, whether the holder can unlink it.
_HANGING: Mapping[str, Sequence[tuple[str, str, str, str]]] = {
    "GBP": (
        ("instalments", "Phone 13", "4 instalments of £19.00 remain", "no"),
        ("discount", "Data SIM half price", "the data SIM costs £9.00 without this line", "no"),
        ("mandate", "Direct debit", "account ending in 4821", "yes"),
        ("linked_app", "Video Plus", "paid with the monthly bill", "yes"),
        ("authorised_user", "Callum Okafor", "may change the plan", "yes"),
        ("voicemail", "Voicemail", "3 messages", "no"),
    ),
    "EUR": (
        ("instalments", "Teléfono 13", "quedan 4 plazos de 19,00 €", "no"),
        ("discount", "SIM de datos a mitad de precio", "sin esta línea cuesta 8,50 €", "no"),
        ("mandate", "Domiciliación", "cuenta terminada en 4821", "yes"),
        ("linked_app", "Vídeo Plus", "se paga con la factura", "yes"),
        ("authorised_user", "Mateo Fernández", "puede cambiar el plan", "yes"),
        ("voicemail", "Buzón de voz", "3 mensajes", "no"),
    ),
    "CNY": (
        ("instalments", "手机 13", "还剩 4 期，每期 ¥199.00", "no"),
        ("discount", "上网卡半价", "没有此号码时为 ¥29.00", "no"),
        ("mandate", "银行自动扣款", "尾号 4821", "yes"),
        ("linked_app", "视频会员", "随话费支付", "yes"),
        ("authorised_user", "林建国", "可变更套餐", "yes"),
        ("voicemail", "语音信箱", "3 条留言", "no"),
    ),
}


def bindings(lines: Sequence[Mapping[str, str]], currency: str, *, everything: bool) -> Iterator[dict[str, str]]:
    """Of one account, on its first line. `everything`: of each kind; otherwise voicemail alone."""
    for kind, name, detail, removable in _HANGING[currency]:
        if everything or kind == "voicemail":
            yield {
                "line_ref": lines[0]["line_ref"],
                "kind": kind,
                "name": name,
                "detail": detail,
                "removable": removable,
            }


def bills(account_number: str, price: str, currency: str, today: date, *, owes: bool) -> Iterator[dict[str, str]]:
    """Of this month and the last; `owes`: the newer one is still open. As for the voice plan: one amount for all."""
    this_month = today.replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    for issued in (last_month, this_month):
        number = f"{issued:%Y-%m}-{account_number}"
        is_open = owes and issued == this_month
        yield {
            "account_number": account_number,
            "bill_number": number,
            "issued_on": issued.isoformat(),
            "due_on": (today + timedelta(days=_DUE_AFTER)).isoformat() if is_open else issued.isoformat(),
            "amount": price,
            "open_amount": price if is_open else "0",
            "currency": currency,
            "pay_url": f"https://pay.example.net/{number}" if is_open else "",
            "document": f"bills/{number}.pdf",
        }


def items(bills: Sequence[Mapping[str, str]], line: Mapping[str, str], plan_name: str) -> Iterator[dict[str, str]]:
    """Each bill is a month of the first line, in advance, with the tax that its country has."""
    for bill in bills:
        first = date.fromisoformat(bill["issued_on"])
        rate, tax_name = _TAX[bill["currency"]]
        gross = Decimal(bill["amount"])
        net = (gross / (1 + rate)).quantize(Decimal("0.01"))
        yield {
            "account_number": bill["account_number"],
            "bill_number": bill["bill_number"],
            "item": "1",
            "line_ref": line["line_ref"],
            "kind": "recurring",
            "name": plan_name,
            "period_first": first.isoformat(),
            "period_end": (first + timedelta(days=32)).replace(day=1).isoformat(),
            "net": str(net),
            "tax": str(gross - net),
            "tax_name": tax_name,
            "currency": bill["currency"],
        }


def payments(bills: Sequence[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """Of what is paid; by a bank's transfer, so what comes back goes by one as well."""
    for bill in bills:
        if bill["open_amount"] == "0":
            yield {
                "account_number": bill["account_number"],
                "payment_ref": f"P-{bill['bill_number']}",
                "bill_number": bill["bill_number"],
                "received_at": f"{bill['issued_on']}T09:00:00+00:00",
                "amount": bill["amount"],
                "currency": bill["currency"],
                "method": "transfer",
            }


def instalments(line: Mapping[str, str], currency: str) -> dict[str, str]:
    each = Decimal("199.00" if currency == "CNY" else "19.00")
    return {
        "line_ref": line["line_ref"],
        "plan_ref": f"I-{line['line_ref']}",
        "name": _PHONE[currency],
        "currency": currency,
        "instalment": str(each),
        "remaining": str(4 * each),
    }


def write_documents(folder: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """The PDFs that the rows name."""
    (folder / "bills").mkdir(exist_ok=True)
    for row in rows:
        shown = ["Example Mobile", "", f"Bill {row['bill_number']} of {row['issued_on']}"]
        shown += [f"Account {row['account_number']}", f"Amount: {row['currency']} {row['amount']}"]
        (folder / row["document"]).write_bytes(pdf(shown))
