"""Telling the holder: what happens, when, until when it can be undone, what is lost and what goes on.

`render` writes a mail, `render_sms` a text message, both from `NoticeFacts` alone. `system_title` and its kin name
the parts of a cancellation wherever a holder sees them.
"""

from ringoff.features.notices.model import (
    NOTICES,
    UNCOUNTED_LINES,
    BillTold,
    Message,
    NoticeFacts,
    NoticeType,
    Released,
)
from ringoff.features.notices.service import lay_out, render
from ringoff.features.notices.sms import render_sms
from ringoff.features.notices.systems import (
    case_state_title,
    obligation_state_title,
    system_meaning,
    system_title,
)

__all__ = [
    "NOTICES",
    "UNCOUNTED_LINES",
    "BillTold",
    "Message",
    "NoticeFacts",
    "NoticeType",
    "Released",
    "case_state_title",
    "lay_out",
    "obligation_state_title",
    "render",
    "render_sms",
    "system_meaning",
    "system_title",
]
