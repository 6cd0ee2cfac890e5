"""The SQL of the ledger: writing it, and what has still to be written."""

TRANSACTIONS = """
INSERT INTO ledger_transaction (account_id, kind, source, booked_at, dated)
SELECT account_id, kind, source, %(now)s, dated
  FROM unnest(%(account_ids)s::bigint[], %(kinds)s::text[], %(sources)s::text[], %(dates)s::date[])
       AS b (account_id, kind, source, dated)
ON CONFLICT (account_id, source) DO NOTHING
RETURNING id, account_id, source
"""

POSTINGS = """
INSERT INTO posting (transaction_id, entry, ledger, currency, amount, bill_number)
SELECT * FROM unnest(%(transaction_ids)s::bigint[], %(entries)s::smallint[], %(ledgers)s::text[],
                     %(currencies)s::text[], %(amounts)s::bigint[], %(bill_numbers)s::text[])
"""

REVERSALS = """
INSERT INTO ledger_transaction (account_id, kind, source, booked_at, dated, reverses)
SELECT t.account_id, 'reversal', format('reversal of %%s', t.source), %(now)s,
       greatest(t.dated, (%(now)s AT TIME ZONE a.time_zone)::date), t.id
  FROM ledger_transaction t JOIN account a ON a.id = t.account_id
 WHERE t.id = ANY (%(transaction_ids)s::bigint[]) AND t.kind <> 'reversal'
 ORDER BY t.id
ON CONFLICT DO NOTHING
RETURNING id
"""

REVERSE_POSTINGS = """
INSERT INTO posting (transaction_id, entry, ledger, currency, amount, bill_number)
SELECT r.id, p.entry, p.ledger, p.currency, -p.amount, p.bill_number
  FROM ledger_transaction r JOIN posting p ON p.transaction_id = r.reverses
 WHERE r.id = ANY (%(transaction_ids)s::bigint[])
"""

# ── What was imported and is not booked yet ──────────────────────────────────────────────────────────────────────────

UNBOOKED_PAYMENTS = """
SELECT p.account_id, p.payment_ref, p.bill_number, p.amount - p.returned, p.currency,
       (p.received_at AT TIME ZONE a.time_zone)::date, (%(now)s AT TIME ZONE a.time_zone)::date, p.transaction_id,
       EXISTS (SELECT FROM posting q JOIN ledger_transaction t ON t.id = q.transaction_id
                WHERE q.bill_number = p.bill_number AND q.ledger = 'receivable' AND t.account_id = p.account_id
                  AND t.kind = 'final_bill')
       AND NOT EXISTS (SELECT FROM final_bill f WHERE f.bill_number = p.bill_number AND f.account_id = p.account_id)
  FROM payment p JOIN account a ON a.id = p.account_id
 WHERE p.unbooked AND (%(account_ids)s::bigint[] IS NULL OR p.account_id = ANY (%(account_ids)s::bigint[]))
 ORDER BY p.account_id, p.payment_ref LIMIT %(limit)s FOR NO KEY UPDATE OF p
"""

UNBOOKED_DEPOSITS = """
SELECT d.account_id, d.deposit_ref, CASE WHEN d.returned_at IS NULL THEN d.amount ELSE 0 END, d.currency, d.taken_on,
       (%(now)s AT TIME ZONE a.time_zone)::date, d.transaction_id
  FROM deposit d JOIN account a ON a.id = d.account_id
 WHERE d.unbooked AND (%(account_ids)s::bigint[] IS NULL OR d.account_id = ANY (%(account_ids)s::bigint[]))
 ORDER BY d.account_id, d.deposit_ref LIMIT %(limit)s FOR NO KEY UPDATE OF d
"""

UNBOOKED_BILLS = """
SELECT b.account_id, b.bill_number, b.amount, b.currency, b.issued_on, (%(now)s AT TIME ZONE a.time_zone)::date,
       b.transaction_id, b.open_amount - b.credit_left,
       coalesce((SELECT sum(i.tax) FROM bill_item i
                  WHERE i.account_id = b.account_id AND i.bill_number = b.bill_number), 0)::bigint
  FROM bill b JOIN account a ON a.id = b.account_id
 WHERE b.unbooked AND (%(account_ids)s::bigint[] IS NULL OR b.account_id = ANY (%(account_ids)s::bigint[]))
 ORDER BY b.account_id, b.bill_number LIMIT %(limit)s FOR NO KEY UPDATE OF b
"""

