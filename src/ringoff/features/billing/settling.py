"""What follows from a final bill: charged, returned the way it was paid, written off, or nothing. Pure."""

from collections.abc import Iterator, Sequence

from ringoff.features.billing.model import FinalBill, Movement, Payment, Settled
from ringoff.features.rules import BillingRules


def settle(bill: FinalBill, payments: Sequence[Payment], rules: BillingRules, *, has_mandate: bool) -> list[Settled]:
    """One a currency. `payments` newest first: a refund never exceeds what was paid, and goes back the way it came.

    What no payment can take back goes by transfer, which a person sees to. A bill without items settles nothing.
    """
    return [_settle(total, currency, payments, rules, has_mandate) for currency, total in sorted(bill.totals.items())]


def _settle(total: int, currency: str, payments: Sequence[Payment], rules: BillingRules, has_mandate: bool) -> Settled:
    if rules.writes_off(total, currency):
        return Settled(currency, total, written_off=True)
    if total > 0:
        charge = Movement(currency, total, "charge", "processor" if has_mandate else "guest")
        return Settled(currency, total, False, (charge,))
    return Settled(currency, total, False, tuple(_refunds(-total, currency, payments)))


def _refunds(left: int, currency: str, payments: Sequence[Payment]) -> Iterator[Movement]:
    for payment in payments:
        amount = min(left, payment.left)
        if amount > 0 and payment.currency == currency and payment.processor_ref is not None:
            yield Movement(currency, amount, "refund", "processor", payment.payment_ref)
            left -= amount
    if left > 0:
        yield Movement(currency, left, "refund", "transfer")
