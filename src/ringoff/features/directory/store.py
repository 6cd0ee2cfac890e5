"""The SQL of looking up lines and accounts."""

LINE_COLUMNS = """
SELECT l.id, l.line_ref, l.msisdn, l.service, l.imsi, l.iccid, l.eid, l.imei, l.status, l.activated_on, l.paid_until,
       m.line_ref, l.closed_at,
       a.id, a.account_number, a.holder_name, a.kind, a.email, a.phone, a.locale, a.time_zone, a.jurisdiction,
       a.bill_cycle_day, a.closed_at,
       p.plan_code, p.name, p.kind, p.monthly_price, p.currency
  FROM line l
  JOIN account a ON a.id = l.account_id
  JOIN plan p ON p.plan_code = l.plan_code
  LEFT JOIN line m ON m.id = l.primary_line_id
"""

LINES = LINE_COLUMNS + " WHERE l.id = ANY (%(line_ids)s) ORDER BY l.id"

LINES_OF_ACCOUNT = LINE_COLUMNS + " WHERE l.account_id = %(account_id)s ORDER BY l.line_ref"

LINE_BY_REF = "SELECT id FROM line WHERE line_ref = %(text)s"

# Two statements, because each matches its partial indexes only when it names their condition.
LIVING_LINES_BY_IDENTITY = """
SELECT id, line_ref FROM line
 WHERE status <> 'closed' AND (msisdn = ANY (%(msisdns)s) OR iccid = %(iccid)s OR imsi = %(imsi)s)
 ORDER BY line_ref LIMIT %(limit)s
"""

CLOSED_LINES_BY_IDENTITY = """
SELECT id, line_ref FROM line
 WHERE status = 'closed' AND (msisdn = ANY (%(msisdns)s) OR iccid = %(iccid)s)
 ORDER BY line_ref LIMIT %(limit)s
"""

# Secondary lines first: that is the order in which they close.
LIVING_LINES_OF_ACCOUNT = """
SELECT l.id FROM line l
 WHERE l.account_id = %(account_id)s AND l.status <> 'closed'
 ORDER BY l.primary_line_id IS NULL, l.id LIMIT %(limit)s
"""

# What is looked for stands anywhere in a number, in whatever case in a reference. `position`: % and _ mean themselves.
MATCHING = """
  FROM line l
 WHERE l.account_id = %(account_id)s AND (l.status <> 'closed' OR NOT %(living_only)s)
   AND (%(text)s = '' OR position(%(text)s IN lower(l.line_ref)) > 0
        OR (%(digits)s <> '' AND (position(%(digits)s IN l.msisdn) > 0 OR position(%(digits)s IN l.iccid) > 0)))
"""

COUNT_LINES = "SELECT count(*)" + MATCHING

PAGE_OF_LINES = (
    "SELECT l.id"
    + MATCHING
    + """
 ORDER BY l.status = 'closed', array_position(ARRAY['voice', 'data', 'iot'], l.service), l.line_ref
 LIMIT %(limit)s OFFSET %(offset)s
"""
)

COUNT_LIVING_LINES = "SELECT count(*) FROM line WHERE account_id = %(account_id)s AND status <> 'closed'"

LINES_NAMED = "SELECT id FROM line WHERE line_ref = ANY (%(line_refs)s::text[]) AND account_id = %(account_id)s"

PRIMARIES_OF_OTHERS = """
SELECT DISTINCT l.primary_line_id FROM line l
 WHERE l.primary_line_id = ANY (%(line_ids)s::bigint[]) AND l.status <> 'closed'
   AND l.id <> ALL (%(line_ids)s::bigint[])
"""

_ACCOUNT = """
SELECT id, account_number, holder_name, kind, email, phone, locale, time_zone, jurisdiction, bill_cycle_day, closed_at
  FROM account
"""
ACCOUNT = _ACCOUNT + " WHERE account_number = %(account_number)s"
ACCOUNT_BY_ID = _ACCOUNT + " WHERE id = %(id)s"

BILL_COLUMNS = """
SELECT b.bill_number, b.issued_on, b.due_on, b.amount, b.open_amount, b.currency, b.pay_url, b.document IS NOT NULL
  FROM bill b
"""

BILLS = (
    BILL_COLUMNS + " WHERE b.account_id = %(account_id)s ORDER BY b.issued_on DESC, b.bill_number DESC LIMIT %(limit)s"
)

UNPAID_BILLS_OF_LINE = (
    BILL_COLUMNS
    + " JOIN line l ON l.account_id = b.account_id WHERE l.id = %(line_id)s AND b.open_amount > 0"
    + " ORDER BY b.issued_on, b.bill_number LIMIT %(limit)s"
)

BILL_DOCUMENT = "SELECT document FROM bill WHERE account_id = %(account_id)s AND bill_number = %(bill_number)s"

# ── Whose account is it that somebody calls about? ──
ACCOUNT_ID = "SELECT id, closed_at IS NULL FROM account WHERE account_number = %(text)s"

# Living before closed; a number outlives its line, and whoever had it last may be the one who calls.
ACCOUNTS_BY_IDENTITY = """
SELECT found.account_id, found.id, found.living FROM (
    SELECT l.account_id, l.id, true AS living, l.closed_at FROM line l
     WHERE l.status <> 'closed' AND (l.msisdn = ANY (%(msisdns)s) OR l.iccid = %(iccid)s)
    UNION ALL
    SELECT l.account_id, l.id, false, l.closed_at FROM line l
     WHERE l.status = 'closed' AND (l.msisdn = ANY (%(msisdns)s) OR l.iccid = %(iccid)s)) AS found
 ORDER BY found.living DESC, found.closed_at DESC, found.id LIMIT %(limit)s
"""

# Every word of it, in whatever order and case, with or without accents.
ACCOUNTS_BY_NAME = """
SELECT a.id, a.closed_at IS NULL FROM account a
 WHERE name_words(a.holder_name) @> name_words(%(text)s) AND name_words(%(text)s) <> '{}' LIMIT %(limit)s
"""

ACCOUNT_NUMBERS = "SELECT a.id, a.account_number FROM account a WHERE a.id = ANY (%(ids)s::bigint[])"
