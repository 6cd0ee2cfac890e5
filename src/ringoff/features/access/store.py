"""The SQL of API keys and of saved answers."""

ADD_KEY = """
INSERT INTO api_key (id, hash, name, scopes, created_at)
VALUES (%(id)s, %(hash)s, %(name)s, %(scopes)s, %(now)s)
"""

ALL_KEYS = """
SELECT id, name, scopes, created_at, revoked_at FROM api_key ORDER BY created_at, id LIMIT 1000
"""

STANDING_KEY = """
SELECT id, name, scopes, created_at, hash FROM api_key WHERE id = %(id)s AND revoked_at IS NULL
"""

REVOKE_KEY = """
UPDATE api_key SET revoked_at = coalesce(api_key.revoked_at, %(now)s)
  FROM (SELECT id, revoked_at FROM api_key WHERE id = %(id)s FOR UPDATE) AS before
 WHERE api_key.id = before.id
RETURNING api_key.id, name, scopes, created_at, api_key.revoked_at, before.revoked_at IS NULL
"""

# Waits for a transaction that is just now writing the same key, so two requests never both believe to be the first.
# An answer that has expired gives its key free.
CLAIM_ANSWER = """
INSERT INTO idempotency AS saved (api_key_id, key, request, status, answer, created_at)
VALUES (%(api_key)s, %(key)s, %(request)s, 0, '', %(now)s)
ON CONFLICT (api_key_id, key) DO UPDATE
   SET request = excluded.request, status = 0, answer = '', created_at = excluded.created_at
 WHERE saved.created_at <= %(expired)s
RETURNING true
"""

SAVED_ANSWER = """
SELECT request, status, answer FROM idempotency WHERE api_key_id = %(api_key)s AND key = %(key)s
"""

SAVE_ANSWER = """
UPDATE idempotency SET status = %(status)s, answer = %(answer)s WHERE api_key_id = %(api_key)s AND key = %(key)s
"""

FORGET_ANSWERS = """
DELETE FROM idempotency WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency WHERE created_at <= %(expired)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
"""
