"""Four eyes: what one person at the desk may not do alone, somebody else decides; nobody decides about their own wish.

    wish = approvals.skip_release(obligation)                       # what exactly
    asked = await approvals.ask(conn, ctx, wish, member, why, now)  # somebody asks,
    await approvals.approve(conn, ctx, asked.id, other, why, now)   # somebody else decides,
    await cancellation.resolve(…, approval=asked.id)                # and who asked acts, once, on exactly these terms

What acts calls `use` in its own transaction, so that no page can forget it. `duties.py` keeps apart who edits a contact
and who decides; `contacts.py` is how somebody at the desk edits one.
"""

from ringoff.features.approvals.contacts import care_change_contact, care_keep_contact
from ringoff.features.approvals.duties import began, decided, must_not_have_decided, must_not_have_edited
from ringoff.features.approvals.model import (
    ALONE_NOTHING,
    WHY_MOST,
    Approval,
    Kind,
    Limits,
    Wish,
    amount,
    emergency,
    many_lines,
    skip_release,
)
from ringoff.features.approvals.service import approve, ask, expire, find, of_member, refuse, use, waiting

__all__ = [
    "ALONE_NOTHING",
    "WHY_MOST",
    "Approval",
    "Kind",
    "Limits",
    "Wish",
    "amount",
    "approve",
    "ask",
    "began",
    "care_change_contact",
    "care_keep_contact",
    "decided",
    "emergency",
    "expire",
    "find",
    "many_lines",
    "must_not_have_decided",
    "must_not_have_edited",
    "of_member",
    "refuse",
    "skip_release",
    "use",
    "waiting",
]
