"""Who the carrier's customers are and what they hold: imported from the carrier, looked up by everybody else."""

from ringoff.features.directory.bills import BILLS_MOST, bill_document, bills, unpaid_bills_of_line
from ringoff.features.directory.finding import Found, Match, account_ends, find_accounts
from ringoff.features.directory.holdings import LinePage, lines_named, page_of_lines, primaries_left_needed
from ringoff.features.directory.importing import Progress, import_files, refresh_statistics
from ringoff.features.directory.model import Account, Bill, BindingKind, ImportReport, Line, Plan, Problem, Tally
from ringoff.features.directory.service import (
    account_by_id,
    find_line,
    get_account,
    get_line,
    get_lines,
    lines_of_account,
    living_lines,
)

__all__ = [
    "BILLS_MOST",
    "Account",
    "Bill",
    "BindingKind",
    "Found",
    "ImportReport",
    "Line",
    "LinePage",
    "Match",
    "Plan",
    "Problem",
    "Progress",
    "Tally",
    "account_by_id",
    "account_ends",
    "bill_document",
    "bills",
    "find_accounts",
    "find_line",
    "get_account",
    "get_line",
    "get_lines",
    "import_files",
    "lines_named",
    "lines_of_account",
    "living_lines",
    "page_of_lines",
    "primaries_left_needed",
    "refresh_statistics",
    "unpaid_bills_of_line",
]
