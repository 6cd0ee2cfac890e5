"""The SQL of looking at a line that may leave."""

FACTS = """
SELECT l.id, l.line_ref, l.msisdn, l.imsi, l.iccid, l.eid, l.service, l.status, l.paid_until, l.primary_line_id,
       a.id, a.account_number, a.kind, a.holder_name, a.email, a.phone, a.locale, a.time_zone, a.jurisdiction,
       a.bill_cycle_day,
       ARRAY (SELECT h.kind FROM hold h WHERE h.line_id = l.id AND h.lifted_at IS NULL ORDER BY h.kind),
       EXISTS (SELECT FROM line s WHERE s.primary_line_id = l.id AND s.status <> 'closed'),
       EXISTS (SELECT FROM line o WHERE o.account_id = l.account_id AND o.id <> l.id AND o.status <> 'closed'),
       g.cancel_locked_at, g.changed_at,
       EXISTS (SELECT FROM bill b WHERE b.account_id = a.id AND b.open_amount > 0 AND NOT b.disputed)
FROM line l JOIN account a ON a.id = l.account_id LEFT JOIN login g ON g.account_id = a.id
WHERE l.id = ANY (%(line_ids)s::bigint[])
"""

# What only a page asks: none of it decides anything.
PREPARED = """
SELECT l.imei,
       ARRAY (SELECT t.item FROM checklist_tick t WHERE t.line_id = l.id),
       ARRAY (SELECT coalesce(s.msisdn, s.line_ref) FROM line s
               WHERE s.primary_line_id = l.id AND s.status <> 'closed' ORDER BY s.id LIMIT 20)
FROM line l WHERE l.id = %(line_id)s
"""

BINDINGS = """
SELECT id, kind, name, detail, removable FROM binding
WHERE line_id = %(line_id)s AND removed_at IS NULL ORDER BY kind, name LIMIT %(limit)s
"""

UNLINK = """
UPDATE binding SET removed_at = %(now)s
WHERE id = %(binding_id)s AND line_id = %(line_id)s AND removable AND removed_at IS NULL RETURNING kind
"""

IS_LINKABLE = "SELECT FROM binding WHERE id = %(binding_id)s AND line_id = %(line_id)s AND removable"

TICK = """
INSERT INTO checklist_tick (line_id, item, ticked_at)
SELECT %(line_id)s, item, %(now)s FROM unnest(%(items)s::text[]) AS item
ON CONFLICT DO NOTHING
"""

UNTICK = "DELETE FROM checklist_tick WHERE line_id = %(line_id)s AND item <> ALL (%(items)s::text[])"
