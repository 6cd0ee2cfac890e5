"""The SQL of cases. Every statement takes a list and answers a list."""

# Before anything is read of them: an import that is changing these lines is waited for. The foreign key takes the same
# lock when the case is inserted, so this costs a round trip and no write.
SHARE_LINES = """
SELECT l.id FROM line l WHERE l.id = ANY (%(line_ids)s::bigint[]) ORDER BY l.id FOR KEY SHARE
"""

OPEN_CASES = """
SELECT c.line_id, c.id, c.state, c.when_kind, c.when_date, c.cause, c.confidential FROM cancellation c
WHERE c.line_id = ANY (%(line_ids)s::bigint[])
  AND c.state IN ('requested', 'in_review', 'scheduled', 'releasing', 'withdrawing')
"""

# The partial unique index decides which of two simultaneous requests makes the case; lines in order, so that two
# bulks never wait for each other in a ring.
INSERT_CASES = """
INSERT INTO cancellation (line_id, account_id, state, cause, priority, channel, requested_by, external_reference,
    reason, contact_email, contact_phone, when_kind, when_date, requested_at, effective_at, ripe_at, scheduled_at,
    ended_at, plan_id, rule_pack, review_rule, notices, msisdn, imsi, iccid, eid, confidential, contact_confirmed_at)
SELECT v.line_id, v.account_id, v.state, v.cause, v.priority, %(channel)s, %(requested_by)s, v.external_reference,
    v.reason, v.contact_email, v.contact_phone, v.when_kind, v.when_date, %(now)s, v.effective_at, v.ripe_at,
    CASE WHEN v.state = 'scheduled' THEN %(now)s::timestamptz END,
    CASE WHEN v.state = 'declined' THEN %(now)s::timestamptz END,
    v.plan_id, v.rule_pack, v.review_rule, v.notices, v.msisdn, v.imsi, v.iccid, v.eid, v.confidential,
    CASE WHEN v.contact_confirmed AND v.contact_email IS NOT NULL THEN %(now)s::timestamptz END
FROM unnest(%(line_ids)s::bigint[], %(account_ids)s::bigint[], %(states)s::text[], %(causes)s::text[],
            %(priorities)s::smallint[], %(external_references)s::text[], %(reasons)s::text[],
            %(contact_emails)s::text[], %(contact_phones)s::text[], %(when_kinds)s::text[], %(when_dates)s::date[],
            %(effective_ats)s::timestamptz[], %(ripe_ats)s::timestamptz[], %(plan_ids)s::bigint[],
            %(rule_packs)s::text[], %(review_rules)s::text[], %(msisdns)s::text[], %(imsis)s::text[],
            %(iccids)s::text[], %(eids)s::text[], %(notices)s::smallint[], %(confidentials)s::bool[],
            %(contacts_confirmed)s::bool[])
     AS v (line_id, account_id, state, cause, priority, external_reference, reason, contact_email, contact_phone,
           when_kind, when_date, effective_at, ripe_at, plan_id, rule_pack, review_rule, msisdn, imsi, iccid, eid,
           notices, confidential, contact_confirmed)
ORDER BY v.line_id
ON CONFLICT (line_id) WHERE state IN ('requested', 'in_review', 'scheduled', 'releasing', 'withdrawing') DO NOTHING
RETURNING line_id, id
"""

# What every step of the engine needs; the rest of a case is read where it is needed. A contact that is not confirmed
# is none yet.
CASES = """
SELECT c.id, c.line_id, c.account_id, c.state, c.cause, c.priority, c.plan_id, c.wave, c.notices, c.rule_pack,
       c.ripe_at, c.waiting_for, c.closes_account, c.ended_at,
       CASE WHEN c.contact_confirmed_at IS NOT NULL THEN c.contact_email END
FROM cancellation c WHERE c.id = ANY (%(ids)s::bigint[]) ORDER BY c.id FOR NO KEY UPDATE
"""

RIPE = """
SELECT c.id, c.line_id, c.account_id, c.state, c.cause, c.priority, c.plan_id, c.wave, c.notices, c.rule_pack,
       c.ripe_at, c.waiting_for, c.closes_account, c.ended_at,
       CASE WHEN c.contact_confirmed_at IS NOT NULL THEN c.contact_email END, c.msisdn, c.imsi, c.iccid,
       greatest(c.effective_at, c.scheduled_at), c.channel, c.when_kind, c.confidential, c.scheduled_at
FROM cancellation c
WHERE c.state = 'scheduled' AND c.priority = %(priority)s AND c.ripe_at >= %(since)s AND c.ripe_at <= %(before)s
ORDER BY c.ripe_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
"""

