"""The SQL of representations and their papers."""

LINES = """
SELECT l.id FROM line l WHERE l.account_id = %(account_id)s AND l.status <> 'closed'
   AND (%(line_ids)s::bigint[] IS NULL OR l.id = ANY (%(line_ids)s::bigint[]))
 ORDER BY l.primary_line_id IS NULL, l.id LIMIT 501
"""
# How the account's own people are reached: no safe way to reach somebody who leaves them.
OWN_CONTACTS = """
SELECT a.email FROM account a WHERE a.id = %(account_id)s
 UNION SELECT a.phone FROM account a WHERE a.id = %(account_id)s
 UNION SELECT f.address FROM former_contact f WHERE f.account_id = %(account_id)s
 UNION SELECT l.msisdn FROM line l WHERE l.account_id = %(account_id)s AND l.status <> 'closed'
"""
NEXT_ID = "SELECT nextval(pg_get_serial_sequence('representation', 'id'))"
START = """
INSERT INTO representation (id, account_id, route, line_ids, confidential, person, rule_pack, asked_by, opened_at,
                            due_at, shred_at) OVERRIDING SYSTEM VALUE
VALUES (%(id)s, %(account_id)s, %(route)s, %(line_ids)s::bigint[], %(confidential)s, %(person)s, %(rule_pack)s,
        %(staff_id)s, %(now)s, %(due_at)s, %(shred_at)s)
"""
_REPRESENTATION = """
SELECT r.id, r.account_id, r.route, r.line_ids, r.confidential, r.person, r.rule_pack, s.name, r.opened_at, r.due_at,
       r.state, d.name, r.decided_at, r.why_decided, k.key
  FROM representation r JOIN staff s ON s.id = r.asked_by LEFT JOIN staff d ON d.id = r.decided_by
  LEFT JOIN subject_key k ON k.account_id = r.account_id AND k.part = 'R-' || r.id
"""
ONE = _REPRESENTATION + " WHERE r.id = %(id)s"
LOCK = ONE + " FOR NO KEY UPDATE OF r"
WAITING = _REPRESENTATION + " WHERE r.state = 'open' ORDER BY r.due_at, r.id LIMIT %(limit)s"
DECIDE = """
UPDATE representation SET state = %(state)s, decided_by = %(staff_id)s, decided_at = %(now)s, why_decided = %(why)s
 WHERE id = %(id)s
"""

# ── Papers ──
_PAPER = """
SELECT p.id, p.item, p.name, p.media_type, p.size, p.digest, s.name, p.uploaded_at
  FROM representation_paper p JOIN staff s ON s.id = p.uploaded_by
"""
PAPERS = _PAPER + " WHERE p.representation_id = %(id)s AND p.content IS NOT NULL ORDER BY p.id"
PAPER = (
    _PAPER.replace("s.name, p.uploaded_at", "s.name, p.uploaded_at, p.representation_id, p.content")
    + " WHERE p.id = %(paper_id)s AND p.content IS NOT NULL"
)
COUNT = "SELECT count(*) FROM representation_paper WHERE representation_id = %(id)s"
ADD = """
INSERT INTO representation_paper (representation_id, item, media_type, size, name, digest, content, uploaded_by,
                                  uploaded_at)
VALUES (%(id)s, %(item)s, %(media_type)s, %(size)s, %(name)s, %(digest)s, %(content)s, %(staff_id)s, %(now)s)
ON CONFLICT (representation_id, item, digest) DO NOTHING RETURNING id
"""
DROP = """
UPDATE representation_paper SET name = NULL, digest = NULL, content = NULL
 WHERE id = %(paper_id)s AND representation_id = %(id)s AND content IS NOT NULL RETURNING id
"""

# ── Shredding ──
EXPIRED = """
SELECT id FROM representation WHERE shredded_at IS NULL AND shred_at <= %(now)s
 ORDER BY shred_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
"""
SHRED = """
UPDATE representation SET shredded_at = %(now)s, person = '', why_decided = NULL
 WHERE id = ANY (%(ids)s::bigint[]) AND shredded_at IS NULL RETURNING id, account_id
"""
SHRED_PAPERS = """
UPDATE representation_paper SET name = NULL, digest = NULL, content = NULL
 WHERE representation_id = ANY (%(ids)s::bigint[]) AND content IS NOT NULL
"""
