"""What the API and the command line (`--json`) give: the models of /openapi.json, so that it cannot drift."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from ringoff.features.cancellation import Obligation as Listed
from ringoff.features.cancellation.casefile import CaseFile, Owed, Summary
from ringoff.features.proof import Recorded
from ringoff.kit.ids import case_number, is_case


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Snapshot(Answer):
    """What the line was known by when its holder asked; it never changes."""

    line_ref: str
    account_number: str
    msisdn: str | None = Field(description="E.164, with `+`.", examples=["+4915112345678"])
    imsi: str | None
    iccid: str | None
    eid: str | None


class ContactShown(Answer):
    email: str | None
    phone: str | None


class Case(Answer):
    """A cancellation. `state` goes requested → in_review → scheduled → releasing → closed, or leaves the road as
    declined, or as withdrawing → withdrawn. closed, declined and withdrawn are final."""

    id: str = Field(description="The case number, as read out to the holder.", examples=["C-8K3M-V0QXX"])
    url: str = Field(examples=["/v1/cancellations/C-8K3M-V0QXX"])
    state: Literal["requested", "in_review", "scheduled", "releasing", "closed", "declined", "withdrawing", "withdrawn"]
    cause: Literal["cancelled", "ported"]
    line: Snapshot
    when: str = Field(description="As asked for: `now`, `period_end` or a date.", examples=["now"])
    effective_at: datetime = Field(description="The instant that `when` means.")
    ripe_at: datetime | None = Field(description="When releasing starts, or when it is looked at again.")
    waiting_for: str | None = Field(description="Why a ripe case has not started.", examples=["hold:fraud"])
    wave: int = Field(description="The release wave that is open; 0 before the first.")
    requested_at: datetime
    scheduled_at: datetime | None
    releasing_at: datetime | None
    ended_at: datetime | None
    channel: str
    requested_by: str
    external_reference: str | None
    reason: str | None
    contact: ContactShown
    rule_pack: str = Field(description="The rules under which it was decided.", examples=["neutral@1"])
    review_rule: str | None
    confidential: bool = Field(description="Nobody but `contact` is told: say nothing of it to anybody else.")
    trial: bool = Field(description="A stand-in serves a system of its plan: nothing real need have been released.")

    @classmethod
    def of(cls, case: Summary, **more: Any) -> Self:
        return cls(
            id=case.number,
            url=f"/v1/cancellations/{case.number}",
            state=case.state.value,
            cause=case.cause,
            line=Snapshot(
                line_ref=case.line_ref,
                account_number=case.account_number,
                msisdn=case.msisdn,
                imsi=case.imsi,
                iccid=case.iccid,
                eid=case.eid,
            ),
            when=case.when,
            contact=ContactShown(email=case.contact_email, phone=case.contact_phone),
            **{name: getattr(case, name) for name in _SAME_NAME},
            **more,
        )


_SAME_NAME = (
    "effective_at", "ripe_at", "waiting_for", "wave", "requested_at", "scheduled_at", "releasing_at", "ended_at",
    "channel", "requested_by", "external_reference", "reason", "rule_pack", "review_rule", "confidential",
    "trial",
)  # fmt: skip


class Obligation(Answer):
    """One thing that one system owes us for a case, and its proof."""

    id: str = Field(examples=["C-8K3M-V0QXX.hlr.release.1"])
    system: str
    kind: Literal["release", "restore", "verify", "notify", "deliver", "charge", "refund"]
    cycle: int = Field(description="Counts repetitions: a second release after a leftover was found is 2.")
    wave: int
    gates: bool = Field(description="Whether the case waits for it before it is closed.")
    state: Literal["planned", "due", "discharged", "fallout", "void"] = Field(
        description="`planned`: its wave is not open yet. `fallout`: a person must look. `void`: no longer owed."
    )
    due_at: datetime | None
    attempts: int
    reference: str | None = Field(description="What the system called it when it accepted the work.")
    evidence: Mapping[str, Any] | None = Field(description="What was seen when the system was read back.")
    last_outcome: str | None
    settled_at: datetime | None


_OBLIGATION = tuple(name for name in Obligation.model_fields if name != "id")


class Release(Obligation):
    effect: Literal["undo", "pivot", "forward_only"] | None
    trial: bool = Field(description="Served by a stand-in: nothing real was asked.")

    @classmethod
    def of(cls, number: str, owed: Owed) -> Self:
        return cls(
            id=f"{number}.{owed.system}.{owed.kind}.{owed.cycle}",
            effect=owed.effect,
            trial=owed.trial,
            **{name: getattr(owed, name) for name in _OBLIGATION},
        )


class Notice(Answer):
    """A message to the holder."""

    system: str = Field(examples=["mail"])
    notice: str | None = Field(examples=["scheduled"])
    state: Literal["due", "discharged", "fallout", "void"]
    due_at: datetime | None
    settled_at: datetime | None
    last_outcome: str | None

    @classmethod
    def of(cls, owed: Owed) -> Self:
        notice = (owed.payload or {}).get("notice")
        return cls(notice=notice, **{name: getattr(owed, name) for name in cls.model_fields if name != "notice"})


class Event(Answer):
    """One entry of the audit log. `id` grows: it is the `Last-Event-ID` of the event stream."""

    id: int
    at: datetime
    type: str = Field(examples=["case.scheduled"])
    actor: str = Field(examples=["key:abcdefghij"])
    channel: str
    address: str | None
    rule: str | None
    detail: Mapping[str, Any] | None

    @classmethod
    def of(cls, recorded: Recorded) -> Self:
        event = recorded.event
        return cls(
            id=recorded.id,
            at=event.at,
            type=event.type,
            actor=event.actor.name,
            channel=event.actor.channel,
            address=event.actor.address,
            rule=event.rule,
            detail=event.detail,
        )


class CaseInFull(Case):
    """A cancellation with what each system was asked and proved, and its timeline (the first 200 events)."""

    releases: Sequence[Release] = Field(description="By wave; what has not been asked yet is `planned`.")
    checks: Sequence[Release] = Field(description="After-care: the systems are asked again days later.")
    notices: Sequence[Notice]
    timeline: Sequence[Event]

    @classmethod
    def of_file(cls, file: CaseFile, timeline: Iterable[Recorded]) -> Self:
        number = file.summary.number
        return cls.of(
            file.summary,
            releases=[Release.of(number, owed) for owed in file.releases],
            checks=[Release.of(number, owed) for owed in file.checks],
            notices=[Notice.of(owed) for owed in file.notices],
            timeline=[Event.of(recorded) for recorded in timeline],
        )


class CasePage(Answer):
    """Newest first. `next_cursor` is null on the last page."""

    cancellations: Sequence[Case]
    next_cursor: str | None


class CaseObligation(Obligation):
    """An obligation by itself, with the case that it belongs to. A letter, or a movement of money, belongs to none."""

    cancellation: str | None = Field(examples=["C-8K3M-V0QXX"])
    url: str | None = Field(description="Of the case.")

    @classmethod
    def of(cls, owed: Listed) -> Self:
        id_ = owed.id
        number = case_number(id_.subject_id) if is_case(id_.subject_id) else None
        url = number and f"/v1/cancellations/{number}"
        named = {"system": id_.system, "kind": id_.kind, "cycle": id_.cycle}
        told = {name: getattr(owed, name) for name in _OBLIGATION if name not in named}
        return cls(id=str(id_), cancellation=number, url=url, **named, **told)


class ObligationPage(Answer):
    """By case. `next_cursor` is null on the last page."""

    obligations: Sequence[CaseObligation]
    next_cursor: str | None


class ProblemDocument(Answer):
    """RFC 9457. `code` is stable; quote `instance` when you ask us about it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:ringoff:problem:line_unknown"])
    title: str = Field(examples=["Line unknown"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such line."])
    instance: str = Field(examples=["urn:ringoff:request:3f9c0b1de2"])
    code: str = Field(examples=["line_unknown"])
