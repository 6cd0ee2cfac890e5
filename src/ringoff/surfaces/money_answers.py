"""What the API and the command line give about money: amounts in minor units, and as people write them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import Field

from ringoff.db.pool import Connection
from ringoff.features.billing import FinalBill, FinalItem, Quote, RenewalAnswer, tasks
from ringoff.features.billing.documents import Way
from ringoff.features.billing.issued import BillState, IssuedBill
from ringoff.features.billing.statement import Statement
from ringoff.features.billing.tasks import Payout, StuckBill
from ringoff.features.cancellation import Cost
from ringoff.kit.ids import case_number, subject_number
from ringoff.kit.money import decimal
from ringoff.surfaces.answers import Answer


class Amount(Answer):
    """Above zero: owed by the holder. Below: owed to them."""

    currency: str = Field(description="ISO 4217.", examples=["EUR"])
    minor: int = Field(description="Whole minor units: cents, yen.", examples=[-1274])
    decimal: str = Field(examples=["-12.74"])

    @classmethod
    def of(cls, minor: int, currency: str) -> Self:
        return cls(currency=currency, minor=minor, decimal=str(decimal(minor, currency)))


class ItemShown(Answer):
    """A row that can be checked with a pencil: `days` of `of_days`, or `months` of `of_months`, of `of_net`."""

    kind: str = Field(examples=["unused_service"])
    name: str
    source: str = Field(description="What it comes from: a bill's item, a usage record, a contract.")
    currency: str
    net: int = Field(description="Minor units; below zero: it comes back to the holder.")
    tax: int
    tax_name: str
    first: date | None
    end: date | None = Field(description="The first day that is no longer in the period.")
    days: int | None
    of_days: int | None
    months: int | None
    of_months: int | None
    of_net: int | None = Field(description="What it is a part of, as it was billed or agreed.")
    rule: str = Field(description="Why, where there is more than one reason.", examples=["declines_monthly"])

    @classmethod
    def of(cls, item: FinalItem) -> Self:
        return cls(**{name: getattr(item, name) for name in _OF_ITEM})


_OF_ITEM = tuple(ItemShown.model_fields)


class CostShown(Answer):
    """What leaving at one time costs, or brings. The one that is confirmed is frozen as the case's quote."""

    when: str = Field(description="`now`, `period_end` or a date.", examples=["period_end"])
    last_day: date = Field(description="The last day of service, in the account's time zone.")
    items: Sequence[ItemShown]
    totals: Sequence[Amount] = Field(description="One a currency; nothing is converted.")

    @classmethod
    def of(cls, cost: Cost) -> Self:
        return cls(
            when=str(cost.when), last_day=cost.last_day, items=_items(cost.bill), totals=_totals(cost.bill.totals)
        )


class QuoteShown(Answer):
    """What was promised when the case was scheduled. It never changes."""

    quoted_at: datetime
    last_day: date
    items: Sequence[ItemShown]
    totals: Sequence[Amount]

    @classmethod
    def of(cls, quoted: Quote) -> Self:
        return cls(
            quoted_at=quoted.quoted_at,
            last_day=quoted.leaving.last_charged,
            items=_items(quoted.bill),
            totals=_totals(quoted.bill.totals),
        )


class DifferenceShown(Answer):
    source: str
    quoted: Amount
    settled: Amount
    because: str = Field(description="The event that explains it.", examples=["usage", "payment", "leaving_day"])


class WayShown(Answer):
    """How an amount moves: by the processor, by a transfer that a person makes, or by a payment of the holder's."""

    kind: Literal["charge", "refund"]
    amount: Amount
    route: Literal["processor", "transfer", "cheque", "guest"]
    to: str = Field(description="As its holder knows it.", examples=["Visa ending in 4242"])
    by: date | None = Field(description="When a refund has to be with its holder at the latest.")
    done_on: date | None

    @classmethod
    def of(cls, way: Way, currency: str) -> Self:
        return cls(
            kind=way.kind,
            amount=Amount.of(way.amount, currency),
            route=way.route,
            to=way.to,
            by=way.by,
            done_on=way.done_on,
        )


class BillShown(Answer):
    """A final bill, or one that supplements it (`version` above 1). One a currency."""

    bill_number: str = Field(examples=["F-2N9S-3BZEF"])
    version: int
    state: BillState = Field(
        description="`open`: the holder pays it. `moving`: the processor has it. `task`: a person sees to it."
    )
    issued_at: datetime
    last_day: date
    items: Sequence[ItemShown]
    total: Amount
    differences: Sequence[DifferenceShown] = Field(description="From the quote, each with what explains it.")
    ways: Sequence[WayShown]
    late_usage_until: date | None
    document_url: str

    @classmethod
    def of(cls, one: IssuedBill) -> Self:
        told = one.document
        return cls(
            bill_number=told.bill_number,
            version=told.version,
            state=one.state,
            issued_at=told.issued_at,
            last_day=told.last_day,
            items=[ItemShown.of(item) for item in told.items],
            total=Amount.of(told.total, told.currency),
            differences=[
                DifferenceShown(
                    source=each.source,
                    quoted=Amount.of(each.quoted, each.currency),
                    settled=Amount.of(each.settled, each.currency),
                    because=each.because or "",
                )
                for each in told.differences
            ],
            ways=[WayShown.of(way, told.currency) for way in told.ways],
            late_usage_until=told.late_usage_until,
            document_url=f"/v1/cancellations/{case_number(one.case_id)}/bills/{quote(told.bill_number)}.pdf",
        )


