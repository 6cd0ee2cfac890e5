"""The SQL of identity."""

# Each by its own index; what is nearer to the account comes first.
FIND = """
SELECT found.rank, a.id, a.account_number, a.holder_name, a.email, a.locale, a.time_zone, a.jurisdiction, a.closed_at,
       login.password_hash, login.totp_set_at
  FROM (SELECT 1 AS rank, id FROM account WHERE account_number = %(name)s
        UNION ALL SELECT 2, account_id FROM line WHERE status <> 'closed' AND msisdn = ANY (%(numbers)s)
        UNION ALL SELECT 3, id FROM account WHERE lower(email) = lower(%(name)s)
        UNION ALL SELECT 4, id FROM account WHERE phone = ANY (%(numbers)s)
        UNION ALL SELECT 5, account_id FROM line WHERE status = 'closed' AND msisdn = ANY (%(numbers)s)) AS found
  JOIN account a ON a.id = found.id LEFT JOIN login ON login.account_id = a.id
 ORDER BY found.rank, a.id LIMIT 50
"""

HOLDER = """
SELECT 0, a.id, a.account_number, a.holder_name, a.email, a.locale, a.time_zone, a.jurisdiction, a.closed_at,
       login.password_hash, login.totp_set_at
  FROM account a LEFT JOIN login ON login.account_id = a.id WHERE a.id = %(account_id)s
"""

NAMES = """
SELECT a.phone, ARRAY (SELECT msisdn FROM line WHERE account_id = a.id AND msisdn IS NOT NULL LIMIT 50)
  FROM account a WHERE a.id = %(account_id)s
"""

ENSURE_LOGIN = """
INSERT INTO login (account_id, passkey_handle, created_at) VALUES (%(account_id)s, %(handle)s, %(now)s)
ON CONFLICT DO NOTHING
"""

KEEP_HASH = """
UPDATE login SET password_hash = %(hash)s, password_alone = %(alone)s, password_set_at = %(now)s,
       changed_at = CASE WHEN login.password_set_at IS NULL THEN login.changed_at ELSE %(now)s END,
       recovered_at = CASE WHEN %(by_link)s THEN %(now)s ELSE login.recovered_at END
 WHERE account_id = %(account_id)s
"""

RENEW_HASH = "UPDATE login SET password_hash = %(hash)s WHERE account_id = %(account_id)s AND password_hash = %(old)s"

# ── Guesses and throttles ──
# Takes the row's lock, whether the row is new or not: the next guess at this account waits here.
TAKE_GUESSES = """
INSERT INTO guess AS g (account_id, factor) VALUES (%(account_id)s, %(factor)s)
ON CONFLICT (account_id, factor) DO UPDATE SET failures = g.failures
RETURNING failures, blocked_until
"""

WRITE_GUESSES = """
UPDATE guess SET failures = %(failures)s, blocked_until = %(blocked_until)s
 WHERE account_id = %(account_id)s AND factor = %(factor)s
"""

COUNTED = """
SELECT v.position - 1 FROM unnest(%(buckets)s::text[], %(mosts)s::int[], %(sinces)s::timestamptz[])
       WITH ORDINALITY AS v (bucket, most, since, position)
  JOIN throttle t ON t.bucket = v.bucket AND t.opened_at > v.since AND t.count >= v.most
 ORDER BY v.position LIMIT 1
"""

COUNT = """
INSERT INTO throttle AS t (bucket, opened_at, count)
VALUES (%(bucket)s, %(now)s, 1)
ON CONFLICT (bucket) DO UPDATE
   SET count = CASE WHEN t.opened_at > %(since)s THEN t.count + 1 ELSE 1 END,
       opened_at = CASE WHEN t.opened_at > %(since)s THEN t.opened_at ELSE excluded.opened_at END
RETURNING count
"""

# ── Sessions ──
SESSION_COLUMNS = """
SELECT a.id, a.account_number, a.holder_name, a.locale, a.time_zone, a.jurisdiction, a.closed_at,
       login.changed_at, login.cancel_locked_at, s.public_id, s.level, s.method, s.created_at, s.proved_at, s.seen_at,
       host(s.address), s.device
  FROM session s JOIN account a ON a.id = s.account_id LEFT JOIN login ON login.account_id = a.id
"""

