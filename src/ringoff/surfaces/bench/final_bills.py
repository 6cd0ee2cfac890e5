"""How many final bills a second are rated, compared with their quotes, issued and booked: two workers, PostgreSQL
included. And how many the rating alone makes in one process.
"""

import time
from datetime import UTC, date, datetime
from typing import Any

from ringoff.app import App
from ringoff.features import billing
from ringoff.features.billing import Leaving, Wish, unbilled_since
from ringoff.features.billing.booking import book_imported
from ringoff.features.billing.facts import facts
from ringoff.features.billing.rating import final_bill
from ringoff.surfaces.bench import population
from ringoff.surfaces.bench.engine import analyze
from ringoff.surfaces.bench.meter import peak_memory
from ringoff.surfaces.bench.rig import TWIN, Rig, rig, until

_CHUNK = 1_000
_ALONE = 2_000  # bills of the rating alone
# A month that was billed on the first and paid: a plan and an add-on, in three currencies and time zones. A third has
# a deposit, a third usage that no bill has yet, a quarter instalments and a contract that has not run out, half of
# these a card that is charged.
_MONEY = (
    """
CREATE FUNCTION pg_temp.money_of(id bigint) RETURNS char(3) LANGUAGE sql IMMUTABLE
    AS $$ SELECT (ARRAY['EUR', 'CNY', 'MXN'])[id / 12 %% 3 + 1] $$
""",
    "UPDATE plan SET proration = 'daily'",
    """
INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency)
SELECT id, 'B-' || id, date_trunc('month', %(now)s)::date, 2380, 0, pg_temp.money_of(id) FROM account
""",
    """
INSERT INTO bill_item SELECT l.account_id, 'B-' || l.account_id, i.n, l.id, i.kind, i.name, m.first::date,
       (m.first + interval '1 month')::date, i.net, i.tax, 'VAT 19 %%'
  FROM line l, (SELECT date_trunc('month', %(now)s) AS first) m,
       (VALUES (1, 'recurring', 'Journey', 1681, 319), (2, 'add_on', 'Travel', 319, 61)) AS i (n, kind, name, net, tax)
""",
    """
INSERT INTO payment (account_id, payment_ref, bill_number, received_at, amount, currency, method, processor_ref)
SELECT id, 'P-' || id, 'B-' || id, %(now)s, 2380, pg_temp.money_of(id), 'card', 'pi_' || id FROM account
""",
    """
INSERT INTO deposit (account_id, deposit_ref, taken_on, amount, currency)
SELECT id, 'D-' || id, '2025-01-01', 5000, pg_temp.money_of(id) FROM account WHERE id %% 3 = 0
""",
    """
INSERT INTO usage_charge (line_id, usage_ref, name, used_at, arrived_at, currency, net, tax, tax_name)
SELECT id, 'U-' || id, 'Roaming', %(now)s - interval '3 days', %(now)s - interval '2 days',
       pg_temp.money_of(account_id), 420, 80, 'VAT 19 %%'
  FROM line WHERE id %% 3 = 1
""",
    """
INSERT INTO instalment_plan SELECT id, 'I-' || id, 'Phone', pg_temp.money_of(account_id), 1990, 7960
  FROM line WHERE id %% 4 = 0
""",
    """
INSERT INTO commitment (line_id, commitment_ref, name, starts_on, ends_on, currency, fee, declines, rolled_over)
SELECT id, 'C-' || id, '24 months', %(now)s::date - 300, %(now)s::date + 430, pg_temp.money_of(account_id), 24000,
       'monthly', false
  FROM line WHERE id %% 4 = 0
""",
    """
INSERT INTO mandate (account_id, mandate_ref, kind, label, customer_ref, method_ref)
SELECT id, 'M-' || id, 'card', 'Visa', 'cus_' || id, 'pm_' || id FROM account WHERE id %% 8 = 0
""",
    "INSERT INTO release_plan (digest) VALUES ('of a measurement')",
    """
INSERT INTO cancellation (line_id, account_id, state, priority, channel, requested_by, when_kind, requested_at,
       effective_at, ripe_at, scheduled_at, releasing_at, ended_at, plan_id, rule_pack, closes_account)
SELECT id, account_id, 'closed', 10, 'bulk', 'bench', 'now', %(now)s, %(now)s, %(now)s, %(now)s, %(now)s, %(now)s,
       (SELECT max(id) FROM release_plan), 'neutral@1', true FROM line
""",
)
_LEAVING = """
SELECT c.id, c.line_id, a.time_zone FROM cancellation c JOIN account a ON a.id = c.account_id ORDER BY c.id
"""
_OWE = """
INSERT INTO settlement (case_id, account_id, closed_at, due_at, cut_off_at)
SELECT id, account_id, now(), now(), now() + interval '30 days' FROM cancellation
"""
# Money is owed and does not move meanwhile: what the processor takes is not measured here.
_OUT_OF_REACH = """
UPDATE system SET failures = 1000, open_until = now() + interval '1 day' WHERE name = 'payments'
"""
_WRONG = {
    "not settled": "SELECT count(*) FROM settlement WHERE state <> 'waiting'",
    "not with one bill": """
SELECT count(*) FROM cancellation c WHERE (SELECT count(*) FROM final_bill f WHERE f.case_id = c.id) <> 1
""",
    "not as quoted": """
SELECT count(*) FROM final_bill f
 WHERE f.differences <> '[]' OR f.items <> (SELECT q.items FROM quote q WHERE q.case_id = f.case_id)
""",
    "not booked": """
SELECT count(*) FROM final_bill f
 WHERE f.total <> (SELECT coalesce(sum(p.amount), 0) FROM posting p
                    WHERE p.bill_number = f.bill_number AND p.ledger = 'receivable')
""",
    "not balanced": """
SELECT count(*) FROM (SELECT FROM posting GROUP BY transaction_id, currency HAVING sum(amount) <> 0) AS unequal
""",
    "not moving": """
SELECT count(*) FROM final_bill f
 WHERE f.total <> (SELECT coalesce(sum(CASE m.kind WHEN 'charge' THEN m.amount ELSE -m.amount END), 0)
                     FROM money_movement m WHERE m.final_bill_id = f.id)
""",
    "not owed": """
SELECT count(*) FROM money_movement m
 WHERE (m.route = 'processor') <> EXISTS (SELECT FROM obligation o
                                           WHERE o.subject_id = m.id AND o.system = 'payments' AND o.kind = m.kind)
""",
}


