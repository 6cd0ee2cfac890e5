"""The SQL of money on its way: what is to move, and what follows once it has."""

# Bills before payments, each in its order: whoever locks both locks them so.
LOCK_BILLS = """
SELECT f.id FROM final_bill f
 WHERE f.id IN (SELECT m.final_bill_id FROM money_movement m WHERE m.id = ANY (%(ids)s::bigint[]))
 ORDER BY f.id FOR NO KEY UPDATE
"""
LOCK_PAYMENTS = """
SELECT p.payment_ref FROM payment p
 WHERE (p.account_id, p.payment_ref) IN (SELECT m.account_id, m.payment_ref FROM money_movement m
                                          WHERE m.id = ANY (%(ids)s::bigint[]) AND m.payment_ref IS NOT NULL)
 ORDER BY p.account_id, p.payment_ref FOR NO KEY UPDATE
"""

# A charge stays with the customer that it was first tried with: there it is looked for before it is repeated.
CHOOSE_CUSTOMERS = """
UPDATE money_movement m SET customer_ref = chosen.customer_ref
  FROM (SELECT DISTINCT ON (d.account_id) d.account_id, d.customer_ref FROM mandate d
         WHERE d.account_id IN (SELECT a.account_id FROM money_movement a WHERE a.id = ANY (%(ids)s::bigint[]))
           AND d.removed_at IS NULL
         ORDER BY d.account_id, d.mandate_ref) chosen
 WHERE m.id = ANY (%(ids)s::bigint[]) AND m.kind = 'charge' AND m.customer_ref IS NULL
   AND chosen.account_id = m.account_id
"""

MOVEMENTS = """
SELECT m.id, m.state, m.kind, m.amount, m.currency, f.bill_number, p.processor_ref, m.customer_ref, d.method_ref,
       m.page
  FROM money_movement m JOIN final_bill f ON f.id = m.final_bill_id
  LEFT JOIN payment p ON p.account_id = m.account_id AND p.payment_ref = m.payment_ref
  LEFT JOIN LATERAL (SELECT t.method_ref FROM mandate t
                      WHERE t.account_id = m.account_id AND t.customer_ref = m.customer_ref AND t.removed_at IS NULL
                      ORDER BY t.mandate_ref LIMIT 1) d ON true
 WHERE m.id = ANY (%(ids)s::bigint[])
"""

BILLS = """
SELECT m.id, f.case_id, f.bill_number, m.amount, m.currency
  FROM money_movement m JOIN final_bill f ON f.id = m.final_bill_id WHERE m.id = ANY (%(ids)s::bigint[])
"""

# Only what was due: a second word about the same movement moves nothing.
DONE = """
UPDATE money_movement m SET state = 'done', done_at = %(now)s, reference = e.reference
  FROM unnest(%(ids)s::bigint[], %(references)s::text[]) AS e (id, reference)
 WHERE m.id = e.id AND m.state = 'due'
RETURNING m.id, m.final_bill_id
"""
ON_THEIR_WAY = """
UPDATE money_movement m SET reference = e.reference
  FROM unnest(%(ids)s::bigint[], %(references)s::text[]) AS e (id, reference)
 WHERE m.id = e.id AND m.state = 'due' AND m.reference IS DISTINCT FROM e.reference
"""
FAILED = "UPDATE money_movement SET state = 'failed' WHERE id = ANY (%(ids)s::bigint[]) AND state = 'due' RETURNING id"
OTHER_WAY = """
WITH found AS (
    INSERT INTO money_movement (final_bill_id, account_id, kind, amount, currency, route, payment_ref, asked_at)
    SELECT m.final_bill_id, m.account_id, m.kind, m.amount, m.currency,
           CASE m.kind WHEN 'refund' THEN 'transfer' ELSE 'guest' END, m.payment_ref, %(now)s
      FROM money_movement m WHERE m.id = ANY (%(ids)s::bigint[]) ORDER BY m.id
)
UPDATE final_bill f SET to_tell = true
 WHERE f.id IN (SELECT m.final_bill_id FROM money_movement m WHERE m.id = ANY (%(ids)s::bigint[]) AND m.page IS NULL)
"""
VOID_FAILED = """
UPDATE obligation o SET state = 'void', settled_at = %(now)s
  FROM money_movement m
 WHERE o.subject_id = ANY (%(ids)s::bigint[]) AND o.state = 'fallout' AND o.kind IN ('refund', 'charge')
   AND m.id = o.subject_id AND (m.kind = 'refund' OR m.page IS NOT NULL)
"""

