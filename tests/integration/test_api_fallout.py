"""What needs a person, over the API; and the callbacks of systems that answer later."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from ringoff.connectors import webhook
from ringoff.connectors.webhook.signature import Signature
from ringoff.db.pool import Database
from ringoff.features import cancellation
from ringoff.kit.ids import parse_case_number
from tests.support.api import NOW, Caller, calling, trial

SECRET = SecretStr("whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode())


@pytest.fixture
async def caller(database: Database) -> AsyncIterator[Caller]:
    system = webhook.connect("provisioning", {"url": "http://127.0.0.1:9", "secret": SECRET.get_secret_value()})
    async with calling(database, {"hlr": trial("hlr"), "provisioning": system}) as made:
        yield made


async def releasing(caller: Caller, line: str = "L-1") -> dict[str, Any]:
    """A case whose first wave is open."""
    response = await caller.post(f"/v1/lines/{line}/cancellation", {"when": "now"})
    async with caller.app.database.transaction() as conn:
        await cancellation.ripen(conn, caller.app.terms, NOW, priority=0, before=NOW, since="-infinity", limit=100)
    case: dict[str, Any] = (await caller.get(response.json()["url"])).json()
    assert case["state"] == "releasing"
    return case


async def falls_out(caller: Caller, case: dict[str, Any], system: str) -> str:
    """As the reconciler would settle it when no repetition will help."""
    async with caller.app.database.transaction() as conn:
        await conn.execute(
            "UPDATE obligation SET state = 'fallout', settled_at = %s, attempts = 3, last_outcome = 'another IMSI'"
            " WHERE subject_id = %s AND system = %s AND kind = 'release'",
            (NOW, parse_case_number(case["id"]), system),
        )
    return f"{case['id']}.{system}.release.1"


async def discharged(caller: Caller, case: dict[str, Any], system: str) -> None:
    async with caller.app.database.transaction() as conn:
        await conn.execute(
            "UPDATE obligation SET state = 'discharged', settled_at = %s WHERE subject_id = %s AND system = %s",
            (NOW, parse_case_number(case["id"]), system),
        )


async def test_fallout_is_listed_with_why_and_paged(caller: Caller) -> None:
    ids = [await falls_out(caller, await releasing(caller, f"L-{n}"), "hlr") for n in range(1, 6)]
    first = (await caller.get("/v1/obligations?state=fallout&limit=3")).json()
    rest = (await caller.get(f"/v1/obligations?limit=3&cursor={first['next_cursor']}")).json()
    assert [o["id"] for o in first["obligations"] + rest["obligations"]] == ids
    assert rest["next_cursor"] is None
    assert first["obligations"][0]["last_outcome"] == "another IMSI"
    assert (await caller.get("/v1/obligations?system=provisioning")).json()["obligations"] == []
    due = (await caller.get("/v1/obligations?state=due&system=provisioning")).json()
    assert len(due["obligations"]) == 5


async def test_a_person_has_it_tried_again_once(caller: Caller) -> None:
    id_ = await falls_out(caller, await releasing(caller), "hlr")
    response = await caller.post(f"/v1/obligations/{id_}/retry")
    assert (response.status_code, response.json()["state"]) == (200, "due")
    again = await caller.post(f"/v1/obligations/{id_}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "not_in_fallout")


async def test_a_case_goes_on_when_a_person_answers_for_what_was_in_its_way(caller: Caller) -> None:
    case = await releasing(caller)
    id_ = await falls_out(caller, case, "hlr")
    await discharged(caller, case, "provisioning")
    body = {"resolved_as": "discharged", "why": "deleted by hand"}
    response = await caller.post(f"/v1/obligations/{id_}/resolve", body)
    assert response.json()["evidence"]["why"] == "deleted by hand", response.text
    read = (await caller.get(case["url"])).json()
    assert read["state"] == "closed"
    resolved = next(event for event in read["timeline"] if event["type"] == "release.resolved")
    assert resolved["actor"].startswith("key:")


@pytest.mark.parametrize(
    ("id_", "status"),
    [("nonsense", 400), ("C-1.hlr.release.1", 400), ("{case}.hss.release.1", 404), ("{case}.hlr.release.99999", 400)],
)
async def test_an_obligation_that_is_none_is_told(caller: Caller, id_: str, status: int) -> None:
    case = await releasing(caller)
    before = await caller.written()
    response = await caller.post(f"/v1/obligations/{id_.format(case=case['id'])}/retry")
    assert response.status_code == status, response.text
    assert await caller.written() == before


async def accepted(caller: Caller, case: dict[str, Any], reference: str) -> None:
    async with caller.app.database.transaction() as conn:
        await conn.execute(
            "UPDATE obligation SET reference = %s, due_at = %s WHERE subject_id = %s AND system = 'provisioning'",
            (reference, NOW + timedelta(hours=1), parse_case_number(case["id"])),
        )


async def call_back(
    caller: Caller, body: bytes, secret: SecretStr = SECRET, system: str = "provisioning", **headers: str
) -> tuple[int, str]:
    signed = Signature(secret).headers("callback-1", body)
    del caller.client.headers["Authorization"]
    all_headers = {"content-type": "application/json", **signed, **headers}
    response = await caller.client.post(f"/v1/callbacks/{system}", content=body, headers=all_headers)
    return response.status_code, response.json().get("code", "") if response.content else ""


async def due_now(caller: Caller) -> int:
    rows = await caller.rows("SELECT count(*) FROM obligation WHERE system = 'provisioning' AND due_at <= %s", NOW)
    return int(rows[0][0])


async def test_a_signed_callback_makes_us_ask_at_once(caller: Caller) -> None:
    case = await releasing(caller)
    await accepted(caller, case, "R-1")
    assert await due_now(caller) == 0
    assert await call_back(caller, b'{"id": "x", "reference": "R-1"}') == (202, "")
    assert await due_now(caller) == 1


async def test_a_callback_about_work_that_we_do_not_know_does_no_harm(caller: Caller) -> None:
    await accepted(caller, await releasing(caller), "R-1")
    before = await caller.written()
    assert await call_back(caller, b'{"id": "x", "reference": "R-2"}') == (202, "")
    assert await due_now(caller) == 0
    assert await caller.written() == before


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"secret": SecretStr("whsec_" + base64.b64encode(b"x" * 32).decode())}, 401, "signature_invalid"),
        (
            {"webhook-timestamp": str(int((datetime.now(UTC) - timedelta(hours=1)).timestamp()))},
            401,
            "signature_invalid",
        ),
        ({"webhook-signature": "v1,AAAA"}, 401, "signature_invalid"),
        ({"webhook-id": "another"}, 401, "signature_invalid"),
        ({"system": "hlr"}, 404, "system_unknown"),
        ({"system": "nobody"}, 404, "system_unknown"),
    ],
)
async def test_a_strangers_callback_is_refused(caller: Caller, how: dict[str, Any], status: int, code: str) -> None:
    await accepted(caller, await releasing(caller), "R-1")
    assert await call_back(caller, b'{"reference": "R-1"}', **how) == (status, code)
    assert await due_now(caller) == 0


@pytest.mark.parametrize("body", [b"[]", b"null", b"{}", b'{"reference": 7}', b"not json"])
async def test_a_signed_callback_that_makes_no_sense_is_refused(caller: Caller, body: bytes) -> None:
    status, code = await call_back(caller, body)
    assert (status, code[:9]) == (400, "callback_"), code
