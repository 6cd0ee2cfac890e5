"""What the reader of the demo sees: a line before, its way out, the line after, the mail, and how to go on."""

import asyncio
import os
import shutil
import sys
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from ringoff.app import App
from ringoff.features import cancellation, directory
from ringoff.features.access import service as access
from ringoff.features.cancellation import Receipt, Request, When, casefile
from ringoff.features.directory import Line
from ringoff.kit.errors import RingoffError, Unavailable
from ringoff.kit.i18n import negotiate
from ringoff.kit.ids import CaseId, LineId
from ringoff.kit.msisdn import international
from ringoff.ports import Task
from ringoff.surfaces.cli.case_view import draw
from ringoff.surfaces.cli.running import installed
from ringoff.surfaces.cli.screen import console, say
from ringoff.surfaces.cli.watch import watch
from ringoff.surfaces.demo.mailbox import text_of
from ringoff.surfaces.demo.staff import PEOPLE
from ringoff.surfaces.demo.stage import DEMO, Stage, Stopped, staged, while_running
from ringoff.surfaces.demo.subscribers import CODE_SECRET, PASSWORD, PIN
from ringoff.surfaces.hotline import missing

_COOLING_OFF = timedelta(seconds=4)
_WIDTH = 80
_MAIL_LIMIT = 15.0
_AT_LAST = {"closed", "billed"}
_PICTURED = 22  # lines of the mail
_HLR_TELLS = ("imsi", "msisdn", "nam_cs", "nam_ps")
_LANGUAGES = {"en": "English", "zh-Hans": "Chinese", "es": "Spanish"}

# A voice line without dependants that has had no case, of a holder who reads this language and has an address, but is
# not one of those who sign in themselves.
CHOICE = """
SELECT l.id FROM line l JOIN account a ON a.id = l.account_id
 WHERE a.locale = %(locale)s AND a.email IS NOT NULL AND l.service = 'voice' AND l.status = 'active'
   AND NOT EXISTS (SELECT FROM line s WHERE s.primary_line_id = l.id)
   AND NOT EXISTS (SELECT FROM cancellation c WHERE c.line_id = l.id)
   AND NOT EXISTS (SELECT FROM login g WHERE g.account_id = a.id)
 ORDER BY l.line_ref LIMIT 1
"""
COUNTS = "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM line)"


async def run(
    *, data_dir: Path | None, once: bool, language: str | None, port: int | None, picture: Path | None
) -> None:
    """Until Ctrl-C, or with `once` until the show is over. `picture`: an SVG of the screen."""
    if picture is not None:
        console().record = True
    console().width = min(console().width, _WIDTH)
    reader = language or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    with suppress(Stopped):
        async with staged(data_dir, port) as stage:
            await while_running(stage.running, _perform(stage, negotiate(reader), picture))
            if not once:
                say("It stays up until you press Ctrl-C.", "accent")
                await stage.running


async def _perform(stage: Stage, locale: str, picture: Path | None) -> None:
    async with installed(stage.settings, stage.url) as app:
        await _introduce(stage, app)
        line = await _choose(app, locale)
        case_id = await _close(stage, app, line, silent=picture is not None)
        await _show_mail(stage, app, case_id, most=_PICTURED if picture else None)
        if picture is not None:  # before the key is shown
            console().save_svg(str(picture), title="make demo")
        await _say_how_to_go_on(stage, app, locale)


async def _introduce(stage: Stage, app: App) -> None:
    async with app.database.transaction() as conn:
        accounts, lines = await (await conn.execute(COUNTS)).fetchone() or (0, 0)
    hlr = stage.systems.hlr
    _heading("A small carrier")
    _item("accounts", f"{accounts} in Chinese, Spanish and English; {lines} lines: voice, data and IoT")
    if hlr is not None:
        _item("network", f"a real osmo-hlr at {hlr.address}; it holds every line")
        _item("the rest", "linked services, billing, numbers: the sample carrier, by HTTP")
    else:
        _item("network", f"the sample carrier, by HTTP: {stage.systems.why}")
        _item("the rest", "linked services, billing, numbers: the same")
    _item("mail", "a local server that keeps everything and sends nothing on")


