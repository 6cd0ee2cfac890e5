"""The SQL of calls."""

_CALL = """
SELECT c.id, c.reference, c.staff_id, c.account_id, c.line_id, c.opened_at, c.proved_at, c.proved_by,
       c.level, c.failures, c.ended_at
  FROM call c
"""
OPEN = """
INSERT INTO call (reference, staff_id, account_id, line_id, opened_at)
VALUES (%(reference)s, %(staff_id)s, %(account_id)s, %(line_id)s, %(now)s) ON CONFLICT DO NOTHING RETURNING id
"""
ONE = _CALL + " WHERE c.id = %(id)s"
BY_REFERENCE = _CALL + " WHERE c.reference = %(reference)s AND c.ended_at IS NULL AND c.opened_at > %(since)s"
LOCK = ONE + " FOR NO KEY UPDATE"
OPEN_CALLS = _CALL + " WHERE c.staff_id = %(staff_id)s AND c.ended_at IS NULL ORDER BY c.id"
END = "UPDATE call SET ended_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL"
PROVED = """
UPDATE call SET proved_at = %(now)s, proved_by = %(by)s, level = greatest(level, %(level)s) WHERE id = %(id)s
"""
FAILED = "UPDATE call SET failures = failures + 1 WHERE id = %(id)s"

MEANS = """
SELECT g.pin_hash IS NOT NULL, a.email IS NOT NULL, g.password_hash IS NOT NULL
         OR EXISTS (SELECT FROM passkey p WHERE p.account_id = a.id)
  FROM account a LEFT JOIN login g ON g.account_id = a.id WHERE a.id = %(account_id)s
"""
# The phone of record; whether it is the line in question (any of the account's, where none was named) or one in doubt;
# and when a contact or a proof was changed last.
CALLBACK = """
SELECT a.phone, g.changed_at,
       EXISTS (SELECT FROM line l WHERE l.msisdn = a.phone AND l.status <> 'closed'
                  AND (l.id = %(line_id)s OR (%(line_id)s::bigint IS NULL AND l.account_id = a.id)
                       OR EXISTS (SELECT FROM hold h WHERE h.line_id = l.id AND h.lifted_at IS NULL
                                     AND h.kind IN ('recent_change', 'stolen', 'fraud'))))
  FROM account a LEFT JOIN login g ON g.account_id = a.id WHERE a.id = %(account_id)s
"""
AGENT = "SELECT s.name FROM staff s WHERE s.id = %(staff_id)s AND s.disabled_at IS NULL"
SET_OUT = "UPDATE call SET callback_at = %(now)s WHERE id = %(id)s"
COME_BACK = "UPDATE call SET callback_at = NULL WHERE id = %(id)s AND callback_at > %(since)s RETURNING id"
MAKE_CODE = """
INSERT INTO call_code (account_id, via, level, code, expires_at)
VALUES (%(account_id)s, %(via)s, %(level)s, %(code)s, %(expires_at)s)
"""
VOID_CODES = """
UPDATE call_code SET used_at = %(now)s WHERE account_id = %(account_id)s AND via = %(via)s AND used_at IS NULL
"""
CODES = """
SELECT id, via, level, code FROM call_code
 WHERE account_id = %(account_id)s AND used_at IS NULL AND expires_at > %(now)s ORDER BY id FOR NO KEY UPDATE
"""
USE_CODE = "UPDATE call_code SET used_at = %(now)s WHERE id = %(id)s"
