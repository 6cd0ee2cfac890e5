"""`/account/data.zip`: everything that concerns the account, to keep. Written while it is sent.

In memory is one document at a time, and no database connection waits for a slow reader: each document is fetched by
itself. JSON is exact; in the CSV files a value that a spreadsheet would take for a formula has an apostrophe before it.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ringoff.app import App
from ringoff.db.pool import Connection
from ringoff.features import directory, notes, proof
from ringoff.features.billing.issued import IssuedBill
from ringoff.features.billing.statement import Statement, StatementRow, statement
from ringoff.features.cancellation import casefile
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.directory import Account, Bill, Line
from ringoff.features.identity import Session
from ringoff.features.notes import Note
from ringoff.kit.errors import NotFound, Unavailable
from ringoff.kit.i18n import Phrases, phrases, tell_time
from ringoff.kit.ids import case_number
from ringoff.kit.money import decimal
from ringoff.surfaces.papers import final_bill_pdf, final_bills
from ringoff.surfaces.portal.journey import holder
from ringoff.surfaces.portal.pages import context_of
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import visitor_of

_CASES_MOST = 1_000
_ENTRIES_MOST = 20_000
_EVER = (date.min, date.max - timedelta(days=1))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_UNSAFE = re.compile(r"[^\w.-]+")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Holding:
    """All that is written but the documents, which are fetched one by one."""

    account: Account
    lines: Sequence[Line]
    bills: Sequence[Bill]
    cases: Sequence[Summary]
    final_bills: Sequence[IssuedBill]
    statement: Statement | None
    notes: Sequence[Note]

    def tables(self) -> dict[str, list[Row]]:
        tables: dict[str, list[Row]] = {
            "account": [_account(self.account)],
            "lines": [_line(line) for line in self.lines],
            "bills": [_bill(bill) for bill in self.bills],
            "cancellations": [_case(case) for case in self.cases],
            "notes": [_note(note) for note in self.notes],
        }
        if self.statement is not None:  # else the carrier's own billing speaks of money
            tables["final_bills"] = [_final_bill(bill) for bill in self.final_bills]
            tables["statement"] = [_booking(row) for row in self.statement.rows]
        return tables


async def data(request: Request) -> Response:
    session, visitor = signed_in(request), visitor_of(request)
    app = context_of(request).app
    now = app.database.clock.now()
    async with app.database.transaction() as conn:
        holding = await _holding(conn, app, session)
        event = proof.Event(type="account.data_downloaded", actor=holder(request, session), at=now)
        await proof.record(conn, [event])
    say = phrases(visitor.language)
    index = _index(holding, tell_time(now, visitor.time_zone, visitor.language), say)
    return StreamingResponse(
        _zipped(app, holding, index, now),
        headers={"Content-Disposition": 'attachment; filename="data.zip"'},
        media_type="application/zip",
    )


async def _holding(conn: Connection, app: App, session: Session) -> Holding:
    account = await directory.get_account(conn, session.account_number)
    cases = await casefile.page(conn, account_number=session.account_number, in_confidence=False, limit=_CASES_MOST)
    return Holding(
        account,
        await directory.lines_of_account(conn, session.account_number),
        await directory.bills(conn, session.account_id),
        cases,
        await final_bills(conn, app, cases),
        await _ledger(conn, account) if app.terms.final_bills else None,
        await _notes(conn, app, account.id),
    )


async def _notes(conn: Connection, app: App, account_id: int) -> Sequence[Note]:
    seal = app.identity.seal
    return await notes.of_account(conn, seal, account_id, reader=None) if seal is not None else []


async def _ledger(conn: Connection, account: Account) -> Statement:
    return await statement(conn, account.id, *_EVER, in_confidence=False, most=_ENTRIES_MOST)


class _Pipe(io.RawIOBase):
    """Takes what ZipFile writes, and gives it away. It cannot go back, so ZipFile does without."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


