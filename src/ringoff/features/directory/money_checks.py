"""The SQL that looks whether imported money can be: whether it names what there is, adds up, and has happened already.

As in staging.py: a check takes the rows that it refuses out of the staging table and notes them in import_problem.
"""

from psycopg import sql

from ringoff.kit.money import OTHER_THAN_TWO_DIGITS

# An amount as people write it, for the reasons: 1999 CNY is 19.99 CNY.
SPELLED = sql.SQL("""
CREATE OR REPLACE FUNCTION pg_temp.spelled(numeric, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT round($1 / 10::numeric ^ p, p) || ' ' || $2
      FROM (SELECT coalesce(({digits}::jsonb ->> $2)::integer, 2) AS p) AS places
$$
""").format(digits=sql.Literal("{" + ",".join(f'"{name}":{n}' for name, n in OTHER_THAN_TWO_DIGITS.items()) + "}"))

# The bills that are imported or that something imported belongs to, as they will be; `row_number` of the former. Final
# bills are ours, and are paid like any other.
KNOWN_BILLS = """
CREATE TEMPORARY TABLE known_bills ON COMMIT DROP AS
SELECT s.account_number, s.bill_number, s.amount, s.currency, s.row_number, false AS final FROM staged_bills s
 UNION ALL
SELECT a.account_number, b.bill_number, b.amount, b.currency::text, NULL, false
  FROM (SELECT account_number, bill_number FROM staged_bill_items
         UNION SELECT account_number, bill_number FROM staged_payments WHERE bill_number IS NOT NULL) n
  JOIN account a ON a.account_number = n.account_number
  JOIN bill b ON b.account_id = a.id AND b.bill_number = n.bill_number
 WHERE NOT EXISTS (SELECT FROM staged_bills s
                    WHERE s.account_number = n.account_number AND s.bill_number = n.bill_number)
 UNION ALL
SELECT a.account_number, f.bill_number, f.total, f.currency::text, NULL, true
  FROM (SELECT DISTINCT account_number, bill_number FROM staged_payments WHERE bill_number IS NOT NULL) n
  JOIN account a ON a.account_number = n.account_number
  JOIN final_bill f ON f.account_id = a.id AND f.bill_number = n.bill_number
"""

# What is paid for them, as it will be: without what bounced.
KNOWN_PAYMENTS = """
CREATE TEMPORARY TABLE known_payments ON COMMIT DROP AS
SELECT s.account_number, s.bill_number, s.payment_ref, s.amount - s.returned AS paid, s.currency, s.row_number
  FROM staged_payments s WHERE s.bill_number IS NOT NULL
 UNION ALL
SELECT k.account_number, k.bill_number, p.payment_ref, p.amount - p.returned, p.currency::text, NULL
  FROM known_bills k
  JOIN account a ON a.account_number = k.account_number
  JOIN payment p ON p.account_id = a.id AND p.bill_number = k.bill_number
 WHERE NOT EXISTS (SELECT FROM staged_payments s
                    WHERE s.account_number = k.account_number AND s.payment_ref = p.payment_ref)
"""

ANALYZE_KNOWN = "ANALYZE known_bills, known_payments"

FUTURE = sql.SQL("""
WITH bad AS (DELETE FROM {staged} WHERE {column} > %(latest)s RETURNING row_number)
INSERT INTO import_problem SELECT %(file)s, row_number, {name}, 'This lies in the future.' FROM bad
""")

STRANGE_BILL = sql.SQL("""
WITH bad AS (
    DELETE FROM {staged} s
     WHERE s.bill_number IS NOT NULL
       AND NOT EXISTS (SELECT FROM known_bills k
                        WHERE k.account_number = s.account_number AND k.bill_number = s.bill_number
                          AND (NOT k.final OR {name} = 'payments'))
    RETURNING row_number, account_number, bill_number
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'bill_number', format('Account %%s has no bill %%s.', account_number, bill_number) FROM bad
""")

# Before currencies are compared, and only where they are the same: amounts of two are not added up.
ITEMS_DO_NOT_ADD_UP = """
WITH summed AS (
    SELECT account_number, bill_number, sum(net + tax) AS total, min(row_number) AS row_number, min(currency) AS one,
           max(currency) AS other
      FROM staged_bill_items GROUP BY account_number, bill_number
), bad AS (
    DELETE FROM staged_bill_items s USING summed t, known_bills k
     WHERE s.row_number = t.row_number AND k.account_number = t.account_number AND k.bill_number = t.bill_number
       AND t.one = k.currency AND t.other = k.currency AND t.total <> k.amount
    RETURNING s.row_number, k.bill_number, t.total, k.amount, k.currency
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'net',
       format('The items of bill %%s add up to %%s, but it is of %%s.', bill_number, pg_temp.spelled(total, currency),
              pg_temp.spelled(amount, currency))
  FROM bad
"""

