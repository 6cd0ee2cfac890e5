"""The TwiML front end: a vendor answers the telephone, and asks us by webhook what to say and to do next.

Whoever does not sign as the vendor is answered nothing, and nothing is done for them. What was typed comes in the
request's body, never in an address; no log has it.
"""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import parse_qsl

import structlog
from starlette.applications import Starlette
from starlette.datastructures import ImmutableMultiDict
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from ringoff.app import App
from ringoff.features import proof
from ringoff.features.identity import throttle
from ringoff.kit.actor import Actor
from ringoff.kit.errors import InvalidInput
from ringoff.kit.i18n import LANGUAGES
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.phone.menu import TROUBLE, Menu
from ringoff.surfaces.phone.model import HangUp, Turn
from ringoff.surfaces.phone.speech import phrases
from ringoff.surfaces.phone.twiml_answers import PREFIX, Answers
from ringoff.surfaces.traffic import Traffic
from ringoff.surfaces.web.shield import Shield
from ringoff.surfaces.web.visitors import visit_of

log = structlog.get_logger(__name__)

Fields = ImmutableMultiDict[str, str]
_Does = Callable[[Fields, int | None], Awaitable[Response]]
"""With the number of the turn that it answers, where it answers one."""
_BODY_MOST, _FIELDS_MOST, _ID_MOST = 16_384, 100, 64
_SIGNATURE = "X-Twilio-Signature"
_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_TAKEN = frozenset({"completed", "answered", "bridged", "hangup"})
"""How a call that was passed on ended, where a person had it, or the caller gave up."""


class Webhooks:
    """`token`: what the vendor signs with; `base`: our address as the vendor knows it, outside of any proxy."""

    def __init__(self, app: App, token: SecretStr, base: str) -> None:
        self._app, self._base = app, base
        self._menu, self._answers = Menu(app), Answers(base, app.settings.hotline)
        self._validator = RequestValidator(token.get_secret_value())

    @property
    def routes(self) -> Sequence[Route]:
        posts = {"voice": self._voice, "typed": self._typed, "passed": self._passed, "status": self._status}
        signed = [Route(f"{PREFIX}/{name}", self._signed(does), methods=["POST"]) for name, does in posts.items()]
        recording = Route(f"{PREFIX}/recordings/{{language}}/{{name}}.wav", self._recording, methods=["GET"])
        return [*signed, recording]

    def _signed(self, does: _Does) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            fields = await _fields(request)
            if fields is None:
                return Response(status_code=413)
            if not self._is_ours(request, fields):
                await self._refuse(request)
                return Response(status_code=403)
            if not _is_id(fields.get("CallSid", "")):
                return Response(status_code=400)
            try:
                turn = request.query_params.get("turn", "")
                return await does(fields, int(turn) if turn.isdecimal() else None)
            except Exception as error:  # its words could hold what was typed
                log.error("hotline_failed", error=type(error).__name__)
                return self._answer(TROUBLE)

        return endpoint

    async def _voice(self, fields: Fields, _turn: int | None) -> Response:
        return self._answer(await self._menu.begin(_conversation(fields), self._caller(fields)))

    async def _typed(self, fields: Fields, turn: int | None) -> Response:
        """Brought twice, by a vendor or a proxy that tries again, it answers one question and not the next as well."""
        digits = SecretStr(fields["Digits"]) if fields.get("Digits") else None
        return self._answer(await self._menu.typed(_conversation(fields), digits, answers=turn))

    async def _passed(self, fields: Fields, _turn: int | None) -> Response:
        """A person had the call, and it is over; or nobody took it, and it is ours again."""
        if (fields.get("DialCallStatus") or fields.get("QueueResult")) in _TAKEN:
            await self._menu.gone(_conversation(fields))
            return self._answer(Turn("en", [], HangUp()))
        return self._answer(await self._menu.typed(_conversation(fields), None))

    async def _status(self, fields: Fields, _turn: int | None) -> Response:
        if fields.get("CallStatus") in _OVER:
            await self._menu.gone(_conversation(fields))
        return Response(status_code=204)

    async def _recording(self, request: Request) -> Response:
        """To the vendor's player, which signs nothing; what everybody hears who calls is no secret."""
        spoken, name = request.path_params["language"], request.path_params["name"]
        language = next((known for known in LANGUAGES if known == spoken), None)
        if language is None or name not in phrases(language):
            return Response(status_code=404)
        file = self._answers.recording(language, name)
        return FileResponse(file, media_type="audio/wav") if file is not None else Response(status_code=404)

    def _is_ours(self, request: Request, fields: Fields) -> bool:
        """Checked against the address that the vendor has called, not the one that a proxy passed on."""
        query = f"?{request.url.query}" if request.url.query else ""
        address = f"{self._base}{request.url.path}{query}"
        return bool(self._validator.validate(address, fields, request.headers.get(_SIGNATURE, "")))

    async def _refuse(self, request: Request) -> None:
        """Written down; but who floods us fills no log."""
        visit = visit_of(request)
        buckets = throttle.failures(visit, self._app.rules.pack("neutral").identity.limits)
        async with self._app.database.transaction() as conn:
            now = self._app.database.clock.now()
            if await throttle.is_full(conn, buckets, now):
                return
            await throttle.count(conn, buckets, now)
            event = proof.Event(type="hotline.signature_wrong", actor=Actor("stranger", "phone", visit.ip), at=now)
            await proof.record(conn, [event])

    def _caller(self, fields: Fields) -> str | None:
        try:
            return self._app.identity.numbering.parse(fields.get("From", ""))
        except InvalidInput:
            return None

    def _answer(self, turn: Turn) -> Response:
        return Response(self._answers.answer(turn), media_type="text/xml")


def create_twiml(app: App, traffic: Traffic) -> Starlette:
    """Only where it is configured."""
    hotline = app.settings.hotline
    assert hotline.twiml_token is not None
    base = hotline.twiml_url or app.settings.public_url
    routes = Webhooks(app, hotline.twiml_token, base).routes
    return Starlette(routes=routes, middleware=[Middleware(Shield, traffic=traffic, https=base.startswith("https://"))])


async def _fields(request: Request) -> Fields | None:
    """None: more than any such request has."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_MOST:
            return None
    try:
        return ImmutableMultiDict(
            parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS_MOST)
        )
    except ValueError:
        return None


def _is_id(sid: str) -> bool:
    return 0 < len(sid) <= _ID_MOST and sid.isascii() and sid.replace("-", "").isalnum()


def _conversation(fields: Fields) -> str:
    return f"twiml:{fields['CallSid']}"
