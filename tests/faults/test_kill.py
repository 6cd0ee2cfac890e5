"""Kill any process at any moment: nothing acknowledged is lost, each effect happens once, no case sleeps."""

import asyncio
import os
import random
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from ringoff.db.embedded import EmbeddedPostgres
from ringoff.db.migrate import migrate
from ringoff.features.access import service as access
from ringoff.kit.actor import SYSTEM as OURSELVES
from ringoff.surfaces.bench import population
from tests.support.carrier import sample_carrier
from tests.support.crew import LEASE, Crew, crew, identities
from tests.support.postgres import reachable_folder

SOAK = bool(os.environ.get("RINGOFF_SOAK"))
MANY = 10_000 if SOAK else 1_000


@pytest.fixture
def few(database_url: str, tmp_path: Path) -> Iterator[Crew]:
    """Sixty lines at a carrier that answers at once."""
    with sample_carrier(tmp_path / "carrier", identities(60)) as carrier, crew(tmp_path, database_url, carrier) as one:
        yield one


@pytest.fixture
async def many(tmp_path: Path) -> AsyncIterator[tuple[Crew, EmbeddedPostgres]]:
    """A thousand lines (ten thousand in the soak), and a PostgreSQL of their own that keeps its promises on disk."""
    with reachable_folder() as folder, sample_carrier(tmp_path / "carrier", identities(2 * MANY)) as carrier:
        server = EmbeddedPostgres(folder / "data")
        url = await asyncio.to_thread(server.start)
        try:
            migrate(url)
            with crew(tmp_path, url, carrier) as one:
                yield one, server
        finally:
            await asyncio.to_thread(server.stop)


def nothing_went_wrong(one: Crew, count: int) -> None:
    assert one.effects() == {1: count}
    assert one.one("SELECT count(*) FROM line WHERE status = 'closed'") == count
    assert one.one("SELECT count(*) FROM event WHERE type = 'case.closed'") == count
    assert one.one("SELECT count(*) FROM event WHERE type = 'case.found_asleep'") == 0
    assert one.one("SELECT count(*) FROM obligation WHERE kind = 'release' AND state <> 'discharged'") == 0


@pytest.mark.parametrize("place", ["ripened", "claimed", "effected", "settling", "settled"])
async def test_a_worker_that_dies_anywhere_is_replaced_without_help(few: Crew, place: str) -> None:
    await few.ask(60)
    victim = few.work(RINGOFF_FAILPOINT=f"{place}:1", RINGOFF_PACE__BATCH_MOST="25")
    assert await asyncio.to_thread(victim.wait, 60) == -signal.SIGKILL
    few.work()
    await few.all_closed(60)
    nothing_went_wrong(few, 60)


async def test_a_worker_stopped_past_its_lease_and_continued_does_no_harm(few: Crew) -> None:
    few.carrier.fault("slow", seconds=0.3, times=40)
    await few.ask(60)
    sleeper = few.work()
    await _until(lambda: few.one("SELECT count(*) FROM obligation WHERE lease_token IS NOT NULL") > 0)
    sleeper.send_signal(signal.SIGSTOP)
    await asyncio.sleep(LEASE + 0.2)
    few.work()
    await few.all_closed(60)
    sleeper.send_signal(signal.SIGCONT)
    await asyncio.sleep(1.5)
    assert sleeper.poll() is None
    nothing_went_wrong(few, 60)


@pytest.mark.timeout(600)
async def test_workers_and_database_killed_again_and_again_lose_nothing(
    many: tuple[Crew, EmbeddedPostgres],
) -> None:
    one, server = many
    await one.ask(MANY)
    rng = random.Random(7)
    crew_now = [one.work(), one.work()]
    for turn in range(30 if SOAK else 8):
        await asyncio.sleep(rng.uniform(0.3, 1.2))
        victim = rng.randrange(2)
        crew_now[victim].kill()
        await asyncio.to_thread(crew_now[victim].wait, 20)
        if turn % 3 == 2:
            os.kill(_postmaster(server), signal.SIGKILL)
            await asyncio.to_thread(server.start)
        crew_now[victim] = one.work()
    await one.all_closed(MANY, limit=400 if SOAK else 150)
    nothing_went_wrong(one, MANY)


@pytest.mark.timeout(300)
async def test_what_the_api_acknowledged_survives_the_killing_of_api_and_database(
    many: tuple[Crew, EmbeddedPostgres],
) -> None:
    one, server = many
    await one.ask(5, first=MANY + 1)  # makes the plan; these are closed beside the others
    async with one.app() as app, app.database.transaction() as conn:
        await population.add_lines(conn, 1, 300)
        made = await access.create_key(conn, "test", frozenset({"admin"}), OURSELVES, app.database.clock.now())
    port = _free_port()
    one.work()
    one.work("interactive")
    acknowledged: set[str] = set()
    pending = [f"B{n}" for n in range(1, 301)]
    serving = one.start("serve", "--port", str(port))
    headers = {"Authorization": f"Bearer {made.text.get_secret_value()}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:
        kills = 0
        while pending:
            line = pending[-1]
            try:
                answer = await client.post(f"/v1/lines/{line}/cancellation", json={"when": "now"}, timeout=10)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code in (200, 201):
                acknowledged.add(answer.json()["id"])
                pending.pop()
            else:
                assert answer.status_code == 503, answer.text
                await asyncio.sleep(0.1)
            if len(pending) in (200, 100) and kills < 3 - len(pending) // 100:
                kills += 1
                serving.kill()
                await asyncio.to_thread(serving.wait, 20)
                os.kill(_postmaster(server), signal.SIGKILL)
                await asyncio.to_thread(server.start)
                serving = one.start("serve", "--port", str(port))
    assert len(acknowledged) == 300
    await one.all_closed(305)
    nothing_went_wrong(one, 305)


def _postmaster(server: EmbeddedPostgres) -> int:
    return int((server.cluster / "postmaster.pid").read_text().split()[0])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def _until(condition: object, limit: float = 30) -> None:
    assert callable(condition)
    for _ in range(int(limit / 0.05)):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come about")
