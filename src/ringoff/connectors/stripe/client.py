"""The way to Stripe: one call, one answer, within its time and size. The library signs, versions and reads errors.

It is never left to repeat a call by itself, and sees nothing of this machine but the call.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any

import httpx
import stripe

from ringoff.connectors.stripe.options import Options

_ANSWER_MOST = 8 * 1024 * 1024  # bytes; a page of a hundred objects is a tenth of it
_CONNECT_SECONDS = 5.0
_PAGE = 100  # objects, the most that Stripe gives at once
_PAGES_MOST = 20
_OUR_OWN_AFFAIR = {"x-stripe-client-user-agent", "x-stripe-client-telemetry"}  # the machine's name, its timings

logging.getLogger("stripe").setLevel(logging.WARNING)  # below that it logs what is sent and answered

Object = Mapping[str, Any]
"""As Stripe tells it, in JSON."""


class _Broken(stripe.APIConnectionError):
    def __init__(self, message: str) -> None:
        super().__init__(message)  # type: ignore[no-untyped-call]


class NotReached(_Broken):
    """The call was certainly never sent."""


class NoAnswer(_Broken):
    """The call may have been heard, but no answer came."""


class TooMany(Exception):
    """More than could be looked through: nothing may be concluded."""


class Processor:
    """Raises stripe.StripeError for whatever does not succeed; see answers.py for what each means."""

    def __init__(self, options: Options) -> None:
        self._http = _Http(options)
        self._client = stripe.StripeClient(
            options.key.get_secret_value(),
            base_addresses={"api": options.api_base},
            max_network_retries=0,
            http_client=self._http,
        )

    async def get(self, path: str, **parameters: Any) -> Object:
        return await self._answer(self._client.raw_request_async("get", path, **parameters))

    async def post(self, path: str, idempotency_key: str, **parameters: Any) -> Object:
        options = {"idempotency_key": idempotency_key}
        return await self._answer(self._client.raw_request_async("post", path, **parameters, **options))

    async def all(self, path: str, **parameters: Any) -> AsyncIterator[Object]:
        """Every object of a list, newest first. Raises TooMany after two thousand."""
        for _ in range(_PAGES_MOST):
            page = await self.get(path, limit=_PAGE, **parameters)
            for one in page["data"]:
                yield one
            if not page.get("has_more") or not page["data"]:
                return
            parameters["starting_after"] = page["data"][-1]["id"]
        raise TooMany(f"more than {_PAGE * _PAGES_MOST} entries to look through")

    async def close(self) -> None:
        await self._http.close_async()

    @staticmethod
    async def _answer(asked: Awaitable[stripe.StripeResponse]) -> Object:
        said = (await asked).data
        if not isinstance(said, dict):
            raise NoAnswer("answered with something that is no object")
        return said


class _Http(stripe.HTTPClient):
    name = "httpx"

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._seconds = options.timeout_seconds
        encrypted = options.api_base.startswith("https")
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context() if encrypted else False,
            timeout=httpx.Timeout(self._seconds, connect=min(_CONNECT_SECONDS, self._seconds)),
            limits=httpx.Limits(max_connections=options.parallel + 1),
            follow_redirects=False,
            trust_env=False,  # neither ~/.netrc nor a proxy of the environment has a say in where the key goes
        )

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        sent = {name: value for name, value in headers.items() if name.lower() not in _OUR_OWN_AFFAIR}
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(method.upper(), url, headers=sent, content=post_data or None) as response,
            ):
                return await _body(response), response.status_code, response.headers
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotReached(f"cannot be reached ({type(error).__name__})") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise NoAnswer(f"did not answer within {self._seconds:g} s") from error
        except httpx.HTTPError as error:
            raise NoAnswer(f"broke off ({type(error).__name__})") from error

    async def close_async(self) -> None:
        await self._client.aclose()


async def _body(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _ANSWER_MOST:
            raise NoAnswer(f"answered more than {_ANSWER_MOST} bytes")
    return body
