"""Somebody who works here, and a sign-in of theirs. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ringoff.features.staff.roles import PERMISSIONS, Permission, Role
from ringoff.kit.actor import Actor
from ringoff.kit.errors import NotAllowed
from ringoff.kit.secrets import SecretStr


@dataclass(frozen=True, slots=True)
class Member:
    """`begun`: whether they have set a password and a code generator."""

    id: int
    name: str
    display_name: str
    role: Role
    begun: bool
    disabled_at: datetime | None

    def may(self, permission: Permission) -> bool:
        return self.disabled_at is None and permission in PERMISSIONS[self.role]

    def require(self, permission: Permission) -> None:
        """Raises NotAllowed (`permission_missing`), naming it."""
        if not self.may(permission):
            raise NotAllowed(
                "permission_missing", f"The role {self.role} lacks the permission {permission}.", permission=permission
            )

    def actor(self, address: str | None) -> Actor:
        """Whom the audit log names."""
        return Actor(f"staff:{self.name}", "care", address)


@dataclass(frozen=True, slots=True)
class StaffSession:
    """`locked`: the desk was left alone; nothing is shown until they prove again who they are."""

    member: Member
    public_id: str
    created_at: datetime
    proved_at: datetime
    seen_at: datetime
    address: str | None
    locked: bool

    def needs_step_up(self, now: datetime, after: timedelta) -> bool:
        return now - self.proved_at > after


@dataclass(frozen=True, slots=True)
class Started:
    """`token` is the cookie's value; it is kept nowhere else."""

    session: StaffSession
    token: SecretStr
