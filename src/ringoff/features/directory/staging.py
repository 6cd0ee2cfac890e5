"""The SQL of an import: everything is staged in temporary tables, checked there as sets, and written at the end.

Every check takes the rows that it refuses out of the staging table and notes them in import_problem; what is left is
written. `{}` stand for names of ours, filled in by `psycopg.sql`.
"""

from psycopg import sql

from ringoff.features.directory.model import FileKind

# One import at a time; unlike a lock on the tables this hinders nobody else.
ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('ringoff.directory.import', 0))"

PREPARE = """
SELECT set_config('work_mem', '128MB', true), set_config('jit', 'off', true)
"""

TABLES = """
DROP TABLE IF EXISTS pg_temp.staged_plans, pg_temp.staged_accounts, pg_temp.staged_lines, pg_temp.import_problem;
CREATE TEMPORARY TABLE staged_plans (
    row_number integer, bad_column text, bad_reason text,
    plan_code text, name text, kind text, monthly_price bigint, currency text, proration text, billed text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_accounts (
    row_number integer, bad_column text, bad_reason text,
    account_number text, holder_name text, kind text, email text, phone text, locale text, time_zone text,
    jurisdiction text, bill_cycle_day smallint
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_lines (
    row_number integer, bad_column text, bad_reason text,
    line_ref text, msisdn text, account_number text, plan_code text, service text, imsi text, iccid text, eid text,
    imei text, status text, activated_on date, paid_until date, primary_line_ref text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE import_problem (
    file smallint NOT NULL,     -- its place among the kinds of files: 0 plans, 1 accounts, 2 lines, then see FileKind
    row_number integer NOT NULL,
    column_name text NOT NULL,
    reason text NOT NULL,
    conflict boolean NOT NULL DEFAULT false,
    case_id bigint              -- of the case that stands in the way
) ON COMMIT DROP
"""

# The separators are control characters, which no checked value holds: nothing needs to be escaped.
COPY = sql.SQL("COPY {} FROM STDIN (FORMAT csv, DELIMITER E'\\x1f', QUOTE E'\\x1e', NULL '')")
ANALYZE = sql.SQL("ANALYZE {}")

UNREADABLE = sql.SQL("""
WITH bad AS (DELETE FROM {staged} WHERE bad_reason IS NOT NULL RETURNING row_number, bad_column, bad_reason)
INSERT INTO import_problem SELECT %(file)s, row_number, coalesce(bad_column, ''), bad_reason FROM bad
""")

REPEATED = sql.SQL("""
WITH first AS (
    SELECT {column} AS value, min(row_number) AS row_number FROM {staged} WHERE {column} IS NOT NULL
    GROUP BY {column} HAVING count(*) > 1
), bad AS (
    DELETE FROM {staged} s USING first f WHERE s.{column} = f.value AND s.row_number <> f.row_number
    RETURNING s.row_number, f.value, f.row_number AS first_row
)
INSERT INTO import_problem
SELECT %(file)s, row_number, {name}, format('%%s stands in line %%s already.', value, first_row) FROM bad
""")

STRANGE_ACCOUNT = sql.SQL("""
WITH bad AS (
    DELETE FROM {staged} s
     WHERE NOT EXISTS (SELECT FROM staged_accounts t WHERE t.account_number = s.account_number)
       AND NOT EXISTS (SELECT FROM account a WHERE a.account_number = s.account_number)
    RETURNING row_number, account_number
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'account_number', format('There is no account %%s.', account_number) FROM bad
""")

STRANGE_PLAN = """
WITH bad AS (
    DELETE FROM staged_lines s
     WHERE NOT EXISTS (SELECT FROM staged_plans t WHERE t.plan_code = s.plan_code)
       AND NOT EXISTS (SELECT FROM plan p WHERE p.plan_code = s.plan_code)
    RETURNING row_number, plan_code
)
INSERT INTO import_problem
SELECT 2, row_number, 'plan_code', format('There is no plan %s.', plan_code) FROM bad
"""

UNCHANGED_PLANS = """
DELETE FROM staged_plans s USING plan p
 WHERE p.plan_code = s.plan_code
   AND (p.name, p.kind, p.monthly_price, p.currency, p.proration, p.billed)
       = (s.name, s.kind, s.monthly_price, s.currency, s.proration, s.billed)
"""

UNCHANGED_ACCOUNTS = """
DELETE FROM staged_accounts s USING account a
 WHERE a.account_number = s.account_number
   AND (a.holder_name, a.kind, a.email, a.phone, a.locale, a.time_zone, a.jurisdiction, a.bill_cycle_day)
       IS NOT DISTINCT FROM
       (s.holder_name, s.kind, s.email, s.phone, s.locale, s.time_zone, s.jurisdiction, s.bill_cycle_day)
"""

