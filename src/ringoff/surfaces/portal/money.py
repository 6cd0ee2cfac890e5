"""What leaving costs, on a page: the rows of the bill that would be made, in the words that it will have."""

from collections.abc import Sequence
from dataclasses import dataclass

from ringoff.app import App
from ringoff.db.pool import Connection
from ringoff.features import billing, cancellation
from ringoff.features.billing import FinalBill
from ringoff.features.billing.documents.final_bill import headline
from ringoff.features.billing.issued import IssuedBill
from ringoff.features.cancellation import Going, State, When
from ringoff.features.cancellation.casefile import Summary
from ringoff.kit.errors import InvalidInput
from ringoff.kit.i18n import Phrases
from ringoff.ports import TakesPayments
from ringoff.surfaces.papers import final_bills
from ringoff.surfaces.portal.journey import Journey
from ringoff.surfaces.web.sheets import Sheet, sheets

PAYMENTS = "payments"
"""The system that moves money, as the settings name it."""
_STAYS = frozenset({State.DECLINED, State.WITHDRAWING, State.WITHDRAWN})
_CHOICES: Sequence[When] = (When("now"), When("period_end"))


def taker(app: App) -> TakesPayments | None:
    """The system that has a page to pay on; None where there is none, and bills are paid as the carrier says."""
    system = app.systems.get(PAYMENTS)
    connector = system.connector if system is not None else None
    return connector if isinstance(connector, TakesPayments) else None


@dataclass(frozen=True, slots=True)
class Bill:
    """A final bill as it stands. `says`: how its money moves, or moved. `payable`: on the processor's page."""

    number: str
    supplementary: bool
    says: Sequence[str]
    sheets: Sequence[Sheet]
    open: bool
    """The holder has still to pay it."""
    payable: bool


async def of_case(
    conn: Connection, app: App, case: Summary, say: Phrases
) -> tuple[tuple[Bill, ...], tuple[Sheet, ...]]:
    """Its final bills as they stand, the first before its supplements; before there is one, what was promised."""
    found = await final_bills(conn, app, [case])
    bills = tuple(bill_of(one, say, payable=taker(app) is not None) for one in found)
    if bills or case.state in _STAYS:
        return bills, ()
    quote = (await billing.quotes(conn, [case.id])).get(case.id)
    return (), () if quote is None else tuple(sheets([quote.bill], say))


async def issued(conn: Connection, app: App, case: Summary, number: str) -> IssuedBill | None:
    found = await final_bills(conn, app, [case])
    return next((one for one in found if one.document.bill_number == number), None)


def bill_of(one: IssuedBill, say: Phrases, *, payable: bool) -> Bill:
    document = one.document
    found = sheets([FinalBill(tuple(document.items))], say)
    says = headline(document, say)["says"]
    is_open = one.state == "open"
    return Bill(document.bill_number, document.version > 1, says, found, is_open, payable and is_open)


async def cost(conn: Connection, journey: Journey, when: When, say: Phrases) -> list[Sheet]:
    """Of leaving at that time, as it stands now: what is confirmed is frozen as the quote."""
    return sheets(await _costs(conn, journey, when), say)


async def cost_of_choices(conn: Connection, journey: Journey, say: Phrases) -> dict[str, str]:
    """`now` and `period_end` in a few words, to choose between; missing where nothing is known of any money."""
    told: dict[str, str] = {}
    for when in _CHOICES:
        try:
            found = sheets(await _costs(conn, journey, when), say)
        except InvalidInput:
            continue
        if found:
            told[when.kind] = " · ".join(f"{sheet.headline}: {sheet.total}" for sheet in found)
    return told


async def _costs(conn: Connection, journey: Journey, when: When) -> list[FinalBill]:
    room = journey.leeway
    going = [Going(line, journey.pack, room.starts_at(line, when)) for line in journey.going]
    return await cancellation.costs(conn, going, room.now)
