"""The SQL of passkeys."""

OF_ACCOUNT = """
SELECT id, name, created_at, last_used_at FROM passkey WHERE account_id = %(account_id)s ORDER BY created_at, id
"""

LOGIN = """
SELECT l.passkey_handle, ARRAY (SELECT id FROM passkey WHERE account_id = l.account_id)
  FROM login l WHERE l.account_id = %(account_id)s FOR UPDATE
"""

ADD = """
INSERT INTO passkey (id, account_id, public_key, sign_count, name, created_at)
VALUES (%(id)s, %(account_id)s, %(public_key)s, %(sign_count)s, %(name)s, %(now)s)
ON CONFLICT (id) DO NOTHING
"""

REMOVE = """
WITH removed AS (DELETE FROM passkey WHERE id = %(id)s AND account_id = %(account_id)s RETURNING account_id)
UPDATE login SET changed_at = %(now)s FROM removed WHERE login.account_id = removed.account_id
"""

USED = """
SELECT p.account_id, p.id, p.public_key, p.sign_count, p.created_at
  FROM passkey p JOIN login l ON l.account_id = p.account_id
 WHERE p.id = %(id)s AND l.passkey_handle = %(handle)s FOR UPDATE OF p
"""

COUNT = "UPDATE passkey SET sign_count = %(sign_count)s, last_used_at = %(now)s WHERE id = %(id)s"