# A closed line is not excluded here because its status never equals one that a file can have.
UNCHANGED_LINES = """
DELETE FROM staged_lines s
 USING line l JOIN account a ON a.id = l.account_id LEFT JOIN line p ON p.id = l.primary_line_id
 WHERE l.line_ref = s.line_ref
   AND (l.msisdn, a.account_number, l.plan_code, l.service, l.imsi, l.iccid, l.eid, l.imei, l.status, l.activated_on,
        l.paid_until, p.line_ref)
       IS NOT DISTINCT FROM
       (s.msisdn, s.account_number, s.plan_code, s.service, s.imsi, s.iccid, s.eid, s.imei, s.status, s.activated_on,
        s.paid_until, s.primary_line_ref)
"""

# From here to the end nobody opens a case for a line that is about to change; in a statement of its own, so that the
# next one sees every case that was opened before.
LOCK = """
SELECT count(*) FROM (
    SELECT FROM line l JOIN staged_lines s ON s.line_ref = l.line_ref ORDER BY l.id FOR UPDATE OF l
) AS locked
"""

# In order, after the lines: so does whoever closes them.
LOCK_ACCOUNTS = """
SELECT count(*) FROM (
    SELECT FROM account a
     WHERE a.id IN (SELECT x.id FROM account x JOIN staged_accounts s ON s.account_number = x.account_number
                    UNION ALL
                    SELECT x.id FROM account x JOIN staged_lines s ON s.account_number = x.account_number
                     WHERE x.closed_at IS NOT NULL)
     ORDER BY a.id FOR NO KEY UPDATE
) AS locked
"""

# Looked for twice: before the lock, so that a line that is just being closed is not waited for; and after it.
CONFLICTS = """
WITH bad AS (
    DELETE FROM staged_lines s USING line l
     WHERE l.line_ref = s.line_ref
       AND (l.status = 'closed' OR EXISTS (
            SELECT FROM cancellation c WHERE c.line_id = l.id AND c.state NOT IN ('declined', 'withdrawn')))
    RETURNING s.row_number, l.id, l.status
)
INSERT INTO import_problem
SELECT 2, row_number, 'line_ref',
       CASE status WHEN 'closed' THEN 'The line is closed. It comes back only as a new line, with another line_ref.'
                   ELSE 'The line is being cancelled and stays as it is.' END,
       true,
       (SELECT max(c.id) FROM cancellation c WHERE c.line_id = bad.id AND c.state NOT IN ('declined', 'withdrawn'))
  FROM bad
"""

# A living line gives its number free only when this import changes it.
TAKEN = sql.SQL("""
WITH bad AS (
    DELETE FROM staged_lines s USING line l
     WHERE l.{column} = s.{column} AND l.status <> 'closed' AND l.line_ref <> s.line_ref
       AND NOT EXISTS (SELECT FROM staged_lines t WHERE t.line_ref = l.line_ref)
    RETURNING s.row_number, l.{column} AS value, l.line_ref
)
INSERT INTO import_problem
SELECT 2, row_number, {name}, format('%s belongs to the living line %s.', value, line_ref) FROM bad
""")

# A primary line lives and depends on no other; what this import will have written counts, else what is there.
STRANGE_PRIMARY = """
WITH judged AS (
    SELECT s.row_number,
           CASE WHEN EXISTS (SELECT FROM staged_lines t WHERE t.line_ref = s.primary_line_ref)
                THEN CASE WHEN EXISTS (SELECT FROM staged_lines t WHERE t.line_ref = s.primary_line_ref
                                          AND t.primary_line_ref IS NOT NULL) THEN 'depends' END
                ELSE coalesce((SELECT CASE WHEN l.status = 'closed' THEN 'closed'
                                           WHEN l.primary_line_id IS NOT NULL THEN 'depends' ELSE '' END
                                 FROM line l WHERE l.line_ref = s.primary_line_ref), 'unknown')
           END AS verdict
      FROM staged_lines s WHERE s.primary_line_ref IS NOT NULL
), bad AS (
    DELETE FROM staged_lines s USING judged j
     WHERE j.row_number = s.row_number AND j.verdict <> ''
    RETURNING s.row_number, s.primary_line_ref, j.verdict
)
INSERT INTO import_problem
SELECT 2, row_number, 'primary_line_ref',
       CASE verdict WHEN 'unknown' THEN format('There is no line %s.', primary_line_ref)
                    WHEN 'closed' THEN format('The line %s is closed.', primary_line_ref)
                    ELSE format('The line %s depends on another line itself.', primary_line_ref) END
  FROM bad
"""

PRIMARY_HAS_SECONDARIES = """
WITH bad AS (
    DELETE FROM staged_lines s USING line l
     WHERE s.primary_line_ref IS NOT NULL AND l.line_ref = s.line_ref
       AND EXISTS (SELECT FROM line x WHERE x.primary_line_id = l.id AND x.status <> 'closed'
                      AND NOT EXISTS (SELECT FROM staged_lines t WHERE t.line_ref = x.line_ref))
    RETURNING s.row_number
)
INSERT INTO import_problem
SELECT 2, row_number, 'primary_line_ref', 'Other lines depend on this one, so it cannot depend on another.' FROM bad
"""

