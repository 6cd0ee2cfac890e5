"""A carrier to measure with: accounts and lines made in the database, identities that never repeat."""

from datetime import datetime

from ringoff.db.pool import Connection

_PLAN = """
INSERT INTO plan VALUES ('BENCH', 'Bench', 'postpaid', 1000, 'EUR') ON CONFLICT DO NOTHING
"""
_ACCOUNTS = """
INSERT INTO account (account_number, holder_name, kind, email, phone, locale, time_zone, jurisdiction, bill_cycle_day)
SELECT 'B' || n, 'Holder ' || n, 'consumer', 'holder' || n || '@example.net', NULL,
       (ARRAY['en', 'zh-Hans', 'es'])[n %% 3 + 1],
       (ARRAY['Europe/Berlin', 'Asia/Shanghai', 'America/Mexico_City'])[n %% 3 + 1], 'neutral', 1
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_LINES = """
INSERT INTO line (line_ref, msisdn, account_id, plan_code, service, imsi, iccid, status, activated_on)
SELECT 'B' || n, '+49151' || lpad(n::text, 8, '0'), a.id, 'BENCH', 'voice', '262' || lpad(n::text, 12, '0'),
       '8949' || lpad(n::text, 15, '0'), 'active', '2020-01-01'
FROM generate_series(%(first)s::bigint, %(last)s) AS n JOIN account a ON a.account_number = 'B' || n
"""
# Closed history for growth: as many closed cases as `count`, on the first lines.
_CLOSED_LINES = """
UPDATE line SET status = 'closed', closed_at = %(now)s
WHERE line_ref = ANY (SELECT 'B' || n FROM generate_series(%(first)s::bigint, %(last)s) AS n) RETURNING id
"""
_CLOSED_CASES = """
INSERT INTO cancellation (line_id, account_id, state, priority, channel, requested_by, when_kind, requested_at,
    effective_at, ripe_at, scheduled_at, releasing_at, ended_at, plan_id, wave, rule_pack, review_rule,
    msisdn, imsi, iccid)
SELECT l.id, l.account_id, 'closed', 10, 'bulk', 'bench', 'now', %(now)s, %(now)s, %(now)s, %(now)s, %(now)s, %(now)s,
       (SELECT max(id) FROM release_plan), 3, 'neutral@1', 'ordinary', l.msisdn, l.imsi, l.iccid
FROM line l WHERE l.status = 'closed' AND NOT EXISTS (SELECT FROM cancellation c WHERE c.line_id = l.id)
"""
_CLOSED_OBLIGATIONS = """
INSERT INTO obligation (subject_id, system, kind, cycle, wave, priority, state, created_at, due_at, settled_at,
    evidence)
SELECT c.id, s.system, 'release', 1, s.wave, 10, 'discharged', %(now)s, %(now)s, %(now)s, '{"read_back": "absent"}'
FROM cancellation c JOIN release_step s ON s.plan_id = c.plan_id
WHERE c.state = 'closed' ON CONFLICT DO NOTHING
"""
_CLOSED_EVENTS = """
INSERT INTO event (subject_id, at, type, actor, channel)
SELECT c.id, %(now)s, t, 'bench', 'bulk' FROM cancellation c,
       unnest(ARRAY['case.requested', 'case.scheduled', 'case.releasing', 'case.closed']) AS t
WHERE c.state = 'closed' AND NOT EXISTS (SELECT FROM event e WHERE e.subject_id = c.id)
"""


async def add_lines(conn: Connection, first: int, count: int) -> list[int]:
    """`count` accounts with one line each, numbered from `first`; their line ids in order."""
    span = {"first": first, "last": first + count - 1}
    await conn.execute(_PLAN)
    await conn.execute(_ACCOUNTS, span)
    await conn.execute(_LINES, span)
    cursor = await conn.execute("SELECT id FROM line ORDER BY id DESC LIMIT %s", (count,))
    return [row[0] for row in await cursor.fetchall()][::-1]


async def add_closed_cases(conn: Connection, first: int, count: int, now: datetime) -> None:
    """Cases as they look long after closing. A release plan must exist."""
    span = {"first": first, "last": first + count - 1, "now": now}
    for statement in (_CLOSED_LINES, _CLOSED_CASES, _CLOSED_OBLIGATIONS, _CLOSED_EVENTS):
        await conn.execute(statement, span)
