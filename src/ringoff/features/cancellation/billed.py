"""The holder is told of a final bill: that it was made, and again where its money has to go another way."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.billing.documents import Sender
from ringoff.features.billing.documents.final_bill import headline
from ringoff.features.billing.issued import IssuedBill, issued_bills
from ringoff.features.cancellation.case import Changes, lock
from ringoff.features.cancellation.terms import Terms
from ringoff.features.notices import BillTold
from ringoff.kit.actor import SYSTEM
from ringoff.kit.i18n import negotiate, phrases

TO_TELL = "SELECT case_id FROM final_bill WHERE to_tell ORDER BY id LIMIT %(limit)s"
TOLD = """
UPDATE final_bill SET to_tell = false WHERE case_id = ANY (%(case_ids)s::bigint[]) AND to_tell RETURNING case_id
"""


async def tell_bills(conn: Connection, terms: Terms, now: datetime, *, limit: int) -> int:
    """Owes the notices, of each case one; returns how many cases were looked at."""
    found = {row[0] for row in await (await conn.execute(TO_TELL, {"limit": limit})).fetchall()}
    if not found:
        return 0
    cases = await lock(conn, found)
    told = {row[0] for row in await (await conn.execute(TOLD, {"case_ids": arrays.ints(sorted(found))})).fetchall()}
    changes = Changes(terms, SYSTEM, now)
    for case_id in sorted(told):
        case = cases[case_id]
        changes.notify(case, "billed", terms.rules.labelled(case.rule_pack), replaces=False)
    await changes.write(conn)
    return len(found)


async def bills_told(
    conn: Connection, terms: Terms, packs: Mapping[int, str], locales: Mapping[int, str]
) -> dict[int, Sequence[BillTold]]:
    """By case, each bill in the words that its document has, in the holder's language."""
    sender = Sender(carrier_name=terms.carrier, support=terms.support or "", pay_to=terms.pay_to)
    told: dict[int, list[BillTold]] = {case_id: [] for case_id in packs}
    for label in sorted(set(packs.values())):
        ids = [case_id for case_id, pack in packs.items() if pack == label]
        for one in await issued_bills(conn, ids, sender, terms.rules.labelled(label)):
            told[one.case_id].append(_told(one, locales[one.case_id]))
    return dict(told)


def _told(one: IssuedBill, locale: str) -> BillTold:
    says = headline(one.document, phrases(negotiate(locale)))
    total = " · ".join((says["label"], *says["amounts"])) if one.document.total else says["label"]
    return BillTold(one.document.bill_number, one.document.version > 1, total, tuple(says["says"]), one.state == "open")
