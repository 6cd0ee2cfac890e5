"""Every page of the portal in every state that a subscriber can meet, one after the other.

Each tour yields a name whenever another page is on the screen: whoever goes along looks at it, or takes its picture.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import LiteralString

import pyotp

from ringoff.db.pool import Database
from ringoff.surfaces.web import naming
from tests.support.subscribers import Subscriber, furnish
from tests.support.walker import Walker

Tour = AsyncIterator[str]
Walk = Callable[["Guide", Subscriber], Tour]
NAME = "Account number, e-mail or phone number"
NEW_PASSWORD = "seven grey herons fly home"


@dataclass(frozen=True, slots=True)
class Guide:
    """`mailed` reads the mailbox: the newest match of a pattern in what was sent to an address."""

    walker: Walker
    database: Database
    mailed: Callable[[str, str], Awaitable[re.Match[str]]]

    async def link(self, who: Subscriber, kind: str) -> str:
        return (await self.mailed(who.email, rf"http://\S+/{kind}/\S+"))[0]

    async def change(self, statement: LiteralString, *values: object) -> None:
        async with self.database.transaction() as conn:
            await conn.execute(statement, values)


def line(line_ref: str) -> str:
    return naming.address(line_ref)


async def of_a_stranger(guide: Guide, who: Subscriber) -> Tour:
    """What anybody sees, and what mail leads to. Nobody is signed in; `who` forgets the password."""
    walker = guide.walker
    for name, path in {
        "front": "/",
        "guide": "/guide",
        "no-such-page": "/nowhere",
        "sign-in-needed": "/account",
        "link-over": "/veto/nothing",
        "password-link-over": "/password/nothing",
        "sign-in": "/sign-in",
    }.items():
        await walker.open(path)
        yield name
    await walker.write(NAME, who.email)
    await walker.write("Password", "not this one, I fear")
    await walker.press("Sign in")
    yield "sign-in-refused"
    async for name in _declaring(guide):
        yield name
    async for name in _back_in(guide, who):
        yield name


async def _declaring(guide: Guide) -> Tour:
    walker = guide.walker
    send = walker.page.locator("main form button")
    await walker.open("/declare?law=de")
    yield "declare-de"
    await walker.open("/declare")
    yield "declare"
    await walker.go(send)
    yield "declare-problems"
    await walker.page.locator("#holder_name").fill("Grace Okafor")
    await walker.page.locator("#contract").fill("+44 7700 900123")
    await walker.page.locator("#contact").fill("grace@example.net")
    await walker.go(send)
    yield "declared"


async def _back_in(guide: Guide, who: Subscriber) -> Tour:
    walker = guide.walker
    await walker.open("/forgot")
    yield "forgot"
    await walker.write(NAME, who.email)
    await walker.press("Send me the link")
    yield "forgot-sent"
    await walker.open(await guide.link(who, "password"))
    yield "new-password"
    for again in ("another one", NEW_PASSWORD):
        await walker.page.locator("#password").fill(NEW_PASSWORD)
        await walker.page.locator("#again").fill(again)
        await walker.press("Set the password")
        yield "new-password-problem" if again != NEW_PASSWORD else "new-password-set"


async def of_a_leaver(guide: Guide, who: Subscriber) -> Tour:
    """Somebody with a code generator leaves with one line, comes back, and leaves for good."""
    walker = guide.walker
    await furnish(guide.database, who)
    await walker.give_password(who.account_number, who.password)
    yield "code"
    await walker.write("Code", "000000")
    await walker.press("Continue")
    yield "code-refused"
    assert who.totp is not None
    await walker.write("Code", who.totp.now())
    await walker.press("Continue")
    for name, path in {
        "account": "/account",
        "bills": "/account/bills",
        "data-line": line(who.data),
        "data-line-prepare": f"{line(who.data)}/leave",
        "line": line(who.voice),
    }.items():
        await walker.open(path)
        yield name
    async for name in _one_line(guide):
        yield name
    async for name in _the_whole_account(guide, who):
        yield name
    async for name in _afterwards(guide, who):
        yield name


async def _one_line(guide: Guide) -> Tour:
    walker = guide.walker
    await walker.press("Cancel this line")
    yield "prepare"
    for imei, name in (("356868000041418", "same"), ("490154203237518", "different"), ("1234", "problem")):
        before = walker.page.url
        await walker.page.locator("#imei").fill(imei)
        await walker.press("Compare")
        yield f"device-{name}"
        await walker.open(before)
    await walker.press("Go on")
    yield "when"
    await walker.press("Go on")
    yield "when-problem"
    await walker.choose("At the end of the paid period")
    await walker.press("Go on")
    yield "confirm"
    await walker.press("Cancel this line")
    yield "case-scheduled"
    await walker.press("Undo, and keep it")
    yield "case-undone"


async def _the_whole_account(guide: Guide, who: Subscriber) -> Tour:
    walker = guide.walker
    await walker.open("/leave")
    yield "several"
    await walker.press("Go on")
    yield "several-problem"
    await walker.press("Close the account")
    yield "whole-prepare"
    await walker.press("Go on")
    yield "whole-when"
    await walker.choose("Now")
    await walker.press("Go on")
    yield "whole-confirm"
    await walker.press("Close the account")
    yield "cases"
    await walker.open("/account")
    yield "account-leaving"
    await walker.open(line(who.voice))
    yield "line-leaving"
    await walker.go(walker.page.locator("main a.button"))
    yield "case-under-way"
    await walker.sees("It is closed since %(time)s.")
    await walker.page.reload()
    yield "case-closed"
    await walker.open("/account")
    yield "account-closed"


async def _afterwards(guide: Guide, who: Subscriber) -> Tour:
    walker = guide.walker
    found = await guide.mailed(who.email, r"(?s)(C-\w{4}-\w{5}).*/status.*?\b(\w{4}-\w{4})\b")
    await walker.go(walker.page.get_by_role("button", name=walker.says("Sign out")))
    await walker.open("/status")
    yield "status"
    for code, name in (("8K3M-V0QX", "status-problem"), (found[2], "status-told")):
        await walker.write("Case number", found[1])
        await walker.write("Code", code)
        await walker.press("See how it stands")
        yield name
    await walker.give_password(who.email, who.password)
    yield "closed"
    await walker.press("Send me the link")
    yield "closed-sent"
    await walker.open(await guide.link(who, "archive"))
    yield "archive-door"
    await walker.press("See the documents")
    yield "archive"


async def of_a_keeper(guide: Guide, who: Subscriber) -> Tour:
    """Somebody with a password alone asks to leave, stops it by mail, and sets up all that protects the account."""
    walker = guide.walker
    await walker.sign_in(who)
    await walker.open(f"{line(who.voice)}/leave/when")
    yield "when-waits"
    await walker.choose("As soon as possible")
    await walker.press("Go on")
    yield "confirm-waits"
    await walker.press("Cancel this line")
    await walker.open(await guide.link(who, "veto"))
    yield "veto"
    await walker.press("Stop the cancellation")
    yield "vetoed"
    await walker.open(f"{line(who.voice)}/leave")
    yield "prepare-stopped"
    async for name in _protecting(guide, who):
        yield name
    async for name in _codes(guide):
        yield name


async def _protecting(guide: Guide, who: Subscriber) -> Tour:
    walker = guide.walker
    for name in ("password", "codes", "passkeys", "sessions", "contact", "pin", "lock"):
        await walker.open(f"/security/{name}")
        yield f"security-{name}"
    await walker.press("Set the lock")
    await walker.open("/security/lock")
    yield "security-lock-set"
    await walker.open(f"{line(who.data)}/leave")
    yield "prepare-locked"
    await walker.open("/security/pin")
    await walker.page.locator("#pin").fill("123456")
    await walker.press("Set the PIN")
    yield "security-pin-problem"
    await walker.open("/security/contact")
    other = f"new.{who.email}"
    await walker.page.locator("#email").fill(other)
    await walker.press("Send a link there")
    yield "security"
    await walker.open((await guide.mailed(other, r"http://\S+/confirm/\S+"))[0])
    yield "contact-confirm"
    await walker.press("Yes, this is my address")
    yield "contact-confirmed"
    await guide.change(
        "UPDATE session SET proved_at = proved_at - %s WHERE account_id = %s", timedelta(hours=1), who.account_id
    )
    await walker.open("/security/pin")
    yield "prove"
    await walker.page.locator("#password").fill("not this one, I fear")
    await walker.press("Confirm with the password")
    yield "prove-refused"
    await walker.page.locator("#password").fill(who.password)
    await walker.press("Confirm with the password")


async def _codes(guide: Guide) -> Tour:
    walker = guide.walker
    await walker.open("/security/codes")
    await walker.press("Set up one-time codes")
    yield "codes-new"
    secret = (await walker.page.locator("main code").inner_text()).replace(" ", "")
    for code in ("000000", pyotp.TOTP(secret).now()):
        await walker.write("Code", code)
        await walker.press("Turn on one-time codes")
        yield "codes-new-problem" if code == "000000" else "codes-set"
    await walker.press("Make new recovery codes")
    yield "recovery-codes"
