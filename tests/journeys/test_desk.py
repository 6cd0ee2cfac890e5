"""The desk in a real browser: each role, each queue, in each language; two who race for one item; two who decide."""

import asyncio
import re
import secrets
from collections.abc import Callable

import pytest

from ringoff.features.identity.passwords import Passwords
from ringoff.features.staff import Role
from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.kit.ids import case_number
from ringoff.kit.secrets import SecretStr
from tests.journeys.conftest import Enrol, OfficeOf, Portal, Visit
from tests.support import desk_tour
from tests.support.desk_tour import Colleague, Office, Tour
from tests.support.inspection import Inspector
from tests.support.subscribers import Subscriber

Walk = Callable[[Office, Colleague, Subscriber], Tour]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("walk", "role"),
    [(desk_tour.of_an_agent, "agent"), (desk_tour.of_a_senior, "senior"), (desk_tour.of_the_others, "senior")],
)
async def test_every_page_of_the_desk(
    office_of: OfficeOf, subscriber: Enrol, walk: Walk, role: Role, language: Language
) -> None:
    office, who = office_of(language), await subscriber(language, totp=True)
    colleague = await office.hire(role, f"{role}-{secrets.token_hex(3)}")
    inspector = Inspector(colleague.page, language)
    await inspector.begin()
    async for name in walk(office, colleague, who):
        await inspector.look(name)
    assert not inspector.wrong, "\n".join(inspector.wrong)
    assert len(inspector.bytes) > 5


async def test_two_agents_race_for_one_item_and_one_gets_it(office_of: OfficeOf, subscriber: Enrol) -> None:
    office, who = office_of("en"), await subscriber("en")
    number = await in_review(office, who)
    pair = [await office.hire("senior", f"racer-{secrets.token_hex(3)}") for _ in range(2)]
    for one in pair:
        await one.sign_in()
        await one.walker.open(f"/desk/queues/review/{number}")
    await asyncio.gather(*(one.walker.press("Take it") for one in pair))
    said = sorted([await one.walker.headline() for one in pair])
    assert said == [f"Case {number}", "Somebody else has it"]


async def test_a_queue_renews_itself_and_is_worked_with_the_keys_alone(office_of: OfficeOf, subscriber: Enrol) -> None:
    office, who = office_of("en"), await subscriber("en")
    senior = await office.hire("senior", f"keys-{secrets.token_hex(3)}")
    await senior.sign_in()
    keyboard = senior.page.keyboard
    await keyboard.press("g")
    async with senior.page.expect_navigation():
        await keyboard.press("r")
    number = await in_review(office, who)
    row = senior.page.locator("tr", has_text=number)
    await row.wait_for()  # nobody reloaded
    for _ in range(await senior.page.locator("table.queue tbody tr").count()):
        await keyboard.press("j")
        if await row.get_attribute("aria-selected") == "true":
            break
    async with senior.page.expect_navigation():
        await keyboard.press("t")
    assert number in senior.page.url
    await senior.walker.sees("You have it. It goes back by itself when it lies for half an hour.")


async def test_two_people_help_a_caller_who_can_prove_nothing(office_of: OfficeOf, subscriber: Enrol) -> None:
    office, who = office_of("en"), await subscriber("en")
    agent = await office.hire("agent", f"agent-{secrets.token_hex(3)}")
    senior = await office.hire("senior", f"second-{secrets.token_hex(3)}")
    await agent.sign_in()
    await agent.find(who.account_number)
    await agent.submit("/desk/calls")
    call = agent.page.url
    await agent.walker.write("What has happened?", "a fire; calls from a neighbour's telephone")
    await agent.submit("/emergency")
    await senior.sign_in()
    await senior.walker.open("/desk/queues/approvals")
    await senior.walker.go(senior.page.locator("tr", has_text=agent.name).locator("a"))
    await senior.walker.press("Take it")
    await senior.walker.write("Why", "heard the caller myself")
    await senior.walker.press("Approve")
    await agent.walker.open(call)
    await agent.walker.press("Go on without a proof")
    assert await agent.walker.headline() == "Grace Okafor"


async def test_the_page_goes_on_by_itself_when_the_caller_has_typed_their_pin(
    office_of: OfficeOf, subscriber: Enrol, portal: Portal, visit: Visit
) -> None:
    office, who = office_of("en"), await subscriber("en", totp=False)
    hashed = await Passwords().hash(SecretStr("719024"))
    await office.run("UPDATE login SET pin_hash = %s, pin_set_at = now() WHERE account_id = %s", hashed, who.account_id)
    agent = await office.hire("agent", f"pin-{secrets.token_hex(3)}")
    await agent.sign_in()
    await agent.find(who.account_number)
    await agent.submit("/desk/calls")
    reference = re.sub(r"\D", "", await agent.page.locator("p.aloud.digits").inner_text())
    caller = await visit("en")
    await caller.goto("/call")
    await caller.get_by_label("The number that care tells you").fill(reference)
    await caller.get_by_label("Account PIN").fill("719024")
    await caller.get_by_role("button", name="Go on").click()
    await agent.page.get_by_role("heading", name="Grace Okafor").wait_for()


async def in_review(office: Office, who: Subscriber) -> str:
    """The number of a case that waits for a person: their suspended line."""
    ((case_id,),) = await office.run(
        "WITH asked AS (UPDATE line SET status = 'suspended' WHERE line_ref = %s RETURNING id, account_id) "
        "INSERT INTO cancellation (line_id, account_id, state, priority, channel, requested_by, when_kind, "
        "requested_at, effective_at, rule_pack, review_rule) SELECT id, account_id, 'in_review', 0, 'web', 'a test', "
        "'now', now(), now(), 'neutral@1', 'suspended' FROM asked RETURNING id",
        who.voice,
    )
    assert isinstance(case_id, int)
    return case_number(case_id)
