"""The same menu through a vendor's webhooks: signed ones are answered in TwiML, others do nothing at all."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError
from twilio.request_validator import RequestValidator

from ringoff.db.pool import Database
from ringoff.kit.errors import InvalidInput
from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.kit.ids import case_number
from ringoff.kit.secrets import SecretStr
from ringoff.settings import HotlineSettings, Settings
from ringoff.surfaces import server
from ringoff.surfaces.cli import doctor
from ringoff.surfaces.phone.model import Spelled
from ringoff.surfaces.phone.speech import phrases, spoken
from tests.support.exchange import PIN, TONGUE, WRONG, Exchange, exchange_of

TOKEN = "an auth token of the tests"
BASE = "https://voice.carrier.test"
HOTLINE = {"twiml_token": TOKEN, "twiml_url": BASE, "agents": "sip:care@pbx.test"}


@dataclass(slots=True)
class Vendor:
    """Calls us through a proxy: what it signs is the address that it knows, not the one that reaches us."""

    exchange: Exchange
    client: httpx.AsyncClient
    sid: str = "CA0123456789abcdef"
    caller: str = "+447911000001"
    token: str = TOKEN
    heard: list[ET.Element] = field(default_factory=list)

    async def posts(self, path: str, signature: str | None = None, **fields: str) -> httpx.Response:
        sent = {"CallSid": self.sid, "From": self.caller, **fields}
        signed = RequestValidator(self.token).compute_signature(f"{BASE}{path}", sent)
        headers = {"X-Twilio-Signature": signed if signature is None else signature}
        return await self.client.post(path, data=sent, headers=headers)

    async def calls(self) -> ET.Element:
        return self._read(await self.posts("/phone/twiml/voice"))

    async def types(self, *keys: str) -> ET.Element:
        for digits in keys:
            gather = self.heard[-1].find("Gather")
            asked = gather.attrib["action"].removeprefix(BASE) if gather is not None else "/phone/twiml/typed"
            self._read(await self.posts(asked, Digits=digits))
        return self.heard[-1]

    def _read(self, response: httpx.Response) -> ET.Element:
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/xml")
        self.heard.append(ET.fromstring(response.text))
        return self.heard[-1]

    @property
    def said(self) -> str:
        return " ".join(verb.text or "" for verb in self.heard[-1].iter("Say"))


@pytest.fixture
async def vendor(database: Database) -> AsyncIterator[Vendor]:
    async with (
        exchange_of(database, hotline=HOTLINE) as exchange,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(server.compose(exchange.app)), base_url="http://10.0.0.7:8000"
        ) as client,
    ):
        yield Vendor(exchange, client)


def verbs(answer: ET.Element) -> list[str]:
    return [verb.tag for verb in answer]


# ── Signed ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_line_is_cancelled_through_webhooks_in_each_language(vendor: Vendor, language: Language) -> None:
    who = await vendor.exchange.subscriber(language)
    vendor.caller = await vendor.exchange.number(who)
    answer = await vendor.calls()
    gather = answer.find("Gather")
    assert gather is not None and verbs(answer) == ["Gather"]
    assert gather.attrib == {
        "input": "dtmf",
        "action": f"{BASE}/phone/twiml/typed?turn=0",
        "method": "POST",
        "numDigits": "1",
        "timeout": "1",
        "finishOnKey": "#",
        "actionOnEmptyResult": "true",
    }
    answer = await vendor.types(TONGUE[language], "2", "1")
    say = answer.find("Gather/Say")
    assert say is not None and say.text == phrases(language)["pin_ask"]
    assert say.attrib["language"] == {"en": "en-US", "zh-Hans": "cmn-CN", "es": "es-MX"}[language]
    await vendor.types(PIN, "1", "1")
    assert await vendor.exchange.cases() == []
    await vendor.types("9")
    assert await vendor.exchange.cases() == [(who.voice, "scheduled")]
    ((case_id,),) = await vendor.exchange.world.rows("SELECT id FROM cancellation")
    assert vendor.said.count(spoken(Spelled(case_number(case_id)), language)) == 2
    assert verbs(await vendor.types("2")) == ["Say", "Hangup"]


async def test_an_answer_that_is_brought_twice_answers_one_question(vendor: Vendor) -> None:
    who = await vendor.exchange.subscriber()
    vendor.caller = await vendor.exchange.number(who)
    await vendor.calls()
    await vendor.types("1", "2", "1", PIN, "1")
    assert phrases("en")["when_soon"] in vendor.said
    asked = vendor.heard[-1].find("Gather")
    assert asked is not None
    answers = [await vendor.posts(asked.attrib["action"].removeprefix(BASE), Digits="1") for _ in range(3)]
    assert all(phrases("en")["confirm_options"] in answer.text for answer in answers)
    assert await vendor.exchange.cases() == []


async def test_silence_comes_as_an_empty_answer(vendor: Vendor) -> None:
    await vendor.calls()
    await vendor.types("1", "", "")
    assert "0" in vendor.said
    assert verbs(await vendor.types("")) == ["Say", "Hangup"]


async def test_a_caller_who_hides_their_number_is_asked_for_it(vendor: Vendor) -> None:
    vendor.caller = "anonymous"
    await vendor.calls()
    await vendor.types("1", "2")
    assert phrases("en")["number_calling"] not in vendor.said
    assert await vendor.exchange.world.rows("SELECT caller FROM conversation") == [(None,)]


async def test_a_person_is_dialled_with_the_reference_of_the_waiting_call(vendor: Vendor) -> None:
    await vendor.calls()
    await vendor.types("1", "0", "1")
    ((reference,),) = await vendor.exchange.world.rows("SELECT reference FROM waiting_caller")
    sip = vendor.heard[-1].find("Dial/Sip")
    assert sip is not None and sip.text == f"sip:care@pbx.test?X-Ringoff-Reference={reference}"
    answer = await vendor.posts("/phone/twiml/passed", DialCallStatus="no-answer")
    assert phrases("en")["line_nobody_answers"] in answer.text
    await vendor.types("3", "0", "1")
    answer = await vendor.posts("/phone/twiml/passed", DialCallStatus="completed")
    assert "<Hangup" in answer.text
    assert await vendor.exchange.world.rows("SELECT id FROM waiting_caller WHERE left_at IS NULL") == []


async def test_a_vendors_own_queue_takes_the_call_where_one_is_named(database: Database) -> None:
    async with (
        exchange_of(database, hotline={**HOTLINE, "twiml_queue": "care"}) as exchange,
        httpx.AsyncClient(transport=httpx.ASGITransport(server.compose(exchange.app)), base_url=BASE) as client,
    ):
        vendor = Vendor(exchange, client)
        await vendor.calls()
        await vendor.types("1", "0", "1")
        queue = vendor.heard[-1].find("Enqueue")
        assert queue is not None and queue.text == "care"
        assert await exchange.world.rows("SELECT carried FROM waiting_caller") == [(False,)]


def test_an_empty_token_signs_nothing() -> None:
    with pytest.raises(ValidationError):
        HotlineSettings(twiml_token=SecretStr(""))


async def test_hanging_up_ends_the_call(vendor: Vendor) -> None:
    vendor.caller = await vendor.exchange.number(await vendor.exchange.subscriber())
    await vendor.calls()
    await vendor.types("1", "2", "1", PIN)
    assert (await vendor.posts("/phone/twiml/status", CallStatus="in-progress")).status_code == 204
    assert await vendor.exchange.world.rows("SELECT ended_at FROM call") == [(None,)]
    for _ in range(2):
        assert (await vendor.posts("/phone/twiml/status", CallStatus="completed")).status_code == 204
    assert await vendor.exchange.world.rows("SELECT id FROM call WHERE ended_at IS NULL") == []
    assert verbs(await vendor.types("1")) == ["Hangup"]


async def test_recordings_are_played_where_the_studio_has_made_one(database: Database, tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "welcome.wav").write_bytes(b"RIFF")
    (tmp_path / "en" / "secret.wav").write_bytes(b"RIFF")
    async with (
        exchange_of(database, hotline={**HOTLINE, "recordings": str(tmp_path)}) as exchange,
        httpx.AsyncClient(transport=httpx.ASGITransport(server.compose(exchange.app)), base_url=BASE) as client,
    ):
        vendor = Vendor(exchange, client)
        gather = (await vendor.calls()).find("Gather")
        assert gather is not None and verbs(gather) == ["Play", "Say"]
        assert gather[0].text == f"{BASE}/phone/twiml/recordings/en/welcome.wav"
        assert (await client.get("/phone/twiml/recordings/en/welcome.wav")).content == b"RIFF"
        for path in ("en/secret.wav", "en/goodbye.wav", "fr/welcome.wav", "en/..%2fwelcome.wav", "../en/welcome.wav"):
            assert (await client.get(f"/phone/twiml/recordings/{path}")).status_code == 404, path


async def test_what_goes_wrong_is_told_the_caller_and_holds_nothing_that_was_typed(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def fails(*_: object) -> None:
        raise RuntimeError(WRONG)

    await vendor.calls()
    monkeypatch.setattr("ringoff.surfaces.phone.menu.conversations.keep", fails)
    await vendor.types(WRONG)
    assert verbs(vendor.heard[-1]) == ["Say", "Hangup"]
    assert WRONG not in "".join(capfd.readouterr())


# ── Not signed ───────────────────────────────────────────────────────────────────────────────────────────────────
FORGED: Mapping[str, str | None] = {"none": "", "guessed": "c2lnbmVk", "of another token": None}


@pytest.mark.parametrize("path", ["voice", "typed", "passed", "status"])
@pytest.mark.parametrize("forged", list(FORGED))
async def test_what_is_not_signed_is_refused_written_down_and_does_nothing(
    vendor: Vendor, path: str, forged: str
) -> None:
    who = await vendor.exchange.subscriber()
    vendor.caller = await vendor.exchange.number(who)
    await vendor.calls()
    await vendor.types("1", "2", "1", PIN, "1", "1")
    before = await vendor.exchange.world.rows("SELECT state, heard_at FROM conversation")
    vendor.token = "another token"
    response = await vendor.posts(
        f"/phone/twiml/{path}", FORGED[forged], Digits="9", CallStatus="completed", DialCallStatus="completed"
    )
    assert (response.status_code, response.text) == (403, "")
    assert await vendor.exchange.cases() == []
    assert await vendor.exchange.world.rows("SELECT state, heard_at FROM conversation") == before
    assert await vendor.exchange.portal.events("hotline.") == ["hotline.signature_wrong"]


async def test_a_signature_is_of_one_address_and_of_what_was_sent(vendor: Vendor) -> None:
    sent = {"CallSid": vendor.sid, "From": vendor.caller, "Digits": "2"}
    signed = RequestValidator(TOKEN).compute_signature(f"{BASE}/phone/twiml/typed", sent)
    assert (await vendor.posts("/phone/twiml/typed", signed, Digits="9")).status_code == 403
    assert (await vendor.posts("/phone/twiml/voice", signed, Digits="2")).status_code == 403
    elsewhere = RequestValidator(TOKEN).compute_signature("http://10.0.0.7:8000/phone/twiml/typed", sent)
    assert (await vendor.posts("/phone/twiml/typed", elsewhere, Digits="2")).status_code == 403
    assert (await vendor.posts("/phone/twiml/typed", signed, Digits="2")).status_code == 200


async def test_who_floods_us_fills_no_log(vendor: Vendor) -> None:
    limit = vendor.exchange.app.rules.pack("neutral").identity.limits.failures_address.most
    for _ in range(limit + 5):
        assert (await vendor.posts("/phone/twiml/voice", "forged")).status_code == 403
    assert len(await vendor.exchange.portal.events("hotline.")) == limit


async def test_what_no_vendor_sends_is_refused(vendor: Vendor) -> None:
    vendor.sid = "../etc"
    assert (await vendor.posts("/phone/twiml/voice")).status_code == 400
    assert (await vendor.posts("/phone/twiml/voice", Filler="x" * 20_000)).status_code == 413
    assert (await vendor.client.post("/phone/twiml/voice", data={f"f{n}": "" for n in range(200)})).status_code == 413
    assert (await vendor.client.get("/phone/twiml/voice")).status_code == 405


# ── Not configured ───────────────────────────────────────────────────────────────────────────────────────────────
async def test_without_a_token_there_is_no_such_address(database: Database) -> None:
    async with (
        exchange_of(database) as exchange,
        httpx.AsyncClient(transport=httpx.ASGITransport(server.compose(exchange.app)), base_url=BASE) as client,
    ):
        assert (await client.post("/phone/twiml/voice")).status_code in (403, 404)
        assert await exchange.world.rows("SELECT id FROM conversation") == []


async def test_without_the_extra_nothing_starts_and_doctor_says_why(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.model_validate({"hotline": HOTLINE})
    assert [finding.level for finding in doctor._twiml(settings)] == ["well"]
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    (finding,) = doctor._twiml(settings)
    assert finding.level == "wrong" and "ringoff[twilio]" in finding.advice
    assert doctor._twiml(Settings()) == []
    monkeypatch.setitem(__import__("sys").modules, "ringoff.surfaces.phone.twiml", None)
    async with exchange_of(database, hotline=HOTLINE) as exchange:
        with pytest.raises(InvalidInput, match="ringoff"):
            server.compose(exchange.app)