UPDATE_PLANS = """
UPDATE plan p
   SET name = s.name, kind = s.kind, monthly_price = s.monthly_price, currency = s.currency, proration = s.proration,
       billed = s.billed
  FROM staged_plans s WHERE s.plan_code = p.plan_code
"""

INSERT_PLANS = """
INSERT INTO plan (plan_code, name, kind, monthly_price, currency, proration, billed)
SELECT plan_code, name, kind, monthly_price, currency, proration, billed FROM staged_plans
ON CONFLICT (plan_code) DO NOTHING
"""

UPDATE_ACCOUNTS = """
UPDATE account a
   SET holder_name = s.holder_name, kind = s.kind, email = s.email, phone = s.phone, locale = s.locale,
       time_zone = s.time_zone, jurisdiction = s.jurisdiction, bill_cycle_day = s.bill_cycle_day
  FROM staged_accounts s WHERE s.account_number = a.account_number
"""

INSERT_ACCOUNTS = """
INSERT INTO account (account_number, holder_name, kind, email, phone, locale, time_zone, jurisdiction, bill_cycle_day)
SELECT account_number, holder_name, kind, email, phone, locale, time_zone, jurisdiction, bill_cycle_day
  FROM staged_accounts ORDER BY row_number
ON CONFLICT (account_number) DO NOTHING
"""

# The unique indexes look at every row as it is written: two lines that swap their numbers first let go of them.
LET_GO = """
UPDATE line l SET msisdn = NULL, imsi = NULL, iccid = NULL
  FROM staged_lines s
 WHERE s.line_ref = l.line_ref
   AND (l.msisdn, l.imsi, l.iccid) IS DISTINCT FROM (s.msisdn, s.imsi, s.iccid)
"""

UPDATE_LINES = """
UPDATE line l
   SET msisdn = s.msisdn, account_id = a.id, plan_code = s.plan_code, service = s.service, imsi = s.imsi,
       iccid = s.iccid, eid = s.eid, imei = s.imei, status = s.status, activated_on = s.activated_on,
       paid_until = s.paid_until, primary_line_id = p.id
  FROM staged_lines s
  JOIN account a ON a.account_number = s.account_number
  LEFT JOIN line p ON p.line_ref = s.primary_line_ref
 WHERE s.line_ref = l.line_ref
"""

# After the update, which would find these again. Twice: first the lines that depend on none, then those whose primary
# is there by now.
_INSERT_LINES = """
INSERT INTO line (line_ref, msisdn, account_id, plan_code, service, imsi, iccid, eid, imei, status, activated_on,
                  paid_until, primary_line_id)
SELECT s.line_ref, s.msisdn, a.id, s.plan_code, s.service, s.imsi, s.iccid, s.eid, s.imei, s.status, s.activated_on,
       s.paid_until, p.id
  FROM staged_lines s
  JOIN account a ON a.account_number = s.account_number
  LEFT JOIN line p ON p.line_ref = s.primary_line_ref
 WHERE NOT EXISTS (SELECT FROM line l WHERE l.line_ref = s.line_ref)
"""
INSERT_LINES = _INSERT_LINES + " AND s.primary_line_ref IS NULL"
INSERT_LINES_THAT_DEPEND = _INSERT_LINES + " AND s.primary_line_ref IS NOT NULL"

# Lines that were there before, and now depend on one that was not.
ATTACH_LINES = """
UPDATE line l SET primary_line_id = p.id
  FROM staged_lines s JOIN line p ON p.line_ref = s.primary_line_ref
 WHERE s.line_ref = l.line_ref AND l.primary_line_id IS DISTINCT FROM p.id
"""

# An account is closed when its last line is; with a new line it lives again.
REVIVE_ACCOUNTS = """
UPDATE account a SET closed_at = NULL
 WHERE a.closed_at IS NOT NULL
   AND EXISTS (SELECT FROM staged_lines s WHERE s.account_number = a.account_number)
"""

REFRESH = """
ANALYZE plan, account, line, bill, binding, bill_item, payment, deposit, prepaid_balance, instalment_plan, commitment,
        usage_charge, mandate, ledger_transaction, posting
"""

COUNT_PROBLEMS = "SELECT file, conflict, count(*) FROM import_problem GROUP BY file, conflict"

PROBLEMS = """
SELECT file, row_number, column_name, reason, conflict, case_id FROM import_problem ORDER BY file, row_number
"""
FIRST_PROBLEMS = """
SELECT file, row_number, column_name, reason, conflict, case_id FROM import_problem
 ORDER BY conflict, file, row_number LIMIT %(limit)s
"""


def name_of(kind: FileKind) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"staged_{kind}")
