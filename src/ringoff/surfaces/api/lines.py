"""Lines and accounts: look, ask to close, hold, port out."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Security
from starlette.responses import Response

from ringoff.db.pool import Connection
from ringoff.features import cancellation, directory, readiness
from ringoff.features.access.model import ApiKey
from ringoff.features.cancellation import Cost, Receipt, When, casefile
from ringoff.features.readiness import LineFacts
from ringoff.kit.errors import RingoffError
from ringoff.surfaces import answers, line_answers
from ringoff.surfaces.api import requests
from ringoff.surfaces.api.auth import actor, asking
from ringoff.surfaces.api.commands import Commanding, Reply, read_response
from ringoff.surfaces.api.context import Shared
from ringoff.surfaces.api.documentation import CHANGING, READING, problems
from ringoff.surfaces.api.problems import problem_of

router = APIRouter(prefix="/v1", tags=["Lines"])

LineName = Annotated[
    str,
    Path(
        description="The `line_ref`; the number in any common spelling; or `iccid:…`.",
        max_length=64,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        examples=["L-1001", "+49 151 12345678", "iccid:8949020000001234567"],
    ),
]
AccountNumber = Annotated[str, Path(max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
HoldKind = Annotated[
    str,
    Path(
        max_length=40,
        pattern=r"^[a-z_]+$",
        description="A kind that the rule pack knows.",
        examples=["fraud", "legal", "stolen"],
    ),
]
_CASES_SHOWN = 10


@router.get("/lines/{line}", summary="See a line", response_model=line_answers.Line, responses=problems(*READING))
async def read_line(
    line: LineName, shared: Shared, key: Annotated[ApiKey, Security(asking, scopes=["lines:read"])]
) -> Response:
    """The line as the directory knows it now, with its standing holds and its cases. Scope `lines:read`."""
    async with shared.app.database.transaction() as conn:
        facts = await _find(conn, line)
        cases = await casefile.page(conn, line_id=facts.line_id, limit=_CASES_SHOWN)
    rules = shared.app.rules.pack(facts.jurisdiction).holds
    public = [kind for kind in facts.holds if kind in rules and rules[kind].public]
    shown = line_answers.Line.of(
        facts,
        holds=facts.holds if key.may("holds") else public,
        cases=cases if key.may("cancellations:read") else [],
    )
    return read_response(shown)


@router.get(
    "/lines/{line}/readiness",
    summary="What stands in the way",
    response_model=line_answers.Readiness,
    responses=problems(*READING),
)
async def read_readiness(
    line: LineName,
    shared: Shared,
    key: Annotated[ApiKey, Security(asking, scopes=["lines:read"])],
    on: Annotated[date | None, Query(description="Also tell what leaving on that day costs.")] = None,
) -> Response:
    """What blocks the closing of the line, what its holder should know before, what will happen, worst first; and with
    the scope `billing:read` what leaving costs, item by item, for each time that can be chosen.

    The sentences may be read to the holder. Scope `lines:read`.
    """
    app = shared.app
    async with app.database.transaction() as conn:
        facts, now = await _find(conn, line), app.database.clock.now()
        pack = app.rules.pack(facts.jurisdiction)
        costs: Sequence[Cost] = ()
        if app.terms.final_bills and key.may("billing:read"):
            whens = [When("now"), When("period_end"), *([When("date", on)] if on else [])]
            costs = await cancellation.costs_of_choices(conn, facts, pack, whens, "api", now)
    return read_response(line_answers.Readiness.of(facts, readiness.findings(facts, pack, now), costs))


@router.post(
    "/lines/{line}/cancellation",
    summary="Close a line",
    status_code=201,
    response_model=answers.Case,
    responses=problems(*CHANGING, s200=(answers.Case, "The same terms had been asked: the first case.")),
)
async def cancel_line(
    line: LineName,
    body: requests.CancellationRequest,
    request: Request,
    command: Commanding,
    key: Annotated[ApiKey, Security(asking, scopes=["cancellations:write"])],
) -> Response:
    """Makes a case, durable before it is answered. What happens to it at once, `state` says: `scheduled`; `in_review`
    when a person must look; `declined` when a rule does not allow it.

    The same terms asked again return the first case (200). Other terms for a line with an open case are a conflict
    (409): use `reschedule`. A hold refuses (422). Without any system configured nothing is promised (503).
    `confidential` tells nobody but `contact`; by a channel of people (`care`, `phone`, `web`) it waits for a second
    person's review. Scope `cancellations:write`; for `confidential`, that scope as well.
    """
    _check_override(body, key)

    async def effect(conn: Connection, now: datetime) -> Reply:
        wish = _wish(body, await directory.find_line(conn, line))
        who = actor(request, key, body.channel)
        (receipt,) = await cancellation.request(conn, command.context.app.terms, [wish], who, now)
        if isinstance(receipt, RingoffError):
            raise receipt
        case = await casefile.summarise(conn, receipt.case_id)
        return Reply(201 if receipt.created else 200, answers.Case.of(case))

    return await command.run(effect)


@router.post(
    "/accounts/{number}/cancellation",
    summary="Close a whole account",
    status_code=201,
    response_model=line_answers.AccountCancellation,
    responses=problems(*CHANGING, s200=(line_answers.AccountCancellation, "Every line had its case already.")),
)
async def cancel_account(
    number: AccountNumber,
    body: requests.CancellationRequest,
    request: Request,
    command: Commanding,
    key: Annotated[ApiKey, Security(asking, scopes=["cancellations:write"])],
) -> Response:
    """A case for each of its living lines, secondary lines before their primary; the account closes with the last.

    `lines` tells of each what became of it. A line that cannot be closed (a hold, other terms) does not keep the others
    open; when it is so for all of them, nothing is written and the first line's problem is the answer.
    Scope `cancellations:write`.
    """
    _check_override(body, key)

    async def effect(conn: Connection, now: datetime) -> Reply:
        terms, who = command.context.app.terms, actor(request, key, body.channel)
        wish = partial(_wish, body, whole_account=True)
        answered = await cancellation.request_account(conn, terms, number, wish, who, now)
        shown = await line_answers.AccountCancellation.read(conn, number, answered, _document)
        created = any(isinstance(receipt, Receipt) and receipt.created for _, receipt in answered)
        return Reply(201 if created else 200, shown)

    return await command.run(effect)


@router.put(
    "/lines/{line}/holds/{kind}",
    summary="Set a hold",
    response_model=line_answers.HoldShown,
    responses=problems(*CHANGING, s201=(line_answers.HoldShown, "The hold is new.")),
)
async def set_hold(
    line: LineName,
    kind: HoldKind,
    body: requests.Hold,
    request: Request,
    command: Commanding,
    key: Annotated[ApiKey, Security(asking, scopes=["holds"])],
) -> Response:
    """Stops the line's case from being scheduled or from starting, as the rule pack says of its kind. What has started
    to release, it does not stop. Setting it twice is setting it once. Scope `holds`."""

    async def effect(conn: Connection, now: datetime) -> Reply:
        facts, who = await _find(conn, line), actor(request, key)
        terms = command.context.app.terms
        new = await cancellation.set_hold(conn, terms, facts, kind, why=body.why, actor=who, now=now)
        return Reply(201 if new else 200, _hold(facts, kind, stands=True))

    return await command.run(effect)


@router.delete(
    "/lines/{line}/holds/{kind}",
    summary="Lift a hold",
    response_model=line_answers.HoldShown,
    responses=problems(*(status for status in CHANGING if status not in (413, 415))),
)
async def lift_hold(
    line: LineName,
    kind: HoldKind,
    request: Request,
    command: Commanding,
    key: Annotated[ApiKey, Security(asking, scopes=["holds"])],
) -> Response:
    """A case that waited for it is looked at again at once. Scope `holds`."""

    async def effect(conn: Connection, now: datetime) -> Reply:
        facts, who = await _find(conn, line), actor(request, key)
        await cancellation.lift_hold(conn, command.context.app.terms, facts, kind, why=None, actor=who, now=now)
        return Reply(200, _hold(facts, kind, stands=False))

    return await command.run(effect)


@router.post(
    "/lines/{line}/port-out",
    summary="Report a port-out",
    response_model=line_answers.PortOutShown,
    responses=problems(*CHANGING, s201=(line_answers.PortOutShown, "The line closes as ported, by a new case.")),
)
async def port_out(
    line: LineName,
    request: Request,
    command: Commanding,
    key: Annotated[ApiKey, Security(asking, scopes=["cancellations:write"])],
    body: requests.PortOut = requests.PortOut(),  # noqa: B008 (frozen)
) -> Response:
    """The number moves to another carrier. When that is completed, the line closes as ported: at once, without a
    cooling-off, and without the systems that serve a number which stays here. Scope `cancellations:write`."""

    async def effect(conn: Connection, now: datetime) -> Reply:
        facts, who = await _find(conn, line), actor(request, key)
        terms = command.context.app.terms
        receipt = await cancellation.port_out(conn, terms, facts, body.status, actor=who, now=now)
        case = None
        if receipt is not None:
            case = answers.Case.of(await casefile.summarise(conn, receipt.case_id))
        url = case.url if case else _url(facts)
        shown = line_answers.PortOutShown(line_ref=facts.line_ref, status=body.status, url=url, cancellation=case)
        return Reply(201 if receipt is not None and receipt.created else 200, shown)

    return await command.run(effect)


async def _find(conn: Connection, name: str) -> LineFacts:
    """Raises NotFound, InvalidInput."""
    line_id = await directory.find_line(conn, name)
    return (await readiness.facts(conn, [line_id]))[line_id]


def _check_override(body: requests.CancellationRequest, key: ApiKey) -> None:
    """Shortening the time that the holder has for a change of mind is not for every program; silencing is for few."""
    if body.cooling_off is not None:
        key.require("admin")
    if body.confidential:
        key.require("confidential")


def _wish(body: requests.CancellationRequest, line_id: int, *, whole_account: bool = False) -> cancellation.Request:
    return cancellation.Request(
        line_id,
        When.parse(body.when),
        reason=body.reason,
        contact_email=body.contact.email,
        contact_phone=body.contact.phone,
        external_reference=body.external_reference,
        cooling_off=None if body.cooling_off is None else timedelta(seconds=body.cooling_off),
        whole_account=whole_account,
        confidential=body.confidential,
    )


def _url(facts: LineFacts) -> str:
    return f"/v1/lines/{quote(facts.line_ref)}"


def _hold(facts: LineFacts, kind: str, *, stands: bool) -> line_answers.HoldShown:
    return line_answers.HoldShown(line_ref=facts.line_ref, url=_url(facts), kind=kind, stands=stands)


def _document(error: RingoffError) -> dict[str, Any]:
    return problem_of(error).document
