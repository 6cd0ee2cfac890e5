"""The SQL of the outbox."""

from collections.abc import Mapping

from ringoff.features.letters.model import LetterKind

INSERT = """
INSERT INTO letter (id, account_id, kind, recipient, locale, facts, secret, created_at)
SELECT nextval('letter_id'), v.account_id, v.kind, v.recipient, v.locale, v.facts::jsonb, v.secret, %(now)s
  FROM unnest(%(account_ids)s::bigint[], %(kinds)s::text[], %(recipients)s::text[], %(locales)s::text[],
              %(facts)s::text[], %(secrets)s::bytea[]) AS v (account_id, kind, recipient, locale, facts, secret)
RETURNING id
"""

WRITTEN = """
SELECT l.id, l.kind, l.recipient, l.locale, l.facts, l.secret, a.holder_name, coalesce(a.time_zone, 'UTC')
  FROM letter l LEFT JOIN account a ON a.id = l.account_id
 WHERE l.id = ANY (%(ids)s::bigint[])
"""

FORGET_SECRETS = "UPDATE letter SET secret = NULL WHERE id = ANY (%(ids)s::bigint[]) AND secret IS NOT NULL"

# The kind is written out, so that its partial index serves.
ERASE: Mapping[LetterKind, str] = {
    "declaration_received": """
        UPDATE letter SET recipient = '', facts = jsonb_build_object('reference', facts ->> 'reference'), secret = NULL
        WHERE kind = 'declaration_received' AND facts ->> 'reference' = ANY (%(references)s::text[])
    """
}

WAKE = "SELECT pg_notify('ringoff_interactive', '')"