# A bill that comes without the items that we have of it.
BILL_LEFT_ITS_ITEMS = """
WITH bad AS (
    DELETE FROM staged_bills s USING account a
     WHERE a.account_number = s.account_number
       AND NOT EXISTS (SELECT FROM staged_bill_items i
                        WHERE i.account_number = s.account_number AND i.bill_number = s.bill_number)
       AND s.amount <> (SELECT sum(i.net + i.tax) FROM bill_item i
                         WHERE i.account_id = a.id AND i.bill_number = s.bill_number)
    RETURNING s.row_number, s.currency, s.amount, (SELECT sum(i.net + i.tax) FROM bill_item i
              WHERE i.account_id = a.id AND i.bill_number = s.bill_number) AS total
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'amount',
       format('Its items add up to %%s.', pg_temp.spelled(total, currency))
  FROM bad
"""

OTHER_CURRENCY = sql.SQL("""
WITH bad AS (
    DELETE FROM {staged} s USING known_bills k
     WHERE k.account_number = s.account_number AND k.bill_number = s.bill_number AND k.currency <> s.currency
    RETURNING s.row_number, k.bill_number, k.currency
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'currency', format('Bill %%s is in %%s.', bill_number, currency) FROM bad
""")

BILL_PAID_IN_OTHER_CURRENCY = """
WITH bad AS (
    DELETE FROM staged_bills s USING known_payments p
     WHERE p.account_number = s.account_number AND p.bill_number = s.bill_number AND p.row_number IS NULL
       AND p.currency <> s.currency
    RETURNING s.row_number, p.payment_ref, p.currency
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'currency', format('Payment %%s for it is in %%s.', min(payment_ref), min(currency))
  FROM bad GROUP BY row_number
"""

# In the order of the file, after what was paid before: the one that is too much is named.
PAID_TOO_MUCH = """
WITH running AS (
    SELECT p.row_number, p.account_number, p.bill_number, p.paid,
           sum(p.paid) OVER (PARTITION BY p.account_number, p.bill_number ORDER BY p.row_number NULLS FIRST
                             ROWS UNBOUNDED PRECEDING) AS total
      FROM known_payments p
), bad AS (
    DELETE FROM staged_payments s USING running r, known_bills k
     WHERE s.row_number = r.row_number AND k.account_number = r.account_number AND k.bill_number = r.bill_number
       AND r.paid > 0 AND r.total > greatest(k.amount, 0)
    RETURNING s.row_number, k.bill_number, k.amount, k.currency, r.total
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'amount',
       CASE WHEN amount <= 0 THEN format('There is nothing to pay of bill %%s.', bill_number)
            ELSE format('With this, %%s is paid for bill %%s of %%s.', pg_temp.spelled(total, currency), bill_number,
                        pg_temp.spelled(amount, currency)) END
  FROM bad
"""

# What was paid too much is named by its own row.
OPEN_TOO_MUCH = """
WITH paid AS (
    SELECT account_number, bill_number, sum(paid) AS paid FROM known_payments GROUP BY account_number, bill_number
), judged AS (
    SELECT s.row_number, coalesce(p.paid, 0) AS paid
      FROM staged_bills s
      LEFT JOIN paid p ON p.account_number = s.account_number AND p.bill_number = s.bill_number
     WHERE s.open_amount > 0 AND s.open_amount > s.amount - least(s.amount, coalesce(p.paid, 0))
), bad AS (
    DELETE FROM staged_bills s USING judged j WHERE j.row_number = s.row_number
    RETURNING s.row_number, s.amount, s.currency, j.paid
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'open_amount',
       CASE paid WHEN 0 THEN format('The whole bill is of %%s.', pg_temp.spelled(amount, currency))
                 ELSE format('%%s of %%s is paid.', pg_temp.spelled(paid, currency), pg_temp.spelled(amount, currency))
                 END
  FROM bad
"""

REFUNDED_MORE = """
WITH bad AS (
    DELETE FROM staged_payments s USING payment p JOIN account a ON a.id = p.account_id
     WHERE a.account_number = s.account_number AND p.payment_ref = s.payment_ref
       AND p.refunded > s.amount - s.returned
    RETURNING s.row_number, p.refunded, s.currency
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'amount', format('%%s of it is refunded.', pg_temp.spelled(refunded, currency)) FROM bad
"""

