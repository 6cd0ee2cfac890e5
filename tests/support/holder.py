"""A subscriber at the identity feature's door: one account in a small carrier, its mail read as it is handed over."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyotp

from ringoff.db.pool import Connection, Database
from ringoff.features import identity
from ringoff.features.identity import Identity, Session, SignedIn, Visit
from ringoff.kit.errors import RingoffError
from ringoff.kit.secrets import SecretStr
from tests.support.world import World

PASSWORD = "correct horse battery"
OTHER = "four blue boats at sea"
EMAIL = "holder@example.net"
HOME = Visit("198.51.100.7", "Firefox on an old phone")
AWAY = Visit("203.0.113.9", "curl/8")
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(slots=True)
class Holder:
    """`A` is the account's number."""

    world: World
    account_id: int

    @classmethod
    async def make(
        cls, database: Database, *, password: str | None = PASSWORD, totp: bool = False, email: str | None = EMAIL
    ) -> "Holder":
        world = await World.make(
            database, mail=True, secret="a secret of the tests", portal={"url": "https://out.test"}
        )
        await world.lines("A", email=email)
        holder = cls(world, (await world.rows("SELECT id FROM account"))[0][0])
        if password is not None:
            await holder.enrol(holder.account_id, password, totp=totp)
        return holder

    async def enrol(self, account_id: int, password: str, *, totp: bool = False) -> None:
        async with self.conn() as conn:
            await identity.seed_login(
                conn,
                account_id,
                SecretStr(password),
                totp_secret=TOTP_SECRET if totp else None,
                seal=self.ctx.seal,
                set_at=self.world.now - timedelta(days=30),
            )

    @property
    def ctx(self) -> Identity:
        return self.world.app.identity

    @asynccontextmanager
    async def conn(self) -> AsyncIterator[Connection]:
        async with self.world.app.database.transaction() as conn:
            yield conn

    async def tries(self, name: str = "A", password: str = PASSWORD, visit: Visit = HOME) -> SignedIn | RingoffError:
        async with self.conn() as conn:
            return await identity.sign_in(conn, self.ctx, name, SecretStr(password), visit, self.world.now)

    async def signs_in(self, name: str = "A", password: str = PASSWORD, visit: Visit = HOME) -> SignedIn:
        return identity.or_raise(await self.tries(name, password, visit))

    async def enters(self, session: Session, code: str, visit: Visit = HOME) -> SignedIn | RingoffError:
        async with self.conn() as conn:
            return await identity.second_factor(conn, self.ctx, session, SecretStr(code), visit, self.world.now)

    async def signs_in_twice_over(self) -> SignedIn:
        """With the password, then with the code of this moment."""
        first = await self.signs_in()
        return identity.or_raise(await self.enters(first.session, self.code()))

    def code(self, **later: float) -> str:
        return pyotp.TOTP(TOTP_SECRET).at(self.world.now + timedelta(**later))

    async def is_recognised(self, signed_in: SignedIn) -> bool:
        async with self.conn() as conn:
            return await identity.session(conn, self.ctx, signed_in.token, self.world.now) is not None

    async def forgets(self, name: str = "A", visit: Visit = HOME) -> None:
        async with self.conn() as conn:
            await identity.ask_reset(conn, self.ctx, name, visit, self.world.now)

    async def sets_password(self, link: str, password: str = OTHER) -> int:
        token = SecretStr(link.rpartition("/")[2])
        async with self.conn() as conn:
            return await identity.set_password(conn, self.ctx, token, SecretStr(password), HOME, self.world.now)

    async def does(self, deed: Any, *values: Any, **named: Any) -> Any:
        """`deed(conn, ctx, *values, HOME, now)` in a transaction of its own."""
        async with self.conn() as conn:
            return await deed(conn, self.ctx, *values, HOME, self.world.now, **named)

    async def mail(self) -> list[dict[str, Any]]:
        """All letters until now, in the order in which they left."""
        await self.world.drain("mail")
        return [dict(task.brief) for task in self.world["mail"].asked if task.kind == "deliver"]

    async def subjects(self) -> list[tuple[str, str]]:
        """To whom, and what it says first; without the carrier's name."""
        return [(brief["to"], brief["subject"].partition(" · ")[0]) for brief in await self.mail()]

    async def link(self) -> str:
        """The one in the last letter that has one."""
        links = [found for brief in await self.mail() for found in re.findall(r"https://out\.test/\S+", brief["text"])]
        return str(links[-1])

    async def events(self) -> list[str]:
        found = await self.world.rows("SELECT type FROM event WHERE type LIKE 'identity.%%' ORDER BY id")
        return [row[0].removeprefix("identity.") for row in found]