UPDATE_CASES = """
UPDATE cancellation c SET
    state = v.state, wave = v.wave, notices = v.notices, ripe_at = v.ripe_at, waiting_for = v.waiting_for,
    closes_account = v.closes_account, plan_id = v.plan_id, cause = v.cause,
    scheduled_at = CASE WHEN v.state = 'scheduled' AND c.state <> 'scheduled' THEN %(now)s ELSE c.scheduled_at END,
    releasing_at = CASE WHEN v.state = 'releasing' AND c.releasing_at IS NULL THEN %(now)s ELSE c.releasing_at END,
    ended_at = CASE WHEN c.ended_at IS NULL AND v.state IN ('closed', 'declined', 'withdrawn')
                    THEN %(now)s ELSE c.ended_at END
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(waves)s::smallint[], %(notices)s::smallint[],
            %(ripe_ats)s::timestamptz[], %(waiting_fors)s::text[], %(closes_accounts)s::bool[],
            %(plan_ids)s::bigint[], %(causes)s::text[])
     AS v (id, state, wave, notices, ripe_at, waiting_for, closes_account, plan_id, cause)
WHERE c.id = v.id
"""

# Each with what its account is written to in; those that still wait for their contact to be confirmed.
UNCONFIRMED = """
SELECT c.id, c.account_id, c.contact_email, a.locale, a.jurisdiction
FROM cancellation c JOIN account a ON a.id = c.account_id
WHERE c.id = ANY (%(ids)s::bigint[]) AND c.contact_email IS NOT NULL AND c.contact_confirmed_at IS NULL
ORDER BY c.id
"""

NAMING_CONTACT = """
SELECT c.id FROM cancellation c
WHERE c.account_id = %(account_id)s AND c.contact_email = %(address)s AND c.contact_confirmed_at IS NULL
ORDER BY c.id LIMIT %(limit)s
"""

CONFIRM_CONTACT = "UPDATE cancellation SET contact_confirmed_at = %(now)s WHERE id = ANY (%(ids)s::bigint[])"

CHOSEN = """
SELECT c.when_kind, c.when_date, c.effective_at, c.channel, c.channel = 'care' AND c.requested_by = %(asker)s
FROM cancellation c WHERE c.id = %(id)s
"""

RESCHEDULE = """
UPDATE cancellation SET when_kind = %(when_kind)s, when_date = %(when_date)s, effective_at = %(effective_at)s
WHERE id = %(id)s
"""

STILL_OPEN = """
SELECT o.subject_id, count(*) FILTER (WHERE o.gates), count(*) FILTER (WHERE NOT o.gates AND o.state = 'due')
FROM obligation o
WHERE o.subject_id = ANY (%(ids)s::bigint[]) AND o.kind = 'release' AND o.state IN ('due', 'fallout')
GROUP BY o.subject_id
"""

# In order, as an import locks them: nobody waits for another in a ring.
CLOSE_LINES = """
WITH living AS (SELECT l.id FROM line l WHERE l.id = ANY (%(line_ids)s::bigint[]) AND l.status <> 'closed'
                ORDER BY l.id FOR NO KEY UPDATE)
UPDATE line SET status = 'closed', closed_at = %(now)s FROM living WHERE line.id = living.id
"""

LOCK_ACCOUNTS = "SELECT id FROM account WHERE id = ANY (%(account_ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE"

CLOSE_ACCOUNTS = """
UPDATE account a SET closed_at = %(now)s
WHERE a.id = ANY (%(account_ids)s::bigint[]) AND a.closed_at IS NULL
  AND NOT EXISTS (SELECT FROM line l WHERE l.account_id = a.id AND l.status <> 'closed')
RETURNING a.id
"""

# A primary line that waited for its secondaries looks again at once.
WAKE_PRIMARIES = """
UPDATE cancellation c SET ripe_at = %(now)s
WHERE c.state = 'scheduled' AND c.waiting_for = 'secondary_lines'
  AND c.line_id IN (SELECT l.primary_line_id FROM line l
                    WHERE l.id = ANY (%(line_ids)s::bigint[]) AND l.primary_line_id IS NOT NULL)
"""

# Voiding takes the lease's token away too: whoever still held it finds that it is no longer theirs.
VOID_UNTRIED_RELEASES = """
UPDATE obligation SET state = 'void', settled_at = %(now)s, last_outcome = %(why)s,
       lease_token = NULL, lease_until = NULL
WHERE subject_id = ANY (%(ids)s::bigint[]) AND kind = 'release' AND state IN ('due', 'fallout') AND attempts = 0
  AND (lease_until IS NULL OR lease_until < %(now)s)
"""

VOID_RELEASES = """
UPDATE obligation SET state = 'void', settled_at = %(now)s, last_outcome = %(why)s,
       lease_token = NULL, lease_until = NULL
WHERE subject_id = %(id)s AND kind = 'release' AND system = ANY (%(systems)s) AND state IN ('due', 'fallout')
"""

VOID_NOTICES = """
UPDATE obligation SET state = 'void', settled_at = %(now)s, last_outcome = 'a later notice says it all'
WHERE subject_id = ANY (%(ids)s::bigint[]) AND kind = 'notify' AND system = 'mail' AND state = 'due' AND attempts = 0
"""

