"""The hotline's two hundred scripts, told to a person: the desk shows them nothing, whatever they know or claim.

What they would type on a telephone they type on the public page; a code they read out; with a story they ask to be
called back, and whoever answers at the phone of record says that it was not them.
"""

import os
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from ringoff.features.identity.passwords import Passwords
from ringoff.kit.secrets import SecretStr
from tests.hotline.social_engineer import SCRIPTS_MOST, Dial, HangUp, Known, Move, Press, Script, Tell, Wait, scripts
from tests.support.browser import Browser, Page
from tests.support.desk import PASSWORD, Desk
from tests.support.leaving import cases
from tests.support.subscribers import Subscriber, furnish

PLAYED = range(SCRIPTS_MOST) if os.environ.get("RINGOFF_SOAK") else [n * 17 % SCRIPTS_MOST for n in range(10)]
PIN = SecretStr("719024")  # which no script guesses
FORMER = "former@example.net"
PHONE = "+442079460018"


@dataclass(slots=True)
class Stage:
    """`attempts`: proofs that were looked at, and were wrong. `failed_calls`: those with one."""

    desk: Desk
    agent: Browser
    caller: Browser
    who: Subscriber
    path: str = ""
    attempts: int = 0
    failed_calls: int = 0
    wrong_before: bool = False
    seen: list[Page] = field(default_factory=list)

    async def play(self, move: Move) -> None:
        match move:
            case Dial():
                await self._sits_there()
                self.seen.append(await self.desk.open_call(self.agent, self.who.account_number))
                self.path, self.wrong_before = self.agent.page.path, False
            case Press(keys):
                for key in keys:
                    if key and key.isdecimal() and 6 <= len(key) <= 10:
                        await self._types(key)
            case Tell(code, story):
                if code:
                    await self.agent.open(self.path)
                    self._looked(await self.agent.submit(action=f"{self.path}/code", code=code), 422)
                if story:
                    await self._asks_to_be_called_back()
            case HangUp():
                await self.agent.open(self.path)
                await self.agent.submit("End the call")
            case Wait(minutes):
                self.desk.portal.world.clock.advance(timedelta(minutes=minutes))

    async def _sits_there(self) -> None:
        """An agent, who comes back if they had left."""
        page = await self.agent.open("/desk")
        if page.headline == "This desk is locked":
            await self.agent.submit("Go on", {"password": PASSWORD, "code": self.desk.code("agent")})
        elif page.status == 401:
            await self.desk.sign_in(self.agent, "agent")

    async def _types(self, pin: str) -> None:
        ((reference,),) = await self.desk.portal.world.rows("SELECT reference FROM call ORDER BY id DESC LIMIT 1")
        await self.caller.open("/call")
        self._looked(await self.caller.submit(action="/call", reference=reference, pin=pin), 401)

    async def _asks_to_be_called_back(self) -> None:
        """Somewhere else: the desk only knows the phone of record, whose holder knows of nothing."""
        await self.agent.open(self.path)
        if not any(form.action == f"{self.path}/call-back" for form in self.agent.page.forms):
            return
        page = await self.agent.submit("Call back")
        if page.status == 200:
            self._looked(await self.agent.submit("They say: it was not me"), 422)

    def _looked(self, page: Page, refusal: int) -> None:
        self.seen.append(page)
        assert page.status in (refusal, 503), page.text
        if page.status == refusal:
            self.attempts += 1
            self.failed_calls += not self.wrong_before
            self.wrong_before = True


async def victim(desk: Desk, setting: str) -> Subscriber:
    who, world = await desk.portal.subscriber(), desk.portal.world
    await furnish(desk.portal.app.database, who)
    phone = "+449098790000" if setting == "premium_phone" else PHONE
    await world.rows("UPDATE account SET phone = %s WHERE id = %s", phone, who.account_id)
    if setting != "no_pin":
        hashed = await Passwords().hash(PIN)
        await world.rows("UPDATE login SET pin_hash = %s WHERE account_id = %s", hashed, who.account_id)
    ((line_id,),) = await world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    if setting == "leaving":
        await world.case(line_id)
    if setting == "in_confidence":
        await world.case(line_id, confidential=True, contact_email="safe@example.net")
    if setting == "new_contact":
        replaced = world.now - timedelta(days=2)
        await world.rows("INSERT INTO former_contact VALUES (%s, %s, %s)", who.account_id, FORMER, replaced)
    return who


async def secrets_of(desk: Desk, who: Subscriber) -> list[str]:
    """What nobody may read who has not proved who they are."""
    rows = await desk.portal.world.rows(
        "SELECT l.msisdn, l.iccid, l.imsi, l.line_ref FROM line l WHERE l.account_id = %s", who.account_id
    )
    of_lines = [value for row in rows for value in row if value]
    return ["Grace", "Okafor", who.email, "g•••@", FORMER, "safe@", "Journey", "Video Plus", "C-", *of_lines]


@pytest.mark.parametrize("n", PLAYED)
async def test_a_script_learns_nothing_at_the_desk_and_cancels_nothing(desk: Desk, n: int) -> None:
    setting = scripts(lambda _: Known("0", "0", "0", "0"))[n].setting
    who = await victim(desk, setting)
    ((number,),) = await desk.portal.world.rows("SELECT msisdn FROM line WHERE line_ref = %s", who.voice)
    known = Known(number.replace("+", "00"), who.account_number.removeprefix("A-"), "24071984", "2000")
    script: Script = scripts(lambda _: known)[n]
    await desk.hire("agent")
    before, letters = await cases(desk.portal), len(await desk.portal.letters())
    stage = Stage(desk, desk.browser(), desk.browser(address="203.0.113.66"), who)
    for move in script.moves:
        await stage.play(move)
    secrets = await secrets_of(desk, who)
    for page in stage.seen:
        assert not [secret for secret in secrets if secret in page.html], f"{script.title}: {page.text}"
    assert await cases(desk.portal) == before, script.title
    events = await desk.portal.events("call.")
    assert events.count("call.proof_wrong") == stage.attempts, script.title
    assert "call.proved" not in events, script.title
    told = [one.recipient for one in (await desk.portal.letters())[letters:] if one.kind == "call_refused"]
    expected = [who.email, *([FORMER] if setting == "new_contact" else [])] * stage.failed_calls
    assert sorted(told) == sorted([] if setting == "in_confidence" else expected), script.title
