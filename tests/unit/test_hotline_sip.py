"""The SIP front end's own decisions: who calls, where calls are passed on to, what is configured, what is logged."""

import logging
from pathlib import Path

import pytest

from ringoff.kit.errors import Conflict, InvalidInput
from ringoff.kit.msisdn import Numbering
from ringoff.settings import Settings
from ringoff.surfaces import hotline
from ringoff.surfaces.cli.doctor import Finding, _hotline
from ringoff.surfaces.phone.sip.callers import caller_of
from ringoff.surfaces.phone.sip.quiet import hush
from ringoff.surfaces.phone.sip.telephone import refer_to
from ringoff.surfaces.up import children


@pytest.mark.parametrize(
    ("said", "asserted", "caller"),
    [
        ("sip:+4915112345678@sbc.test", None, "+4915112345678"),
        ("sip:+49(151)123-45678@sbc.test;user=phone", None, "+4915112345678"),
        ("sip:0034600111222@sbc.test", None, "+34600111222"),
        ("sip:+4915112345678@sbc.test", "<tel:+34600111222>", "+34600111222"),
        ("sip:+4915112345678@sbc.test", "<sip:anonymous@anonymous.invalid>", None),
        ("sip:1001@sbc.test", None, None),
        ("sip:015112345678@sbc.test", None, None),
        ("sip:anonymous@anonymous.invalid", None, None),
        ("sip:+4915112345678'; DROP TABLE call@sbc.test", None, None),
        (None, None, None),
    ],
)
def test_a_caller_is_who_the_carrier_asserts_else_who_they_say(
    said: str | None, asserted: str | None, caller: str | None
) -> None:
    assert caller_of(said, asserted, Numbering()) == caller


def test_a_reference_goes_to_the_queue_where_the_setting_has_it_else_as_user_to_user() -> None:
    told = f"User-to-User={b'W-1'.hex()}%3Bencoding%3Dhex"
    assert refer_to("sip:care@pbx.test", "W-1") == f"<sip:care@pbx.test?{told}>"
    assert refer_to("sip:care@pbx.test?Priority=normal", "W-1") == f"<sip:care@pbx.test?Priority=normal&{told}>"
    assert refer_to("sip:care@pbx.test;ref={reference}", "W-1") == "<sip:care@pbx.test;ref=W-1>"
    assert (
        refer_to("sip:care@pbx.test;ref={reference}", "a b>\r\nX: y")
        == "<sip:care@pbx.test;ref=a%20b%3E%0D%0AX%3A%20y>"
    )
    assert refer_to("sip:care@pbx.test", None) == "<sip:care@pbx.test>"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SIP", "0.0.0.0:5060"),
        ("SIP", "192.0.2.10"),
        ("SIP", "sbc.example.net:5060"),
        ("PEERS", '["sbc.example.net"]'),
        ("PEERS", "[]"),
        ("AGENTS", "care"),
        ("AGENTS", "sip:care@pbx.test> evil"),
    ],
)
def test_a_hotline_that_cannot_work_is_refused_at_the_start(tmp_path: Path, setting: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=f"hotline.{setting.lower()}"):
        Settings.load(None, tmp_path, {f"RINGOFF_HOTLINE__{setting}": value})


def test_the_hotline_runs_beside_the_others_and_its_failing_closes_no_other_door(tmp_path: Path) -> None:
    without = Settings.load(None, tmp_path, {})
    assert [child.name for child in children(without, 8000)][:2] == ["serve", "work-interactive"]
    settings = Settings.load(None, tmp_path, {"RINGOFF_HOTLINE__SIP": "127.0.0.1:5060"})
    serve, telephone, *_ = children(settings, 8000)
    assert (serve.name, telephone.name) == ("serve", "hotline")
    assert (serve.essential, telephone.essential) == (True, False)
    assert "hotline" in telephone.command


def told(environment: dict[str, str], folder: Path) -> list[Finding]:
    return _hotline(Settings.load(None, folder, environment))


def test_doctor_says_what_the_hotline_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on = {"RINGOFF_HOTLINE__SIP": "127.0.0.1:5060"}
    assert told({}, tmp_path) == []
    monkeypatch.setattr(hotline, "which", lambda name: f"/usr/bin/{name}")
    assert [finding.level for finding in told(on, tmp_path)] == ["well", "note"]
    assert [finding.level for finding in told({**on, "RINGOFF_HOTLINE__AGENTS": "sip:a@b"}, tmp_path)] == ["well"]
    monkeypatch.setattr(hotline, "which", lambda _: None)
    monkeypatch.setattr(hotline, "find_spec", lambda name: None if name == "baresip" else name)
    (lacks,) = told(on, tmp_path)
    assert lacks.level == "wrong"
    assert lacks.advice == "pip install 'ringoff[sip]' (baresip-python); apt-get install espeak-ng"


async def test_a_hotline_that_is_not_configured_says_so(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match=r"\[hotline\] sip"):
        await hotline.answer_calls(Settings.load(None, tmp_path, {}), "postgresql://nowhere")


async def test_the_stack_is_silenced_at_every_level(caplog: pytest.LogCaptureFixture) -> None:
    hush()
    with caplog.at_level(logging.DEBUG):
        for name in ("baresip.native", "baresip.native.sip", "baresip.call", "baresip.events", "baresip.runtime"):
            for level in (logging.DEBUG, logging.INFO, logging.ERROR):
                if name != "baresip.call" or level < logging.WARNING:
                    logging.getLogger(name).log(level, "received DTMF event: '%s'", "7" if "native" in name else "")
    told = [record.getMessage() for record in caplog.records if record.name.startswith("baresip.native")]
    assert told == ["received DTMF event: '•'"], "what is an error is told, without its digits"
