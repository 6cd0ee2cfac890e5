"""The SQL of approvals and duties."""

_APPROVAL = """
SELECT a.id, a.kind, a.about, a.account_id, s.name, a.asked_at, a.why, a.terms, a.state, d.name, a.decided_at,
       a.why_decided, a.expires_at
  FROM approval a JOIN staff s ON s.id = a.asked_by LEFT JOIN staff d ON d.id = a.decided_by
"""
ASK = """
INSERT INTO approval (kind, about, account_id, asked_by, asked_at, why, terms, digest, expires_at)
VALUES (%(kind)s, %(about)s, %(account_id)s, %(staff_id)s, %(now)s, %(why)s, %(terms)s::jsonb, %(digest)s,
        %(expires_at)s)
ON CONFLICT (kind, about, asked_by, digest) WHERE state IN ('waiting', 'approved') DO NOTHING RETURNING id
"""
THE_SAME = (
    _APPROVAL
    + """ WHERE a.kind = %(kind)s AND a.about = %(about)s AND a.asked_by = %(staff_id)s AND a.digest = %(digest)s
   AND a.state IN ('waiting', 'approved')
"""
)
LET_LAPSE = """
UPDATE approval SET state = 'expired', ended_at = %(now)s
 WHERE kind = %(kind)s AND about = %(about)s AND asked_by = %(staff_id)s AND digest = %(digest)s
   AND state IN ('waiting', 'approved') AND expires_at <= %(now)s
RETURNING id, kind, about
"""
ONE = _APPROVAL + " WHERE a.id = %(id)s"
LOCK = ONE + " FOR NO KEY UPDATE OF a"
# Those about an account whose contact this person has edited lately are somebody else's to decide.
WAITING = (
    _APPROVAL
    + """ WHERE a.state = 'waiting' AND a.expires_at > %(now)s AND a.asked_by <> %(staff_id)s
   AND NOT EXISTS (SELECT FROM duty u WHERE u.account_id = a.account_id AND u.staff_id = %(staff_id)s
                      AND u.what = 'edited_contact' AND u.at >= a.asked_at - %(recent)s)
 ORDER BY a.expires_at, a.id LIMIT %(limit)s
"""
)
OF_MEMBER = _APPROVAL + " WHERE a.asked_by = %(staff_id)s AND a.asked_at > %(since)s ORDER BY a.id DESC LIMIT %(limit)s"
DECIDE = """
UPDATE approval SET state = %(state)s, decided_by = %(staff_id)s, decided_at = %(now)s, why_decided = %(why)s
 WHERE id = %(id)s
"""
USE = """
UPDATE approval a SET state = 'used', ended_at = %(now)s
  FROM staff s
 WHERE a.id = %(id)s AND a.state = 'approved' AND a.expires_at > %(now)s AND a.kind = %(kind)s AND a.about = %(about)s
   AND a.digest = %(digest)s AND s.id = a.asked_by AND s.name = %(name)s AND s.disabled_at IS NULL
RETURNING a.id
"""
EXPIRE = """
WITH old AS (SELECT id FROM approval WHERE state IN ('waiting', 'approved') AND expires_at <= %(now)s
             ORDER BY expires_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED)
UPDATE approval SET state = 'expired', ended_at = %(now)s FROM old WHERE approval.id = old.id
RETURNING approval.id, approval.kind, approval.about
"""

# ── Duties ──
# One person does one thing at a time: of an edit and a decision at once, the later one sees the earlier.
ONE_AT_A_TIME = "SELECT id FROM staff WHERE id = %(staff_id)s FOR NO KEY UPDATE"
DID = """
INSERT INTO duty (account_id, staff_id, what, at) VALUES (%(account_id)s, %(staff_id)s, %(what)s, %(now)s)
"""
HAS_DONE = """
SELECT FROM duty WHERE account_id = %(account_id)s AND staff_id = %(staff_id)s AND what = %(what)s AND at >= %(since)s
 LIMIT 1
"""
OLDEST_OPEN = """
SELECT min(c.requested_at) FROM line l JOIN cancellation c ON c.line_id = l.id
   AND c.state IN ('requested', 'in_review', 'scheduled', 'releasing', 'withdrawing')
 WHERE l.account_id = %(account_id)s
"""
