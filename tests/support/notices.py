"""Facts that notices are written from: the usual case, and each way in which cases differ."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ringoff.features.notices import BillTold, NoticeFacts, Released

AT = datetime(2026, 11, 27, 15, 59, tzinfo=UTC)
BILLS = (BillTold("F-8K3M-V0QXX", False, "0", (), True),)
USUAL = NoticeFacts(
    case_number="C-8K3M-V0QXX",
    holder_name="Jo",
    locale="en",
    time_zone="Asia/Shanghai",
    carrier_name="Polaris",
    support="care@polaris.example",
    line_ref="L-77",
    msisdn="+8613800138000",
    iccid="8986012345678901234",
    service="voice",
    requested_at=AT - timedelta(days=5),
    effective_at=AT,
    undo_until=AT,
    ended_at=AT + timedelta(hours=1),
    why="Other lines depend on this one: close those first, or the whole account.",
    plan=("hlr", "esim", "bindings", "access", "billing", "mandate", "number"),
    released=(Released("hlr", AT), Released("esim", AT + timedelta(minutes=7))),
    trailing=("billing", "number"),
    checks_after=(timedelta(days=1), timedelta(days=7), timedelta(days=30)),
    other_lines=2,
    bills=BILLS,
)
VARIANTS: dict[str, NoticeFacts] = {
    "usual": USUAL,
    "bare": NoticeFacts(
        case_number="C-8K3M-V0QXX",
        holder_name="Jo",
        locale="en",
        time_zone="UTC",
        carrier_name="Polaris",
        line_ref="L-77",
        service="voice",
        requested_at=AT,
        effective_at=AT,
        bills=BILLS,
    ),
    "data SIM without number": replace(USUAL, service="data", msisdn=None),
    "data SIM with number": replace(USUAL, service="data"),
    "IoT": replace(USUAL, service="iot", msisdn="+861064812345678"),
    "ported": replace(USUAL, cause="ported", undo_until=None, plan=("hlr",), trailing=()),
    "trial": replace(USUAL, trial=True),
    "in review": replace(USUAL, in_review=True, undo_until=None),
    "no undo": replace(USUAL, undo_until=None),
    "one other line, one check": replace(USUAL, other_lines=1, checks_after=(timedelta(days=1),)),
    "last line": replace(USUAL, other_lines=0),
    "more other lines than are counted": replace(USUAL, other_lines=100),
    "no reason": replace(USUAL, why=None, support=None),
    "a carrier's own system": replace(USUAL, plan=("hlr", "TV-7"), trailing=("TV-7",)),
}
