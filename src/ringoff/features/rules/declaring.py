"""The section [declaration]: what somebody who has not signed in may be asked, and the words that the law wants."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from ringoff.features.rules.values import Duration, Sentence, Strict

DeclarationField = Literal["kind", "reason", "holder_name", "contract", "when", "contact"]
DeclarationKind = Literal["ordinary", "extraordinary", "withdrawal"]
NEEDED: frozenset[DeclarationField] = frozenset({"holder_name", "contract", "contact"})


class DeclarationRules(Strict):
    """`fields` are all that may be asked, in their order; where one is missing, the law forbids or does not need it.

    kind: ordinary, or for a cause · reason: the cause, where there is one · holder_name, contract: as they call
    themselves and what they leave · when: the end that they want · contact: where the acknowledgement goes.
    """

    fields: Annotated[tuple[DeclarationField, ...], Field(min_length=1)]
    kind: DeclarationKind = "ordinary"
    """What a declaration is where its kind is not asked."""
    button: Sentence
    """The words that lead to the form, and nothing but them."""
    confirm: Sentence
    """The words that declare, and nothing but them."""
    words_in: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] = "en"
    """The language of both. Words that the law prescribes stay in it; English ones of our own are translated."""
    prescribed: bool = False
    """Whether the law prescribes the words."""
    summary_first: bool = False
    """Whether everything is shown once more before it is declared. Where the law forbids a second step: false."""
    back_dates: bool
    """Whether the end counts from the day of the declaration, however long the holder's verification takes."""
    expires_after: Duration
    """How long a declaration waits for its holder's verification."""
    erased_after: Duration
    """How long after it lapsed what somebody said, and where they are reached, is kept: a complaint comes by then."""
    most_by_contact: Annotated[int, Field(ge=1)]
    most_by_address: Annotated[int, Field(ge=1)]
    within: Duration
    """At most so many for one contact, and from one address, within so long."""

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if missing := NEEDED - set(self.fields):
            raise ValueError(f"fields lacks {', '.join(sorted(missing))}: nobody could tell whose line is meant")
        if len(self.fields) != len(set(self.fields)):
            raise ValueError("fields names one twice")
        return self
