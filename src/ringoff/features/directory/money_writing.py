"""The SQL that writes imported money; see money_staging.py. Whatever it touches, the ledger has to be told of."""

REMOVE_BILL_ITEMS = """
DELETE FROM bill_item i USING account a, (SELECT DISTINCT account_number, bill_number FROM staged_bill_items) s
 WHERE a.account_number = s.account_number AND i.account_id = a.id AND i.bill_number = s.bill_number
   AND NOT EXISTS (SELECT FROM staged_bill_items t
                    WHERE t.account_number = s.account_number AND t.bill_number = s.bill_number AND t.item = i.item)
"""

UPDATE_BILL_ITEMS = """
UPDATE bill_item i
   SET line_id = l.id, kind = s.kind, name = s.name, period_first = s.period_first, period_end = s.period_end,
       net = s.net, tax = s.tax, tax_name = coalesce(s.tax_name, '')
  FROM staged_bill_items s
  JOIN account a ON a.account_number = s.account_number
  LEFT JOIN line l ON l.line_ref = s.line_ref
 WHERE i.account_id = a.id AND i.bill_number = s.bill_number AND i.item = s.item
"""

INSERT_BILL_ITEMS = """
INSERT INTO bill_item (account_id, bill_number, item, line_id, kind, name, period_first, period_end, net, tax, tax_name)
SELECT a.id, s.bill_number, s.item, l.id, s.kind, s.name, s.period_first, s.period_end, s.net, s.tax,
       coalesce(s.tax_name, '')
  FROM staged_bill_items s
  JOIN account a ON a.account_number = s.account_number
  LEFT JOIN line l ON l.line_ref = s.line_ref
ON CONFLICT (account_id, bill_number, item) DO NOTHING
"""

UNBOOK_BILLS = """
UPDATE bill b SET unbooked = true
  FROM account a JOIN staged_bill_items s ON a.account_number = s.account_number
 WHERE b.account_id = a.id AND b.bill_number = s.bill_number AND NOT b.unbooked
"""

# The bill that a payment was for and is no longer.
UNBOOK_BILLS_LEFT = """
UPDATE bill b SET unbooked = true
  FROM staged_payments s
  JOIN account a ON a.account_number = s.account_number
  JOIN payment p ON p.account_id = a.id AND p.payment_ref = s.payment_ref
 WHERE b.account_id = a.id AND b.bill_number = p.bill_number AND NOT b.unbooked
"""

UPDATE_PAYMENTS = """
UPDATE payment p
   SET bill_number = s.bill_number, received_at = s.received_at, amount = s.amount, currency = s.currency,
       method = s.method, processor_ref = s.processor_ref, returned = s.returned, unbooked = true
  FROM staged_payments s JOIN account a ON a.account_number = s.account_number
 WHERE p.account_id = a.id AND p.payment_ref = s.payment_ref
"""

INSERT_PAYMENTS = """
INSERT INTO payment (account_id, payment_ref, bill_number, received_at, amount, currency, method, processor_ref,
                     returned)
SELECT a.id, s.payment_ref, s.bill_number, s.received_at, s.amount, s.currency, s.method, s.processor_ref, s.returned
  FROM staged_payments s JOIN account a ON a.account_number = s.account_number
ON CONFLICT (account_id, payment_ref) DO NOTHING
"""

# A payment that comes without its bill lowers what is open of it. One that a final bill took over has nothing open.
PAY_BILLS = """
UPDATE bill b
   SET unbooked = true,
       open_amount = least(b.open_amount, greatest(0, b.amount - (
           SELECT coalesce(sum(p.amount - p.returned), 0) FROM payment p
            WHERE p.account_id = b.account_id AND p.bill_number = b.bill_number)))
  FROM (SELECT DISTINCT a.id, s.bill_number
          FROM staged_payments s JOIN account a ON a.account_number = s.account_number
         WHERE s.bill_number IS NOT NULL) t
 WHERE b.account_id = t.id AND b.bill_number = t.bill_number
"""

UPDATE_DEPOSITS = """
UPDATE deposit d
   SET line_id = l.id, taken_on = s.taken_on, amount = s.amount, currency = s.currency,
       returned_at = coalesce(d.returned_at, s.returned_at), unbooked = true
  FROM staged_deposits s
  JOIN account a ON a.account_number = s.account_number
  LEFT JOIN line l ON l.line_ref = s.line_ref
 WHERE d.account_id = a.id AND d.deposit_ref = s.deposit_ref
"""

INSERT_DEPOSITS = """
INSERT INTO deposit (account_id, deposit_ref, line_id, taken_on, amount, currency, returned_at)
SELECT a.id, s.deposit_ref, l.id, s.taken_on, s.amount, s.currency, s.returned_at
  FROM staged_deposits s
  JOIN account a ON a.account_number = s.account_number
  LEFT JOIN line l ON l.line_ref = s.line_ref
ON CONFLICT (account_id, deposit_ref) DO NOTHING
"""

