"""What `ringoff doctor` looks at. Each finding says what is so, and what to do where it is not well."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import psycopg
from rich.table import Table
from rich.text import Text

from ringoff.app import App, build
from ringoff.db import migrate
from ringoff.db.pool import Connection, Database
from ringoff.features.billing.documents import Sender, trial
from ringoff.features.cancellation import store
from ringoff.features.cancellation.model import plan_problem
from ringoff.kit.errors import RingoffError
from ringoff.settings import Settings
from ringoff.surfaces.cli.screen import console, say
from ringoff.surfaces.hotline import missing
from ringoff.surfaces.up import database_url

Level = Literal["well", "note", "wrong"]
_SHAPES: dict[Level, tuple[str, str]] = {"well": ("●", "done"), "note": ("◇", "waits"), "wrong": ("▲", "final")}

_CONNECT_LIMIT = 5  # seconds
_HEALTH_LIMIT = 10.0  # seconds, for all systems at once; each promises to answer within 5
_SKEW_MOST = timedelta(seconds=2)  # leases last 15 s, and each process measures its own offset; logs would mislead
_DISK_LEAST, _DISK_LEAST_SHARE = 1 << 30, 0.05
_OVERDUE = timedelta(minutes=5)
_OLDEST_POSTGRES = 150000

SERVER = """
SELECT current_setting('server_version'), current_setting('server_version_num')::int,
       current_setting('autovacuum') = 'on', pg_is_in_recovery(), clock_timestamp(),
       pg_size_pretty(pg_database_size(current_database()))
"""
BREAKERS = "SELECT name, failures, open_until > now(), last_failure FROM system ORDER BY name"
FALLOUT = "SELECT system, count(*) FROM obligation WHERE state = 'fallout' GROUP BY system ORDER BY system"
OVERDUE = """
SELECT system, count(*), min(due_at) FROM obligation
 WHERE state = 'due' AND due_at < now() - %(overdue)s GROUP BY system ORDER BY system
"""
OPEN_CASES = """
SELECT count(*) FILTER (WHERE state = 'in_review'), count(*) FROM cancellation
 WHERE state IN ('requested', 'in_review', 'scheduled', 'releasing', 'withdrawing')
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """`wrong`: somebody has to do something. `note`: worth knowing, and nothing is broken."""

    about: str
    level: Level
    says: str
    advice: str = ""


async def examine(settings: Settings) -> list[Finding]:
    found = [_configuration(settings)]
    try:
        url = await asyncio.to_thread(database_url, settings)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=_CONNECT_LIMIT) as conn:
            found += [finding async for finding in _database(conn)]
    except RingoffError as error:
        found.append(Finding("database", "wrong", error.message))
        url = ""
    except psycopg.OperationalError as error:
        why = str(error).strip().splitlines()
        found.append(_unreachable(why[0] if why else "no reason given"))
        url = ""
    documents = await asyncio.to_thread(_documents, settings)
    found += await _systems(settings, url)
    return [*found, documents, *_hotline(settings), *_twiml(settings), _disk(settings.data_dir)]


