"""Everything that the show needs, brought up as an operator would: a ringoff.toml in a folder, then `ringoff up`."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.status import Status

from ringoff.db.embedded import EmbeddedPostgres, make_data_dir
from ringoff.features import directory
from ringoff.features.billing.booking import book_imported
from ringoff.kit import log
from ringoff.kit.actor import Actor
from ringoff.settings import CONFIG_NAME, Settings
from ringoff.surfaces.cli.running import installed
from ringoff.surfaces.cli.screen import console
from ringoff.surfaces.demo.mailbox import Mailbox
from ringoff.surfaces.demo.people import Carrier
from ringoff.surfaces.demo.staff import hire
from ringoff.surfaces.demo.subscribers import JURISDICTION, RULES, enrol
from ringoff.surfaces.demo.systems import Systems
from ringoff.surfaces.hotline import missing
from ringoff.surfaces.up import up

DEMO = Actor("demo", "demo")
_USUAL_PORT = 8000
HOTLINE, _USUAL_SIP = "127.0.0.1", 5062
_AGENTS = "sip:care@127.0.0.1:5064"
_LOOK_EVERY = 0.1
_ENDING = 3.0  # seconds from PostgreSQL's end to that of everything


class Stopped(Exception):
    """The reader has seen enough."""


@dataclass(slots=True)
class Stage:
    """`url` is the database's; `running` ends when Ctrl-C has ended everything."""

    folder: Path
    address: str
    settings: Settings
    carrier: Carrier
    systems: Systems
    mailbox: Mailbox
    running: asyncio.Task[None]

    @property
    def url(self) -> str:
        found = EmbeddedPostgres(self.folder).find()
        assert found is not None
        return found


@asynccontextmanager
async def staged(data_dir: Path | None, port: int | None) -> AsyncIterator[Stage]:
    """A folder of its own, gone afterwards, unless `data_dir` names one that is to be kept."""
    folder = _folder(data_dir)
    make_data_dir(folder)
    chosen = _port(port)
    address = f"http://127.0.0.1:{chosen}"
    systems, carrier = Systems(folder / "systems", address), Carrier()
    try:
        async with Mailbox(folder / "mail") as mailbox:
            with _doing("Starting the carrier's systems"):
                files = carrier.write(folder / "carrier")
                described = await systems.start(carrier.lines, files[2])
                _write_settings(folder / CONFIG_NAME, chosen, mailbox.port, described)
            settings = Settings.load(folder / CONFIG_NAME, folder, environment={})
            log.set_up("error")  # of this process; the others keep to the settings
            running = asyncio.create_task(up(settings, lambda said: None))
            stage = Stage(folder, address, settings, carrier, systems, mailbox, running)
            try:
                await while_running(running, _come_up(stage, files))
                yield stage
            finally:
                running.cancel()
                await asyncio.wait([running])
    finally:
        systems.stop()
        if data_dir is None:
            _clear_away(folder)


async def _come_up(stage: Stage, files: list[Path]) -> None:
    with _doing("Starting PostgreSQL, the API and the workers"):
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
            while True:
                if await _is_up(client, stage.address):
                    break
                await asyncio.sleep(_LOOK_EVERY)
    stage.settings = Settings.load(stage.settings.config, stage.folder, environment={})  # with the secret made by `up`
    with _doing("Importing accounts and lines"):
        async with installed(stage.settings, stage.url, unlimited=True) as app:
            now = app.database.clock.now()
            async with app.database.transaction() as conn:
                await directory.import_files(conn, files, rules=app.rules, actor=DEMO, now=now)
                await book_imported(conn, now)
            async with app.database.transaction() as conn:
                await directory.refresh_statistics(conn)
            who = [holding.account["account_number"] for holding in stage.carrier.subscribers]
            await enrol(app, stage.settings, who)
            await hire(app, stage.settings)


async def _is_up(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/healthz")).is_success
    except httpx.HTTPError:
        return False


async def while_running(running: asyncio.Task[None], work: Coroutine[Any, Any, None]) -> None:
    """Do `work`. Raises Stopped when Ctrl-C ends the installation first, or what kept that from coming up."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([running, task], return_when=asyncio.FIRST_COMPLETED)
        if task.done() and task.exception() is not None:
            await asyncio.wait([running], timeout=_ENDING)  # perhaps its database was just taken away
        if running.done():
            running.result()
            raise Stopped
        task.result()
    finally:
        task.cancel()
        await asyncio.wait([task])


def _doing(what: str) -> Status:
    return console().status(f"{what} …", spinner="dots")


def _folder(data_dir: Path | None) -> Path:
    if data_dir is not None:
        return data_dir.expanduser().absolute()
    return Path(tempfile.gettempdir(), f"ringoff-demo-{os.urandom(3).hex()}")


def _port(wanted: int | None) -> int:
    """The usual one, if nobody has it and no other was asked for."""
    for port in (_USUAL_PORT, 0) if wanted is None else (wanted,):
        try:
            with socket.create_server(("127.0.0.1", port)) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    return wanted or 0  # `up` waits for it, and says what is wrong


def _write_settings(path: Path, port: int, mail_port: int, systems: Mapping[str, Mapping[str, Any]]) -> None:
    rules = path.parent / "rules"
    rules.mkdir(exist_ok=True)
    (rules / f"{JURISDICTION}.toml").write_text(RULES)
    lines = [f"port = {port}", "workers = 1", 'log_level = "warning"', f'rules_dir = "{rules}"', ""]
    lines += ["[carrier]", 'name = "Example Mobile"', f'jurisdiction = "{JURISDICTION}"']
    lines += ['support = "care@example.net, 08:00 to 22:00"', "", "[mail]", f'url = "smtp://127.0.0.1:{mail_port}"']
    lines += ['sender = "Example Mobile <care@example.net>"']
    lines += _hotline()
    lines += ["", "[billing]", "final_bills = true", 'pay_to = "IBAN GB33 BUKB 2020 1555 5555 55"']
    for name, options in systems.items():
        lines += ["", f"[systems.{name}]", *(f'{key} = "{value}"' for key, value in options.items())]
    path.touch(0o600)
    path.write_text("\n".join(lines) + "\n")


def _hotline() -> list[str]:
    """Where calls are answered; nothing, where this machine cannot."""
    if missing():
        return []
    return ["", "[hotline]", f'sip = "{HOTLINE}:{_udp_port()}"', f'agents = "{_AGENTS}"', 'country = "GB"']


def _udp_port() -> int:
    """The usual one of a second SIP program on a machine, if nobody has it."""
    for port in (_USUAL_SIP, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((HOTLINE, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise AssertionError("no port is free")


def _clear_away(folder: Path) -> None:
    """With what the embedded server keeps elsewhere, where this folder was too deep or too closed for it."""
    for beside in ("postgres", "postgres.sockets"):
        link = folder / beside
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
