"""The hotline's menu: a front end brings what happened on a call, and gets back what to say and to do next.

One turn is one transaction: the conversation is held under its lock, what the decisions want done is done through the
features, and where the caller then is, is kept. Any process may take the next turn.
"""

from dataclasses import replace

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from ringoff.app import App
from ringoff.db.pool import Connection
from ringoff.features import calls
from ringoff.features.calls import conversations, keypad, waiting
from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.phone.decisions import greet, step
from ringoff.surfaces.phone.deeds import Deeds
from ringoff.surfaces.phone.memory import read, written
from ringoff.surfaces.phone.model import HangUp, Phrase, Turn
from ringoff.surfaces.phone.questions import Next, repeat
from ringoff.surfaces.phone.states import Event, Say, Secret, Silence, State, Typed

log = structlog.get_logger(__name__)

_DEEDS_MOST = 8
_KEYS = frozenset({"0", "*", "1"})
"""What is no PIN, where one is asked for."""
TROUBLE = Turn("en", [Phrase("line_trouble"), Phrase("line_call_again")], HangUp())


class Menu:
    def __init__(self, app: App) -> None:
        self._app = app

    async def begin(self, conversation: str, caller: str | None) -> Turn:
        """`conversation`: the transport's own name of the call; `caller`: E.164, or None. Told twice it begins once."""
        try:
            async with self._app.database.transaction() as conn:
                return await self._begin(conn, conversation, caller)
        except (psycopg.Error, PoolTimeout, OSError) as error:
            return _unwell(error)

    async def typed(self, conversation: str, digits: SecretStr | None, *, answers: int | None = None) -> Turn:
        """None: silence. A call that nobody has begun begins here.

        `answers`: the turn's number, where the transport may bring the same twice; of another one nothing is done.
        """
        try:
            async with self._app.database.transaction() as conn:
                held = await conversations.hold(conn, conversation)
                state = read(held.state) if held is not None else None
                if held is None or state is None:
                    return await self._begin(conn, conversation, None)
                if held.ended:
                    return Turn(state.language, [], HangUp())
                if answers is not None and answers != state.turns:
                    return _again(state)
                deeds = self._deeds(conn, conversation, held.caller, digits)
                return await self._turn(deeds, step(state, _event(state, digits)))
        except (psycopg.Error, PoolTimeout, OSError) as error:
            return _unwell(error)

    async def ended(self, conversation: str) -> None:
        """The caller, or we, hung up. A call that was passed on to a person goes on without us, see `gone`."""
        async with self._app.database.transaction() as conn:
            await self._end(conn, conversation, passed_on=False)

    async def gone(self, conversation: str) -> None:
        """The whole call is over, for front ends that learn so: whoever waited for a person no longer does."""
        async with self._app.database.transaction() as conn:
            await self._end(conn, conversation, passed_on=True)

    async def _begin(self, conn: Connection, conversation: str, caller: str | None) -> Turn:
        now = self._app.database.clock.now()
        state, move = greet(State(tongues=await self._tongues(conn, caller), has_number=caller is not None))
        assert isinstance(move, Say)
        if await conversations.begin(conn, conversation, caller, written(state), now):
            return Turn(state.language, move.parts, move.then)
        held = await conversations.hold(conn, conversation)
        assert held is not None
        if held.ended:
            return Turn(state.language, [], HangUp())
        if (begun := read(held.state)) is None:  # of another version of this program
            await conversations.keep(conn, conversation, written(state), now)
            return Turn(state.language, move.parts, move.then)
        return _again(begun)

    async def _tongues(self, conn: Connection, caller: str | None) -> tuple[Language, ...]:
        """That of the account whose number calls comes first."""
        first = await keypad.language_of(conn, caller) if caller is not None else None
        return tuple(sorted(LANGUAGES, key=lambda language: language != first))

    async def _turn(self, deeds: Deeds, following: Next) -> Turn:
        """Decide, do, and decide again, until there is something to say."""
        state, move = following
        for _ in range(_DEEDS_MOST):
            if isinstance(move, Say):
                break
            state, move = step(state, await deeds.do(state, move))
        assert isinstance(move, Say), "a decision that leads nowhere"
        await conversations.keep(deeds.conn, deeds.conversation, written(state), deeds.now)
        return Turn(state.language, move.parts, move.then, state.turns)

    async def _end(self, conn: Connection, conversation: str, *, passed_on: bool) -> None:
        held = await conversations.hold(conn, conversation)
        state = read(held.state) if held is not None else None
        now = self._app.database.clock.now()
        if held is None or state is None:
            return
        if passed_on:
            await waiting.left(conn, conversation, now)
        elif state.place == "with_person":
            return
        if state.call is not None and (call := await calls.call_of(conn, state.call)).staff_id is None:
            await calls.end_call(conn, call, keypad.CALLER, now)
        await conversations.keep(conn, conversation, written(replace(state, place="over", said=(), lines=())), now)
        await conversations.end(conn, conversation, now)

    def _deeds(self, conn: Connection, conversation: str, caller: str | None, digits: SecretStr | None) -> Deeds:
        return Deeds(self._app, conn, self._app.database.clock.now(), conversation, caller, digits)


def _again(state: State) -> Turn:
    """The question as it stands; nothing has happened."""
    if state.place in ("with_person", "over"):
        return Turn(state.language, [], HangUp())
    _, again = repeat(state)
    assert isinstance(again, Say)
    return Turn(state.language, again.parts, again.then, state.turns)


def _event(state: State, digits: SecretStr | None) -> Event:
    """What may be a PIN stays wrapped: the decisions learn that something was typed, and no more."""
    typed = digits.get_secret_value() if digits is not None else ""
    if not typed:
        return Silence()
    return Secret() if state.place == "pin" and typed not in _KEYS else Typed(typed)


def _unwell(error: Exception) -> Turn:
    log.warning("database_unwell", loop="hotline", error=type(error).__name__)
    return TROUBLE
