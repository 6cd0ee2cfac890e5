"""What the API takes, checked before anything else happens. Unknown members are refused: a typo must not pass."""

from datetime import date
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from ringoff.features.cancellation import State
from ringoff.surfaces.api.paging import DEFAULT, MOST

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
_PROSE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_EMAIL = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$"
_DIALLED = str.maketrans("", "", " -()./")

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255, pattern=_PRINTABLE)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=_PROSE)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=_EMAIL)]
Phone = Annotated[
    str,
    BeforeValidator(lambda value: value.translate(_DIALLED) if isinstance(value, str) else value),
    StringConstraints(max_length=16, pattern=r"^\+[1-9][0-9]{6,14}$"),
]


def _when(value: str) -> str:
    if value not in ("now", "period_end"):
        try:
            if len(value) != 10:
                raise ValueError
            date.fromisoformat(value)
        except ValueError:
            raise ValueError('this is "now", "period_end" or a date such as "2026-11-27"') from None
    return value


WhenText = Annotated[
    str,
    StringConstraints(max_length=10),
    AfterValidator(_when),
    Field(
        description="`now`; `period_end`, the end of the paid period or of the bill cycle; or a date: the line then "
        "leaves at the end of that day in the account's own time zone.",
        examples=["now", "period_end", "2026-11-27"],
    ),
]


Cursor = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(description="`next_cursor` of the page before.")
]
Limit = Annotated[int, Field(ge=1, le=MOST, description="How many a page.")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Contact(Body):
    """Where to reach the holder about this cancellation, beside the account's own address. You vouch for it: it gets
    every notice at once, without being asked to confirm."""

    email: Email | None = Field(None, examples=["lin@example.net"])
    phone: Phone | None = Field(None, description="International, with `+`.", examples=["+34 612 345 678"])


class OnBehalf(Body):
    channel: Literal["api", "web", "phone", "care"] = Field(
        "api", description="The channel by which the holder asked you. It decides the cooling-off and the review."
    )


class CancellationRequest(OnBehalf):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"when": "now", "reason": "moving abroad", "external_reference": "CRM-4711"}]}
    )

    when: WhenText
    reason: Prose | None = Field(None, description="In the holder's own words.")
    contact: Contact = Contact()
    external_reference: Label | None = Field(None, description="Your own name for it; cases can be found by it.")
    cooling_off: Annotated[int, Field(strict=True, ge=0, le=30 * 86_400)] | None = Field(
        None, description="Seconds to wait before the first release, instead of the rule pack's. Scope `admin` only."
    )
    confidential: bool = Field(
        False,
        strict=True,
        description="In confidence: nobody but `contact` is told, not even the account's holder, who also sees nothing "
        "of the case when signed in. For somebody who leaves a shared account in fear of its holder (47 USC 345): you "
        "answer for having checked that. `contact` is then needed. Scope `confidential` as well.",
    )

    @field_validator("confidential")
    @classmethod
    def _somebody_is_told(cls, confidential: bool, info: ValidationInfo) -> bool:
        contact = info.data.get("contact")
        if confidential and isinstance(contact, Contact) and contact.email is None:
            raise ValueError("in confidence `contact.email` is needed: nobody else is told")
        return confidential


class Withdrawal(OnBehalf):
    reason: Prose | None = Field(None, description="Why the holder stays.")


class Reschedule(OnBehalf):
    model_config = ConfigDict(json_schema_extra={"examples": [{"when": "2026-11-27"}]})

    when: WhenText


class Review(Body):
    decision: Literal["approve", "decline"]
    why: Prose = Field(description="Kept with the case.", examples=["Holder called back on the number on file."])


class Hold(Body):
    why: Prose = Field(description="Kept in the audit log.", examples=["Fraud case 2026-118"])


class PortOut(Body):
    status: Literal["pending", "completed", "cancelled"] = Field(
        "completed",
        description="`pending` holds the line open while the number moves; `completed` closes the line as ported; "
        "`cancelled` lifts the hold.",
    )


class Resolution(Body):
    """What the person who looked into it answers for."""

    resolved_as: Literal["discharged", "void"] = Field(
        description="`discharged`: it has been done, by hand say. `void`: it need not be done."
    )
    why: Prose = Field(description="Kept as evidence.", examples=["Deleted by hand in the HLR console."])


class CasesWanted(BaseModel):
    """The query of the list of cases. Conditions add up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: State | None = Field(None, description="Only cases in this state.")
    external_reference: Label | None = Field(None, description="Only cases that you gave this name.")
    line: Label | None = Field(None, description="Only cases of this line, named as elsewhere.")
    account: Label | None = Field(None, description="Only cases of this account's lines.")
    cursor: Cursor | None = None
    limit: Limit = DEFAULT


class ObligationsWanted(BaseModel):
    """The query of the list of obligations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Literal["fallout", "due"] = Field("fallout", description="`fallout` waits for a person; `due` for a system.")
    system: Label | None = Field(None, description="Only what is owed to this system.")
    cursor: Cursor | None = None
    limit: Limit = DEFAULT
