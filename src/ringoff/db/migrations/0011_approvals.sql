-- What one person at the desk may not do alone: somebody asks, somebody else decides, and who asked acts, once.
CREATE TABLE approval (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('skip_release', 'emergency', 'amount', 'many_lines')),
    about       bigint NOT NULL,                -- by kind: what is owed is about it; the call; the movement; the account
    account_id  bigint REFERENCES account,      -- whose matter it is; null: nobody's
    asked_by    bigint NOT NULL REFERENCES staff,
    asked_at    timestamptz NOT NULL,
    why         text NOT NULL CHECK (why <> ''),
    terms       jsonb NOT NULL,                 -- what exactly; nothing secret
    digest      bytea NOT NULL,                 -- SHA-256 of the terms
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'refused', 'expired', 'used')),
    decided_by  bigint REFERENCES staff,
    decided_at  timestamptz,
    why_decided text,
    expires_at  timestamptz NOT NULL,           -- from then on it can be neither given nor used
    ended_at    timestamptz,                    -- when it was used, or found too old
    CONSTRAINT approval_of_another CHECK (decided_by <> asked_by),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((state IN ('approved', 'refused', 'used')) <= (decided_by IS NOT NULL)),
    CHECK ((state = 'waiting') <= (decided_by IS NULL)),
    CHECK ((state IN ('expired', 'used')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX approval_open ON approval (kind, about, asked_by, digest) WHERE state IN ('waiting', 'approved');
CREATE INDEX approval_waiting ON approval (expires_at) WHERE state IN ('waiting', 'approved');

CREATE TRIGGER approval_transition AFTER UPDATE OF state ON approval FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('waiting', 'approved'), ('waiting', 'refused'), ('waiting', 'expired'), ('approved', 'used'),
        ('approved', 'expired')))
    EXECUTE FUNCTION refuse_change('this transition does not exist');
CREATE TRIGGER approval_frozen AFTER UPDATE ON approval FOR EACH ROW
    WHEN ((OLD.kind, OLD.about, OLD.account_id, OLD.asked_by, OLD.asked_at, OLD.why, OLD.terms, OLD.digest,
           OLD.expires_at) IS DISTINCT FROM
          (NEW.kind, NEW.about, NEW.account_id, NEW.asked_by, NEW.asked_at, NEW.why, NEW.terms, NEW.digest,
           NEW.expires_at))
    EXECUTE FUNCTION refuse_change('what was asked for is frozen');
CREATE TRIGGER approval_kept BEFORE DELETE ON approval FOR EACH ROW
    EXECUTE FUNCTION refuse_change('an approval is never deleted');

-- Where one person must not do both: edit a contact of an account, and decide about it.
CREATE TABLE duty (
    account_id bigint NOT NULL REFERENCES account,
    staff_id   bigint NOT NULL REFERENCES staff,
    what       text NOT NULL CHECK (what IN ('edited_contact', 'decided')),
    at         timestamptz NOT NULL
);
CREATE INDEX duty_account ON duty (account_id, staff_id, what, at);
CREATE TRIGGER duty_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON duty FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('what somebody did stays');

-- When an agent set out to call back the phone of record of whoever calls.
ALTER TABLE call ADD COLUMN callback_at timestamptz;
