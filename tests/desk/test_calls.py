"""A call: nothing shows before the caller is known, then what the role sees; and closing a line on their behalf."""

import pytest

from tests.support.desk import Desk
from tests.support.leaving import cases


async def test_a_caller_is_authenticated_and_their_line_closed(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    agent = await desk.sit_down("agent")
    call = await desk.known_caller(agent, who)
    page = agent.page
    assert page.headline == "Grace Okafor"
    assert who.email not in page.html  # masked for an agent
    assert "g•••@example.net" in page.text
    line = next(href for _, href in page.links if "/lines/" in href)
    page = await agent.open(line)
    assert "Nothing stands in the way" in page.text or "The number is lost" in page.text
    await agent.open(f"{call}/leave?line={line.rpartition('/')[2]}")
    page = await agent.submit(action=f"{call}/leave/check", values={"when": "now"})
    assert page.headline == "Read this out"
    assert "Do you want us to do that?" in page.text
    assert await cases(desk.portal) == []  # nothing is written yet
    page = await agent.submit("They said yes: close")
    assert page.path.startswith(f"{call}/cases/C-"), page.text
    assert "staff:agent" in page.text
    (case,) = await cases(desk.portal)
    assert case[1] == "scheduled"
    vetoes = [letter for letter in await desk.portal.letters(who.email) if letter.kind == "cancel_veto"]
    assert len(vetoes) == 1  # a code by mail is level 1: it schedules, and can be objected to
    page = await agent.submit("Undo", {"why": "the caller thought better of it"})
    assert [state for _, state in await cases(desk.portal)] == ["withdrawn"]


@pytest.mark.parametrize("text", ["{account}", "{number}", "okafor grace", "GRACE OKAFOR"])
async def test_nothing_of_an_account_shows_before_its_caller_is_known(desk: Desk, text: str) -> None:
    who = await desk.portal.subscriber()
    (row,) = await desk.portal.world.rows("SELECT msisdn, iccid, imsi FROM line WHERE line_ref = %s", who.voice)
    agent = await desk.sit_down("agent")
    page = await desk.open_call(agent, text.format(account=who.account_number, number=row[0]))
    secrets = [who.email, "g•••@", who.voice, who.data, "Journey", *(value for value in row if value)]
    for seen in (page, await agent.open(page.path), await agent.open(f"{page.path}/leave?account=1")):
        assert not [secret for secret in secrets if secret in seen.html], seen.text
        assert "Grace" not in seen.html
    for path in ("/lines/1", "/cases/C-8K3M-V0QXX", "/leave?line=1"):
        refused = await agent.open(f"{page.path}{path}")
        assert refused.status in (403, 404), refused.text


async def test_a_pin_is_typed_by_the_caller_and_never_seen_by_the_agent(desk: Desk) -> None:
    who = await desk.portal.subscriber(totp=True)
    holder = await desk.portal.signed_in(who)
    await holder.open("/security/pin")
    await holder.submit(action="/security/pin", pin="719024")
    agent = await desk.sit_down("agent")
    call = (await desk.open_call(agent, who.account_number)).path
    reference = "".join(c for c in agent.page.text.partition("then their PIN")[2][:80] if c.isdecimal())[:8]
    caller = desk.browser(address="203.0.113.9")
    await caller.open("/call")
    wrong = await caller.submit(action="/call", reference=reference, pin="111222")
    unknown = await caller.submit(action="/call", reference="00000000", pin="719024")
    assert wrong.status == unknown.status == 401
    assert wrong.text == unknown.text
    page = await caller.submit(action="/call", reference=reference, pin="719024")
    assert "care now knows" in page.text
    page = await agent.open(call)
    assert page.headline == "Grace Okafor"
    assert "719024" not in page.html


async def test_a_code_from_the_portal_proves_what_the_sign_in_proved(desk: Desk) -> None:
    who = await desk.portal.subscriber(totp=True)
    holder = await desk.portal.signed_in(who)
    await holder.open("/security/call")
    page = await holder.submit("Show a code")
    code = "".join(c for c in page.text.partition("Read this code out to care:")[2][:12] if c.isdecimal())
    agent = await desk.sit_down("agent")
    call = (await desk.open_call(agent, who.account_number)).path
    page = await agent.submit(action=f"{call}/code", code="000000" if code != "000000" else "000001")
    assert page.status == 422
    assert "does not prove" in page.text
    page = await agent.submit(action=f"{call}/code", code=code)
    assert "by their sign-in" in page.text
    assert "can object" not in page.text  # level 2


async def test_a_colleagues_call_is_as_unknown_as_none(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    agent, other = await desk.sit_down("agent"), await desk.sit_down("senior")
    call = await desk.known_caller(agent, who)
    assert (await other.open(call)).status == 404
    assert (await other.open("/desk/calls/999999")).status == 404


async def test_a_call_that_has_ended_shows_nothing(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    agent = await desk.sit_down("agent")
    call = await desk.known_caller(agent, who)
    await agent.submit("End the call")
    page = await agent.open(call)
    assert page.status == 409
    assert "Grace" not in page.html


async def test_every_view_and_every_search_is_in_the_audit_log_without_what_was_typed(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    agent = await desk.sit_down("agent")
    call = await desk.known_caller(agent, who)
    rows = await desk.portal.world.rows("SELECT type, actor, detail FROM event WHERE channel = 'care' ORDER BY id")
    told = [row[0] for row in rows]
    assert "desk.searched" in told
    assert {"call.opened", "call.code_sent", "call.proved"} <= set(told)
    viewed = [row[2] for row in rows if row[0] == "desk.viewed"]
    assert viewed[-1] == {"page": "/desk/calls/{call:int}", "call": call.rpartition("/")[2]}
    searched = next(row[2] for row in rows if row[0] == "desk.searched")
    assert searched == {"by": "account", "matches": 1, "more": False}
    assert {row[1] for row in rows} == {"staff:agent"}


async def test_no_request_keeps_itself_out_of_the_audit_log(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    agent = await desk.sit_down("agent")
    call = await desk.known_caller(agent, who)
    before = await desk.portal.world.rows("SELECT count(*) FROM event WHERE type = 'desk.viewed'")
    agent.client.headers["x-by-itself"] = "1"
    await agent.open(call)
    ((after,),) = await desk.portal.world.rows("SELECT count(*) FROM event WHERE type = 'desk.viewed'")
    assert after == before[0][0] + 1


async def test_a_call_is_not_about_another_accounts_line(desk: Desk) -> None:
    who, other = await desk.portal.subscriber(), await desk.portal.subscriber()
    ((line,),) = await desk.portal.world.rows("SELECT id FROM line WHERE line_ref = %s", other.voice)
    agent = await desk.sit_down("agent")
    opened = await agent.post("/desk/calls", {"csrf": agent.csrf, "account": str(who.account_id), "line": str(line)})
    assert opened.status == 404


async def test_a_senior_sets_and_lifts_a_hold_and_an_agent_does_not(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    senior = await desk.sit_down("senior")
    call = await desk.known_caller(senior, who)
    line = next(href for _, href in senior.page.links if "/lines/" in href)
    await senior.open(line)
    page = await senior.submit("Set", {"kind": "stolen", "why": "the caller reports it stolen"})
    assert "Reported stolen" in page.text
    page = await senior.submit("Lift Reported stolen", {"why": "it was found in the sofa"})
    assert "None stands" in page.text
    told = await desk.portal.world.rows("SELECT type, actor FROM event WHERE type LIKE 'hold.%%' ORDER BY id")
    assert told == [("hold.set", "staff:senior"), ("hold.lifted", "staff:senior")]
    agent = await desk.sit_down("agent")
    path = await desk.known_caller(agent, who)
    refused = await agent.post(f"{path}/lines/{line.rpartition('/')[2]}/hold", {"csrf": agent.csrf, "kind": "stolen"})
    assert refused.status == 403
    assert call != path