UPDATE_PREPAID_BALANCES = """
UPDATE prepaid_balance b SET amount = s.amount, promotional = s.promotional, expires_on = s.expires_on
  FROM staged_prepaid_balances s JOIN line l ON l.line_ref = s.line_ref
 WHERE b.line_id = l.id AND b.currency = s.currency
"""

INSERT_PREPAID_BALANCES = """
INSERT INTO prepaid_balance (line_id, currency, amount, promotional, expires_on)
SELECT l.id, s.currency, s.amount, s.promotional, s.expires_on
  FROM staged_prepaid_balances s JOIN line l ON l.line_ref = s.line_ref
ON CONFLICT (line_id, currency) DO NOTHING
"""

UPDATE_INSTALMENT_PLANS = """
UPDATE instalment_plan p
   SET name = s.name, currency = s.currency, instalment = s.instalment, remaining = s.remaining, next_due = s.next_due,
       on_leaving = s.on_leaving
  FROM staged_instalment_plans s JOIN line l ON l.line_ref = s.line_ref
 WHERE p.line_id = l.id AND p.plan_ref = s.plan_ref
"""

INSERT_INSTALMENT_PLANS = """
INSERT INTO instalment_plan (line_id, plan_ref, name, currency, instalment, remaining, next_due, on_leaving)
SELECT l.id, s.plan_ref, s.name, s.currency, s.instalment, s.remaining, s.next_due, s.on_leaving
  FROM staged_instalment_plans s JOIN line l ON l.line_ref = s.line_ref
ON CONFLICT (line_id, plan_ref) DO NOTHING
"""

UPDATE_COMMITMENTS = """
UPDATE commitment c
   SET name = s.name, starts_on = s.starts_on, ends_on = s.ends_on, currency = s.currency, fee = s.fee,
       declines = s.declines, rolled_over = s.rolled_over
  FROM staged_commitments s JOIN line l ON l.line_ref = s.line_ref
 WHERE c.line_id = l.id AND c.commitment_ref = s.commitment_ref
"""

INSERT_COMMITMENTS = """
INSERT INTO commitment (line_id, commitment_ref, name, starts_on, ends_on, currency, fee, declines, rolled_over)
SELECT l.id, s.commitment_ref, s.name, s.starts_on, s.ends_on, s.currency, s.fee, s.declines, s.rolled_over
  FROM staged_commitments s JOIN line l ON l.line_ref = s.line_ref
ON CONFLICT (line_id, commitment_ref) DO NOTHING
"""

UPDATE_USAGE = """
UPDATE usage_charge u
   SET name = s.name, used_at = s.used_at, currency = s.currency, net = s.net, tax = s.tax,
       tax_name = coalesce(s.tax_name, ''), billed_in = coalesce(u.billed_in, s.bill_number)
  FROM staged_usage s JOIN line l ON l.line_ref = s.line_ref
 WHERE u.line_id = l.id AND u.usage_ref = s.usage_ref
"""

INSERT_USAGE = """
INSERT INTO usage_charge (line_id, usage_ref, name, used_at, arrived_at, currency, net, tax, tax_name, billed_in)
SELECT l.id, s.usage_ref, s.name, s.used_at, %(now)s, s.currency, s.net, s.tax, coalesce(s.tax_name, ''), s.bill_number
  FROM staged_usage s JOIN line l ON l.line_ref = s.line_ref
ON CONFLICT (line_id, usage_ref) DO NOTHING
"""

# Usage of a line that has closed goes onto a supplementary bill.
WAKE_SETTLEMENTS = """
UPDATE settlement t SET state = 'due', due_at = %(now)s
  FROM cancellation c
 WHERE c.id = t.case_id AND t.state IN ('waiting', 'done')
   AND c.line_id IN (SELECT l.id FROM staged_usage s JOIN line l ON l.line_ref = s.line_ref
                      WHERE l.status = 'closed' AND s.bill_number IS NULL)
"""

UPDATE_MANDATES = """
UPDATE mandate m
   SET kind = s.kind, label = s.label, customer_ref = s.customer_ref, method_ref = s.method_ref
  FROM staged_mandates s JOIN account a ON a.account_number = s.account_number
 WHERE m.account_id = a.id AND m.mandate_ref = s.mandate_ref
"""

INSERT_MANDATES = """
INSERT INTO mandate (account_id, mandate_ref, kind, label, customer_ref, method_ref)
SELECT a.id, s.mandate_ref, s.kind, s.label, s.customer_ref, s.method_ref
  FROM staged_mandates s JOIN account a ON a.account_number = s.account_number
ON CONFLICT (account_id, mandate_ref) DO NOTHING
"""