async def _zipped(app: App, holding: Holding, index: str, now: datetime) -> AsyncIterator[bytes]:
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:
        for name, content in _files(holding, index):
            archive.writestr(_entry(name, now), content)
            yield pipe.take()
        for place, bill in enumerate(holding.bills, 1):
            if not bill.has_document:
                continue
            async with app.database.transaction() as conn:
                document = await directory.bill_document(conn, holding.account.id, bill.number)
            if document is not None:
                archive.writestr(_entry(_document_name(place, bill), now), document, ZIP_STORED)  # small already
                yield pipe.take()
        for place, issued in enumerate(holding.final_bills, 1):
            # A font is missing, or the bill is erased meanwhile: whoever downloads gets all the rest all the same.
            with suppress(Unavailable, NotFound):
                content = await final_bill_pdf(app, issued)
                name = f"final_bills/{place:03}-{_UNSAFE.sub('_', issued.document.bill_number)}.pdf"
                archive.writestr(_entry(name, now), content, ZIP_STORED)
                yield pipe.take()
    yield pipe.take()


def _entry(name: str, now: datetime) -> ZipInfo:
    entry = ZipInfo(name, now.timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _document_name(place: int, bill: Bill) -> str:
    """A name that every system can store; its number keeps it apart from others."""
    return f"bills/{place:03}-{_UNSAFE.sub('_', bill.number)}.pdf"


def _files(holding: Holding, index: str) -> Iterator[tuple[str, bytes]]:
    yield "INDEX.txt", index.encode("utf-8-sig")  # its mark tells old editors how it is written
    for name, rows in holding.tables().items():
        yield f"{name}.json", orjson.dumps(rows, option=orjson.OPT_INDENT_2)
        yield f"{name}.csv", _csv(rows).encode("utf-8-sig")


def _csv(rows: Sequence[Row]) -> str:
    text = io.StringIO(newline="")
    if rows:
        writer = csv.writer(text)
        writer.writerow(rows[0])
        writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _index(holding: Holding, told: str, say: Phrases) -> str:
    _ = say.gettext
    papers = _("bills as PDF documents") if any(bill.has_document for bill in holding.bills) else ""
    titles = {
        "account": _("who you are to us: name, contacts, language"),
        "lines": _("every line, with its numbers, plan and state"),
        "bills": _("bills, with what is still to be paid"),
        "cancellations": _("every cancellation that was asked for, and how it stands"),
        "notes": _("what care wrote down about you"),
        "final_bills": _("what leaving came to; the documents are in the folder of the same name"),
        "statement": _("what was billed, paid and returned, with the balance after each"),
    }
    shortened = holding.statement is not None and holding.statement.shortened
    lines = [
        _("Data of account %(number)s") % {"number": holding.account.account_number},
        _("Written on %(time)s") % {"time": told},
        "",
        *(f"{name}.json, {name}.csv: {titles[name]}" for name in holding.tables()),
        f"bills/: {papers}" if papers else _("There are no bills as PDF documents."),
        "",
        *([_("The statement is long: only its oldest entries are in here. Care has the rest.")] if shortened else []),
        _("The JSON files are exact. The CSV files open in a spreadsheet: an apostrophe before a value keeps it text."),
        _("Voicemail and messages are not in here: save them on your phone."),
    ]
    return "\r\n".join(lines) + "\r\n"


def _account(account: Account) -> Row:
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


def _line(line: Line) -> Row:
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


def _bill(bill: Bill) -> Row:
    return {
        "bill_number": bill.number,
        "issued_on": bill.issued_on,
        "due_on": bill.due_on,
        "amount": str(decimal(bill.amount, bill.currency)),
        "open_amount": str(decimal(bill.open_amount, bill.currency)),
        "currency": bill.currency,
        "pay_url": bill.pay_url,
    }


def _note(note: Note) -> Row:
    """Not who wrote it: that is the agent's own data."""
    return {
        "written_at": note.written_at,
        "case_number": case_number(note.case_id) if note.case_id is not None else None,
        "text": note.text,
    }


def _final_bill(bill: IssuedBill) -> Row:
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


def _booking(row: StatementRow) -> Row:
    return {
        "dated": row.dated,
        "kind": row.kind,
        "source": row.source,
        "amount": str(decimal(row.amount, row.currency)),
        "balance": str(decimal(row.balance, row.currency)),
        "currency": row.currency,
    }


def _case(case: Summary) -> Row:
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


ROUTES: Sequence[Route] = [Route("/account/data.zip", data, methods=["GET"])]