async def _choose(app: App, locale: str) -> Line:
    async with app.database.transaction() as conn:
        row = await (await conn.execute(CHOICE, {"locale": locale})).fetchone()
        if row is None:
            raise Unavailable("nobody_left", "Every holder of this language has left; try another --language.")
        return (await directory.get_lines(conn, [LineId(row[0])]))[0]


async def _close(stage: Stage, app: App, line: Line, *, silent: bool) -> CaseId:
    _heading("Before")
    number = international(line.msisdn or "")
    say(f"{line.account.holder_name} ({line.account.account_number}) leaves: line {line.line_ref}, {number}.")
    await _ask_network(stage, app, line)
    _heading("The line is closed")
    say("A subscriber has 15 minutes to undo it; for the show it is 4 seconds.", "quiet")
    async with app.database.transaction() as conn:
        wish = Request(line.id, When("now"), reason="moving abroad", cooling_off=_COOLING_OFF)
        (receipt,) = await cancellation.request(conn, app.terms, [wish], DEMO, app.database.clock.now())
    if isinstance(receipt, RingoffError):
        raise receipt
    assert isinstance(receipt, Receipt)
    case_id = CaseId(receipt.case_id)
    say()
    (file,) = await watch(app, [case_id], silent=silent)
    if silent:
        console().print(draw(file, app.database.clock.now()))
    _heading("After")
    await _ask_network(stage, app, line)
    return case_id


async def _ask_network(stage: Stage, app: App, line: Line) -> None:
    """The HLR in its own words; the sample carrier by what its connector reads back."""
    hlr = stage.systems.hlr
    if hlr is None:
        brief = {"line_ref": line.line_ref, "msisdn": line.msisdn, "imsi": line.imsi, "iccid": line.iccid}
        seen, _ = await app.systems["hlr"].connector.read_back(Task(0, "verify", 1, 1, brief))
        _exchange(f"GET /lines/{line.line_ref}", f"state {seen}", there=seen == "present")
        return
    assert line.imsi is not None
    info = await hlr.info(line.imsi)
    told = [entry.replace("\t", " ") for entry in (info or "").splitlines() if entry.split("\t")[0] in _HLR_TELLS]
    _exchange(f"GET subscriber.by-imsi-{line.imsi}.info", " · ".join(told) or "No such subscriber.", there=bool(told))


def _exchange(question: str, answer: str, *, there: bool) -> None:
    console().print(Text.assemble(("network> ", "quiet"), question), soft_wrap=True)
    console().print(Text.assemble(("       < ", "quiet"), (answer, "done" if there else "final")), soft_wrap=True)


async def _show_mail(stage: Stage, app: App, case_id: CaseId, most: int | None) -> None:
    """That the line is closed, and its final bill. `most`: how many lines of each."""
    async with app.database.transaction() as conn:
        case = await casefile.summarise(conn, case_id)
    deadline = asyncio.get_running_loop().time() + _MAIL_LIMIT
    while not (mails := stage.mailbox.about(case.number)) or not _AT_LAST.issubset(_notices(await _file(app, case_id))):
        if asyncio.get_running_loop().time() > deadline:
            raise Unavailable("no_mail", "No mail about the case has arrived.")
        await asyncio.sleep(0.1)
    _heading("The mail that went out")
    for path, mail in mails[-len(_AT_LAST) :]:
        console().print(_letter(mail, most))
        say(f"Kept as {path.relative_to(stage.folder)}", "quiet")


async def _file(app: App, case_id: CaseId) -> casefile.CaseFile:
    async with app.database.transaction() as conn:
        return await casefile.read(conn, case_id)


def _notices(file: casefile.CaseFile) -> set[str]:
    """The notices that were delivered."""
    return {(one.payload or {}).get("notice", "") for one in file.notices if one.state == "discharged"}


def _letter(mail: EmailMessage, most: int | None) -> Panel:
    head = [(name, str(mail[name])) for name in ("From", "To", "Subject")]
    text = Text()
    for name, value in head:
        text.append(f"{name + ':':<9}", "quiet")
        text.append(value + "\n", "bold" if name == "Subject" else "")
    lines = text_of(mail).strip().splitlines()
    text.append("\n" + "\n".join([*lines[:most], *(["…"] if lines[most or len(lines) :] else [])]))
    return Panel(text, padding=(0, 1), border_style="cyan")


