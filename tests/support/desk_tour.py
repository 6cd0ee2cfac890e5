"""Every page of the desk in every state that its people meet, one after the other, in a real browser.

Each tour yields a name whenever another page is on the screen: whoever goes along looks at it, or takes its picture.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

import pyotp
from playwright.async_api import Page

from ringoff.db.pool import Database
from ringoff.features import staff
from ringoff.features.declaration.model import declaration_number
from ringoff.features.staff import Role
from ringoff.kit.i18n import Language
from ringoff.kit.ids import case_number
from ringoff.kit.secrets import Seal, SecretStr
from tests.support.papers import pdf
from tests.support.subscribers import Subscriber
from tests.support.walker import Walker

Tour = AsyncIterator[str]
PASSWORD = "a desk by the window with a plant"
_DECLARE: LiteralString = """
INSERT INTO declaration (received_at, expires_at, rule_pack, locale, kind, holder_name, contract, when_kind, contact,
                         erase_at)
VALUES (now(), now() + interval '1 day', 'neutral@1', 'en', 'ordinary', 'Grace Okafor', 'A-4711', 'now',
        'grace@example.org', now() + interval '40 days') RETURNING id
"""
_STUCK: LiteralString = """
INSERT INTO obligation (subject_id, system, kind, cycle, wave, priority, state, created_at, due_at, attempts,
                        last_outcome, evidence, settled_at)
VALUES (%s, 'hlr', 'release', 7, 1, 0, 'fallout', now() - interval '3 hours', now(), 3,
        'another subscriber holds that IMSI', '{"msisdn": "another"}', now())
