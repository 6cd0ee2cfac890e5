"""Who may do what: every operation against every scope."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features.access.model import SCOPES, Scope
from tests.support.api import Caller, calling, trial

RENEWAL = {
    "line": "L-2",
    "period_first": "2029-11-15",
    "period_end": "2029-12-15",
    "bill_number": "B-1",
    "currency": "EUR",
    "items": [{"name": "Plan", "net": 1000}],
}
PAYMENT = {
    "account_number": "A-1",
    "payment_ref": "P-1",
    "received_at": "2029-10-01T09:30:00Z",
    "amount": "9.90",
    "currency": "EUR",
    "method": "card",
}
NEEDS: list[tuple[str, str, Any, Scope]] = [
    ("GET", "/v1/lines/{line}", None, "lines:read"),
    ("GET", "/v1/lines/{line}/readiness", None, "lines:read"),
    ("POST", "/v1/lines/{line}/cancellation", {"when": "2030-01-01"}, "cancellations:write"),
    ("POST", "/v1/accounts/{number}/cancellation", {"when": "2030-01-01"}, "cancellations:write"),
    ("POST", "/v1/lines/{line}/port-out", {"status": "pending"}, "cancellations:write"),
    ("PUT", "/v1/lines/{line}/holds/{kind}", {"why": "case 1"}, "holds"),
    ("DELETE", "/v1/lines/{line}/holds/{kind}", None, "holds"),
    ("GET", "/v1/cancellations", None, "cancellations:read"),
    ("GET", "/v1/cancellations/{number}", None, "cancellations:read"),
    ("GET", "/v1/cancellations/{number}/events", None, "cancellations:read"),
    ("POST", "/v1/cancellations/{number}/withdrawal", {}, "cancellations:write"),
    ("POST", "/v1/cancellations/{number}/reschedule", {"when": "2030-02-02"}, "cancellations:write"),
    ("POST", "/v1/cancellations/{number}/review", {"decision": "approve", "why": "ok"}, "review"),
    ("GET", "/v1/cancellations/{number}/bills", None, "billing:read"),
    ("GET", "/v1/cancellations/{number}/bills/{bill}.pdf", None, "billing:read"),
    ("POST", "/v1/cancellations/{number}/bills/go-on", {"goes_on": "again", "why": "ok"}, "billing:write"),
    ("GET", "/v1/accounts/{number}/statement", None, "billing:read"),
    ("POST", "/v1/renewals", {"renewals": [RENEWAL]}, "billing:write"),
    ("POST", "/v1/imports", {"rows": {"payments": [PAYMENT]}}, "billing:write"),
    ("GET", "/v1/money-tasks", None, "billing:read"),
    ("POST", "/v1/money-tasks/{id}/paid", {"reference": "17"}, "billing:write"),
    ("GET", "/v1/obligations", None, "fallout"),
    ("POST", "/v1/obligations/{id}/retry", None, "fallout"),
    ("POST", "/v1/obligations/{id}/resolve", {"resolved_as": "void", "why": "gone"}, "fallout"),
]
WITHOUT_KEY = {"/v1/callbacks/{system}", "/healthz", "/readyz", "/metrics"}


@pytest.fixture
async def caller(database: Database) -> AsyncIterator[Caller]:
    async with calling(database, {"hlr": trial("hlr")}) as made:
        yield made


async def test_each_operation_needs_its_scope_and_no_other_but_admin(caller: Caller) -> None:
    case = await caller.close_line("L-1")
    await caller.post(case["url"] + "/withdrawal")  # so that its event stream ends at once
    names = {"line": "L-2", "kind": "legal", "bill": "F-1", "id": f"{case['id']}.hlr.release.1"}
    keys = {scope: await caller.key(scope) for scope in SCOPES}
    before = await caller.written()
    for method, path, body, needed in NEEDS:
        number = "A-9" if "accounts" in path else case["id"]
        for scope in SCOPES:
            if scope in (needed, "admin"):
                continue
            headers = {"Authorization": f"Bearer {keys[scope]}"}
            address = path.format(**{**names, "number": number, **_ids(path)})
            response = await caller.client.request(method, address, json=body, headers=headers)
            assert (response.status_code, response.json().get("scope")) == (403, needed), (method, path, scope)
    assert await caller.written() == before
    for method, path, body, needed in NEEDS:
        number = "A-9" if "accounts" in path else case["id"]
        for scope in (needed, "admin"):
            headers = {"Authorization": f"Bearer {keys[scope]}"}
            address = path.format(**{**names, "number": number, **_ids(path)})
            response = await caller.client.request(method, address, json=body, headers=headers)
            assert response.status_code in (200, 201, 404, 409), (method, path, scope, response.text)


def _ids(path: str) -> dict[str, str]:
    return {"id": "P-1"} if "money-tasks" in path else {}


async def test_no_operation_was_forgotten(caller: Caller) -> None:
    document = (await caller.get("/openapi.json")).json()
    described = {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path not in WITHOUT_KEY
    }
    assert set(described) == {(method, path) for method, path, _, _ in NEEDS}
    for method, path, _, needed in NEEDS:
        operation = described[method, path]
        assert operation["security"] == [{"API key": [needed]}], path
        assert f"Scope `{needed}`" in operation["description"], path