SESSION = SESSION_COLUMNS + " WHERE s.digest = %(digest)s AND s.ended_at IS NULL"

SESSION_NAMED = SESSION_COLUMNS + " WHERE s.public_id = %(public_id)s"

SESSIONS = (
    SESSION_COLUMNS
    + """
 WHERE s.account_id = %(account_id)s AND s.ended_at IS NULL AND s.level > 0
   AND s.seen_at > %(idle_since)s AND s.created_at > %(since)s
 ORDER BY s.seen_at DESC, s.public_id LIMIT 100
"""
)

START_SESSION = """
INSERT INTO session (digest, account_id, public_id, level, method, created_at, proved_at, seen_at, address, device)
VALUES (%(digest)s, %(account_id)s, %(public_id)s, %(level)s, %(method)s, %(now)s, %(now)s, %(now)s, %(address)s,
        %(device)s)
"""

# That somebody was here may be lost with the machine: a page does not wait for the disk.
NO_HURRY = "SET LOCAL synchronous_commit = off"
SEEN = "UPDATE session SET seen_at = %(now)s WHERE digest = %(digest)s AND seen_at < %(now)s"

# The cookie's value changes with what it is good for (ASVS 7.2.4); `created_at` stays: no session outlives its most.
PROVE_AGAIN = """
UPDATE session SET digest = %(digest)s, level = %(level)s, method = %(method)s, proved_at = %(now)s, seen_at = %(now)s
 WHERE public_id = %(public_id)s AND ended_at IS NULL
"""

END_SESSION = """
UPDATE session SET ended_at = %(now)s
 WHERE account_id = %(account_id)s AND public_id = %(public_id)s AND ended_at IS NULL
"""

END_SESSIONS = """
UPDATE session SET ended_at = %(now)s
 WHERE account_id = %(account_id)s AND ended_at IS NULL AND public_id <> %(but)s
"""

# ── Links ──
MAKE_LINK = """
INSERT INTO secret_link (digest, purpose, account_id, subject, made_at, expires_at)
VALUES (%(digest)s, %(purpose)s, %(account_id)s, %(subject)s, %(now)s, %(expires_at)s)
"""

OPEN_LINK = """
SELECT purpose, account_id, subject, expires_at FROM secret_link
 WHERE digest = %(digest)s AND purpose = ANY (%(purposes)s) AND used_at IS NULL AND expires_at > %(now)s
"""

USE_LINK = """
UPDATE secret_link SET used_at = %(now)s
 WHERE digest = %(digest)s AND purpose = ANY (%(purposes)s) AND used_at IS NULL AND expires_at > %(now)s
RETURNING purpose, account_id, subject, expires_at
"""

LINK_UNDER_WAY = """
SELECT FROM secret_link
 WHERE account_id = %(account_id)s AND purpose = %(purpose)s AND subject = %(subject)s AND used_at IS NULL
   AND expires_at > %(now)s
 LIMIT 1
"""

USE_UP_LINKS = """
UPDATE secret_link SET used_at = %(now)s
 WHERE account_id = %(account_id)s AND purpose = ANY (%(purposes)s) AND used_at IS NULL
"""

# ── Contacts ──
CONTACTS = """
SELECT c.address FROM (
    SELECT email AS address, NULL::timestamptz AS replaced_at FROM account
     WHERE id = %(account_id)s AND email IS NOT NULL
    UNION ALL
    SELECT f.address, f.replaced_at FROM former_contact f JOIN account a ON a.id = f.account_id
     WHERE f.account_id = %(account_id)s AND f.replaced_at > %(since)s
       AND lower(f.address) IS DISTINCT FROM lower(a.email)
    ) AS c ORDER BY c.replaced_at DESC NULLS FIRST, c.address LIMIT 10
"""

# ── Codes ──
TOTP = "SELECT totp, totp_set_at, totp_step FROM login WHERE account_id = %(account_id)s FOR UPDATE"

USE_TOTP_STEP = "UPDATE login SET totp_step = %(step)s WHERE account_id = %(account_id)s"

