"""What the API takes about money."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ringoff.features.billing import Renewal, RenewedItem
from ringoff.features.billing.model import BilledKind
from ringoff.surfaces.api.requests import Body, Label, Prose

_AMOUNT_MOST = 10**12

Minor = Annotated[int, Field(strict=True, ge=-_AMOUNT_MOST, le=_AMOUNT_MOST, description="Minor units.")]
MoneyKind = Literal[
    "bills",
    "bill_items",
    "payments",
    "deposits",
    "prepaid_balances",
    "instalment_plans",
    "commitments",
    "usage",
    "mandates",
]
Cell = Annotated[str, StringConstraints(max_length=2_000)]


class RenewalItem(Body):
    kind: BilledKind = "recurring"
    name: Label = Field(examples=["Journey 20"])
    net: Minor = Field(description="Minor units; a discount's is below zero.", examples=[1681])
    tax: Minor = 0
    tax_name: str = Field("", max_length=60, examples=["VAT 19 %"])


class RenewalWish(Body):
    """The next period of a line, with the bill for it."""

    line: Label = Field(description="As elsewhere: `line_ref`, number or `iccid:…`.")
    period_first: date
    period_end: date = Field(description="The first day that is no longer in it.")
    bill_number: Label
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    due_on: date | None = None
    items: Annotated[tuple[RenewalItem, ...], Field(min_length=1, max_length=50)]

    def of(self, line_id: int) -> Renewal:
        items = tuple(RenewedItem(i.kind, i.name, i.net, i.tax, i.tax_name) for i in self.items)
        return Renewal(line_id, self.period_first, self.period_end, self.bill_number, self.currency, items, self.due_on)


class RenewalWishes(Body):
    renewals: Annotated[tuple[RenewalWish, ...], Field(min_length=1, max_length=200)]


class MoneyRows(Body):
    """Rows as the files of `ringoff import` have them (docs/reference/import.md): every value is text."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": {
                        "payments": [
                            {
                                "account_number": "A-1",
                                "payment_ref": "P-9",
                                "bill_number": "B-7",
                                "received_at": "2026-11-14T09:30:00Z",
                                "amount": "20.00",
                                "currency": "EUR",
                                "method": "card",
                            }
                        ]
                    }
                }
            ]
        }
    )

    rows: Annotated[dict[MoneyKind, Annotated[tuple[dict[Label, Cell], ...], Field(min_length=1)]], Field(min_length=1)]


class PaidOut(Body):
    reference: Label = Field(description="By which the transfer is found at the bank.", examples=["SEPA 2026-11-23/17"])


class GoingOn(Body):
    goes_on: Literal["again", "accept", "waive"] = Field(
        description="`again`: rate it anew, the data were corrected. `accept`: issue it as it is, with what differs. "
        "`waive`: no bill; nothing is asked or returned."
    )
    why: Prose = Field(description="Kept in the audit log.", examples=["The carrier corrected bill B-7 by hand."])


class StatementWanted(BaseModel):
    """The query of a statement."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: date | None = Field(None, description="By default 90 days before `until`.")
    until: date | None = Field(None, description="By default today, in the account's time zone.")
