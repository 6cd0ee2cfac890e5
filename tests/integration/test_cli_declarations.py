"""`ringoff declarations`, typed at an installation whose database is at hand."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ringoff.db.pool import Database
from ringoff.features import declaration
from ringoff.features.declaration import Declaration, Statement
from ringoff.features.identity import Visit
from tests.support.world import World

SAID = Statement("Lin Wei", "A-1", "lin@example.net", "ordinary", "period_end")


async def typed(url: str, folder: Path, *words: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGOFF_")}
    environment |= {
        "RINGOFF_DATABASE_URL": url,
        "RINGOFF_DATA_DIR": str(folder),
        "RINGOFF_SYSTEMS__HLR__CONNECTOR": "twin",
        "RINGOFF_SYSTEMS__HLR__STATE": str(folder / "hlr.db"),
        "NO_COLOR": "1",
    }
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "ringoff.surfaces.cli", "declarations", *words],
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def declared(world: World) -> Declaration:
    app = world.app
    async with app.database.transaction() as conn:
        return await declaration.declare(
            conn, app.identity, app.rules.pack("neutral"), SAID, "en", Visit("192.0.2.7"), world.now
        )


async def test_a_declaration_is_listed_and_becomes_a_request_once_its_holder_is_verified(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    world = await World.make(database, start=datetime.now(UTC))
    await world.lines()
    one = await declared(world)
    code, said = await typed(database_url, tmp_path, "list")
    assert code == 0
    for told in (one.number, "Lin Wei", "A-1", "at the end of the paid period", "lin@example.net"):
        assert told in said
    code, said = await typed(database_url, tmp_path, "verify", one.number, "--line", "A-1", "--json")
    case: dict[str, Any] = json.loads(said)
    assert (code, case["external_reference"], case["when"]) == (0, one.number, "period_end")
    assert await world.rows("SELECT state, case_id IS NOT NULL FROM declaration") == [("verified", True)]
    code, said = await typed(database_url, tmp_path, "verify", one.number, "--line", "A-1")
    assert (code, "is verified" in said) == (4, True)
    assert "No declaration waits." in (await typed(database_url, tmp_path, "list"))[1]
    assert "None had expired." in (await typed(database_url, tmp_path, "expire"))[1]


async def test_a_wrong_number_or_line_changes_nothing(database: Database, database_url: str, tmp_path: Path) -> None:
    world = await World.make(database, start=datetime.now(UTC))
    one = await declared(world)
    for words in (["verify", "D-0000", "--line", "A-1"], ["verify", one.number, "--line", "nobody"]):
        assert (await typed(database_url, tmp_path, *words))[0] != 0
    assert await world.rows("SELECT state FROM declaration") == [("received",)]