async def _say_how_to_go_on(stage: Stage, app: App, locale: str) -> None:
    async with app.database.transaction() as conn:
        made = await access.create_key(conn, "demo", frozenset({"admin"}), DEMO, app.database.clock.now())
    others = {tongue: await _choose(app, tongue) for tongue in _LANGUAGES}
    here, another, third = others[locale], *(line for tongue, line in others.items() if tongue != locale)
    ringoff, api = _program(), stage.address
    _say_who_can_sign_in(stage)
    _say_who_works_here(stage)
    _say_how_to_call(stage)
    language = _LANGUAGES[another.account.locale]
    _heading("Go on from here")
    _item("API", f"{api}/docs")
    _item("mail", f"{stage.mailbox.folder}, a file for each")
    if stage.systems.hlr is not None:
        _item("osmo-hlr", f"{stage.systems.hlr.address}, VTY on port 4258, CTRL on 4259")
    say("\nIn another terminal, in this folder:\n", "quiet")
    _command(f"export RINGOFF_DATA_DIR={stage.folder}")
    _command(f"export KEY={made.text.get_secret_value()}")
    _command(f"{ringoff} demo --code", "to sign in")
    _command(f"{ringoff} cancel {another.msisdn} --watch", f"writes in {language}")
    _command(f"{ringoff} show {third.line_ref}")
    _command(f"{ringoff} cancel {third.line_ref} --when period_end")
    _command(f"{ringoff} withdraw {third.line_ref}")
    _command(f"{ringoff} doctor")
    ask = 'curl -s -H "Authorization: Bearer $KEY"'
    _command(f"{ask} {api}/v1/lines/{here.line_ref}")
    _command(f'{ask} --json \'{{"when": "now"}}\' \\\n  {api}/v1/lines/{here.line_ref}/cancellation')
    _command(f"{ask} {api}/v1/cancellations")
    say()


def _say_who_can_sign_in(stage: Stage) -> None:
    _heading("Leave as a subscriber")
    _item("portal", stage.settings.public_url)
    for holding in stage.carrier.subscribers:
        account = holding.account
        language = _LANGUAGES[negotiate(account["locale"])]
        _item(language, f"{account['account_number']}, {account['holder_name']}")
    _item("password", PASSWORD)
    _item("code", f"{_program()} demo --code")
    _item("or an app", f"with the secret {CODE_SECRET}")
    say('Everybody else: "forgot password" sends a link to the mail below.', "quiet")


def _say_who_works_here(stage: Stage) -> None:
    _heading("Work at the desk")
    _item("desk", f"{stage.settings.public_url}/desk")
    for role, (name, display_name) in PEOPLE.items():
        _item(role, f"{name}, {display_name}")
    say("With the same password and code; a code works once for each of them.", "quiet")


def _say_how_to_call(stage: Stage) -> None:
    _heading("Call the hotline")
    if stage.settings.hotline.sip is None:
        say(f"It is not answered here; what is missing: {'; '.join(missing())}", "quiet")
        return
    _item("SIP", f"sip:hotline@{stage.settings.hotline.sip}, with any softphone on this machine")
    _item("say", "an account of those above by its digits, such as 1006, then #")
    _item("PIN", PIN)
    _item("a person", f"0; they stand at the desk, and ring at {stage.settings.hotline.agents}")


def _program() -> str:
    """How the reader types `ringoff` here."""
    own = Path(sys.executable).parent / "ringoff"
    found = shutil.which("ringoff")
    if found and Path(found).parent == own.parent:
        return "ringoff"
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)


def _heading(title: str) -> None:
    say()
    console().print(Rule(Text(title, "accent"), align="left", style="quiet", characters="─"))


def _item(name: str, says: str) -> None:
    console().print(Text.assemble(("● ", "done"), (f"{name:<13} ", "bold"), says), soft_wrap=True)


def _command(text: str, comment: str = "") -> None:
    """To be pasted: never wrapped."""
    console().print(Text.assemble(text, (f"   # {comment}" if comment else "", "quiet")), soft_wrap=True)
