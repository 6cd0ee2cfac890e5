"""The SQL of importing money: what is staged, what of it is known already, and how the rest is written.

As in staging.py. What is written here the ledger does not know of yet (`unbooked`); features/billing books it.
"""

TABLES = """
DROP TABLE IF EXISTS pg_temp.staged_bill_items, pg_temp.staged_payments, pg_temp.staged_deposits,
    pg_temp.staged_prepaid_balances, pg_temp.staged_instalment_plans, pg_temp.staged_commitments,
    pg_temp.staged_usage, pg_temp.staged_mandates, pg_temp.known_bills, pg_temp.known_payments;
CREATE TEMPORARY TABLE staged_bill_items (
    row_number integer, bad_column text, bad_reason text,
    account_number text, bill_number text, item smallint, line_ref text, kind text, name text, period_first date,
    period_end date, net bigint, tax bigint, tax_name text, currency text,
    key text GENERATED ALWAYS AS (account_number || ' ' || bill_number || ' ' || item::text) STORED
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_payments (
    row_number integer, bad_column text, bad_reason text,
    account_number text, payment_ref text, bill_number text, received_at timestamptz, amount bigint, currency text,
    method text, processor_ref text, returned bigint,
    key text GENERATED ALWAYS AS (account_number || ' ' || payment_ref) STORED
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_deposits (
    row_number integer, bad_column text, bad_reason text,
    account_number text, deposit_ref text, line_ref text, taken_on date, amount bigint, currency text,
    returned_at timestamptz,
    key text GENERATED ALWAYS AS (account_number || ' ' || deposit_ref) STORED
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_prepaid_balances (
    row_number integer, bad_column text, bad_reason text,
    line_ref text, currency text, amount bigint, promotional bigint, expires_on date,
    key text GENERATED ALWAYS AS (line_ref || ' ' || currency) STORED
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_instalment_plans (
    row_number integer, bad_column text, bad_reason text,
    line_ref text, plan_ref text, name text, currency text, instalment bigint, remaining bigint, next_due date,
    on_leaving text,
    key text GENERATED ALWAYS AS (line_ref || ' ' || plan_ref) STORED
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_commitments (
    row_number integer, bad_column text, bad_reason text,
    line_ref text, commitment_ref text, name text, starts_on date, ends_on date, currency text, fee bigint,
    declines text, rolled_over boolean,
    key text GENERATED ALWAYS AS (line_ref || ' ' || commitment_ref) STORED
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_usage (
    row_number integer, bad_column text, bad_reason text,
    line_ref text, usage_ref text, name text, used_at timestamptz, currency text, net bigint, tax bigint,
    tax_name text, bill_number text,
    key text GENERATED ALWAYS AS (line_ref || ' ' || usage_ref) STORED
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_mandates (
    row_number integer, bad_column text, bad_reason text,
    account_number text, mandate_ref text, kind text, label text, customer_ref text, method_ref text,
    key text GENERATED ALWAYS AS (account_number || ' ' || mandate_ref) STORED
) ON COMMIT DROP
"""

# ── What is known already ────────────────────────────────────────────────────────────────────────────────────────────

# The items of a bill come together: they are unchanged together, or not.
UNCHANGED_BILL_ITEMS = """
WITH staged AS (
    SELECT s.account_number, s.bill_number,
           array_agg((s.item, s.line_ref, s.kind, s.name, s.period_first, s.period_end, s.net, s.tax,
                      coalesce(s.tax_name, ''))::text ORDER BY s.item) AS items
      FROM staged_bill_items s GROUP BY s.account_number, s.bill_number
), same AS (
    SELECT s.account_number, s.bill_number FROM staged s JOIN account a ON a.account_number = s.account_number
     WHERE s.items = (SELECT array_agg((i.item, l.line_ref, i.kind, i.name, i.period_first, i.period_end, i.net, i.tax,
                                        i.tax_name)::text ORDER BY i.item)
                        FROM bill_item i LEFT JOIN line l ON l.id = i.line_id
                       WHERE i.account_id = a.id AND i.bill_number = s.bill_number)
)
DELETE FROM staged_bill_items s USING same u, account a, bill b
 WHERE s.account_number = u.account_number AND s.bill_number = u.bill_number
   AND a.account_number = s.account_number AND b.account_id = a.id AND b.bill_number = s.bill_number
   AND b.currency::text = s.currency
"""

