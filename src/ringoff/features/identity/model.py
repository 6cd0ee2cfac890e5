"""Who a holder is to us, what they proved, and what that allows. Pure: no database, no clock, no I/O."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ringoff.features.rules import IdentityRules, RulePack
from ringoff.kit.errors import NotAllowed
from ringoff.kit.secrets import SecretStr

Level = Literal[0, 1, 2]
Method = Literal["password", "password+totp", "password+recovery", "passkey", "openid"]
Factor = Literal["password", "totp", "pin", "call_code"]
Purpose = Literal[
    "enrol", "reset", "confirm_contact", "confirm_phone", "case_contact", "veto", "archive", "declaration"
]


@dataclass(frozen=True, slots=True)
class Visit:
    """From where, and with what: what somebody's browser says, kept so that its holder knows it again."""

    address: str | None = None
    device: str = ""

    @property
    def ip(self) -> str | None:
        """The address as the database keeps it; None where it is no address."""
        try:
            return str(ipaddress.ip_address((self.address or "").partition("%")[0]))
        except ValueError:
            return None

    @property
    def network(self) -> str | None:
        """The neighbourhood that one subscriber can have to themselves: IPv4 /24, IPv6 /48."""
        ip = self.ip
        if ip is None:
            return None
        return str(ipaddress.ip_network(f"{ip}/{48 if ':' in ip else 24}", strict=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in, and whose. `public_id` names it in lists and forms; the cookie's value is kept nowhere.

    `level` 0: the password was right, a one-time code is still owed: nothing may be shown yet.
    `closed_at`: the account closed while its holder was signed in; they may go on looking.
    """

    account_id: int
    account_number: str
    holder_name: str
    locale: str
    time_zone: str
    jurisdiction: str
    closed_at: datetime | None
    changed_at: datetime | None
    cancel_locked_at: datetime | None
    public_id: str
    level: Level
    method: Method
    created_at: datetime
    proved_at: datetime
    seen_at: datetime
    address: str | None
    device: str

    def may_now(self, pack: RulePack, now: datetime) -> bool:
        """Whether this session may cancel at once; otherwise `earliest` says when, and how."""
        return earliest(self.level, self.changed_at, pack.identity, now).at <= now

    def needs_step_up(self, pack: RulePack, now: datetime) -> bool:
        """Whether the holder has to prove again who they are before anything that cannot be taken back."""
        return self.level == 0 or now - self.proved_at > pack.identity.step_up_after

    def must_be_fresh(self, pack: RulePack, now: datetime) -> None:
        """Raises NotAllowed (`step_up_needed`)."""
        if self.needs_step_up(pack, now):
            raise NotAllowed("step_up_needed", "Confirm once more that it is you, then go on.")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` is the cookie's new value: set it at once, whatever stood there before no longer works."""

    session: Session
    token: SecretStr

    @property
    def needs(self) -> Literal["totp", "none"]:
        return "totp" if self.session.level == 0 else "none"


class AccountClosed(NotAllowed):
    """Told only after the right password: otherwise strangers would learn who left."""

    def __init__(self, account_id: int, since: datetime, time_zone: str) -> None:
        super().__init__("account_closed", "This account is closed.", since=since.isoformat())
        self.time_zone = time_zone
        self.account_id = account_id
        self.since = since


@dataclass(frozen=True, slots=True)
class Earliest:
    """When a session may have a line closed, and why not sooner. `veto`: contacts of record may object till then."""

    at: datetime
    why: Literal["now", "level", "recent_change"]
    veto: bool


def earliest(level: Level, changed_at: datetime | None, rules: IdentityRules, now: datetime) -> Earliest:
    """A recent change of password, contact or second factor makes everybody wait, at any level; level 1 always waits.

    This is our `recent_change`: no hold is written on the lines. A hold would have to be lifted by somebody, would stop
    the carrier's own agents as well, and would show in lists as if it were a problem; what the holder did themselves
    is known here, so the portal offers a later date instead. Changes that only the carrier knows of (a new SIM) are
    holds that it sets.
    """
    waits = timedelta(0) if level == 2 or rules.level_one_may_now else rules.level_one_waits
    if changed_at is not None and now < changed_at + rules.recent_change:
        return Earliest(max(changed_at + rules.recent_change, now + waits), "recent_change", veto=True)
    if waits:
        return Earliest(now + waits, "level", veto=True)
    return Earliest(now, "now", veto=False)


def rested(since: datetime | None, rules: IdentityRules, now: datetime) -> bool:
    """Whether a factor is old enough to raise the level: one that came with a stolen mailbox is not."""
    return since is not None and now - since >= rules.factor_rest


# ── Guesses ──────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Guesses:
    """Wrong answers in a row, and until when none is taken."""

    failures: int = 0
    blocked_until: datetime | None = None

    def taken(self, rules: IdentityRules, now: datetime) -> bool:
        """Whether an answer is looked at at all now."""
        over = self.blocked_until is None or self.blocked_until <= now
        return over and self.failures < rules.guesses_most

    def after(self, right: bool, rules: IdentityRules, now: datetime) -> "Guesses":
        """Answers that are not taken change nothing: nobody can prolong a block by trying on."""
        if not self.taken(rules, now):
            return self
        if right:
            return Guesses()
        failures = self.failures + 1
        return Guesses(failures, now + rules.blocked_for if failures % rules.guesses == 0 else None)


@dataclass(frozen=True, slots=True)
class SecuritySummary:
    """What stands on the security page."""

    account_id: int
    email: str | None
    phone: str | None
    password_set_at: datetime | None
    totp_set_at: datetime | None
    recovery_codes_left: int
    passkeys: int
    pin_set_at: datetime | None
    cancel_locked_at: datetime | None
    changed_at: datetime | None

    @property
    def enrolled(self) -> bool:
        return self.password_set_at is not None or self.passkeys > 0