BOOKED_POSTINGS = """
SELECT transaction_id, ledger, currency, amount, bill_number FROM posting
 WHERE transaction_id = ANY (%(transaction_ids)s::bigint[]) ORDER BY transaction_id, entry
"""

PAYMENTS_BOOKED = """
UPDATE payment p SET unbooked = false, transaction_id = b.transaction_id
  FROM unnest(%(account_ids)s::bigint[], %(refs)s::text[], %(transaction_ids)s::bigint[])
       AS b (account_id, ref, transaction_id)
 WHERE p.account_id = b.account_id AND p.payment_ref = b.ref
"""

DEPOSITS_BOOKED = """
UPDATE deposit d SET unbooked = false, transaction_id = b.transaction_id
  FROM unnest(%(account_ids)s::bigint[], %(refs)s::text[], %(transaction_ids)s::bigint[])
       AS b (account_id, ref, transaction_id)
 WHERE d.account_id = b.account_id AND d.deposit_ref = b.ref
"""

BILLS_BOOKED = """
UPDATE bill x SET unbooked = false, transaction_id = b.transaction_id
  FROM unnest(%(account_ids)s::bigint[], %(refs)s::text[], %(transaction_ids)s::bigint[])
       AS b (account_id, ref, transaction_id)
 WHERE x.account_id = b.account_id AND x.bill_number = b.ref
"""

# By bill and currency: what the ledger says is owed for it, in how many transactions, and whether a final bill took it.
RECEIVABLES = """
SELECT t.account_id, p.bill_number, p.currency, sum(p.amount)::bigint, count(*),
       bool_or(t.kind = 'final_bill')
  FROM unnest(%(account_ids)s::bigint[], %(refs)s::text[]) AS b (account_id, ref)
  JOIN posting p ON p.bill_number = b.ref AND p.ledger = 'receivable'
  JOIN ledger_transaction t ON t.id = p.transaction_id AND t.account_id = b.account_id
 GROUP BY t.account_id, p.bill_number, p.currency
"""

# What stands on the account and belongs to no bill: below zero, it was paid and not said for what.
ON_ACCOUNT = """
SELECT t.account_id, p.currency, sum(p.amount)::bigint
  FROM ledger_transaction t JOIN posting p ON p.transaction_id = t.id
 WHERE t.account_id = ANY (%(account_ids)s::bigint[]) AND p.ledger = 'receivable' AND p.bill_number IS NULL
 GROUP BY t.account_id, p.currency
"""

# ── The statement: what the holder owes, or is owed, by what was booked ──────────────────────────────────────────────

# What was booked for a case in confidence, the account's holder must not learn of: for them it did not happen.
_VISIBLE = """
   AND (%(in_confidence)s OR NOT EXISTS (
        SELECT FROM posting h JOIN final_bill f ON f.bill_number = h.bill_number JOIN cancellation c ON c.id = f.case_id
         WHERE h.transaction_id = t.id AND c.confidential))
"""
BALANCE_BEFORE = (
    """
SELECT p.currency, sum(p.amount)::bigint
  FROM ledger_transaction t JOIN posting p ON p.transaction_id = t.id
 WHERE t.account_id = %(account_id)s AND t.dated < %(day)s AND p.ledger IN ('receivable', 'refunds_due')
"""
    + _VISIBLE
    + """ GROUP BY p.currency ORDER BY p.currency
"""
)

STATEMENT = (
    """
SELECT t.dated, t.kind, t.source, p.currency, sum(p.amount)::bigint
  FROM ledger_transaction t JOIN posting p ON p.transaction_id = t.id
 WHERE t.account_id = %(account_id)s AND t.dated BETWEEN %(since)s AND %(until)s
   AND p.ledger IN ('receivable', 'refunds_due')
"""
    + _VISIBLE
    + """ GROUP BY t.id, p.currency HAVING sum(p.amount) <> 0
 ORDER BY t.dated, t.id, p.currency LIMIT %(limit)s
"""
)

DEPOSITS_HELD = (
    """
SELECT p.currency, -sum(p.amount)::bigint
  FROM ledger_transaction t JOIN posting p ON p.transaction_id = t.id
 WHERE t.account_id = %(account_id)s AND t.dated <= %(until)s AND p.ledger = 'deposits'
"""
    + _VISIBLE
    + """ GROUP BY p.currency HAVING sum(p.amount) <> 0 ORDER BY p.currency
"""
)
