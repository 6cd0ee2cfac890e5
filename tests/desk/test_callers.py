"""A call that the hotline passes on stands at the desk with what the caller proved and chose; one agent takes it."""

import asyncio

from ringoff.features import calls
from ringoff.features.calls import Call, keypad, waiting
from ringoff.features.identity import Visit
from ringoff.features.identity.passwords import Passwords
from ringoff.kit.secrets import SecretStr
from tests.support.desk import Desk
from tests.support.subscribers import Subscriber

PIN = SecretStr("719024")


async def passed_on(desk: Desk, who: Subscriber, *, proved: bool = True, callback: bool = False) -> str:
    """Their call, from the hotline; the reference under which they wait."""
    app, world = desk.portal.app, desk.portal.world
    hashed = await Passwords().hash(PIN)
    await world.rows("UPDATE login SET pin_hash = %s WHERE account_id = %s", hashed, who.account_id)
    ((line_id,),) = await world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    async with app.database.transaction() as conn:
        call = await calls.open_call(conn, who.account_id, keypad.CALLER, world.now, staff_id=None, line_id=line_id)
        if proved:
            answer = await calls.check_pin(conn, app.identity, call, PIN, keypad.CALLER, Visit(), world.now)
            assert isinstance(answer, Call)
        if callback:
            await waiting.ask_callback(conn, app.identity, "a call", call, "es", "callback", world.now)
            return ""
        return await waiting.enqueue(
            conn, "a call", call=call.id, line_id=line_id, language="es", wanted="cancel", now=world.now
        )


async def test_a_known_caller_stands_at_the_desk_with_what_they_chose(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    await passed_on(desk, who)
    agent = await desk.sit_down("agent")
    page = await agent.open("/desk/callers")
    assert "Español to cancel a line known" in page.text
    assert "Grace" not in page.html
    page = await agent.submit(action="/desk/callers/take")
    assert "/leave?line=" in page.path  # what they chose, for the line that they named
    assert "by the account PIN" in page.text
    assert "Wants: to cancel a line" in page.text
    assert "719024" not in page.html
    page = await agent.open(page.path.partition("/leave")[0])
    assert "Wants: to cancel a line" in page.text
    assert page.html.count(" checked") == 1  # the line that they named


async def test_a_caller_who_proved_nothing_is_not_known_at_the_desk_either(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    await passed_on(desk, who, proved=False)
    agent = await desk.sit_down("agent")
    await agent.open("/desk/callers")
    page = await agent.submit(action="/desk/callers/take")
    assert page.headline == "Who calls is not known yet"
    assert "Wants: to cancel a line" in page.text
    assert "Grace" not in page.html


async def test_a_voice_that_nothing_tells_from_others_proves_anew_who_it_is(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    reference = await passed_on(desk, who)
    await desk.portal.world.rows("UPDATE waiting_caller SET carried = false")
    agent = await desk.sit_down("agent")
    page = await agent.open(f"/desk/callers?reference={reference}")
    assert reference in page.text
    assert "not known yet" in page.text
    page = await agent.submit(action="/desk/callers/take")
    assert page.headline == "Who calls is not known yet"


async def test_a_telephone_that_opens_pages_shows_the_one_caller_who_is_on_it(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    reference = await passed_on(desk, who)
    agent = await desk.sit_down("agent")
    assert "Nobody waits" in (await agent.open("/desk/callers?reference=W-another")).text
    assert reference in (await agent.open(f"/desk/callers?reference={reference}")).text


async def test_two_agents_do_not_take_the_same_caller(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    await passed_on(desk, who)
    one, other = await desk.sit_down("agent"), await desk.sit_down("agent", "other")
    for browser in (one, other):
        await browser.open("/desk/callers")
    pages = await asyncio.gather(*(browser.submit(action="/desk/callers/take") for browser in (one, other)))
    assert sorted(page.status for page in pages) == [200, 409]


async def test_who_asked_to_be_called_back_proves_anew_who_they_are(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    await desk.portal.world.rows("UPDATE account SET phone = '+442079460018' WHERE id = %s", who.account_id)
    await passed_on(desk, who, callback=True)
    agent = await desk.sit_down("agent")
    page = await agent.open("/desk/callers")
    assert "to be called back" in page.text
    page = await agent.submit(action="/desk/callers/take")
    assert page.headline == "Who calls is not known yet"
    assert "Call back" in page.text


async def test_an_agent_says_whether_they_take_calls(desk: Desk) -> None:
    agent = await desk.sit_down("agent")
    await agent.open("/desk/callers")
    page = await agent.submit("Take calls")
    assert "passes callers on to you" in page.text
    page = await agent.submit("Take no more calls")
    assert "passes nobody on to you" in page.text
    auditor = await desk.sit_down("auditor")
    assert (await auditor.open("/desk/callers")).status == 403
