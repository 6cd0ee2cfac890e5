"""How long an agent waits for a search among millions of lines: by number, by account, by name; each a whole page."""

import random
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import psycopg

from ringoff.app import App
from ringoff.db.pool import Database
from ringoff.features import staff
from ringoff.features.identity import Visit
from ringoff.features.staff.signing_in import start
from ringoff.kit import log
from ringoff.kit.secrets import Seal, SecretStr
from ringoff.surfaces.bench.rig import FOUR, rig
from ringoff.surfaces.desk.seat import SESSION as COOKIE
from ringoff.surfaces.server import POOL, SESSION, compose
from ringoff.surfaces.web.cookies import csrf_of

_LINES_AN_ACCOUNT, _SEARCHES, _URL = 2.5, 400, "http://localhost:8000"
_PLAN = "INSERT INTO plan VALUES ('BENCH', 'Bench', 'postpaid', 1000, 'EUR')"
# 2,000 given names and 30,000 family names. The commonest are as common as García and María: one in thirty, one in
# twelve, so two words that everybody has match thousands.
_ACCOUNTS = """
INSERT INTO account (account_number, holder_name, kind, email, locale, time_zone, jurisdiction, bill_cycle_day)
SELECT 'B' || n,
       'Given' || floor(2000 * power(random(), 3))::int || ' Family' || floor(30000 * power(random(), 3))::int,
       'consumer', 'holder' || n || '@example.net', 'en', 'Europe/Berlin', 'neutral', 1
  FROM generate_series(1, %(accounts)s) AS n
"""
_LINES = """
INSERT INTO line (line_ref, msisdn, account_id, plan_code, service, imsi, iccid, status, activated_on)
SELECT 'B' || n, '+49151' || lpad(n::text, 8, '0'), 1 + (n %% %(accounts)s), 'BENCH', 'voice',
       '262' || lpad(n::text, 12, '0'), '8949' || lpad(n::text, 15, '0'), 'active', '2020-01-01'
  FROM generate_series(1, %(lines)s) AS n
"""
_SOME = "SELECT account_number, holder_name FROM account WHERE id = ANY (%(ids)s)"
_COMMON = "Given0 Family0"


async def search(lines: int, url: str | None = None) -> dict[str, Any]:
    """`lines` in all. Each search is an HTTP request to the desk in this process: session, audit and page included."""
    log.set_up("error")  # four hundred pages are four hundred lines
    accounts = max(1, int(lines / _LINES_AN_ACCOUNT))
    async with rig(FOUR, url=url) as one, one.app() as app:
        async with app.database.transaction() as conn:
            await conn.execute("SET LOCAL statement_timeout = 0")
            await conn.execute(_PLAN)
            await conn.execute(_ACCOUNTS, {"accounts": accounts})
            await conn.execute(_LINES, {"accounts": accounts, "lines": lines})
        async with await psycopg.AsyncConnection.connect(one.url, autocommit=True) as conn:
            await conn.execute("VACUUM ANALYZE")
        random.seed(7)
        ids = [random.randint(1, accounts) for _ in range(_SEARCHES)]
        async with app.database.transaction() as conn:
            some = await (await conn.execute(_SOME, {"ids": ids})).fetchall()
        async with Database(one.url, size=POOL, session=SESSION) as database, _at_desk(app, database) as find:
            return {
                "lines": lines,
                "accounts": accounts,
                "by number": await _measure(find, [f"0049 151 {random.randint(1, lines):08}" for _ in ids]),
                "by account": await _measure(find, [number for number, _ in some]),
                "by name": await _measure(find, [name for _, name in some]),
                "by the commonest name": await _measure(find, [_COMMON] * (_SEARCHES // 4)),
                "by a name that nobody has": await _measure(find, [f"Given{n} Nobody" for n in range(_SEARCHES // 4)]),
            }


class _Finder:
    def __init__(self, client: httpx.AsyncClient, csrf: str) -> None:
        self._client, self._csrf = client, csrf

    async def __call__(self, text: str) -> float:
        began = time.perf_counter()
        answer = await self._client.post("/desk/find", data={"csrf": self._csrf, "text": text})
        if answer.status_code != 200:
            raise RuntimeError(f"the desk answered with {answer.status_code}")
        return 1000 * (time.perf_counter() - began)


@asynccontextmanager
async def _at_desk(app: App, database: Database) -> AsyncIterator[_Finder]:
    """An agent who has signed in; `database` as the server opens it."""
    seal = Seal(SecretStr("only this measuring is sealed with this"))
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        unused = SecretStr("a password of nobody at all")
        await staff.seed_member(conn, "bench", "Bench", "agent", unused, "A" * 32, seal, now)
        started = await start(conn, await staff.find(conn, "bench"), "bench", Visit(), now)
    token = started.token.get_secret_value()
    transport = httpx.ASGITransport(compose(replace(app, database=database)), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url=_URL, cookies={COOKIE: token}) as client:
        yield _Finder(client, csrf_of(token))


async def _measure(find: _Finder, texts: Sequence[str]) -> dict[str, float]:
    times = [await find(text) for text in texts]
    cuts = statistics.quantiles(times, n=100)
    return {
        name: round(value, 1) for name, value in (("p50 ms", cuts[49]), ("p95 ms", cuts[94]), ("most ms", max(times)))
    }
