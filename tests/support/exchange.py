"""The hotline's menu over a small carrier in a real database, and callers who press keys."""

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from ringoff.app import App
from ringoff.db.pool import Database
from ringoff.kit.secrets import Seal, SecretStr
from ringoff.surfaces.phone.menu import Menu
from ringoff.surfaces.phone.model import Listen, Part, Phrase, Spelled, Turn
from ringoff.surfaces.phone.speech import words
from tests.support.portal import Portal, portal_of
from tests.support.subscribers import Subscriber, make_subscriber
from tests.support.world import THREE_WAVES, World

PIN = "719024"
WRONG = "602817"
AGENTS = {"agents": "sip:care@pbx.test"}
TONGUE = {"en": "1", "zh-Hans": "2", "es": "3"}
_COUNT = itertools.count(1)


@dataclass(slots=True)
class Talk:
    """One call. `turns` are all that its caller has heard."""

    menu: Menu
    id: str
    turns: list[Turn] = field(default_factory=list)

    @property
    def turn(self) -> Turn:
        return self.turns[-1]

    @property
    def then(self) -> object:
        return self.turn.then

    @property
    def over(self) -> bool:
        return not isinstance(self.then, Listen)

    @property
    def phrases(self) -> list[str]:
        """Of the last turn."""
        return phrases_of(self.turn.say)

    @property
    def heard(self) -> str:
        """All of it, as a voice would say it."""
        return " ".join(words(turn.say, turn.language) for turn in self.turns)

    async def press(self, *keys: str | None) -> Turn:
        """One answer each; None is silence."""
        for typed in keys:
            self.turns.append(await self.menu.typed(self.id, None if typed is None else SecretStr(typed)))
        return self.turn

    async def hang_up(self) -> None:
        await self.menu.ended(self.id)


@dataclass(slots=True)
class Exchange:
    portal: Portal
    menu: Menu

    @property
    def world(self) -> World:
        return self.portal.world

    @property
    def app(self) -> App:
        return self.portal.app

    async def call(self, caller: str | None = None, language: str | None = "en") -> Talk:
        """Answered; and in the main menu, where a language is given."""
        talk = Talk(self.menu, f"call-{next(_COUNT)}")
        talk.turns.append(await self.menu.begin(talk.id, caller))
        if language is not None:
            await talk.press(TONGUE[language])
        return talk

    async def subscriber(self, language: str = "en", *, pin: str | None = PIN) -> Subscriber:
        """With a voice line, a data line and a PIN."""
        seal = Seal(self.app.settings.secret or SecretStr(""))
        who = await make_subscriber(self.app.database, seal, language, totp=False)
        if pin is not None:
            await self.set_pin(who, pin)
        return who

    async def set_pin(self, who: Subscriber, pin: str) -> None:
        hashed = await self.app.identity.passwords.hash(SecretStr(pin))
        await self.world.rows("UPDATE login SET pin_hash = %s WHERE account_id = %s", hashed, who.account_id)

    async def number(self, who: Subscriber) -> str:
        ((number,),) = await self.world.rows("SELECT msisdn FROM line WHERE line_ref = %s", who.voice)
        return str(number)

    async def line(self, line_ref: str) -> int:
        ((line_id,),) = await self.world.rows("SELECT id FROM line WHERE line_ref = %s", line_ref)
        return int(line_id)

    async def known(self, who: Subscriber, aim: str, language: str = "en") -> Talk:
        """A caller who has proved themselves, on the way to what they pressed in the main menu."""
        talk = await self.call(await self.number(who), language)
        await talk.press(*([aim, "1"] if aim == "3" else [aim]), "1", PIN)
        return talk

    async def to_confirming(self, who: Subscriber, language: str = "en", *, line: str = "1", when: str = "1") -> Talk:
        talk = await self.known(who, "2", language)
        await talk.press(line, when)
        return talk

    async def cases(self) -> list[Any]:
        query = "SELECT l.line_ref, c.state FROM cancellation c JOIN line l ON l.id = c.line_id ORDER BY c.id"
        return [tuple(row) for row in await self.world.rows(query)]

    async def everything_written(self) -> str:
        """Every row of every table, as text."""
        tables = await self.world.rows(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        async with self.app.database.transaction() as conn:
            found = [await (await conn.execute(f"SELECT t::text FROM {name} t")).fetchall() for (name,) in tables]
        return "\n".join(row[0] for rows in found for row in rows)


def phrases_of(parts: Sequence[Part]) -> list[str]:
    return [part.name for part in parts if isinstance(part, Phrase)]


def spelled_of(parts: Sequence[Part]) -> list[str]:
    return [part.text for part in parts if isinstance(part, Spelled)]


@asynccontextmanager
async def exchange_of(
    database: Database, systems: Mapping[str, Mapping[str, Any]] = THREE_WAVES, **settings: Any
) -> AsyncIterator[Exchange]:
    async with portal_of(database, systems, **settings) as portal:
        yield Exchange(portal, Menu(portal.app))
