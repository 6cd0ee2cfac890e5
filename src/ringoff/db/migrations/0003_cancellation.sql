-- The life of a case. The same transitions are written in features/cancellation/model.py; a test compares them.

CREATE TABLE release_plan (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest text NOT NULL UNIQUE    -- of its steps: the same configuration is stored once
);

-- A frozen plan: a later change of configuration makes another plan and touches later cases only.
CREATE TABLE release_step (
    plan_id bigint NOT NULL REFERENCES release_plan,
    system  text NOT NULL,
    wave    smallint NOT NULL CHECK (wave >= 0),  -- 0: as soon as the case is scheduled
    effect  text NOT NULL CHECK (effect IN ('undo', 'pivot', 'forward_only')),
    gates   boolean NOT NULL,
    scope   text NOT NULL CHECK (scope IN ('line', 'account')),
    ported  boolean NOT NULL,      -- whether the step is also taken when the number was ported out
    trial   boolean NOT NULL,      -- served by a stand-in
    PRIMARY KEY (plan_id, system)
);
CREATE TRIGGER release_step_frozen BEFORE UPDATE OR DELETE ON release_step FOR EACH ROW
    EXECUTE FUNCTION refuse_change('a release plan is frozen');

CREATE TABLE cancellation (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line_id            bigint NOT NULL REFERENCES line,
    account_id         bigint NOT NULL,
    state              text NOT NULL CHECK (state IN
                       ('requested', 'in_review', 'scheduled', 'releasing', 'closed', 'declined', 'withdrawing', 'withdrawn')),
    cause              text NOT NULL DEFAULT 'cancelled' CHECK (cause IN ('cancelled', 'ported')),
    priority           smallint NOT NULL,
    channel            text NOT NULL,
    requested_by       text NOT NULL,
    external_reference text,
    reason             text,
    contact_email      text,
    contact_phone      text,
    when_kind          text NOT NULL CHECK (when_kind IN ('now', 'period_end', 'date')),
    when_date          date CHECK ((when_date IS NOT NULL) = (when_kind = 'date')),
    requested_at       timestamptz NOT NULL,
    effective_at       timestamptz NOT NULL,          -- the instant the holder chose
    ripe_at            timestamptz,                   -- when to look whether releasing may start
    waiting_for        text,                          -- why a ripe case has not started
    scheduled_at       timestamptz,
    releasing_at       timestamptz,
    ended_at           timestamptz,
    plan_id            bigint REFERENCES release_plan,
    wave               smallint NOT NULL DEFAULT 0,   -- the wave that is open
    closes_account     boolean NOT NULL DEFAULT false, -- it closed its account's last line, and so owes its steps
    rule_pack          text NOT NULL,
    review_rule        text,
    notices            smallint NOT NULL DEFAULT 0,   -- how many were written: the next one's cycle
    -- the snapshot: what the line was known by when its holder asked
    msisdn             text,
    imsi               text,
    iccid              text,
    eid                text,
    CHECK ((plan_id IS NOT NULL AND ripe_at IS NOT NULL AND scheduled_at IS NOT NULL)
           OR state IN ('requested', 'in_review', 'declined', 'withdrawn')),
    CHECK ((state IN ('closed', 'declined', 'withdrawn')) = (ended_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE UNIQUE INDEX cancellation_open ON cancellation (line_id)
    WHERE state IN ('requested', 'in_review', 'scheduled', 'releasing', 'withdrawing');
CREATE INDEX cancellation_line ON cancellation (line_id);
CREATE INDEX cancellation_ripe ON cancellation (priority, ripe_at) WHERE state = 'scheduled';
-- What ended when: a summary of pages, which no update has to keep in step.
CREATE INDEX cancellation_ended ON cancellation USING brin (ended_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX cancellation_review ON cancellation (requested_at, id) WHERE state = 'in_review';
CREATE INDEX cancellation_reference ON cancellation (external_reference) WHERE external_reference IS NOT NULL;

CREATE TRIGGER cancellation_transition AFTER UPDATE OF state ON cancellation FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('requested', 'in_review'), ('requested', 'scheduled'), ('requested', 'declined'), ('requested', 'withdrawn'),
        ('in_review', 'scheduled'), ('in_review', 'declined'), ('in_review', 'withdrawing'), ('in_review', 'withdrawn'),
        ('scheduled', 'in_review'), ('scheduled', 'releasing'), ('scheduled', 'withdrawing'), ('scheduled', 'withdrawn'),
        ('releasing', 'closed'), ('releasing', 'withdrawing'), ('releasing', 'withdrawn'),
        ('withdrawing', 'withdrawn')))
    EXECUTE FUNCTION refuse_change('this transition does not exist');
CREATE TRIGGER cancellation_kept BEFORE DELETE ON cancellation FOR EACH ROW
    EXECUTE FUNCTION refuse_change('a case is never deleted');

CREATE TABLE hold (
    line_id   bigint NOT NULL REFERENCES line,
    kind      text NOT NULL,
    why       text NOT NULL,
    set_by    text NOT NULL,
    set_at    timestamptz NOT NULL,
    lifted_by text,
    lifted_at timestamptz
);
CREATE UNIQUE INDEX hold_standing ON hold (line_id, kind) WHERE lifted_at IS NULL;
