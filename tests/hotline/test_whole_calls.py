"""The whole of it: `ringoff hotline` on a real database, and somebody who calls and cancels a line by keypad."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ringoff.db.pool import Database
from ringoff.features.identity.passwords import Passwords
from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.kit.ids import CaseId, case_number
from ringoff.kit.secrets import Seal, SecretStr
from ringoff.surfaces.phone.model import Part, Phrase, Spelled
from ringoff.surfaces.phone.voice import Voice
from tests.hotline.caller import PATIENCE, Caller, calling, free_port
from tests.support.subscribers import Subscriber, make_subscriber

SECRET = "only the tests are sealed with this"
PIN, WRONG = "719024", "602817"
KEY = {"en": "1", "zh-Hans": "2", "es": "3"}
CONFIG = """
secret = "{secret}"
log_level = "debug"
[hotline]
sip = "{sip}"
media_ports = "{media}"
agents = "sip:care@127.0.0.1"
[mail]
url = "smtp://127.0.0.1:9"
sender = "care@example.net"
[systems.hlr]
connector = "twin"
"""


@dataclass
class Carrier:
    """`process`: its hotline."""

    database: Database
    folder: Path
    sip: str
    process: Process

    async def subscriber(self, language: str = "en") -> tuple[Subscriber, str]:
        """With two lines and a PIN; and the number that they call from."""
        who = await make_subscriber(self.database, Seal(SecretStr(SECRET)), language, totp=False)
        hashed = await Passwords().hash(SecretStr(PIN))
        async with self.database.transaction() as conn:
            await conn.execute("UPDATE login SET pin_hash = %s WHERE account_id = %s", [hashed, who.account_id])
            row = await (await conn.execute("SELECT msisdn FROM line WHERE line_ref = %s", [who.voice])).fetchone()
        assert row is not None
        return who, str(row[0])

    async def cases(self) -> list[tuple[int, str, str]]:
        query = "SELECT c.id, l.line_ref, c.state FROM cancellation c JOIN line l ON l.id = c.line_id ORDER BY c.id"
        async with self.database.transaction() as conn:
            return [(row[0], row[1], row[2]) for row in await (await conn.execute(query)).fetchall()]

    async def ended(self, calls: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.log().count("hotline_call_ended") < calls:
                await asyncio.sleep(0.05)

    async def failures(self) -> int:
        """As the audit log has them."""
        query = "SELECT count(*) FROM event WHERE type = 'call.proof_wrong'"
        async with self.database.transaction() as conn:
            row = await (await conn.execute(query)).fetchone()
        return int(row[0]) if row else 0

    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
async def carrier(tmp_path: Path, database: Database, prompts: Path, voice: Voice) -> AsyncIterator[Carrier]:
    sip, first = f"127.0.0.1:{free_port()}", 20_000 + os.getpid() % 30 * 400
    (tmp_path / "data").mkdir()
    (tmp_path / "data/prompts").symlink_to(prompts)
    config = tmp_path / "ringoff.toml"
    config.write_text(CONFIG.format(secret=SECRET, sip=sip, media=f"{first}-{first + 398}"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGOFF_")}
    command = [sys.executable, "-m", "ringoff.surfaces.cli", "hotline", "--config", str(config), "--data-dir"]
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, str(tmp_path / "data"), env={**environment, "RINGOFF_DATABASE_URL": database.url}, stderr=log
        )
    carrier = Carrier(database, tmp_path, sip, process)
    try:
        async with asyncio.timeout(PATIENCE):
            while "hotline_answers" not in carrier.log():
                assert process.returncode is None, carrier.log()
                await asyncio.sleep(0.05)
        yield carrier
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


@dataclass
class Talk:
    """A call in one language, whose caller waits for a phrase and then types over the rest."""

    caller: Caller
    voice: Voice
    language: Language

    async def after(self, phrase: str, keys: str) -> None:
        await self.hears(Phrase(phrase))
        await self.caller.type(keys)

    async def hears(self, part: Part) -> None:
        await self.caller.hears(await self.voice.say([part], self.language), patience=60)

    async def begins(self) -> None:
        await self.hears(Phrase("choose_language"))
        await self.caller.type(KEY[self.language])


ROAD = [("main_status", "2"), ("number_ask", "1#"), ("pin_ask", f"{PIN}#"), ("line_which", "1"), ("when_level", "1")]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_line_is_cancelled_by_telephone(
    carrier: Carrier, voice: Voice, tmp_path: Path, language: Language
) -> None:
    who, number = await carrier.subscriber(language)
    async with calling(carrier.sip, tmp_path / "sipp", number=number) as caller:
        talk = Talk(caller, voice, language)
        await talk.begins()
        for phrase, keys in ROAD:
            await talk.after(phrase, keys)
        await talk.hears(Phrase("confirm_number"))
        await talk.hears(Spelled(number[-4:]))
        assert await carrier.cases() == []
        await caller.type("9")
        await talk.hears(Phrase("done_scheduled"))
        ((case, line, state),) = await carrier.cases()
        assert (line, state) == (who.voice, "scheduled")
        await talk.hears(Spelled(case_number(CaseId(case))))
        await talk.hears(Phrase("case_number_again"))
        await caller.type("2")
        await talk.hears(Phrase("goodbye"))
        await caller.ends()
    await carrier.ended(1)
    for secret in (PIN, number.removeprefix("+"), "DTMF"):
        assert secret not in carrier.log()


async def test_a_wrong_pin_counts_and_opens_nothing(carrier: Carrier, voice: Voice, tmp_path: Path) -> None:
    _, number = await carrier.subscriber()
    async with calling(carrier.sip, tmp_path / "sipp", number=number) as caller:
        talk = Talk(caller, voice, "en")
        await talk.begins()
        await talk.after("main_status", "2")
        await talk.after("number_ask", "1#")
        await talk.after("pin_ask", f"{WRONG}#")
        await talk.after("proof_wrong", f"{WRONG}#")
        await talk.after("proof_wrong", f"{WRONG}#")
        await talk.hears(Phrase("proof_failed"))
        await caller.hang_up()
    await carrier.ended(1)
    assert await carrier.failures() == 3
    assert await carrier.cases() == []
    assert WRONG not in carrier.log()


async def test_a_caller_who_hangs_up_at_any_place_leaves_nothing_half_done(
    carrier: Carrier, voice: Voice, tmp_path: Path
) -> None:
    _, number = await carrier.subscriber()
    for steps in range(len(ROAD) + 1):
        async with calling(carrier.sip, tmp_path / f"sipp{steps}", number=number) as caller:
            talk = Talk(caller, voice, "en")
            await talk.begins()
            for phrase, keys in ROAD[:steps]:
                await talk.after(phrase, keys)
            await caller.hang_up()
    await carrier.ended(len(ROAD) + 1)
    assert await carrier.cases() == []
    async with carrier.database.transaction() as conn:
        row = await (await conn.execute("SELECT count(*) FROM call WHERE ended_at IS NULL")).fetchone()
    assert row == (0,)


async def test_a_call_passed_on_waits_for_a_person_under_its_reference(
    carrier: Carrier, voice: Voice, tmp_path: Path
) -> None:
    _, number = await carrier.subscriber("es")
    async with calling(carrier.sip, tmp_path / "sipp", number=number) as caller:
        talk = Talk(caller, voice, "es")
        await talk.begins()
        await talk.after("main_status", "0")
        await talk.after("queue_place", "1")
        await talk.hears(Phrase("line_to_a_person"))
        await caller.ends()
    (told,) = re.findall(r"User-to-User=([0-9a-f]+)%3Bencoding%3Dhex", caller.messages())
    query = "SELECT count(*) FROM waiting_caller WHERE reference = %s"
    async with carrier.database.transaction() as conn:
        row = await (await conn.execute(query, [bytes.fromhex(told).decode()])).fetchone()
    assert row == (1,)
