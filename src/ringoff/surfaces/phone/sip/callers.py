"""Who a SIP message says is calling. It proves nothing: it only saves the caller from typing their number."""

import re

from ringoff.kit.errors import InvalidInput
from ringoff.kit.msisdn import Numbering

ASSERTED = "P-Asserted-Identity"
_NUMBER = re.compile(r"(?:sips?|tel):(\+?[0-9][0-9().-]{3,30})(?=[@;>?\s]|$)", re.IGNORECASE)


def caller_of(uri: str | None, asserted: str | None, numbering: Numbering) -> str | None:
    """E.164, from the identity that the carrier asserts (RFC 3325), else from the From header; None if neither is one.

    Numbers without + or 00 are none: whose country would they be of?
    """
    found = _NUMBER.search(asserted or uri or "")
    if found is None:
        return None
    try:
        return numbering.parse(found[1])
    except InvalidInput:
        return None
