"""The final bill and the account statement as PDF/A, in the holder's language, understood at a glance.

final_bill, statement: the words · rows, telling: amounts, and how they are counted · fonts, typeset: words to a PDF.
"""

from ringoff.features.billing.documents.final_bill import render_final_bill
from ringoff.features.billing.documents.model import (
    FinalBillDocument,
    Holder,
    Sender,
    StatementDocument,
    Way,
)
from ringoff.features.billing.documents.statement import render_statement
from ringoff.features.billing.documents.trial import trial

__all__ = [
    "FinalBillDocument",
    "Holder",
    "Sender",
    "StatementDocument",
    "Way",
    "render_final_bill",
    "render_statement",
    "trial",
]
