"""The money of leaving: what it costs, promised and settled to the cent, and the ledger that explains it.

`rating.py` makes a final bill, purely, from the `Facts` of a line (`facts.py`). `quoting.py` previews it and freezes
it as a case's quote, `closing.py` makes the bill once the line is closed, `issuing.py` numbers and books it and owes
what follows, `owner.py` and `moving.py` see to that until it is paid. `renewals.py` is the door through which a next
period is billed, `mandates.py` lets stored cards go. `ledger.py` never forgets.
"""

from ringoff.features.billing.closing import ClosedLine, owe_settlements, settle_due
from ringoff.features.billing.mandates import MandateOwner
from ringoff.features.billing.model import (
    Difference,
    FinalBill,
    FinalItem,
    Instalments,
    Leaving,
)
from ringoff.features.billing.owner import SettlementOwner
from ringoff.features.billing.quoting import Quote, Wish, last_day_of, preview, quote, quotes, unbilled_since
from ringoff.features.billing.renewals import Renewal, RenewalAnswer, RenewedItem, renew

__all__ = [
    "ClosedLine",
    "Difference",
    "FinalBill",
    "FinalItem",
    "Instalments",
    "Leaving",
    "MandateOwner",
    "Quote",
    "Renewal",
    "RenewalAnswer",
    "RenewedItem",
    "SettlementOwner",
    "Wish",
    "last_day_of",
    "owe_settlements",
    "preview",
    "quote",
    "quotes",
    "renew",
    "settle_due",
    "unbilled_since",
]
