"""Every answer that is not a success is a problem document (RFC 9457), and this is the one place that makes them.

`code` is the stable name for programs and the end of `type`; `detail` is a sentence for people; `instance` is what to
quote to the operator, and stands in the log beside what really happened. What a caller sent is never echoed: it may
hold a secret.
"""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
import psycopg
import psycopg_pool
import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ringoff.kit.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
    RingoffError,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:ringoff:problem:"
INSTANCE_PREFIX = "urn:ringoff:request:"

STATUS: Mapping[type[RingoffError], HTTPStatus] = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Refused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
# What the framework itself refuses, before any of our code is asked.
FRAMEWORK: Mapping[int, tuple[str, str]] = {
    400: ("body_unreadable", "The body cannot be read as JSON."),
    404: ("address_unknown", "There is nothing at this address; /docs lists what there is."),
    405: ("method_not_allowed", "This address does not take this method; the Allow header lists those it takes."),
}
_ERRORS_SHOWN = 20
_NAME_SHOWN = 64

log = structlog.get_logger("ringoff.api")


@dataclass(frozen=True, slots=True)
class Problem:
    """`members` are the extra members of the document, JSON-ready."""

    status: int
    code: str
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.code.replace("_", " ").capitalize()

    @property
    def document(self) -> dict[str, Any]:
        """All but the `instance`, which only a whole answer has."""
        return {
            **self.members,
            "type": TYPE_PREFIX + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }

    def response(self, request_id: str) -> Response:
        body = orjson.dumps({**self.document, "instance": INSTANCE_PREFIX + request_id}, default=str)
        return Response(body, self.status, dict(self.headers), MEDIA_TYPE)


class ProblemError(Exception):
    """A fault of the request as HTTP: its size, its media type. Nothing that a feature would know of."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def problem_of(error: BaseException) -> Problem:
    """What the caller is told. For what nobody expected that is nothing but a reference; see `log_unexpected`."""
    match error:
        case RingoffError():
            return _of_ours(error)
        case ProblemError():
            return error.problem
        case RequestValidationError():
            return _of_validation(error.errors())
        case HTTPException():
            fallback = ("refused", "The request cannot be served.")
            code, detail = FRAMEWORK.get(error.status_code, fallback)
            return Problem(error.status_code, code, detail, headers=error.headers or {})
        case psycopg.OperationalError() | psycopg_pool.PoolTimeout() | psycopg_pool.TooManyRequests():
            detail = "The database does not answer or is too busy. Nothing was done; ask again in a moment."
            if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
                detail = "The connection to the database was lost. Ask again with the same Idempotency-Key."
            return Problem(503, "database_unavailable", detail, headers={"Retry-After": "2"})
        case _:
            return Problem(500, "unexpected", "Something went wrong here, not with you. Quote `instance` to us.")


def is_unexpected(problem: Problem) -> bool:
    return problem.status == 500


def log_unexpected(error: BaseException, request_id: str) -> None:
    """The whole story, for the operator. Frames are told without their variables, which may hold secrets."""
    log.error(
        "unexpected error",
        request_id=request_id,
        error=type(error).__name__,
        sqlstate=getattr(error, "sqlstate", None),
        traceback="".join(traceback.format_exception(error)),
    )


async def answer_problem(request: Request, error: Exception) -> Response:
    """The exception handler for what the framework raises and would otherwise answer in its own way."""
    return problem_of(error).response(request.state.request_id)


def _of_ours(error: RingoffError) -> Problem:
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="ringoff"'
    if isinstance(error, NotAllowed) and "scope" in error.details:
        scope = error.details["scope"]
        headers["WWW-Authenticate"] = f'Bearer realm="ringoff", error="insufficient_scope", scope="{scope}"'
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.details.get("retry_after", 5))
    return Problem(int(status), error.code, error.message, error.details, headers)


def _of_validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    if errors and errors[0]["type"] == "json_invalid":
        position = errors[0]["loc"][-1]
        reason = errors[0].get("ctx", {}).get("error", "it ends too early")
        return Problem(400, "body_unreadable", f"The body is not valid JSON: {reason} (character {position}).")
    told = [_told(error) for error in errors[:_ERRORS_SHOWN]]
    detail = "The request is not as described in /docs: " + "; ".join(f"{t['where']}: {t['detail']}" for t in told[:3])
    if len(errors) > 3:
        detail += f"; and {len(errors) - 3} more"
    return Problem(400, "request_invalid", detail + ".", {"errors": told})


def _told(error: Mapping[str, Any]) -> dict[str, str]:
    """One fault: `pointer` into the body (RFC 6901, as a fragment), or `parameter`; never the value that was sent."""
    place, *path = (str(part)[:_NAME_SHOWN] for part in error["loc"])
    detail = str(error["msg"]).removeprefix("Value error, ")
    if place == "body":
        pointer = "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
        return {"where": pointer, "pointer": pointer, "detail": detail}
    name = "/".join(path)
    return {"where": f"{place} {name}", "parameter": name, "in": place, "detail": detail}
