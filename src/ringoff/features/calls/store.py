"""The SQL of calls."""

_CALL = """
SELECT c.id, c.reference, c.staff_id, c.account_id, c.line_id, c.opened_at, c.proved_at, c.proved_by,
       c.level, c.failures, c.ended_at, c.wanted
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

IN_CONFIDENCE = """
SELECT EXISTS (SELECT FROM line l JOIN cancellation c ON c.line_id = l.id
                WHERE l.account_id = %(account_id)s AND c.confidential
                  AND c.state IN ('requested', 'in_review', 'scheduled', 'releasing', 'withdrawing'))
    OR EXISTS (SELECT FROM representation r
                WHERE r.account_id = %(account_id)s AND r.confidential AND r.state = 'open')
"""

MEANS = """
SELECT g.pin_hash IS NOT NULL, a.email IS NOT NULL, g.password_hash IS NOT NULL
         OR EXISTS (SELECT FROM passkey p WHERE p.account_id = a.id)
  FROM account a LEFT JOIN login g ON g.account_id = a.id WHERE a.id = %(account_id)s
"""
# The phone of record; when a contact or a proof was changed last; and whether it is a line of the account, any of which
# the proof would let go, or one in doubt.
CALLBACK = """
SELECT a.phone, g.changed_at,
       EXISTS (SELECT FROM line l WHERE l.msisdn = a.phone AND l.status <> 'closed'
                  AND (l.account_id = a.id
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

# ── The hotline ──
# Whom digits may mean, the nearest first; each by its own index.
NAMED = """
SELECT found.rank, found.account_id
  FROM (SELECT 1 AS rank, id AS account_id FROM account WHERE account_number = %(digits)s
        UNION ALL SELECT 2, account_id FROM line WHERE status <> 'closed' AND msisdn = ANY (%(numbers)s::text[])
        UNION ALL SELECT 3, id FROM account WHERE account_number ~ '[^0-9]'
                     AND regexp_replace(account_number, '[^0-9]', '', 'g') = %(digits)s AND %(digits)s <> ''
        UNION ALL SELECT 4, id FROM account WHERE phone = ANY (%(numbers)s::text[])
        UNION ALL SELECT 5, account_id FROM line WHERE status = 'closed' AND msisdn = ANY (%(numbers)s::text[])
       ) AS found
 ORDER BY found.rank, found.account_id LIMIT 50
"""
LOCALES = """
SELECT DISTINCT a.locale, a.id FROM account a
 WHERE a.id IN (SELECT account_id FROM line WHERE status <> 'closed' AND msisdn = %(number)s
                UNION SELECT id FROM account WHERE phone = %(number)s) LIMIT 2
"""
BEGIN_CONVERSATION = """
INSERT INTO conversation (id, caller, state, heard_at) VALUES (%(id)s, %(caller)s, %(state)s, %(now)s)
ON CONFLICT (id) DO NOTHING
"""
HOLD_CONVERSATION = "SELECT caller, state, ended_at IS NOT NULL FROM conversation WHERE id = %(id)s FOR UPDATE"
KEEP_CONVERSATION = "UPDATE conversation SET state = %(state)s, heard_at = %(now)s WHERE id = %(id)s"
END_CONVERSATION = "UPDATE conversation SET ended_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL"

# Whoever asks again keeps their place.
WAIT = """
INSERT INTO waiting_caller AS w (reference, conversation, call_id, line_id, language, wanted, callback, carried, since)
VALUES (%(reference)s, %(conversation)s, %(call)s, %(line_id)s, %(language)s, %(wanted)s, %(callback)s, %(carried)s,
        %(now)s)
ON CONFLICT (conversation, callback) WHERE taken_at IS NULL AND left_at IS NULL
DO UPDATE SET call_id = excluded.call_id, line_id = excluded.line_id, wanted = excluded.wanted
RETURNING w.reference, w.reference = %(reference)s
"""
AHEAD = """
SELECT count(*) FROM waiting_caller w
 WHERE w.taken_at IS NULL AND w.left_at IS NULL AND NOT w.callback AND w.since > %(since)s
   AND w.id < coalesce((SELECT o.id FROM waiting_caller o WHERE o.reference = %(reference)s), 9223372036854775807)
"""
WAITING = """
SELECT w.reference, w.call_id, w.line_id, w.language, w.wanted, w.callback, w.carried, w.since FROM waiting_caller w
 WHERE w.taken_at IS NULL AND w.left_at IS NULL
   AND w.since > CASE WHEN w.callback THEN %(asked_since)s::timestamptz ELSE %(since)s END
 ORDER BY w.callback, w.id LIMIT %(limit)s
"""
HOLD_WAITING = """
SELECT w.id, w.call_id, w.line_id, w.wanted, w.callback, w.carried, w.taken_at IS NOT NULL, w.left_at IS NOT NULL
  FROM waiting_caller w WHERE w.reference = %(reference)s FOR UPDATE
"""
TAKE_WAITING = "UPDATE waiting_caller SET taken_by = %(staff_id)s, taken_at = %(now)s WHERE id = %(id)s"
GIVE_CALL = """
UPDATE call SET staff_id = %(staff_id)s, line_id = coalesce(%(line_id)s, line_id), wanted = %(wanted)s
 WHERE id = %(id)s AND ended_at IS NULL
"""
LEAVE = """
UPDATE waiting_caller SET left_at = %(now)s
 WHERE conversation = %(conversation)s AND NOT callback AND taken_at IS NULL AND left_at IS NULL RETURNING call_id
"""

# Each limited: what is left goes the next time.
FORGET_CONVERSATIONS = """
DELETE FROM conversation WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM conversation WHERE heard_at < %(before)s LIMIT %(limit)s))
"""
FORGET_WAITING = """
DELETE FROM waiting_caller WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM waiting_caller WHERE since < %(before)s LIMIT %(limit)s))
"""
END_SILENT_CALLS = """
UPDATE call SET ended_at = %(now)s WHERE id = ANY (ARRAY(
    SELECT id FROM call WHERE staff_id IS NULL AND ended_at IS NULL AND opened_at < %(before)s LIMIT %(limit)s))
"""
