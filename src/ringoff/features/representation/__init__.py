"""Closing lines for a holder: one who has died, one who has given a power of attorney, a business, a survivor of abuse.

Somebody at the desk starts it, and adds the papers that the route's checklist asks for (`[representation]` of the rule
pack); somebody else accepts it, and then the lines are closed as any others. Who it is and what they handed in rests
sealed under a key of its own, and goes with that key (`shredding.py`). A survivor's is in confidence: it is on no page
of the account, in none of its data, and nobody hears of it but at the contact given.
"""

from ringoff.features.representation.deciding import accept, close_lines, refuse
from ringoff.features.representation.inspecting import PAPER_MOST, inspect
from ringoff.features.representation.model import Item, Paper, PaperLine, Person, Representation
from ringoff.features.representation.papers import PAPERS_MOST, add_paper, checklist, drop_paper, paper
from ringoff.features.representation.service import find, start, waiting
from ringoff.features.representation.shredding import shred, shred_expired

__all__ = [
    "PAPERS_MOST",
    "PAPER_MOST",
    "Item",
    "Paper",
    "PaperLine",
    "Person",
    "Representation",
    "accept",
    "add_paper",
    "checklist",
    "close_lines",
    "drop_paper",
    "find",
    "inspect",
    "paper",
    "refuse",
    "shred",
    "shred_expired",
    "start",
    "waiting",
]
