"""Whether bills can be made here at all: asked before anybody waits for one."""

from datetime import UTC, date, datetime
from pathlib import Path

from ringoff.features.billing.documents import fonts
from ringoff.features.billing.documents.final_bill import render_final_bill
from ringoff.features.billing.documents.model import FinalBillDocument, Holder, Sender
from ringoff.kit.i18n import LANGUAGES


def trial(sender: Sender, folder: Path | None) -> int:
    """Makes an empty bill in each language, the carrier's own words on it; takes a second of processor time.

    Returns how many families of fonts are at hand for names in further scripts. Raises as `render_final_bill`.
    """
    for language in LANGUAGES:
        bill = FinalBillDocument(
            sender=sender,
            holder=Holder(name="", account_number="", locale=language, time_zone="UTC"),
            bill_number="",
            case_number="",
            issued_at=datetime(2026, 1, 1, tzinfo=UTC),
            currency="EUR",
            items=(),
            last_day=date(2026, 1, 1),
            line_ref="",
        )
        render_final_bill(bill, folder)
    return fonts.further(folder)