USE_RECOVERY_CODE = """
UPDATE recovery_code SET used_at = %(now)s
 WHERE account_id = %(account_id)s AND digest = %(digest)s AND used_at IS NULL
"""

START_TOTP = "UPDATE login SET totp = %(totp)s, totp_set_at = NULL, totp_step = 0 WHERE account_id = %(account_id)s"

CONFIRM_TOTP = """
UPDATE login SET totp_set_at = %(now)s, totp_step = %(step)s WHERE account_id = %(account_id)s AND totp IS NOT NULL
"""

REMOVE_TOTP = """
UPDATE login SET totp = NULL, totp_set_at = NULL, totp_step = 0, changed_at = %(now)s
 WHERE account_id = %(account_id)s AND totp_set_at IS NOT NULL
RETURNING password_alone OR password_hash IS NULL
"""

DROP_RECOVERY_CODES = "DELETE FROM recovery_code WHERE account_id = %(account_id)s"

ADD_RECOVERY_CODES = """
INSERT INTO recovery_code (account_id, digest, made_at) SELECT %(account_id)s, unnest(%(digests)s::bytea[]), %(now)s
"""

# ── PIN and lock ──
PIN = "SELECT pin_hash FROM login WHERE account_id = %(account_id)s"

SET_PIN = "UPDATE login SET pin_hash = %(hash)s, pin_set_at = %(now)s WHERE account_id = %(account_id)s"

SET_CANCEL_LOCK = """
UPDATE login SET cancel_locked_at = %(at)s WHERE account_id = %(account_id)s AND cancel_locked_at IS NULL
"""

LIFT_CANCEL_LOCK = """
UPDATE login SET cancel_locked_at = NULL, changed_at = %(now)s
 WHERE account_id = %(account_id)s AND cancel_locked_at IS NOT NULL
"""

REPLACE_CONTACT = """
WITH marked AS (UPDATE login SET changed_at = %(now)s WHERE account_id = %(account_id)s)
UPDATE account SET email = %(address)s WHERE id = %(account_id)s
"""

REPLACE_PHONE = """
WITH marked AS (UPDATE login SET changed_at = %(now)s WHERE account_id = %(account_id)s)
UPDATE account SET phone = %(phone)s WHERE id = %(account_id)s
"""

KEEP_FORMER_CONTACT = """
INSERT INTO former_contact (account_id, address, replaced_at) VALUES (%(account_id)s, %(former)s, %(now)s)
ON CONFLICT (account_id, address) DO UPDATE SET replaced_at = excluded.replaced_at
"""

PHONE = "SELECT phone FROM account WHERE id = %(account_id)s"

SECURITY = """
SELECT a.id, a.email, a.phone, l.password_set_at, l.totp_set_at,
       (SELECT count(*) FROM recovery_code r WHERE r.account_id = a.id AND r.used_at IS NULL),
       (SELECT count(*) FROM passkey p WHERE p.account_id = a.id),
       l.pin_set_at, l.cancel_locked_at, l.changed_at
  FROM account a LEFT JOIN login l ON l.account_id = a.id WHERE a.id = %(account_id)s
"""

# ── Forgetting ──
# Each limited: what is left goes the next time.
FORGET_THROTTLES = """
DELETE FROM throttle WHERE ctid = ANY (ARRAY(SELECT ctid FROM throttle WHERE opened_at < %(before)s LIMIT %(limit)s))
"""

FORGET_LINKS = """
DELETE FROM secret_link WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM secret_link WHERE expires_at < %(before)s LIMIT %(limit)s))
"""

FORGET_CHALLENGES = """
DELETE FROM challenge WHERE ctid = ANY (ARRAY(SELECT ctid FROM challenge WHERE expires_at < %(before)s LIMIT %(limit)s))
"""

FORGET_SESSIONS = """
DELETE FROM session WHERE ctid = ANY (ARRAY(SELECT ctid FROM session WHERE created_at < %(before)s LIMIT %(limit)s))
"""

FORGET_CONTACTS = """
DELETE FROM former_contact WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM former_contact WHERE replaced_at < %(before)s LIMIT %(limit)s))
"""