# Where the line will be after this import.
DEPOSIT_ON_OTHER_ACCOUNT = """
WITH bad AS (
    DELETE FROM staged_deposits s
     WHERE s.line_ref IS NOT NULL
       AND s.account_number <> coalesce(
           (SELECT t.account_number FROM staged_lines t WHERE t.line_ref = s.line_ref),
           (SELECT a.account_number FROM line l JOIN account a ON a.id = l.account_id WHERE l.line_ref = s.line_ref))
    RETURNING row_number, line_ref, account_number
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'line_ref', format('Line %%s is not on account %%s.', line_ref, account_number) FROM bad
"""

STRANGE_BILL_OF_USAGE = """
WITH bad AS (
    DELETE FROM staged_usage s
     WHERE s.bill_number IS NOT NULL
       AND NOT EXISTS (SELECT FROM staged_bills b WHERE b.bill_number = s.bill_number)
       AND NOT EXISTS (SELECT FROM line l JOIN bill b ON b.account_id = l.account_id
                        WHERE l.line_ref = s.line_ref AND b.bill_number = s.bill_number)
    RETURNING row_number, bill_number
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'bill_number', format('There is no bill %%s.', bill_number) FROM bad
"""

# ── What is left as it is: a conflict never stops an import ──────────────────────────────────────────────────────────

SETTLED_BILL = sql.SQL("""
WITH bad AS (
    DELETE FROM {staged} s USING account a, posting p, ledger_transaction t
     WHERE a.account_number = s.account_number AND p.bill_number = s.bill_number AND p.ledger = 'receivable'
       AND t.id = p.transaction_id AND t.account_id = a.id AND t.kind = 'final_bill'
    RETURNING s.row_number
)
INSERT INTO import_problem
SELECT DISTINCT %(file)s, row_number, 'bill_number', 'A final bill took it over: it stays as it is.', true FROM bad
""")

RETURNED_DEPOSIT = """
WITH bad AS (
    DELETE FROM staged_deposits s USING deposit d JOIN account a ON a.id = d.account_id
     WHERE a.account_number = s.account_number AND d.deposit_ref = s.deposit_ref AND d.returned_at IS NOT NULL
    RETURNING s.row_number
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'deposit_ref', 'It was returned: it stays as it is.', true FROM bad
"""

BILLED_USAGE = """
WITH bad AS (
    DELETE FROM staged_usage s USING usage_charge u JOIN line l ON l.id = u.line_id
     WHERE l.line_ref = s.line_ref AND u.usage_ref = s.usage_ref AND u.billed_in IS NOT NULL
    RETURNING s.row_number, u.billed_in
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'usage_ref', format('It is on bill %%s: it stays as it is.', billed_in), true FROM bad
"""

# Of a line that has closed, usage is taken until its settlement's cut-off; what came after its end nobody is charged.
LATE_USAGE = """
WITH bad AS (
    DELETE FROM staged_usage s
     USING line l LEFT JOIN LATERAL (
           SELECT max(t.cut_off_at) AS cut_off_at FROM settlement t JOIN cancellation c ON c.id = t.case_id
            WHERE c.line_id = l.id) AS waited ON true
     WHERE l.line_ref = s.line_ref AND l.status = 'closed' AND s.bill_number IS NULL
       AND (s.used_at >= l.closed_at OR waited.cut_off_at IS NULL OR waited.cut_off_at <= %(now)s)
    RETURNING s.row_number, s.used_at >= l.closed_at AS after, l.closed_at, waited.cut_off_at
)
INSERT INTO import_problem
SELECT %(file)s, row_number, CASE WHEN after THEN 'used_at' ELSE 'line_ref' END,
       CASE WHEN after THEN format('The line was closed at %%s: nothing after that is charged.',
                                   to_char(closed_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
            WHEN cut_off_at IS NULL THEN 'The line is closed, and no bill of it is to come.'
            ELSE format('The line is closed, and usage was waited for until %%s.',
                        to_char(cut_off_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) END, true
  FROM bad
"""

LEFT_OUT = sql.SQL("""
WITH bad AS (DELETE FROM {staged} RETURNING row_number)
INSERT INTO import_problem
SELECT %(file)s, row_number, '', 'Left out: while a row of the money is wrong, nothing of the money is taken in.', true
  FROM bad
""")

WRONG_MONEY = "SELECT EXISTS (SELECT FROM import_problem WHERE file = ANY (%(files)s) AND NOT conflict)"
