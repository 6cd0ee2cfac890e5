"""People are made and changed at the command line, and set themselves up with a link that is handed to them."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.identity import Identity
from ringoff.features.identity.codes import matching_step
from ringoff.features.identity.links import digest
from ringoff.features.identity.passwords import check_new
from ringoff.features.staff import store
from ringoff.features.staff.model import Member
from ringoff.features.staff.roles import Role
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotFound, RingoffError, Unauthenticated
from ringoff.kit.secrets import SecretStr

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
LINK_LIVES = timedelta(hours=24)
PATH = "/desk/begin"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the page for a new person shows: the generator's secret, which nobody sees again once it is confirmed."""

    member: Member
    secret: SecretStr
    uri: SecretStr


async def add(
    conn: Connection, ctx: Identity, name: str, display_name: str, role: Role, actor: Actor, now: datetime
) -> SecretStr:
    """The link with which they set themselves up, for a day. Raises Conflict (`staff_known`), InvalidInput."""
    if not _NAME.fullmatch(name):
        raise InvalidInput("name_invalid", "A name to sign in with has 2 to 40 small letters, digits, dots or dashes.")
    if not display_name.strip():
        raise InvalidInput("display_name_missing", "Say who it is: the name that colleagues know.")
    values = {"name": name, "display_name": " ".join(display_name.split()), "role": role, "now": now}
    row = await (await conn.execute(store.ADD, values)).fetchone()
    if row is None:
        raise Conflict("staff_known", f"There is somebody called {name} already.")
    await _record(conn, "added", name, actor, now, role=role)
    return await _link(conn, ctx, row[0], now)


async def members(conn: Connection) -> list[Member]:
    return [Member(*row) for row in await (await conn.execute(store.MEMBERS)).fetchall()]


async def find(conn: Connection, name: str) -> Member:
    """Raises NotFound (`staff_unknown`)."""
    row = await (await conn.execute(store.FIND, {"name": name})).fetchone()
    if row is None:
        raise NotFound("staff_unknown", f"There is nobody called {name}.")
    return Member(*row)


async def change(conn: Connection, name: str, role: Role, actor: Actor, now: datetime) -> None:
    """From the next page on. Raises NotFound."""
    before = await find(conn, name)
    await conn.execute(store.CHANGE, {"name": name, "role": role})
    await _record(conn, "role_changed", name, actor, now, role=role, before=before.role)


async def disable(conn: Connection, name: str, actor: Actor, now: datetime, *, disabled: bool = True) -> None:
    """At once: their sessions end. Raises NotFound."""
    member = await find(conn, name)
    await conn.execute(store.DISABLE, {"name": name, "at": now if disabled else None})
    if disabled:
        await conn.execute(store.END_ALL, {"id": member.id, "now": now})
        await conn.execute(store.USE_UP_LINKS, {"id": member.id, "now": now})
    await _record(conn, "disabled" if disabled else "enabled", name, actor, now)


async def link_of(conn: Connection, ctx: Identity, name: str, actor: Actor, now: datetime) -> SecretStr:
    """Another link, for whoever lost their code generator: what they have stops working when they use it."""
    member = await find(conn, name)
    if member.disabled_at is not None:
        raise Conflict("staff_disabled", f"{name} no longer works here; enable them first.")
    await conn.execute(store.USE_UP_LINKS, {"id": member.id, "now": now})
    await _record(conn, "link_made", name, actor, now)
    return await _link(conn, ctx, member.id, now)


async def begin(conn: Connection, ctx: Identity, token: SecretStr, now: datetime) -> Beginning:
    """A generator for whoever holds the link. Looked at again, it is the same one; nothing changes before `set_up`.

    Raises Unauthenticated (`link_invalid`).
    """
    member, secret = await _opened(conn, ctx, token, now)
    if secret is None:
        secret = SecretStr(pyotp.random_base32())
        sealed = ctx.own_seal.close(secret.get_secret_value().encode())
        await conn.execute(store.START_TOTP, {"digest": digest(token.get_secret_value()), "totp": sealed})
    generator = pyotp.TOTP(secret.get_secret_value())
    uri = generator.provisioning_uri(name=member.name, issuer_name=f"{ctx.carrier} desk")
    return Beginning(member, secret, SecretStr(uri))


async def set_up(
    conn: Connection, ctx: Identity, token: SecretStr, password: SecretStr, code: SecretStr, actor: Actor, now: datetime
) -> Member | RingoffError:
    """The password and a first code; the link is used up, what worked before no longer does, and sessions end.

    Returns Unauthenticated (`code_wrong`); raises Unauthenticated (`link_invalid`), InvalidInput (`password_…`).
    """
    member, secret = await _opened(conn, ctx, token, now)
    own_words = (member.name, member.display_name, ctx.carrier)
    check_new(password, ctx.pack().identity, second_factor=False, own_words=own_words)
    step = matching_step(secret, code, now, after=0) if secret is not None else None
    if secret is None or step is None:
        return Unauthenticated("code_wrong", "This code is wrong or too old. Take the next one.")
    sealed = ctx.own_seal.close(secret.get_secret_value().encode())
    hashed = await ctx.passwords.hash(password)
    values = {"id": member.id, "hash": hashed, "totp": sealed, "step": step, "now": now}
    await conn.execute(store.SET_UP, values)
    await conn.execute(store.USE_UP_LINKS, {"id": member.id, "now": now})
    await conn.execute(store.END_ALL, {"id": member.id, "now": now})
    await conn.execute(store.REMOVE_PASSKEYS, {"id": member.id})
    await _record(conn, "set_up", member.name, actor, now)
    return member


async def _opened(conn: Connection, ctx: Identity, token: SecretStr, now: datetime) -> tuple[Member, SecretStr | None]:
    """Whose link it is, and the generator that it has offered."""
    values = {"digest": digest(token.get_secret_value()), "now": now}
    row = await (await conn.execute(store.OPEN_LINK, values)).fetchone()
    if row is None:
        raise Unauthenticated("link_invalid", "This link has been used, or is too old. Ask for a new one.")
    *member, sealed = row
    return Member(*member), None if sealed is None else SecretStr(ctx.own_seal.open(sealed).decode())


async def _link(conn: Connection, ctx: Identity, staff_id: int, now: datetime) -> SecretStr:
    token = secrets.token_urlsafe(32)
    values = {"digest": digest(token), "id": staff_id, "expires_at": now + LINK_LIVES}
    await conn.execute(store.MAKE_LINK, values)
    return SecretStr(f"{ctx.public_url.rstrip('/')}{PATH}/{token}")


async def _record(conn: Connection, what: str, name: str, actor: Actor, now: datetime, **detail: object) -> None:
    await proof.record(conn, [proof.Event(type=f"staff.{what}", actor=actor, at=now, detail={"name": name, **detail})])