def show(findings: Sequence[Finding]) -> None:
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(width=1)
    grid.add_column(width=15, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    for finding in findings:
        symbol, style = _SHAPES[finding.level]
        says = Text.assemble(finding.says, ("\n→ " + finding.advice if finding.advice else "", style))
        grid.add_row(Text(symbol, style), Text(finding.about, "bold"), says)
    console().print(grid)
    wrong = sum(finding.level == "wrong" for finding in findings)
    say()
    if wrong:
        say(f"{wrong} {'thing needs' if wrong == 1 else 'things need'} you: ▲", "final")
    else:
        say("All is well.", "done")


def _configuration(settings: Settings) -> Finding:
    says = f"{settings.config or 'no ringoff.toml; defaults and environment'}, data in {settings.data_dir}"
    return Finding("settings", "well", says)


def _unreachable(why: str) -> Finding:
    return Finding(
        "database",
        "wrong",
        f"It does not answer: {why}",
        "Start it, or correct RINGOFF_DATABASE_URL or [database] url.",
    )


async def _database(conn: Connection) -> AsyncIterator[Finding]:
    before = datetime.now(UTC)
    row = await (await conn.execute(SERVER)).fetchone()
    assert row is not None
    version, number, vacuums, in_recovery, its_now, size = row
    if number < _OLDEST_POSTGRES:
        yield Finding("database", "wrong", f"It is PostgreSQL {version}.", "Use PostgreSQL 15 or newer.")
    elif in_recovery:
        yield Finding("database", "wrong", "It is a standby and takes no writes.", "Name the primary in its URL.")
    else:
        yield Finding("database", "well", f"PostgreSQL {version} answers; it holds {size}.")
    if not vacuums:
        advice = "Turn autovacuum on: the table of obligations would grow and slow down."
        yield Finding("vacuum", "wrong", "Autovacuum is off.", advice)
    yield _skew(before, its_now, datetime.now(UTC))
    migrations = await _migrations(conn)
    yield migrations
    if migrations.level == "well":
        async for finding in _work(conn):
            yield finding


def _skew(before: datetime, its_now: datetime, after: datetime) -> Finding:
    skew = max(before - its_now, its_now - after, timedelta(0))
    if skew <= _SKEW_MOST:
        return Finding("clock", "well", f"This machine and the database agree (within {skew.total_seconds():.1f} s).")
    says = f"This machine's clock and the database's are {skew.total_seconds():.1f} s apart."
    return Finding(
        "clock", "wrong", says, "Have both follow NTP. Work goes on: every process counts by the database's."
    )


async def _migrations(conn: Connection) -> Finding:
    exists = await (await conn.execute(migrate.TABLE_EXISTS)).fetchone()
    applied: set[tuple[int, str]] = set()
    if exists == (True,):
        cursor = await conn.execute(migrate.SELECT_APPLIED)
        applied = {(number, digest) for number, _, digest in await cursor.fetchall()}
    known = {(migration.number, migration.digest) for migration in migrate.known()}
    if applied == known:
        return Finding("migrations", "well", f"All {len(known)} are applied.")
    if applied - known:
        return Finding("migrations", "wrong", "The database is newer than this program.", "Update this program.")
    return Finding("migrations", "wrong", f"{len(known - applied)} are not applied yet.", "Run `ringoff migrate`.")


async def _work(conn: Connection) -> AsyncIterator[Finding]:
    """How the work stands: what a person must look at, what nobody does."""
    in_review, open_ = await (await conn.execute(OPEN_CASES)).fetchone() or (0, 0)
    says = f"{open_:,} open" + (f", {in_review:,} of them wait for your review" if in_review else "")
    yield Finding(
        "cases", "note" if in_review else "well", says, "`ringoff list --state in_review`" if in_review else ""
    )
    async with conn.transaction(force_rollback=True):  # the look takes locks
        asleep = await (await conn.execute(store.ASLEEP, {"limit": 500})).fetchall()
    if asleep:
        advice = (
            "The workers' sweep moves them on within seconds; if it stays, see that `ringoff work` runs. Report it."
        )
        yield Finding("asleep", "wrong", f"{len(asleep)} open cases have nothing under way: a defect.", advice)
    for name, failures, open_now, last in await (await conn.execute(BREAKERS)).fetchall():
        if open_now:
            says = f"Left alone for now after {failures} failures in a row: {last}"
            yield Finding(name, "wrong", says, "It is tried again by itself; see to the system.")
        elif failures:
            yield Finding(name, "note", f"{failures} failures in a row: {last}")
    for name, count in await (await conn.execute(FALLOUT)).fetchall():
        says = f"{count:,} {'obligation needs' if count == 1 else 'obligations need'} a person."
        yield Finding(name, "wrong", says, f"`ringoff fallout list --system {name}`")
    for name, count, since in await (await conn.execute(OVERDUE, {"overdue": _OVERDUE})).fetchall():
        says = f"{count:,} due and not done since {since.astimezone():%Y-%m-%d %H:%M}."
        yield Finding(
            name, "wrong", says, "See that workers run (`ringoff work`), and that no maintenance window is open."
        )


async def _systems(settings: Settings, url: str) -> list[Finding]:
    """Each connector is asked at once; one that cannot even be made is told with its reason."""
    try:
        app = build(settings, Database(url or "postgresql://"))
    except RingoffError as error:
        return [Finding("systems", "wrong", error.message, "Correct ringoff.toml or the environment.")]
    try:
        asked = [_system(app, name) for name in app.systems]
        found = [finding for findings in await asyncio.gather(*asked) for finding in findings]
    finally:
        for system in app.systems.values():
            await system.connector.close()
    problem = plan_problem(app.terms.steps)
    if problem:
        found.insert(0, Finding("systems", "wrong", problem, "Describe one under [systems.…] in ringoff.toml."))
    if "mail" not in app.systems:
        found.append(Finding("mail", "note", "None is configured: holders hear nothing.", "Fill in [mail]."))
    return found


async def _system(app: App, name: str) -> list[Finding]:
    connector, found = app.systems[name].connector, []
    if connector.trial:
        says = "This is a stand-in for trials. It lets go of nothing real, and every case that it serves says so."
        found.append(Finding(name, "note", says, "Connect the real system before you serve customers."))
    try:
        async with asyncio.timeout(_HEALTH_LIMIT):
            health = await connector.health()
    except TimeoutError:
        return [*found, Finding(name, "wrong", "It did not answer in time.", "See that it runs and can be reached.")]
    if connector.trial and health.ok:
        return found
    says = health.says[:1].upper() + health.says[1:]
    return [*found, Finding(name, "well" if health.ok else "wrong", says, health.advice)]


def _twiml(settings: Settings) -> list[Finding]:
    if settings.hotline.twiml_token is None:
        return []
    if find_spec("twilio") is None:
        advice = "Install ringoff[twilio], or leave out hotline.twiml_token."
        return [Finding("hotline", "wrong", "TwiML requests cannot be checked: twilio is not installed.", advice)]
    base = settings.hotline.twiml_url or settings.public_url
    says = f"TwiML requests are answered at {base}/phone/twiml/voice."
    if base.startswith("https://"):
        return [Finding("hotline", "well", says)]
    return [Finding("hotline", "wrong", f"{says} PINs would cross the network in clear.", "Set hotline.twiml_url.")]


def _documents(settings: Settings) -> Finding:
    """A bill is made in each language, with the carrier's own name and words on it."""
    folder, carrier = settings.billing.fonts, settings.carrier
    if folder is not None and not folder.is_dir():
        return Finding("documents", "wrong", f"billing.fonts: {folder} is no folder.", "Correct it in ringoff.toml.")
    try:
        further = trial(Sender(carrier_name=carrier.name, support=carrier.support), folder)
    except RingoffError as error:
        return Finding("documents", "wrong", error.message, "See that the carrier's name and support can be shown.")
    if not further:
        says = "Bills can be made, but not for names in scripts beyond Latin, Greek, Cyrillic and Chinese."
        return Finding("documents", "note", says, "Install fonts for them, such as Debian's fonts-noto-core.")
    says = f"Bills can be made; for names in further scripts {further} more font families are at hand."
    return Finding("documents", "well", says)


def _hotline(settings: Settings) -> list[Finding]:
    hotline = settings.hotline
    if hotline.sip is None:
        return []
    if lacks := missing():
        return [Finding("hotline", "wrong", "No call can be answered: something is missing.", "; ".join(lacks))]
    found = [Finding("hotline", "well", f"Calls are answered on {hotline.sip}, {hotline.most_calls} at once.")]
    if hotline.agents is None:
        says = "Callers cannot be passed on to a person."
        found.append(Finding("hotline", "note", says, "Name the people's queue as [hotline] agents."))
    return found


def _disk(data_dir: Path) -> Finding:
    place: Any = next((folder for folder in (data_dir, *data_dir.parents) if folder.exists()), Path("/"))
    total, _, free = shutil.disk_usage(place)
    says = f"{free / (1 << 30):.1f} GiB free where {data_dir} lies."
    if free < _DISK_LEAST or free < total * _DISK_LEAST_SHARE:
        return Finding("disk", "wrong", says, "Make room: a database without any stops.")
    return Finding("disk", "well", says)
