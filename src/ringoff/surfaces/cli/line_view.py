"""A line for the eye, and what became of the lines of an account."""

from collections.abc import Sequence
from datetime import datetime

from ringoff.features.cancellation.casefile import Summary
from ringoff.features.directory import Line
from ringoff.features.readiness import Finding
from ringoff.kit.msisdn import international
from ringoff.surfaces.cli.case_view import show_list
from ringoff.surfaces.cli.screen import console, say, shape, table
from ringoff.surfaces.line_answers import AccountCancellation

_SEVERITY = {"blocks": ("■", "final"), "warns": ("▲", "waits"), "tells": ("·", "quiet")}


def show_line(line: Line, found: Sequence[Finding], cases: Sequence[Summary], now: datetime) -> None:
    number = international(line.msisdn) if line.msisdn else "no number"
    say(f"{line.line_ref}  {number} · {line.service} · {line.status}", "bold")
    account = line.account
    facts = {
        "holder": f"{account.holder_name} ({account.kind}, {account.locale}, {account.time_zone})",
        "account": account.account_number,
        "plan": line.plan.name,
        "imsi": line.imsi,
        "iccid": line.iccid,
        "eid": line.eid,
        "depends on": line.primary_line_ref,
    }
    grid = table("", "")
    grid.show_header = False
    for name, value in facts.items():
        if value:
            grid.add_row(f"[quiet]{name}[/]", value)
    console().print(grid)
    if found and line.status != "closed":
        say()
        for finding in found:
            symbol, style = _SEVERITY[finding.severity]
            console().print(f"[{style}]{symbol}[/]", finding.says)
    if cases:
        say()
        show_list(cases, None, now)


def show_account(answer: AccountCancellation) -> None:
    grid = table("line", "case", "")
    for line in answer.lines:
        if line.cancellation is not None:
            state = line.cancellation.state
            grid.add_row(line.line_ref, line.cancellation.id, f"{shape(state)} {state.replace('_', ' ')}")
        elif line.problem is not None:
            grid.add_row(line.line_ref, "–", f"[final]×[/] {line.problem['detail']}")
    console().print(grid)
