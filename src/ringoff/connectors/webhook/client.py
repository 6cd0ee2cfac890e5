"""Signed HTTP to the carrier's system: one call, one answer, within its time and size."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from ringoff.connectors.webhook.options import Options
from ringoff.connectors.webhook.signature import Signature

_ANSWER_MOST = 64 * 1024  # bytes
_CONNECT_SECONDS = 5.0
_RETRY_MOST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """`said` is None where the body was no JSON object of at most 64 KiB."""

    status: int
    said: Mapping[str, Any] | None
    retry_after: timedelta | None


class NotReached(Exception):
    """The call was certainly never sent."""


class NoAnswer(Exception):
    """The call may have been heard, but no answer came."""


class SignedClient:
    """Each call at once has a client, and so a connection, of its own: httpx's pool walks all of its connections at
    every call (with 32 of them a release's two calls took 5.7 ms of CPU, this way 2.0)."""

    def __init__(self, options: Options) -> None:
        self._url = options.url
        self._seconds = options.timeout_seconds
        self._signature = Signature(options.secret)
        self._tls = ssl.create_default_context(cafile=options.ca_file) if options.url.startswith("https") else False
        self._idle: list[httpx.AsyncClient] = []

    async def get(self, path: str, message_id: str, seconds: float | None = None) -> Answer:
        return await self._exchange("GET", path, message_id, b"", seconds)

    async def post(self, path: str, message_id: str, said: Mapping[str, Any]) -> Answer:
        return await self._exchange("POST", path, message_id, orjson.dumps(said), None)

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().aclose()

    async def _exchange(self, method: str, path: str, message_id: str, body: bytes, seconds: float | None) -> Answer:
        headers = self._signature.headers(message_id, body)
        if body:
            headers["content-type"] = "application/json"
        try:
            async with (
                asyncio.timeout(seconds or self._seconds),
                self._connection() as http,
                http.stream(method, self._url + path, content=body, headers=headers) as response,
            ):
                return Answer(response.status_code, await _said(response), _retry_after(response.headers))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotReached(f"cannot be reached ({error or type(error).__name__})") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise NoAnswer(f"did not answer within {seconds or self._seconds:g} s") from error
        except httpx.HTTPError as error:
            raise NoAnswer(f"broke off ({error or type(error).__name__})") from error

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[httpx.AsyncClient]:
        http = self._idle.pop() if self._idle else self._client()
        try:
            yield http
        finally:
            self._idle.append(http)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self._tls,
            timeout=httpx.Timeout(self._seconds, connect=min(_CONNECT_SECONDS, self._seconds)),
            limits=httpx.Limits(max_connections=1),
            follow_redirects=False,
            trust_env=False,  # neither ~/.netrc nor a proxy of the environment has a say in where a signed call goes
            headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": "ringoff"},
        )


async def _said(response: httpx.Response) -> Mapping[str, Any] | None:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _ANSWER_MOST:
            return None
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None


def _retry_after(headers: httpx.Headers) -> timedelta | None:
    """RFC 9110, 10.2.3: seconds, or a date."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        wait = timedelta(seconds=int(value[:6]))
    else:
        try:
            when = parsedate_to_datetime(value)
        except ValueError:
            return None
        wait = (when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(wait, timedelta(0)), _RETRY_MOST)
