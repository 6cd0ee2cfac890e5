"""The SQL of declarations."""

INSERT = """
INSERT INTO declaration (received_at, expires_at, rule_pack, locale, kind, reason, holder_name, contract, when_kind,
                         when_date, contact, erase_at)
VALUES (%(received_at)s, %(expires_at)s, %(rule_pack)s, %(locale)s, %(kind)s, %(reason)s, %(holder_name)s,
        %(contract)s, %(when_kind)s, %(when_date)s, %(contact)s, %(erase_at)s)
RETURNING id
"""

COLUMNS = """
SELECT d.id, d.received_at, d.expires_at, d.rule_pack, d.locale, d.state, d.settled_at, d.case_id, d.erased_at,
       d.holder_name, d.contract, d.contact, d.kind, d.when_kind, d.when_date, d.reason
  FROM declaration d
"""

ONE = COLUMNS + "WHERE d.id = %(id)s"
ONE_LOCKED = ONE + " FOR NO KEY UPDATE"
WAITING = COLUMNS + "WHERE d.state = 'received' ORDER BY d.expires_at, d.id LIMIT %(limit)s"

VERIFIED = """
UPDATE declaration SET state = 'verified', settled_at = %(now)s, case_id = %(case_id)s WHERE id = %(id)s
"""

EXPIRE = """
WITH old AS (SELECT d.id FROM declaration d WHERE d.state = 'received' AND d.expires_at <= %(now)s
             ORDER BY d.expires_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED)
UPDATE declaration SET state = 'expired', settled_at = %(now)s FROM old WHERE declaration.id = old.id
RETURNING declaration.id
"""

ERASE = """
WITH old AS (SELECT d.id FROM declaration d
             WHERE d.state = 'expired' AND d.erased_at IS NULL AND d.erase_at <= %(now)s
             ORDER BY d.erase_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED)
UPDATE declaration SET erased_at = %(now)s, holder_name = '', contract = '', contact = '', reason = '',
       when_kind = 'now', when_date = NULL
  FROM old WHERE declaration.id = old.id
RETURNING declaration.id
"""
