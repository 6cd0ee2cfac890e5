"""The SQL of importing what a holder sees beside their lines: bills with their documents, and bindings.

As in staging.py: a check takes the rows that it refuses out of the staging table; what is left is written.
"""

from psycopg import sql

TABLES = """
DROP TABLE IF EXISTS pg_temp.staged_bills, pg_temp.staged_bindings, pg_temp.staged_documents;
CREATE TEMPORARY TABLE staged_bills (
    row_number integer, bad_column text, bad_reason text,
    account_number text, bill_number text, issued_on date, due_on date, amount bigint, open_amount bigint,
    currency text, pay_url text, document text, kind text, disputed boolean, credit_left bigint,
    key text GENERATED ALWAYS AS (account_number || ' ' || bill_number) STORED
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_bindings (
    row_number integer, bad_column text, bad_reason text,
    line_ref text, kind text, name text, detail text, removable boolean,
    key text GENERATED ALWAYS AS (line_ref || ' ' || kind || ' ' || name) STORED
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_documents (row_number integer PRIMARY KEY, content bytea NOT NULL) ON COMMIT DROP
"""

DOCUMENTS = """
SELECT row_number, document FROM staged_bills
 WHERE document IS NOT NULL AND row_number > %(after)s ORDER BY row_number LIMIT %(limit)s
"""

COPY_DOCUMENTS = "COPY staged_documents FROM STDIN"

UNFIT_DOCUMENTS = """
WITH unfit AS (
    SELECT * FROM unnest(%(row_numbers)s::integer[], %(reasons)s::text[]) AS u (row_number, reason)
), bad AS (
    DELETE FROM staged_bills s USING unfit u WHERE u.row_number = s.row_number RETURNING s.row_number, u.reason
)
INSERT INTO import_problem SELECT %(file)s, row_number, 'document', reason FROM bad
"""

# A bill whose row names no document keeps the one that it has.
UNCHANGED_BILLS = """
DELETE FROM staged_bills s USING bill b JOIN account a ON a.id = b.account_id
 WHERE a.account_number = s.account_number AND b.bill_number = s.bill_number
   AND (b.issued_on, b.due_on, b.amount, b.open_amount, b.currency::text, b.pay_url, b.kind, b.disputed, b.credit_left)
       IS NOT DISTINCT FROM
       (s.issued_on, s.due_on, s.amount, s.open_amount, s.currency, s.pay_url, s.kind, s.disputed, s.credit_left)
   AND (s.document IS NULL
        OR b.document = (SELECT d.content FROM staged_documents d WHERE d.row_number = s.row_number))
"""

# What its holder unlinked stays so.
UNCHANGED_BINDINGS = """
DELETE FROM staged_bindings s USING binding b JOIN line l ON l.id = b.line_id
 WHERE l.line_ref = s.line_ref AND b.kind = s.kind AND b.name = s.name
   AND (b.detail, b.removable) = (coalesce(s.detail, ''), s.removable)
"""

# What belongs to no line may name none.
STRANGE_LINE = sql.SQL("""
WITH bad AS (
    DELETE FROM {staged} s
     WHERE s.line_ref IS NOT NULL
       AND NOT EXISTS (SELECT FROM staged_lines t WHERE t.line_ref = s.line_ref)
       AND NOT EXISTS (SELECT FROM line l WHERE l.line_ref = s.line_ref)
    RETURNING row_number, line_ref
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'line_ref', format('There is no line %%s.', line_ref) FROM bad
""")

CLOSED_LINE = sql.SQL("""
WITH bad AS (
    DELETE FROM {staged} s USING line l
     WHERE l.line_ref = s.line_ref AND l.status = 'closed' RETURNING s.row_number
)
INSERT INTO import_problem
SELECT %(file)s, row_number, 'line_ref', 'The line is closed: nothing hangs on it any more.', true FROM bad
""")

UPDATE_BILLS = """
UPDATE bill b
   SET issued_on = s.issued_on, due_on = s.due_on, amount = s.amount, open_amount = s.open_amount,
       currency = s.currency, pay_url = s.pay_url, document = coalesce(d.content, b.document), kind = s.kind,
       disputed = s.disputed, credit_left = s.credit_left, unbooked = true
  FROM staged_bills s
  JOIN account a ON a.account_number = s.account_number
  LEFT JOIN staged_documents d ON d.row_number = s.row_number
 WHERE b.account_id = a.id AND b.bill_number = s.bill_number
"""

INSERT_BILLS = """
INSERT INTO bill (account_id, bill_number, issued_on, due_on, amount, open_amount, currency, pay_url, document, kind,
                  disputed, credit_left)
SELECT a.id, s.bill_number, s.issued_on, s.due_on, s.amount, s.open_amount, s.currency, s.pay_url, d.content, s.kind,
       s.disputed, s.credit_left
  FROM staged_bills s
  JOIN account a ON a.account_number = s.account_number
  LEFT JOIN staged_documents d ON d.row_number = s.row_number
ON CONFLICT (account_id, bill_number) DO NOTHING
"""

UPDATE_BINDINGS = """
UPDATE binding b SET detail = coalesce(s.detail, ''), removable = s.removable
  FROM staged_bindings s JOIN line l ON l.line_ref = s.line_ref
 WHERE b.line_id = l.id AND b.kind = s.kind AND b.name = s.name
"""

INSERT_BINDINGS = """
INSERT INTO binding (line_id, kind, name, detail, removable)
SELECT l.id, s.kind, s.name, coalesce(s.detail, ''), s.removable
  FROM staged_bindings s JOIN line l ON l.line_ref = s.line_ref
ON CONFLICT (line_id, kind, name) DO NOTHING
"""