# Locked, so that no worker claims one between this look and what is done about it; one that was quicker is seen.
RELEASES = """
SELECT o.subject_id, o.system, o.state, o.attempts, o.lease_until IS NOT NULL AND o.lease_until >= %(now)s,
       o.reference
FROM obligation o WHERE o.subject_id = ANY (%(ids)s::bigint[]) AND o.kind = 'release'
ORDER BY o.subject_id, o.system FOR NO KEY UPDATE
"""

KEEPSAKES = """
SELECT o.system, o.keepsake FROM obligation o
WHERE o.subject_id = %(id)s AND o.kind = 'release' AND o.keepsake IS NOT NULL
"""

OPEN_WORK = """
SELECT DISTINCT o.subject_id FROM obligation o
WHERE o.subject_id = ANY (%(ids)s::bigint[]) AND o.kind IN ('release', 'restore') AND o.state IN ('due', 'fallout')
"""

LATEST_CYCLES = """
SELECT o.subject_id, o.system, max(o.cycle) FROM obligation o
WHERE o.subject_id = ANY (%(ids)s::bigint[]) AND o.kind = 'release' GROUP BY o.subject_id, o.system
"""

# The last column: a SIM or number of a closed line that lives on, or again, on another line. Never touch that one.
BRIEFS = """
SELECT c.id, l.line_ref, c.msisdn, c.imsi, c.iccid, c.eid, l.service, a.account_number, c.state,
       l.msisdn IS NOT DISTINCT FROM c.msisdn AND l.imsi IS NOT DISTINCT FROM c.imsi
           AND l.iccid IS NOT DISTINCT FROM c.iccid,
       l.status = 'closed' AND (
           EXISTS (SELECT FROM line n WHERE n.imsi = c.imsi AND n.status <> 'closed')
           OR EXISTS (SELECT FROM line n WHERE n.msisdn = c.msisdn AND n.status <> 'closed')
           OR EXISTS (SELECT FROM line n WHERE n.iccid = c.iccid AND n.status <> 'closed'))
FROM cancellation c JOIN line l ON l.id = c.line_id JOIN account a ON a.id = c.account_id
WHERE c.id = ANY (%(ids)s::bigint[])
"""

# Its LIMIT is UNCOUNTED_LINES; in the order of the index, so that no more than that are read.
NOTICE_FACTS = """
SELECT c.id, c.state, c.cause, c.requested_at, c.effective_at, c.ripe_at, c.ended_at, c.review_rule, c.contact_email,
       c.contact_confirmed_at IS NOT NULL, c.confidential, c.msisdn, c.iccid, c.plan_id, c.rule_pack, l.line_ref,
       l.service, a.holder_name, a.email, a.locale, a.time_zone,
       (SELECT count(*) FROM (SELECT FROM line o WHERE o.account_id = c.account_id AND o.status <> 'closed'
                              AND o.id <> c.line_id
                              AND NOT EXISTS (SELECT FROM cancellation leaving WHERE leaving.line_id = o.id
                                              AND leaving.state IN ('scheduled', 'releasing')
                                              AND (c.confidential OR NOT leaving.confidential))
                              ORDER BY o.id LIMIT 100) AS staying)
FROM cancellation c JOIN line l ON l.id = c.line_id JOIN account a ON a.id = c.account_id
WHERE c.id = ANY (%(ids)s::bigint[])
"""

RELEASED = """
SELECT o.subject_id, o.system, o.state, o.settled_at FROM obligation o
WHERE o.subject_id = ANY (%(ids)s::bigint[]) AND o.kind = 'release' ORDER BY o.subject_id, o.wave, o.system
"""

FIND_PLAN = "SELECT id FROM release_plan WHERE digest = %(digest)s"
INSERT_PLAN = "INSERT INTO release_plan (digest) VALUES (%(digest)s) ON CONFLICT DO NOTHING RETURNING id"
INSERT_STEP = """
INSERT INTO release_step (plan_id, system, wave, effect, gates, scope, ported, trial)
VALUES (%(plan_id)s, %(system)s, %(wave)s, %(effect)s, %(gates)s, %(scope)s, %(ported)s, %(trial)s)
"""
PLAN_STEPS = """
SELECT plan_id, system, wave, effect, gates, scope, ported, trial FROM release_step
WHERE plan_id = ANY (%(ids)s::bigint[]) ORDER BY plan_id, wave, system
"""

# Only those that nobody is working on at this moment: a case between two settles is not asleep.
ASLEEP = """
SELECT c.id FROM cancellation c
WHERE c.state IN ('releasing', 'withdrawing')
  AND NOT EXISTS (SELECT FROM obligation o WHERE o.subject_id = c.id AND o.kind IN ('release', 'restore')
                  AND o.state IN ('due', 'fallout'))
ORDER BY c.id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
"""
