"""What identity needs from the installation; `app.identity` is made once, at start."""

from dataclasses import dataclass, field

from ringoff.features.identity.passwords import Passwords
from ringoff.features.identity.provider import Provider
from ringoff.features.rules import RuleBook, RulePack
from ringoff.kit.errors import Unavailable
from ringoff.kit.msisdn import Numbering
from ringoff.kit.secrets import Seal


@dataclass(frozen=True, slots=True)
class Identity:
    """`public_url` is what links begin with, without a slash at its end. `mail`: whether letters can be sent.

    `region` (ISO 3166) reads telephone numbers as people at home write them. `openid`: the carrier's own provider.
    """

    rules: RuleBook
    seal: Seal | None
    public_url: str
    carrier: str
    mail: bool
    region: str | None = None
    passwords: Passwords = field(default_factory=Passwords)
    openid: Provider | None = None
    numbering: Numbering = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbering", Numbering(self.rules.number_plans))

    def pack(self, jurisdiction: str = "neutral") -> RulePack:
        return self.rules.pack(jurisdiction)

    @property
    def own_seal(self) -> Seal:
        """Raises Unavailable (`no_seal`)."""
        if self.seal is None:
            raise Unavailable("no_seal", "This installation has no secret to seal with.")
        return self.seal