async def final_bills(lines: int) -> dict[str, Any]:
    """`lines` of as many accounts have closed at once."""
    async with rig({}, billing={"final_bills": True}, payments=dict(TWIN)) as one:
        reference = round(one.pgbench("-N"))
        async with one.app() as app:
            quoted = await _prepare(app, lines)
            alone = await _alone(app)
            settled = await _settle(app, one, lines)
    return {
        "pgbench -N (8 clients), transactions a second": reference,
        "quotes a second, one process": round(lines / quoted),
        "the rating alone, bills a second, one process": alone,
        "rated, issued and booked": settled,
    }


async def _prepare(app: App, lines: int) -> float:
    """Seconds that freezing the quotes took."""
    now = datetime.now(UTC)
    async with app.database.transaction() as conn:
        await population.add_lines(conn, 1, lines)
        for statement in _MONEY:
            await conn.execute(statement, {"now": now})
        await book_imported(conn, now)
        await conn.execute(_OUT_OF_REACH)
    await analyze(app)
    pack = app.rules.pack("neutral")
    async with app.database.transaction() as conn:
        cursor = await conn.execute(_LEAVING)
        leaving = [
            Wish(line_id, Leaving(_day(now, zone), True, unbilled_since=unbilled_since(now, zone, pack)), pack, case_id)
            for case_id, line_id, zone in await cursor.fetchall()
        ]
    began = time.monotonic()
    for start in range(0, len(leaving), _CHUNK):
        async with app.database.transaction() as conn:
            await billing.quote(conn, leaving[start : start + _CHUNK], now)
    return time.monotonic() - began


async def _alone(app: App) -> int:
    now, pack = datetime.now(UTC), app.rules.pack("neutral")
    async with app.database.transaction() as conn:
        cursor = await conn.execute("SELECT id FROM line ORDER BY id LIMIT %s", [_ALONE])
        known = await facts(conn, [row[0] for row in await cursor.fetchall()])
    began = time.perf_counter()
    for each in known.values():
        final_bill(each, Leaving(_day(now, each.time_zone), True), pack.billing)
    return round(len(known) / (time.perf_counter() - began))


async def _settle(app: App, target: Rig, lines: int) -> dict[str, Any]:
    with target.workers():
        before, began = await target.read(), time.monotonic()
        async with app.database.transaction() as conn:
            await conn.execute(_OWE)
        await until("NOT EXISTS (SELECT FROM settlement WHERE state = 'due')", target.url)
        seconds, spent = time.monotonic() - began, (await target.read()).since(before)
        memory = peak_memory(target.pids)
    await _verify(app)
    return {
        "final bills a second": round(lines / seconds),
        "seconds": round(seconds, 1),
        "CPU ms a bill, workers": round(1000 * spent.python_cpu / lines, 3),
        "CPU ms a bill, PostgreSQL": round(1000 * spent.postgres_cpu / lines, 3),
        "cores busy": round((spent.python_cpu + spent.postgres_cpu) / seconds, 2),
        "row versions a bill": round(spent.rows / lines, 1),
        "WAL kB a bill": round(spent.wal / lines / 1000, 1),
        "peak memory MB of a worker": round(memory / 1e6),
    }


async def _verify(app: App) -> None:
    async with app.database.transaction() as conn:
        for what, counted in _WRONG.items():
            row = await (await conn.execute(counted)).fetchone()
            if row != (0,):
                raise RuntimeError(f"{what}: {row}")


def _day(now: datetime, zone: str) -> date:
    return billing.last_day_of(now, zone)
