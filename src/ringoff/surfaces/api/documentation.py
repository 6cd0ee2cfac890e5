"""What an integrator reads first: the text of /docs, and how problems are described in /openapi.json."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ringoff.surfaces.answers import ProblemDocument
from ringoff.surfaces.api.problems import MEDIA_TYPE

TITLE = "Ringoff"
SUMMARY = "Closes mobile lines: asked for anywhere, released everywhere, read back, proven."
DESCRIPTION = """
Ask for a line's cancellation, follow it until every system has let the line go, and keep the proof.

**Start.** Make a key with `ringoff key create --scope cancellations:write --scope cancellations:read` and send it as
`Authorization: Bearer ro_…`. Then `POST /v1/lines/{line}/cancellation` with `{"when": "now"}`; the answer's `url` is
the case. Read it again, or listen to `…/events`, until `state` is `closed`.

**Naming a line.** `{line}` is the carrier's `line_ref`, the number in any common spelling (`+4915112345678`,
`+49 151 12345678`), or `iccid:…`. A number may pass to another line; the `line_ref` never does. Percent-encode it
where it has spaces.

**Asking twice** is harmless. One line has at most one open case. The same terms asked again answer 200 with the first
case; other terms are refused with 409, and are an explicit `reschedule`. Beyond that, send an `Idempotency-Key`.

**The point of no return** is passed when a system that cannot undo its release (the network) has been asked. Until then
a withdrawal is granted, and what was released already is given back.

**Problems.** Every refusal is `application/problem+json` (RFC 9457). Program against `code`, show `detail` to people,
quote `instance` to us.

| status | means | what to do |
| --- | --- | --- |
| 400 | the request is malformed; `errors` says where | correct it |
| 401, 403 | the key is missing or not valid; it lacks a scope | |
| 404 | there is no such line, account, case | |
| 409 | the thing is in a state that does not allow it | read it again |
| 422 | a rule says no; `rule` names it. Or an Idempotency-Key was used for another request | |
| 503 | not now; nothing was done. Also while no system is configured | wait for `Retry-After`, ask again |

**Who sees what.** A key belongs to one of the carrier's own programs. `cancellations:read` shows a case whole, with its
holder's contact and every hold that stopped it, but no money: that is `billing:read`. `lines:read` shows a line, and
what stands in the way in words that may be read to its holder: a hold that is not public is named only to keys with
the scope `holds`.

**Pages** hold 50 entries unless `limit` (1 to 200) says otherwise. Follow `next_cursor` until it is null: whatever
comes or goes meanwhile, nothing is shown twice or left out.

**Times** are UTC, RFC 3339. Bodies are JSON, at most 64 KiB. Unknown members and parameters are refused.
"""
TAGS = [
    {"name": "Lines", "description": "A line, what stands in its way, and the wish to close it."},
    {"name": "Cancellations", "description": "Cases: read, follow, change, decide."},
    {"name": "Billing", "description": "What leaving costs, final bills, statements, renewals, imports of money."},
    {"name": "Fallout", "description": "What needs a person, and what the person decided."},
    {"name": "Callbacks", "description": "For the carrier's systems that answer later."},
    {"name": "Operations", "description": "For load balancers and monitoring; no key needed."},
]

_MEANING: Mapping[int, str] = {
    400: "The request is malformed.",
    401: "The key is missing or not valid.",
    403: "The key lacks the scope that is needed.",
    404: "There is no such thing.",
    409: "Its state does not allow that.",
    413: "The body is larger than 64 KiB.",
    415: "The body is not plain JSON.",
    422: "A rule says no, or the Idempotency-Key was used for another request.",
    503: "Not now. Nothing was done; ask again later.",
}
READING = (400, 401, 403, 404, 503)
CHANGING = (400, 401, 403, 404, 409, 413, 415, 422, 503)


def problems(*statuses: int, **more: tuple[type[Any], str]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: problems by status, and further successes as `s200=(Model, "what it means")`."""
    told: dict[int | str, dict[str, Any]] = {
        status: {"model": ProblemDocument, "description": _MEANING[status]} for status in statuses
    }
    for name, (model, description) in more.items():
        told[int(name.removeprefix("s"))] = {"model": model, "description": description}
    return told


def describe(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once. The framework does not know that our problems have a media type of their own."""
    if api.openapi_schema is None:
        document = get_openapi(
            title=TITLE,
            version=api.version,
            summary=SUMMARY,
            description=DESCRIPTION.strip(),
            routes=api.routes,
            tags=TAGS,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        )
        for operations in document["paths"].values():
            for operation in operations.values():
                _correct(operation)
        for unused in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(unused, None)
        api.openapi_schema = document
    return api.openapi_schema


def _correct(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for status, response in list(responses.items()):
        content = response.get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if schema.get("$ref", "").endswith("/HTTPValidationError"):
            del responses[status]
        elif int(status) >= 400 and "application/json" in content and schema.get("$ref", "").endswith("Document"):
            content[MEDIA_TYPE] = content.pop("application/json")