UNCHANGED_PAYMENTS = """
DELETE FROM staged_payments s USING payment p JOIN account a ON a.id = p.account_id
 WHERE a.account_number = s.account_number AND p.payment_ref = s.payment_ref
   AND (p.bill_number, p.received_at, p.amount, p.currency::text, p.method, p.processor_ref, p.returned)
       IS NOT DISTINCT FROM
       (s.bill_number, s.received_at, s.amount, s.currency, s.method, s.processor_ref, s.returned)
"""

# What was returned stays so, whatever the file says of it.
UNCHANGED_DEPOSITS = """
DELETE FROM staged_deposits s USING deposit d JOIN account a ON a.id = d.account_id LEFT JOIN line l ON l.id = d.line_id
 WHERE a.account_number = s.account_number AND d.deposit_ref = s.deposit_ref
   AND (l.line_ref, d.taken_on, d.amount, d.currency::text)
       IS NOT DISTINCT FROM (s.line_ref, s.taken_on, s.amount, s.currency)
   AND (d.returned_at IS NOT NULL OR s.returned_at IS NULL)
"""

UNCHANGED_PREPAID_BALANCES = """
DELETE FROM staged_prepaid_balances s USING prepaid_balance b JOIN line l ON l.id = b.line_id
 WHERE l.line_ref = s.line_ref AND b.currency = s.currency
   AND (b.amount, b.promotional, b.expires_on) IS NOT DISTINCT FROM (s.amount, s.promotional, s.expires_on)
"""

UNCHANGED_INSTALMENT_PLANS = """
DELETE FROM staged_instalment_plans s USING instalment_plan p JOIN line l ON l.id = p.line_id
 WHERE l.line_ref = s.line_ref AND p.plan_ref = s.plan_ref
   AND (p.name, p.currency::text, p.instalment, p.remaining, p.next_due, p.on_leaving)
       IS NOT DISTINCT FROM (s.name, s.currency, s.instalment, s.remaining, s.next_due, s.on_leaving)
"""

UNCHANGED_COMMITMENTS = """
DELETE FROM staged_commitments s USING commitment c JOIN line l ON l.id = c.line_id
 WHERE l.line_ref = s.line_ref AND c.commitment_ref = s.commitment_ref
   AND (c.name, c.starts_on, c.ends_on, c.currency::text, c.fee, c.declines, c.rolled_over)
       = (s.name, s.starts_on, s.ends_on, s.currency, s.fee, s.declines, s.rolled_over)
"""

# A row that names no bill says nothing of the one that has it.
UNCHANGED_USAGE = """
DELETE FROM staged_usage s USING usage_charge u JOIN line l ON l.id = u.line_id
 WHERE l.line_ref = s.line_ref AND u.usage_ref = s.usage_ref
   AND (u.name, u.used_at, u.currency::text, u.net, u.tax, u.tax_name)
       = (s.name, s.used_at, s.currency, s.net, s.tax, coalesce(s.tax_name, ''))
   AND (s.bill_number IS NULL OR s.bill_number = u.billed_in)
"""

# What was removed stays so.
UNCHANGED_MANDATES = """
DELETE FROM staged_mandates s USING mandate m JOIN account a ON a.id = m.account_id
 WHERE a.account_number = s.account_number AND m.mandate_ref = s.mandate_ref
   AND (m.kind, m.label, m.customer_ref, m.method_ref) = (s.kind, s.label, s.customer_ref, s.method_ref)
"""
