"""The SQL of the people who work here."""

_MEMBER = "SELECT s.id, s.name, s.display_name, s.role, s.totp_set_at IS NOT NULL, s.disabled_at"

ADD = """
INSERT INTO staff (name, display_name, role, made_at) VALUES (%(name)s, %(display_name)s, %(role)s, %(now)s)
ON CONFLICT (name) DO NOTHING RETURNING id
"""
MEMBERS = _MEMBER + " FROM staff s ORDER BY s.name"
FIND = _MEMBER + " FROM staff s WHERE s.name = %(name)s"
CHANGE = "UPDATE staff SET role = %(role)s WHERE name = %(name)s"
DISABLE = "UPDATE staff SET disabled_at = %(at)s WHERE name = %(name)s"
MAKE_LINK = "INSERT INTO staff_link (digest, staff_id, expires_at) VALUES (%(digest)s, %(id)s, %(expires_at)s)"
USE_UP_LINKS = "UPDATE staff_link SET used_at = %(now)s WHERE staff_id = %(id)s AND used_at IS NULL"
OPEN_LINK = (
    _MEMBER
    + """, k.totp FROM staff_link k JOIN staff s ON s.id = k.staff_id
 WHERE k.digest = %(digest)s AND k.used_at IS NULL AND k.expires_at > %(now)s AND s.disabled_at IS NULL
   FOR NO KEY UPDATE OF k
"""
)
START_TOTP = "UPDATE staff_link SET totp = %(totp)s WHERE digest = %(digest)s"
SET_UP = """
UPDATE staff SET password_hash = %(hash)s, totp = %(totp)s, totp_set_at = %(now)s, totp_step = %(step)s, failures = 0,
       blocked_until = NULL
 WHERE id = %(id)s
"""
KNOWN = (
    _MEMBER
    + """, s.password_hash, s.totp, s.totp_step, s.failures, s.blocked_until FROM staff s
 WHERE s.name = %(name)s AND s.disabled_at IS NULL AND s.totp_set_at IS NOT NULL FOR NO KEY UPDATE
"""
)
COUNT = "UPDATE staff SET failures = %(failures)s, blocked_until = %(blocked_until)s WHERE id = %(id)s"
USE_STEP = "UPDATE staff SET totp_step = %(step)s WHERE id = %(id)s"

START = """
INSERT INTO staff_session (digest, staff_id, public_id, created_at, proved_at, seen_at, address, device)
VALUES (%(digest)s, %(id)s, %(public_id)s, %(now)s, %(now)s, %(now)s, %(address)s, %(device)s)
"""
SESSION = (
    _MEMBER
    + """, e.public_id, e.created_at, e.proved_at, e.seen_at, host(e.address)
  FROM staff_session e JOIN staff s ON s.id = e.staff_id
 WHERE e.digest = %(digest)s AND e.ended_at IS NULL AND s.disabled_at IS NULL AND e.created_at > %(since)s
"""
)
SEEN = "UPDATE staff_session SET seen_at = %(now)s WHERE digest = %(digest)s"
LOCK = "UPDATE staff_session SET seen_at = %(seen_at)s WHERE public_id = %(public_id)s AND ended_at IS NULL"
PROVED = """
UPDATE staff_session SET proved_at = %(now)s, seen_at = %(now)s WHERE public_id = %(public_id)s AND ended_at IS NULL
"""
END = "UPDATE staff_session SET ended_at = %(now)s WHERE public_id = %(public_id)s AND ended_at IS NULL"
END_ALL = "UPDATE staff_session SET ended_at = %(now)s WHERE staff_id = %(id)s AND ended_at IS NULL"
SET_AVAILABLE = """
UPDATE staff_session SET available_at = CASE WHEN %(available)s THEN %(now)s::timestamptz END
 WHERE public_id = %(public_id)s AND ended_at IS NULL AND (available_at IS NOT NULL) <> %(available)s
"""
IS_AVAILABLE = (
    "SELECT FROM staff_session WHERE public_id = %(public_id)s AND ended_at IS NULL AND available_at IS NOT NULL"
)
FREE_AGENTS = """
SELECT count(DISTINCT e.staff_id) FROM staff_session e JOIN staff s ON s.id = e.staff_id
 WHERE e.ended_at IS NULL AND e.available_at IS NOT NULL AND e.created_at > %(since)s AND e.seen_at >= %(seen_since)s
   AND s.disabled_at IS NULL AND s.role = ANY (%(roles)s::text[])
"""

# ── Passkeys ──
PASSKEYS = """
SELECT p.id, p.name, p.created_at, p.last_used_at FROM staff_passkey p
 WHERE p.staff_id = %(id)s ORDER BY p.created_at, p.id
"""
HANDLE = """
SELECT s.passkey_handle, ARRAY (SELECT p.id FROM staff_passkey p WHERE p.staff_id = s.id)
  FROM staff s WHERE s.id = %(id)s FOR NO KEY UPDATE
"""
ADD_PASSKEY = """
INSERT INTO staff_passkey (id, staff_id, public_key, sign_count, name, created_at)
VALUES (%(id)s, %(staff_id)s, %(public_key)s, %(sign_count)s, %(name)s, %(now)s) ON CONFLICT (id) DO NOTHING
"""
REMOVE_PASSKEY = "DELETE FROM staff_passkey WHERE id = %(id)s AND staff_id = %(staff_id)s"
REMOVE_PASSKEYS = "DELETE FROM staff_passkey WHERE staff_id = %(id)s"
USED = (
    _MEMBER
    + """, p.id, p.public_key, p.sign_count FROM staff_passkey p JOIN staff s ON s.id = p.staff_id
 WHERE p.id = %(id)s AND s.passkey_handle = %(handle)s AND s.disabled_at IS NULL FOR UPDATE OF p
"""
)
COUNT_USE = "UPDATE staff_passkey SET sign_count = %(sign_count)s, last_used_at = %(now)s WHERE id = %(id)s"
