"""The SQL of looking at a line that may leave."""

FACTS = """
SELECT l.id, l.line_ref, l.msisdn, l.imsi, l.iccid, l.eid, l.service, l.status, l.paid_until, l.primary_line_id,
       a.id, a.account_number, a.kind, a.holder_name, a.email, a.phone, a.locale, a.time_zone, a.jurisdiction,
       a.bill_cycle_day,
       ARRAY (SELECT h.kind FROM hold h WHERE h.line_id = l.id AND h.lifted_at IS NULL ORDER BY h.kind),
       EXISTS (SELECT FROM line s WHERE s.primary_line_id = l.id AND s.status <> 'closed'),
       EXISTS (SELECT FROM line o WHERE o.account_id = l.account_id AND o.id <> l.id AND o.status <> 'closed'),
       g.cancel_locked_at IS NOT NULL
FROM line l JOIN account a ON a.id = l.account_id LEFT JOIN login g ON g.account_id = a.id
WHERE l.id = ANY (%(line_ids)s::bigint[])
"""