class BillsShown(Answer):
    """The money of one case: what was promised, and the bills that were made of it."""

    cancellation: str
    quote: QuoteShown | None = Field(description="Null until it is scheduled.")
    bills: Sequence[BillShown]

    @classmethod
    def of(cls, number: str, quoted: Quote | None, bills: Sequence[IssuedBill]) -> Self:
        shown = None if quoted is None else QuoteShown.of(quoted)
        return cls(cancellation=number, quote=shown, bills=[BillShown.of(one) for one in bills])


class StatementRowShown(Answer):
    dated: date
    kind: str
    source: str = Field(examples=["bill B-1009"])
    amount: Amount
    balance: Amount


class StatementShown(Answer):
    """Both days are in it. Balances above zero are owed by the holder."""

    account_number: str
    since: date
    until: date
    opening: Sequence[Amount]
    rows: Sequence[StatementRowShown]
    closing: Sequence[Amount]
    deposits: Sequence[Amount] = Field(description="Held at the end: they pay nothing until they are returned.")
    shortened: bool = Field(description="There are more rows than these; the closing balances count them all.")

    @classmethod
    def of(cls, account_number: str, told: Statement) -> Self:
        rows = [
            StatementRowShown(
                dated=row.dated,
                kind=row.kind,
                source=row.source,
                amount=Amount.of(row.amount, row.currency),
                balance=Amount.of(row.balance, row.currency),
            )
            for row in told.rows
        ]
        return cls(
            account_number=account_number,
            since=told.since,
            until=told.until,
            opening=_totals(told.opening),
            rows=rows,
            closing=_totals(told.closing),
            deposits=_totals(told.deposits),
            shortened=told.shortened,
        )


class RenewalShown(Answer):
    line: str = Field(description="As you named it.")
    bill_number: str
    granted: bool
    refused: str | None = Field(description="Why not.", examples=["line_leaving"])

    @classmethod
    def of(cls, line: str, bill_number: str, answer: RenewalAnswer) -> Self:
        return cls(line=line, bill_number=bill_number, granted=answer.granted, refused=answer.refused)


class RenewalsShown(Answer):
    renewals: Sequence[RenewalShown]


class PayoutShown(Answer):
    """A refund that a person makes by transfer or cheque."""

    id: str = Field(examples=["P-17"])
    cancellation: str
    bill_number: str
    account_number: str
    holder_name: str
    amount: Amount
    asked_at: datetime

    @classmethod
    def of(cls, one: Payout) -> Self:
        return cls(
            id=subject_number(one.movement_id),
            cancellation=case_number(one.case_id),
            amount=Amount.of(one.amount, one.currency),
            **{name: getattr(one, name) for name in ("bill_number", "account_number", "holder_name", "asked_at")},
        )


class StuckBillShown(Answer):
    """A closed line whose bill differs from its quote, and nothing explains it."""

    cancellation: str
    account_number: str
    closed_at: datetime
    why: str | None = Field(description="The sources of the items that nothing explains.", examples=["bill B-7/1"])

    @classmethod
    def of(cls, one: StuckBill) -> Self:
        told: dict[str, Any] = {name: getattr(one, name) for name in ("account_number", "closed_at", "why")}
        return cls(cancellation=case_number(one.case_id), **told)


class MoneyTasks(Answer):
    """What of the money needs a person, the oldest first; at most 200 of each."""

    payouts: Sequence[PayoutShown]
    stuck_bills: Sequence[StuckBillShown]

    @classmethod
    async def read(cls, conn: Connection) -> Self:
        return cls(
            payouts=[PayoutShown.of(one) for one in await tasks.payouts(conn)],
            stuck_bills=[StuckBillShown.of(one) for one in await tasks.stuck_bills(conn)],
        )


class Imported(Answer):
    imported: Mapping[str, Any] = Field(
        description="By kind, how many rows were `inserted`, `updated`, `unchanged`.",
        examples=[{"payments": {"inserted": 1, "updated": 0, "unchanged": 0}}],
    )


def _items(bill: FinalBill) -> list[ItemShown]:
    return [ItemShown.of(item) for item in bill.items]


def _totals(totals: Mapping[str, int]) -> list[Amount]:
    return [Amount.of(minor, currency) for currency, minor in sorted(totals.items())]
