"""`ringoff demo`: what its reader sees is so, what they paste works, and nothing is left behind."""

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from ringoff.connectors.osmo_hlr.sandbox import find_program
from ringoff.surfaces.demo import run, subscribers, systems
from ringoff.surfaces.demo.people import Carrier
from tests.support.installation import RINGOFF
from tests.support.real import require, require_program

CALLER = Path(__file__).parents[2] / "examples" / "hotline" / "person.xml"
LAST_WORDS = "It stays up until you press Ctrl-C."


def test_a_line_leaves_the_real_hlr_what_is_pasted_works_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    require("osmo-hlr", find_program(), "apt-get install osmo-hlr")
    environment = {**os.environ, "LANG": "es_ES.UTF-8", "COLUMNS": "80", "TMPDIR": "/tmp"}
    environment.pop("LC_ALL", None)
    demo = subprocess.Popen(
        [*RINGOFF, "demo", "--port", "0"], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert demo.stdout is not None
    said: list[str] = []
    for line in demo.stdout:
        said.append(line)
        if LAST_WORDS in line:
            break
    shown = "".join(said)
    try:
        assert "a real osmo-hlr at" in shown
        assert re.search(r"Before .*nam_cs 1 · nam_ps 1.*After .*< No such subscriber\.", shown, re.DOTALL), shown
        assert re.search(r"Subject: Su línea .* está dada de baja", shown), shown
        assert re.search(r"Subject: Factura final de su línea .*Le devolvemos · ", shown, re.DOTALL), shown
        _paste(shown)
        _sign_in(shown)
        _ask_for_a_person(shown)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
    assert demo.returncode == 0
    assert not Path(_folder(shown)).exists()


def _folder(shown: str) -> str:
    found = re.search(r"export RINGOFF_DATA_DIR=(\S+)", shown)
    assert found is not None, shown
    return found[1]


def _paste(shown: str) -> None:
    """Every command that the demo prints, in one shell, ending with the first that fails."""
    commands = shown[shown.index("export RINGOFF_DATA_DIR") : shown.index(LAST_WORDS)].replace("curl -s", "curl -sf")
    pasted = subprocess.run(["bash", "-ex"], input=commands, text=True, capture_output=True, timeout=120)
    assert pasted.returncode == 0, pasted.stdout + pasted.stderr
    assert "All is well." in pasted.stdout
    assert pasted.stdout.count('"state":"scheduled"') >= 1


def _sign_in(shown: str) -> None:
    """As one of those whom the demo names, with what it shows."""
    portal, name, password = (_shown(shown, label) for label in ("portal", "Chinese", "password"))
    with httpx.Client(base_url=portal, trust_env=False, follow_redirects=True) as browser:
        page = browser.get("/sign-in")
        page = _post(browser, "/sign-in", page, name=name.split(",")[0], password=password)
        page = _post(browser, "/sign-in/code", page, code=subscribers.code())
        assert (page.status_code, page.url.path) == (200, "/account"), page.text
        assert 'lang="zh-Hans"' in page.text
        line = re.search(r'href="(/lines/[^"]+)"', page.text)
        assert line is not None
        prepared = browser.get(f"{line[1]}/leave").text
        assert "银行自动扣款" in prepared
        bill = re.search(r'href="(/account/bills/[^"]+)"', browser.get("/account/bills").text)
        assert bill is not None
        assert browser.get(bill[1]).content.startswith(b"%PDF-")


def _ask_for_a_person(shown: str) -> None:
    """By telephone; whoever takes them at the desk sees who it is."""
    sipp = require_program("sipp", "apt-get install sip-tester")
    require("sipp's digits", os.geteuid() == 0, "run as root: it types by raw sockets")
    address = _shown(shown, "SIP").partition(",")[0].partition("@")[2]
    call = f"{sipp} {address} -sf {CALLER} -i 127.0.0.1 -m 1 -nostdin -timeout 60 -timeout_error"
    called = subprocess.run(shlex.split(call), text=True, capture_output=True)
    assert called.returncode == 0, called.stdout + called.stderr
    desk = httpx.URL(_shown(shown, "desk"))
    with httpx.Client(base_url=desk, trust_env=False, follow_redirects=True) as browser:
        page, name = browser.get("/sign-in"), _shown(shown, "agent").split(",")[0]
        _post(browser, "/sign-in", page, name=name, password=_shown(shown, "password"), code=subscribers.code())
        waiting = browser.get("/callers")
        reference = re.search(r'name="reference" value="([^"]+)"', waiting.text)
        assert reference is not None, waiting.text
        taken = _post(browser, "/callers/take", waiting, reference=reference[1])
        assert "Oliver Whitcombe" in taken.text


def _shown(shown: str, label: str) -> str:
    found = re.search(rf"^● {label} +(.+)$", shown, re.MULTILINE)
    assert found is not None, shown
    return found[1].strip()


def _post(browser: httpx.Client, path: str, page: httpx.Response, **fields: str) -> httpx.Response:
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf is not None, page.text
    return browser.post(path, data={"csrf": csrf[1], **fields})


async def test_without_an_hlr_the_sample_carrier_serves_and_the_reader_is_told_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(systems, "find_program", lambda: None)
    await run(data_dir=None, once=True, language="zh", port=0, picture=tmp_path / "demo.svg")
    shown = capsys.readouterr().out
    assert "osmo-hlr is not installed" in shown
    assert re.search(r"Before .*state present.*After .*state absent", shown, re.DOTALL), shown
    assert "已注销" in shown
    assert "<svg" in (tmp_path / "demo.svg").read_text()
    assert not os.path.exists(_folder(shown))  # noqa: ASYNC240, PTH110


def test_the_carrier_is_the_same_every_time_and_has_every_kind_of_line() -> None:
    carrier, again = Carrier(), Carrier()
    assert carrier.holdings == again.holdings
    assert len(carrier.holdings) == 200
    assert {line["service"] for line in carrier.lines} == {"voice", "data", "iot"}
    assert any(line["primary_line_ref"] for line in carrier.lines)
    assert {holding.account["locale"] for holding in carrier.holdings} == {"en-GB", "es-ES", "zh-CN"}
    assert {holding.account["locale"] for holding in carrier.subscribers} == {"en-GB", "es-ES", "zh-CN"}
    assert all(holding.bills and holding.bindings for holding in carrier.holdings)
    assert all(holding.bills[-1]["open_amount"] != "0" for holding in carrier.subscribers)
