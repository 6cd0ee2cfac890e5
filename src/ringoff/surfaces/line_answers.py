"""What the API and the command line give about lines and accounts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import Field

from ringoff.db.pool import Connection
from ringoff.features import readiness
from ringoff.features.cancellation import Cost, Receipt, casefile
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.readiness import Finding, LineFacts
from ringoff.kit.errors import RingoffError
from ringoff.kit.ids import LineId
from ringoff.surfaces.answers import Answer, Case
from ringoff.surfaces.money_answers import CostShown


class FindingShown(Answer):
    code: str = Field(examples=["port_pending"])
    severity: Literal["blocks", "warns", "tells"] = Field(
        description="`blocks`: nothing is scheduled or released while it stands."
    )
    says: str
    rule: str | None

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """The rule would name a hold that must not be disclosed; its finding's code does not."""
        rule = None if finding.code == "hold" else finding.rule
        return cls(code=finding.code, severity=finding.severity, says=finding.says, rule=rule)


class Readiness(Answer):
    """What stands in the way of closing the line, and what will happen."""

    line_ref: str
    ready: bool = Field(description="Nothing blocks.")
    findings: Sequence[FindingShown]
    costs: Sequence[CostShown] = Field(
        description="What leaving costs at each time that can be chosen: `now`, `period_end`, and the date asked for. "
        "Empty without the scope `billing:read`, and where the carrier's own billing makes the final bill."
    )

    @classmethod
    def of(cls, line: LineFacts, found: Sequence[Finding], costs: Iterable[Cost] = ()) -> Self:
        ready = all(finding.severity != "blocks" for finding in found)
        return cls(
            line_ref=line.line_ref,
            ready=ready,
            findings=[FindingShown.of(finding) for finding in found],
            costs=[CostShown.of(cost) for cost in costs],
        )


class Line(Answer):
    """A line as the directory knows it now."""

    line_ref: str
    url: str
    status: Literal["active", "suspended", "closed"]
    service: Literal["voice", "data", "iot"]
    msisdn: str | None
    imsi: str | None
    iccid: str | None
    eid: str | None
    account_number: str
    account_kind: Literal["consumer", "business"]
    paid_until: date | None
    holds: Sequence[str]
    cancellations: Sequence[Case] = Field(description="Its cases, newest first, at most 10.")

    @classmethod
    def of(cls, line: LineFacts, holds: Sequence[str], cases: Iterable[Summary]) -> Self:
        """`holds` and `cases` as far as whoever asks may see them."""
        return cls(
            url=f"/v1/lines/{quote(line.line_ref)}",
            holds=holds,
            cancellations=[Case.of(case) for case in cases],
            **{name: getattr(line, name) for name in _OF_LINE},
        )


_OF_LINE = (
    "line_ref", "status", "service", "msisdn", "imsi", "iccid", "eid", "account_number", "account_kind", "paid_until",
)  # fmt: skip


class HoldShown(Answer):
    line_ref: str
    url: str = Field(description="Of the line.")
    kind: str
    stands: bool


class PortOutShown(Answer):
    """`cancellation` is the case by which the line closes as ported; null while the port is pending or cancelled."""

    line_ref: str
    status: Literal["pending", "completed", "cancelled"]
    url: str
    cancellation: Case | None


class AccountAnswer(Answer):
    """What became of one line of the account: its case, or why there is none."""

    line_ref: str
    cancellation: Case | None
    problem: Mapping[str, Any] | None


class AccountCancellation(Answer):
    account_number: str
    url: str = Field(description="Lists the cases of its lines.")
    lines: Sequence[AccountAnswer]

    @classmethod
    async def read(
        cls,
        conn: Connection,
        number: str,
        answered: Sequence[tuple[LineId, Receipt | RingoffError]],
        problem: Callable[[RingoffError], Mapping[str, Any]],
    ) -> Self:
        """`problem`: how the surface tells an error."""
        facts = await readiness.facts(conn, [line_id for line_id, _ in answered])
        cases = await casefile.summaries(conn, [r.case_id for _, r in answered if isinstance(r, Receipt)])
        lines = [
            AccountAnswer(
                line_ref=facts[line_id].line_ref,
                cancellation=Case.of(cases[receipt.case_id]) if isinstance(receipt, Receipt) else None,
                problem=problem(receipt) if isinstance(receipt, RingoffError) else None,
            )
            for line_id, receipt in answered
        ]
        return cls(account_number=number, url=f"/v1/cancellations?account={quote(number)}", lines=lines)
