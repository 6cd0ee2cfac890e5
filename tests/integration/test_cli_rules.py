"""`ringoff rules list` and `ringoff rules explain`, typed at a real installation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation, running_installation
from tests.support.mail import running_mail_server

ACCOUNTS = """\
account_number,holder_name,kind,email,phone,locale,time_zone,jurisdiction,bill_cycle_day
A-90,陈美玲,consumer,,,zh-CN,America/Los_Angeles,us,1
A-91,Ana Ruiz,consumer,,,es-US,America/Los_Angeles,us-ca,1
A-92,Ann Reid,consumer,,,en-GB,Europe/London,uk,1
A-93,Jo Roy,consumer,,,en,America/Toronto,ca-qc,1
"""
LINES = """\
line_ref,msisdn,account_number,plan_code,service
L-90,+14155550190,A-90,CN-59,voice
L-91,+14155550191,A-91,CN-59,voice
L-92,+447911123492,A-92,CN-59,voice
L-93,+14165550193,A-93,CN-59,voice
"""


@pytest.fixture(scope="module")
def ringoff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder: Path = tmp_path_factory.mktemp("people")
    files = {folder / "accounts.csv": ACCOUNTS, folder / "lines.csv": LINES}
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    with running_mail_server() as mail, running_installation(mail) as one:
        one.answer("import", *map(str, files))
        yield one


def test_all_packs_are_listed_and_nothing_has_to_run_for_it(ringoff: Installation, tmp_path: Path) -> None:
    packs = {pack["id"]: pack for pack in ringoff.answer("rules", "list")["packs"]}
    assert packs["us-ca"]["extends"] == "us@1"
    assert (packs["gb"]["also"], packs["gb"]["in_force_from"]) == (["uk"], "2021-12-17")
    assert packs["neutral"]["extends"] is None
    with ringoff.start("rules", "list", "--data-dir", str(tmp_path)) as alone:
        out, err = alone.communicate(timeout=60)
    assert alone.returncode == 0, err
    assert "us-ca" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("line", "pack", "looked_up", "because"),
    [
        ("L-90", "us@1", ["us"], "The account's jurisdiction decides, not its language (zh-"),
        ("+1 415 555 0191", "us-ca@1", ["us-ca"], "It has a pack of its own."),
        ("L-92", "gb@1", ["uk"], "The pack says that uk is another name for it."),
        ("L-93", "neutral@1", ["ca-qc", "ca", "neutral"], "is in force for ca-qc, nor for ca: so neutral is next."),
    ],
)
def test_it_tells_which_pack_a_line_follows_and_why(
    ringoff: Installation, line: str, pack: str, looked_up: list[str], because: str
) -> None:
    told = ringoff.answer("rules", "explain", line)
    assert (told["pack"], [step["name"] for step in told["looked_up"]]) == (pack, looked_up)
    shown = ringoff.type("rules", "explain", line).stdout
    assert because in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 80


def test_each_section_tells_whose_word_it_is_and_how_sure_we_are(ringoff: Installation) -> None:
    sections = {one["section"]: one for one in ringoff.answer("rules", "explain", "L-91")["sections"]}
    assert len(sections) == 11
    origins = {name: [origin["pack"] for origin in one["origins"]] for name, one in sections.items()}
    assert origins["declaration"] == ["us-ca@1", "neutral@1"]
    assert origins["billing"] == ["us@1", "neutral@1"]
    assert origins["holds"] == ["neutral@1"]
    assert sections["declaration"]["rules"]["button"] == "Click to cancel"
    assert sections["billing"]["origins"][0]["confidence"] == "S"
    shown = " ".join(ringoff.type("rules", "explain", "L-91").stdout.split())
    assert "us-ca@1 (button): Own choice, after California AB 2863" in shown
    assert "our own choice, no duty that we know of; noted on 2026-11-22" in shown
    assert "from memory: check it first; noted on" in " ".join(ringoff.type("rules", "explain", "L-92").stdout.split())


def test_it_tells_what_would_become_of_a_request_now(ringoff: Installation) -> None:
    def requests() -> dict[str, tuple[str, str]]:
        told = ringoff.answer("rules", "explain", "L-90")["requests"]
        return {one["channel"]: (one["decision"], one["rule"]) for one in told}

    assert requests() == dict.fromkeys(("web", "phone", "care"), ("approve", "ordinary"))
    ringoff.answer("hold", "L-90", "fraud", "--why", "case 7")
    assert requests() == dict.fromkeys(("web", "phone", "care"), ("manual", "hold_fraud"))
    assert "Fraud is suspected" in ringoff.type("rules", "explain", "L-90").stdout
    ringoff.answer("hold", "L-90", "fraud", "--lift")


def test_a_primary_line_is_refused_while_others_depend_on_it(ringoff: Installation) -> None:
    assert {one["rule"] for one in ringoff.answer("rules", "explain", "L-1")["requests"]} == {"secondaries_first"}


def test_of_an_unknown_line_nothing_is_told(ringoff: Installation) -> None:
    assert ringoff.type("rules", "explain", "L-404").returncode == 3
