-- Everything that Ringoff owes to the outside world, and how it stands with each system.

CREATE TABLE obligation (
    subject_id   bigint NOT NULL,
    system       text NOT NULL,
    kind         text NOT NULL
                 CHECK (kind IN ('release', 'restore', 'verify', 'notify', 'deliver', 'charge', 'refund')),
    cycle        smallint NOT NULL DEFAULT 1,
    wave         smallint NOT NULL DEFAULT 0,
    gates        boolean NOT NULL DEFAULT false,
    priority     smallint NOT NULL,
    state        text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'discharged', 'fallout', 'void')),
    created_at   timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    attempts     integer NOT NULL DEFAULT 0,  -- tries whose effect is not ruled out, the one under way included
    strikes      smallint NOT NULL DEFAULT 0, -- refusals that count towards our patience
    lease_token  bigint,
    lease_until  timestamptz,
    reference    text,     -- what the system called it when it accepted the work
    accepted_at  timestamptz,
    payload      jsonb,    -- what the owner wants to remember (which notice, say); no secret
    evidence     jsonb,    -- what was seen; shown and kept as proof; no secret
    keepsake     bytea,    -- sealed; what a restore will need; shown to nobody
    last_outcome text,
    settled_at   timestamptz,
    PRIMARY KEY (subject_id, system, kind, cycle)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- `due_at` says when, `lease_until` says whose: never order by the column that holds the lease.
CREATE INDEX obligation_due ON obligation (system, priority, due_at) WHERE state = 'due';
CREATE INDEX obligation_accepted ON obligation (system, reference) WHERE state = 'due' AND reference IS NOT NULL;
-- In the order in which it is listed.
CREATE INDEX obligation_fallout ON obligation (subject_id, system, kind, cycle) WHERE state = 'fallout';

CREATE TRIGGER obligation_stays_settled AFTER UPDATE OF state ON obligation FOR EACH ROW
    WHEN (OLD.state IN ('discharged', 'void') AND NEW.state <> OLD.state)
    EXECUTE FUNCTION refuse_change('a settled obligation never regresses');

-- Settled obligations of cases that have ended move here by month, so that the hot table stays small.
CREATE TABLE obligation_archive (LIKE obligation INCLUDING DEFAULTS) PARTITION BY RANGE (settled_at);
CREATE INDEX obligation_archive_subject ON obligation_archive (subject_id);

-- What all workers must share about a system: its breaker, its rate, its maintenance windows.
CREATE TABLE system (
    name               text PRIMARY KEY,
    failures           integer NOT NULL DEFAULT 0,    -- in a row
    last_failure       text,
    open_until         timestamptz,                   -- the breaker is open until then; afterwards one may try
    rate_per_second    double precision,              -- null: no limit
    allowance          double precision NOT NULL DEFAULT 0,
    allowance_at       timestamptz NOT NULL DEFAULT '-infinity',
    maintenance        jsonb NOT NULL DEFAULT '[]'    -- as configured; see settings.MaintenanceWindow
);
