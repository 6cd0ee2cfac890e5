"""What is told of lines, cases and money, as parts of speech. Pure; and only of a caller who is known."""

from collections.abc import Iterable, Iterator, Sequence

from ringoff.features.billing import FinalBill
from ringoff.features.cancellation import Leeway, State
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.readiness import Finding, LineFacts
from ringoff.features.rules import RulePack
from ringoff.surfaces.phone.model import Amount, Count, Day, Moment, Part, Phrase, Spelled
from ringoff.surfaces.phone.states import Choice

_END = 4
CASES_MOST = 3
_TOLD_FINDINGS = frozenset(
    {
        "port_pending",
        "stolen",
        "recent_change",
        "closed",
        "cancel_lock",
        "secondary_lines",
        "suspended",
        "no_email",
        "last_line",
        "keep_number",
        "linked_services",
    }
)
_UNSPOKEN = frozenset({"no_imsi"})
"""What concerns us, and no caller."""


def choice_of(line: LineFacts) -> Choice:
    if line.msisdn is not None:
        return Choice(line.line_id, "number", line.msisdn[-_END:])
    return Choice(line.line_id, "sim", (line.iccid or line.line_ref)[-_END:])


def general(pack: RulePack) -> list[Part]:
    """What everybody should know, from the rules alone."""
    told: list[Part] = [Phrase("general_pin")]
    told.append(Phrase("general_port_later" if pack.porting.may_port_for else "general_port_first"))
    told.append(Phrase("general_services"))
    told.append(Phrase("general_unpaid_block" if pack.billing.unpaid == "block" else "general_unpaid"))
    waits = pack.identity.level_one_waits
    if not pack.identity.level_one_may_now and waits.days > 1:
        told += [Phrase("general_waits"), Count(waits.days), Phrase("general_waits_days")]
    return told


def found(findings: Sequence[Finding], line: LineFacts) -> list[Part]:
    """Of a line, before it is cancelled. What must not be disclosed is told in the words of all that must not be."""
    told = [part for finding in findings if finding.code not in _UNSPOKEN for part in finding_parts(finding, line)]
    return [Phrase("findings_intro"), *told] if told else [Phrase("findings_none")]


def finding_parts(finding: Finding, line: LineFacts) -> list[Part]:
    if finding.code == "unpaid_bills":
        return [Phrase("finding_unpaid_blocks" if finding.severity == "blocks" else "finding_unpaid")]
    if finding.code == "paid_until" and line.paid_until is not None:
        return [Phrase("finding_paid_until"), Day(line.paid_until)]
    if finding.code in _TOLD_FINDINGS:
        return [Phrase(f"finding_{finding.code}")]
    return [Phrase("finding_hold")]


def cases(found: Sequence[Summary], zone: str) -> list[Part]:
    """The open ones first, then the newest."""
    ordered = sorted(found, key=lambda case: (not case.state.is_open, -case.id))[:CASES_MOST]
    if not ordered:
        return [Phrase("status_none")]
    return [part for case in ordered for part in case_parts(case, zone)]


def case_parts(case: Summary, zone: str) -> list[Part]:
    return [*_of_line(case), *_standing(case, zone), Phrase("case_number"), Spelled(case.number)]


def _of_line(case: Summary) -> list[Part]:
    if case.msisdn:
        return [Phrase("status_number"), Spelled(case.msisdn[-_END:])]
    return [Phrase("status_sim"), Spelled((case.iccid or case.line_ref)[-_END:])]


def _standing(case: Summary, zone: str) -> list[Part]:
    match case.state:
        case State.REQUESTED | State.IN_REVIEW:
            return [Phrase("status_in_review")]
        case State.SCHEDULED if case.waiting_for is not None:
            return [Phrase("status_waiting")]
        case State.SCHEDULED:
            return [Phrase("status_scheduled"), Moment(case.ripe_at or case.effective_at, zone)]
        case State.RELEASING:
            return [Phrase("status_releasing")]
        case State.CLOSED:
            return [Phrase("status_closed"), *([Moment(case.ended_at, zone)] if case.ended_at else [])]
        case State.DECLINED:
            return [Phrase("status_declined")]
        case State.WITHDRAWING:
            return [Phrase("status_withdrawing")]
        case State.WITHDRAWN:
            return [Phrase("status_withdrawn")]


def soonest(leeway: Leeway, zone: str) -> list[Part]:
    """How soon a proof by PIN may leave, and who can do it sooner."""
    if not leeway.waits:
        return []
    why = "when_changed" if leeway.recent_change else "when_level"
    sooner = [] if leeway.recent_change else [Phrase("when_sooner")]
    return [Phrase(why), Moment(leeway.earliest.at, zone), *sooner]


def days(leeway: Leeway, zone: str) -> list[Part]:
    first, last = leeway.days(zone)
    return [Phrase("day_from"), Day(first), Phrase("day_to"), Day(last)]


def costs(bills: Iterable[FinalBill]) -> list[Part]:
    """By currency: who pays whom, and how much."""
    totals = _totals(bills)
    if not any(totals.values()):
        return [Phrase("cost_nothing")]
    told: list[Part] = []
    for currency, total in totals.items():
        if total:
            told += [Phrase("cost_pay" if total > 0 else "cost_back"), Amount(abs(total), currency)]
    return told


def come_to(bills: Iterable[FinalBill]) -> str:
    """What was read out, to be compared when it is agreed to: `EUR -934`."""
    return ", ".join(f"{currency} {total}" for currency, total in _totals(bills).items())


def consent(line: LineFacts, leeway: Leeway, starts: Moment, money: Sequence[Part]) -> Iterator[Part]:
    """All that somebody agrees to who presses 9."""
    choice = choice_of(line)
    yield Phrase("confirm_number" if choice.kind == "number" else "confirm_sim")
    yield Spelled(choice.ending)
    yield Phrase("confirm_starts")
    yield starts
    yield from money
    if not line.has_other_lines:
        yield Phrase("finding_last_line")
    if line.service == "voice" and line.msisdn is not None:
        yield Phrase("confirm_number_lost")
    if leeway.earliest.veto:
        yield Phrase("confirm_veto")
    yield Phrase("confirm_final")


def done(case: Summary, line: LineFacts) -> list[Part]:
    """The number is told twice; the notice to the contact of record has it as well."""
    number = Spelled(case.number)
    told = [*begun(case, line), Phrase("case_number"), number, Phrase("case_number_again"), number]
    return [*told, Phrase("done_sent" if line.email else "done_not_sent")]


def begun(case: Summary, line: LineFacts) -> list[Part]:
    """What has become of a request."""
    if case.state is State.SCHEDULED:
        return _scheduled(case, line)
    return [*_of_line(case), *_standing(case, line.time_zone)]


def _scheduled(case: Summary, line: LineFacts) -> list[Part]:
    starts = Moment(case.ripe_at or case.effective_at, line.time_zone)
    return [Phrase("done_scheduled"), starts, Phrase("done_undo")]


def _totals(bills: Iterable[FinalBill]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for bill in bills:
        for currency, total in bill.totals.items():
            sums[currency] = sums.get(currency, 0) + total
    return dict(sorted(sums.items()))