"""


@dataclass(slots=True)
class Colleague:
    """Somebody at the desk, in a browser of their own."""

    walker: Walker
    name: str
    generator: pyotp.TOTP

    @property
    def page(self) -> Page:
        return self.walker.page

    async def sign_in(self) -> None:
        await self.walker.open("/desk/sign-in")
        await self.walker.write("Name", self.name)
        await self.prove("Sign in")

    async def prove(self, button: str) -> None:
        await self.walker.write("Password", PASSWORD)
        await self.walker.write("One-time code", self.generator.now())
        await self.walker.press(button)

    async def find(self, text: str) -> None:
        await self.walker.open("/desk")
        await self.walker.write("Telephone number, account number, SIM number or name", text)
        await self.walker.press("Find")

    async def submit(self, action: str) -> None:
        """The first button of the form that is sent there."""
        await self.walker.go(self.page.locator(f'main form[action$="{action}"] button').first)

    async def take(self, queue: str, item: str) -> None:
        await self.walker.open(f"/desk/queues/{queue}/{item}")
        await self.walker.press("Take it")


@dataclass(slots=True)
class Office:
    """`code` reads the newest mailed code for an address; `visit` opens a fresh browser."""

    database: Database
    seal: Seal
    language: Language
    visit: Callable[[Language], Awaitable[Page]]
    code: Callable[[str], Awaitable[str]]

    async def hire(self, role: Role, name: str, page: Page | None = None) -> Colleague:
        secret = pyotp.random_base32()
        async with self.database.transaction() as conn:
            now = datetime.now(UTC)
            await staff.seed_member(conn, name, name.title(), role, SecretStr(PASSWORD), secret, self.seal, now)
        walker = Walker(page or await self.visit(self.language), self.language)
        return Colleague(walker, name, pyotp.TOTP(secret))

    async def known_caller(self, agent: Colleague, who: Subscriber) -> None:
        """By a code sent to the address of record."""
        await agent.find(who.account_number)
        await agent.submit("/desk/calls")
        await agent.submit("/send-code")
        await agent.walker.write("Code", await self.code(who.email))
        await agent.submit("/code")

    async def run(self, statement: LiteralString, *values: object) -> list[tuple[object, ...]]:
        async with self.database.transaction() as conn:
            cursor = await conn.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []


async def of_an_agent(office: Office, agent: Colleague, who: Subscriber) -> Tour:
    """A call from its beginning to its end; and declarations."""
    await agent.walker.open("/desk")
    yield "sign-in"
    await agent.sign_in()
    yield "home"
    await agent.find("nobody at all")
    yield "found-nobody"
    await agent.find(who.account_number)
    yield "found"
    await agent.submit("/desk/calls")
    yield "caller-unknown"
    await agent.walker.write("Code", "000000")
    await agent.submit("/code")
    yield "caller-refused"
    await agent.submit("/send-code")
    yield "code-sent"
    await agent.walker.write("Code", await office.code(who.email))
    await agent.submit("/code")
    yield "customer"
    call = agent.page.url
    await agent.walker.go(agent.page.locator("table.queue td a").first)
    yield "customer-line"
    await agent.walker.go(agent.page.locator('main a.button[href*="/leave"]'))
    yield "leave"
    await agent.page.locator("#when-now").check()
    await agent.submit("/leave/check")
    yield "read-out"
    await agent.walker.press("They said yes: close")
    yield "customer-case"
    await agent.walker.write("Write down what was said", "Calls from abroad, in the evening.")
    await agent.submit("/notes")
    yield "customer-case-noted"
    await agent.walker.open(call)
    yield "customer-leaving"
    await agent.walker.open("/desk/queues/declarations")
    yield "declarations"
    ((declared,),) = await office.run(_DECLARE)
    assert isinstance(declared, int)
    await agent.take("declarations", declaration_number(declared))
    yield "declaration"
    await agent.walker.open("/desk/passkeys")
    yield "passkeys"
    await agent.walker.open("/desk/operations")
    yield "not-allowed"
    await agent.walker.open("/desk")
    async with agent.page.expect_navigation():
        await agent.page.locator('form[action="/desk/lock"] button').click()
    yield "locked"


async def of_a_senior(office: Office, senior: Colleague, who: Subscriber) -> Tour:
    """Review, fallout, representatives, what a second person is asked for."""
    await senior.sign_in()
    await office.run("UPDATE line SET status = 'suspended' WHERE line_ref = %s", who.voice)
    await office.known_caller(senior, who)
    call = senior.page.url
    await senior.walker.go(senior.page.locator("table.queue td a").first)
    yield "line-with-holds"
    await senior.walker.open(call)
    await senior.page.locator("table.queue input[type=checkbox]").first.check()
    await senior.page.locator("table.queue input[type=checkbox]").nth(1).check()
    await senior.submit("/leave")
    yield "leave-several"
    await senior.page.locator("#when-now").check()
    await senior.submit("/leave/check")
    await senior.walker.press("They said yes: close")
    yield "customer-several"
    ((case_id,),) = await office.run(
        "SELECT c.id FROM cancellation c JOIN line l ON l.id = c.line_id WHERE l.line_ref = %s", who.voice
    )
    assert isinstance(case_id, int)
    await senior.walker.open("/desk/queues/review")
    yield "review"
    await senior.take("review", case_number(case_id))
    yield "review-case"
    await office.run(_STUCK, case_id)
    await senior.walker.open("/desk/queues/fallout")
    yield "fallout"
    await senior.take("fallout", f"{case_number(case_id)}.hlr.release.7")
    yield "fallout-item"
    await senior.find(who.account_number)
    await senior.walker.go(senior.page.locator('a[href$="/represent"]'))
    yield "represent"
    await senior.page.locator("#way-survivor").check()
    for label, value in (
        ("Who acts", "Ada Byron"),
        ("What they are to the holder", "wife"),
        ("How to reach them", "safe@example.org"),
    ):
        await senior.walker.write(label, value)
    await senior.submit("/represent")
    await senior.page.locator("#paper-request").set_input_files(
        {"name": "request.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    )
    await senior.submit("/papers")
    yield "representative"
    await senior.walker.open("/desk/queues/representatives")
    yield "representatives"
    await senior.walker.open("/desk/deadlines")
    yield "deadlines"
    await senior.walker.open("/desk/queues/approvals")
    yield "approvals"


async def of_the_others(office: Office, senior: Colleague, who: Subscriber) -> Tour:
    """Operations, finance, the auditor and the administrator, each in their part."""
    names = {role: f"{role[:3]}-{senior.name}" for role in ("operations", "finance", "auditor", "administrator")}
    people = {role: await office.hire(role, name, senior.page) for role, name in names.items()}  # type: ignore[arg-type]
    parts = {
        "operations": ("/desk/operations", "/desk/queues/fallout"),
        "finance": ("/desk/queues/refunds",),
        "auditor": ("/desk/audit", "/desk/audit?case=nonsense"),
        "administrator": ("/desk/staff", "/desk"),
    }
    for role, paths in parts.items():
        await people[role].sign_in()
        for n, path in enumerate(paths):
            await people[role].walker.open(path)
            yield role if n == 0 else f"{role}-{n}"
        async with senior.page.expect_navigation():
            await senior.page.locator('form[action="/desk/sign-out"] button').click()
