"""The SQL of looking at the money around lines: what belongs to an account is asked once, however many its lines."""

LINES = """
SELECT l.id, l.account_id, a.time_zone, p.proration, p.billed, p.monthly_price, p.currency, a.bill_cycle_day,
       l.activated_on, p.kind
  FROM line l JOIN account a ON a.id = l.account_id JOIN plan p ON p.plan_code = l.plan_code
 WHERE l.id = ANY (%(line_ids)s::bigint[])
"""

# The year before the newest period that was billed: what may come back, or be charged on, even where the end counts
# from a declaration of months ago. Older bills change nothing.
ITEMS = """
SELECT i.line_id, i.bill_number, i.item, i.kind, i.name, b.currency, i.net, i.tax, i.tax_name, i.period_first,
       i.period_end
  FROM unnest(%(line_ids)s::bigint[]) AS asked (line_id)
 CROSS JOIN LATERAL (
       SELECT max(n.period_end) - 400 AS since FROM bill_item n WHERE n.line_id = asked.line_id) newest
  JOIN bill_item i ON i.line_id = asked.line_id AND i.period_end > newest.since
   AND i.kind IN ('recurring', 'add_on', 'discount')
  JOIN bill b ON b.account_id = i.account_id AND b.bill_number = i.bill_number
 ORDER BY i.line_id, i.period_first, i.bill_number, i.item
"""

USAGE = """
SELECT line_id, usage_ref, name, used_at, currency, net, tax, tax_name FROM usage_charge
 WHERE line_id = ANY (%(line_ids)s::bigint[]) AND billed_in IS NULL ORDER BY line_id, used_at, usage_ref
"""

INSTALMENTS = """
SELECT l.account_id, i.plan_ref, i.name, i.currency, i.instalment, i.remaining, i.next_due, i.on_leaving, i.line_id
  FROM line l JOIN instalment_plan i ON i.line_id = l.id
 WHERE l.account_id = ANY (%(account_ids)s::bigint[]) AND i.remaining > 0 ORDER BY i.line_id, i.plan_ref
"""

COMMITMENTS = """
SELECT line_id, commitment_ref, name, starts_on, ends_on, currency, fee, declines, rolled_over FROM commitment
 WHERE line_id = ANY (%(line_ids)s::bigint[]) ORDER BY line_id, starts_on, commitment_ref
"""

BALANCES = """
SELECT line_id, currency, amount, promotional, expires_on FROM prepaid_balance
 WHERE line_id = ANY (%(line_ids)s::bigint[]) AND amount > 0 ORDER BY line_id, currency
"""

DEPOSITS_OF_LINES = """
SELECT line_id, deposit_ref, taken_on, currency, amount, false FROM deposit
 WHERE line_id = ANY (%(line_ids)s::bigint[]) AND returned_at IS NULL ORDER BY line_id, taken_on, deposit_ref
"""

DEPOSITS_OF_ACCOUNTS = """
SELECT account_id, deposit_ref, taken_on, currency, amount, true FROM deposit
 WHERE account_id = ANY (%(account_ids)s::bigint[]) AND line_id IS NULL AND returned_at IS NULL
 ORDER BY account_id, taken_on, deposit_ref
"""

OPEN_BILLS = """
SELECT account_id, bill_number, issued_on, due_on, currency, open_amount - credit_left, disputed FROM bill
 WHERE account_id = ANY (%(account_ids)s::bigint[]) AND (open_amount > 0 OR credit_left > 0)
 ORDER BY account_id, issued_on, bill_number
"""

# What is on its way back is not there to be returned again.
PAYMENTS = """
SELECT p.account_id, p.payment_ref, p.received_at, p.currency,
       p.amount - p.refunded - p.returned
           - (SELECT coalesce(sum(m.amount), 0) FROM money_movement m
               WHERE m.account_id = p.account_id AND m.payment_ref = p.payment_ref AND m.state = 'due')::bigint,
       p.processor_ref
  FROM unnest(%(account_ids)s::bigint[]) AS asked (account_id)
 CROSS JOIN LATERAL (
       SELECT * FROM payment q WHERE q.account_id = asked.account_id AND q.refunded + q.returned < q.amount
        ORDER BY q.received_at DESC, q.payment_ref DESC LIMIT %(limit)s) p
 ORDER BY p.account_id, p.received_at DESC, p.payment_ref DESC
"""