# ── Paying by oneself, on the processor's page ───────────────────────────────────────────────────────────────────
TO_PAY = """
SELECT m.id, m.amount, m.currency, m.page IS NOT NULL
  FROM final_bill f JOIN money_movement m ON m.final_bill_id = f.id
 WHERE f.case_id = %(case_id)s AND f.bill_number = %(number)s
   AND m.state = 'due' AND m.kind = 'charge' AND m.route = 'guest'
 ORDER BY m.id LIMIT 1 FOR NO KEY UPDATE OF f, m
"""
OPEN_PAGE = "UPDATE money_movement SET page = %(page)s::jsonb WHERE id = %(id)s AND page IS NULL"

REFUNDED = """
UPDATE payment p SET refunded = p.refunded + r.amount
  FROM (SELECT m.account_id, m.payment_ref, sum(m.amount)::bigint AS amount FROM money_movement m
         WHERE m.id = ANY (%(ids)s::bigint[]) AND m.kind = 'refund' AND m.payment_ref IS NOT NULL
         GROUP BY m.account_id, m.payment_ref) r
 WHERE p.account_id = r.account_id AND p.payment_ref = r.payment_ref
"""
TO_BOOK = """
SELECT m.id, m.account_id, m.kind, m.amount, m.currency, f.bill_number, (%(now)s AT TIME ZONE a.time_zone)::date
  FROM money_movement m JOIN final_bill f ON f.id = m.final_bill_id JOIN account a ON a.id = m.account_id
 WHERE m.id = ANY (%(ids)s::bigint[]) ORDER BY m.id
"""

# What holders still have to pay of these bills, as the ledger has it now: less once they paid a part, nothing at last.
PAID_BY_HOLDERS = """
WITH asked AS (
    SELECT m.id, m.amount,
           coalesce((SELECT sum(p.amount) FROM posting p JOIN ledger_transaction t ON t.id = p.transaction_id
                      WHERE p.bill_number = f.bill_number AND p.ledger = 'receivable'
                        AND t.account_id = f.account_id), 0)::bigint AS left
      FROM final_bill f JOIN money_movement m ON m.final_bill_id = f.id
     WHERE (f.account_id, f.bill_number) IN (SELECT * FROM unnest(%(account_ids)s::bigint[], %(numbers)s::text[]))
       AND m.state = 'due' AND m.kind = 'charge' AND m.route = 'guest'
       FOR NO KEY UPDATE OF f, m
)
UPDATE money_movement m
   SET amount = CASE WHEN a.left > 0 THEN a.left ELSE m.amount END,
       state = CASE WHEN a.left > 0 THEN 'due' ELSE 'done' END,
       done_at = CASE WHEN a.left > 0 THEN NULL ELSE %(now)s::timestamptz END
  FROM asked a WHERE m.id = a.id AND a.left < a.amount
RETURNING m.id
"""

# A person is asked where money has no way of its own; the holder, where a link is the way; else nothing or nobody.
STATES = """
UPDATE final_bill f SET state = n.state, settled_at = CASE n.state WHEN 'settled' THEN %(now)s::timestamptz END
  FROM (SELECT m.final_bill_id AS id,
               CASE WHEN bool_or(m.state = 'due' AND (m.route IN ('transfer', 'cheque') OR EXISTS (
                             SELECT FROM obligation o
                              WHERE o.subject_id = m.id AND o.kind = m.kind AND o.state = 'fallout'))) THEN 'task'
                    WHEN bool_or(m.state = 'due' AND m.route = 'processor') THEN 'moving'
                    WHEN bool_or(m.state = 'due') THEN 'open'
                    ELSE 'settled' END AS state
          FROM money_movement m
         WHERE m.final_bill_id IN (SELECT x.final_bill_id FROM money_movement x WHERE x.id = ANY (%(ids)s::bigint[]))
         GROUP BY m.final_bill_id) n
 WHERE f.id = n.id AND f.state <> n.state AND f.state NOT IN ('settled', 'written_off')
RETURNING f.case_id, f.bill_number, f.state
"""
