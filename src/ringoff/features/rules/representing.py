"""The section [representation]: who may close lines for a holder, by which papers, and by when it is decided."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from ringoff.features.rules.values import Duration, Sentence, Slug, Strict

Route = Literal["deceased", "attorney", "delegate", "survivor"]
ROUTES: tuple[Route, ...] = get_args(Route)


class ProofRules(Strict):
    """One item of a checklist. `accepts`: papers of which any one proves it."""

    says: Sentence
    accepts: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    citation: Sentence


class RouteRules(Strict):
    """deceased: for a holder who has died · attorney: by power of attorney · delegate: for a business · survivor: of
    abuse, who leaves the line of an abuser.
    """

    says: Sentence
    confidential: bool
    """Nobody is told but the contact that was given: never the account's own."""
    business_days: Annotated[int, Field(ge=1, le=60)]
    """How many, after the day on which it was asked, until it has to be decided."""
    kept: Duration
    """How long after it was asked the papers are kept."""
    proofs: Annotated[dict[Slug, ProofRules], Field(min_length=1)]


class RepresentationRules(Strict):
    holidays: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")]
    """ISO 3166: the country whose public holidays are no business days. Empty: only weekends are none."""
    routes: dict[Route, RouteRules]

    @model_validator(mode="after")
    def _every_route(self) -> Self:
        if missing := [route for route in ROUTES if route not in self.routes]:
            raise ValueError(f"routes lacks {', '.join(missing)}")
        if not self.routes["survivor"].confidential:
            raise ValueError("routes.survivor.confidential is never false: a notice could reach the abuser")
        return self
