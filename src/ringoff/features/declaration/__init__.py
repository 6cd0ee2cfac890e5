"""Declaring without signing in: said by anybody, acknowledged at once, executed only when the holder has been verified.

A declaration looks nothing up, so it can disclose nothing; it names a line only in its declarant's own words, so it
occupies none. `cancellation.request_declared` makes it a request, after the carrier verified the holder out of band.
"""

from ringoff.features.declaration.model import Declaration, Statement, declaration_number, parse_declaration_number
from ringoff.features.declaration.service import declare, erase, expire, get, lock, verified, waiting
from ringoff.features.declaration.words import particulars

__all__ = [
    "Declaration",
    "Statement",
    "declaration_number",
    "declare",
    "erase",
    "expire",
    "get",
    "lock",
    "parse_declaration_number",
    "particulars",
    "verified",
    "waiting",
]
