"""The SQL of quotes, settlements and final bills."""

INSERT_QUOTES = """
INSERT INTO quote (case_id, version, quoted_at, last_day, charged_until, last_line, items, continuing)
SELECT q.case_id, 1 + coalesce((SELECT max(o.version) FROM quote o WHERE o.case_id = q.case_id), 0),
       %(now)s, q.last_day, q.charged_until, q.last_line, q.items::jsonb,
       q.continuing::jsonb
  FROM unnest(%(case_ids)s::bigint[], %(last_days)s::date[], %(charged_untils)s::date[], %(last_lines)s::boolean[],
              %(items)s::text[], %(continuing)s::text[])
       AS q (case_id, last_day, charged_until, last_line, items, continuing)
"""

QUOTES = """
SELECT DISTINCT ON (case_id) case_id, quoted_at, last_day, charged_until, last_line, items, continuing
  FROM quote WHERE case_id = ANY (%(case_ids)s::bigint[]) ORDER BY case_id, version DESC
"""

OWE = """
INSERT INTO settlement (case_id, account_id, closed_at, due_at, cut_off_at)
SELECT s.case_id, s.account_id, %(now)s, %(now)s, s.cut_off_at
  FROM unnest(%(case_ids)s::bigint[], %(account_ids)s::bigint[], %(cut_offs)s::timestamptz[])
       AS s (case_id, account_id, cut_off_at)
ON CONFLICT (case_id) DO NOTHING
"""

TAKE_DUE = """
WITH due AS (
    SELECT s.case_id FROM settlement s
     WHERE s.state IN ('due', 'waiting') AND s.due_at <= %(now)s
     ORDER BY s.due_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
SELECT s.case_id, s.account_id, c.line_id, s.closed_at, s.cut_off_at, c.closes_account, c.rule_pack, a.time_zone,
       EXISTS (SELECT FROM mandate m WHERE m.account_id = s.account_id AND m.removed_at IS NULL), c.priority,
       coalesce((SELECT max(f.version) FROM final_bill f WHERE f.case_id = s.case_id), 0), s.accepted
  FROM due JOIN settlement s USING (case_id) JOIN cancellation c ON c.id = s.case_id
  JOIN account a ON a.id = s.account_id
 ORDER BY s.case_id
"""

LOCK_ACCOUNTS = """
SELECT id FROM account WHERE id = ANY (%(account_ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""

KEEP = """
UPDATE settlement s SET state = k.state, why = k.why,
       due_at = CASE k.state WHEN 'waiting' THEN s.cut_off_at ELSE s.due_at END
  FROM unnest(%(case_ids)s::bigint[], %(states)s::text[], %(whys)s::text[]) AS k (case_id, state, why)
 WHERE s.case_id = k.case_id
"""

INSERT_FINAL_BILLS = """
INSERT INTO final_bill (case_id, account_id, version, currency, bill_number, issued_at, last_day, items, continuing,
                        total, differences, state, settled_at)
SELECT f.case_id, f.account_id, f.version, f.currency, f.bill_number, %(now)s, f.last_day, f.items::jsonb,
       f.continuing::jsonb, f.total,
       f.differences::jsonb, f.state, CASE WHEN f.state IN ('settled', 'written_off') THEN %(now)s::timestamptz END
  FROM unnest(%(case_ids)s::bigint[], %(account_ids)s::bigint[], %(versions)s::smallint[], %(currencies)s::text[],
              %(numbers)s::text[], %(last_days)s::date[], %(items)s::text[], %(continuing)s::text[],
              %(totals)s::bigint[], %(differences)s::text[], %(states)s::text[])
       AS f (case_id, account_id, version, currency, bill_number, last_day, items, continuing, total, differences,
             state)
RETURNING bill_number, id
"""

INSERT_MOVEMENTS = """
INSERT INTO money_movement (final_bill_id, account_id, kind, amount, currency, route, payment_ref, asked_at)
SELECT m.final_bill_id, m.account_id, m.kind, m.amount, m.currency, m.route, m.payment_ref, %(now)s
  FROM unnest(%(bill_ids)s::bigint[], %(account_ids)s::bigint[], %(kinds)s::text[], %(amounts)s::bigint[],
              %(currencies)s::text[], %(routes)s::text[], %(payments)s::text[])
       WITH ORDINALITY AS m (final_bill_id, account_id, kind, amount, currency, route, payment_ref, position)
 ORDER BY m.position RETURNING id
"""

# What a final bill has taken up is not taken up again.
USAGE_BILLED = """
UPDATE usage_charge u SET billed_in = b.bill_number
  FROM unnest(%(line_ids)s::bigint[], %(refs)s::text[], %(numbers)s::text[]) AS b (line_id, usage_ref, bill_number)
 WHERE u.line_id = b.line_id AND u.usage_ref = b.usage_ref AND u.billed_in IS NULL
"""
INSTALMENTS_DUE = """
UPDATE instalment_plan i SET remaining = 0
  FROM unnest(%(refs)s::text[]) AS d (ref)
 WHERE i.line_id = split_part(d.ref, '/', 1)::bigint AND i.plan_ref = substr(d.ref, strpos(d.ref, '/') + 1)
"""
DEPOSITS_RETURNED = """
UPDATE deposit d SET returned_at = %(now)s
  FROM unnest(%(account_ids)s::bigint[], %(refs)s::text[]) AS r (account_id, deposit_ref)
 WHERE d.account_id = r.account_id AND d.deposit_ref = r.deposit_ref AND d.returned_at IS NULL
"""
BALANCES_SPENT = """
UPDATE prepaid_balance p SET amount = p.promotional
  FROM unnest(%(line_ids)s::bigint[], %(currencies)s::text[]) AS b (line_id, currency)
 WHERE p.line_id = b.line_id AND p.currency = b.currency
"""
BILLS_TAKEN_OVER = """
UPDATE bill b SET open_amount = 0, credit_left = greatest(0, b.credit_left - t.credit)
  FROM unnest(%(account_ids)s::bigint[], %(refs)s::text[], %(credits)s::bigint[])
       AS t (account_id, bill_number, credit)
 WHERE b.account_id = t.account_id AND b.bill_number = t.bill_number
"""

# The first two words of what was booked: "bill B-7" also for "bill B-7 after 12", which corrects it.
SINCE_QUOTED = """
SELECT q.case_id,
       ARRAY (SELECT split_part(t.source, ' after ', 1) FROM ledger_transaction t
               WHERE t.account_id = q.account_id AND t.booked_at > q.quoted_at)
    || ARRAY (SELECT 'usage ' || u.usage_ref FROM usage_charge u
               WHERE u.line_id = q.line_id AND u.arrived_at > q.quoted_at)
  FROM unnest(%(case_ids)s::bigint[], %(account_ids)s::bigint[], %(line_ids)s::bigint[], %(quoted_ats)s::timestamptz[])
       AS q (case_id, account_id, line_id, quoted_at)
"""
