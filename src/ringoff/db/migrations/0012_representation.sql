-- Who closes lines for a holder, and by which papers; and what care writes down.

CREATE TABLE representation (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES account,
    route        text NOT NULL CHECK (route IN ('deceased', 'attorney', 'delegate', 'survivor')),
    line_ids     bigint[] NOT NULL CHECK (cardinality(line_ids) BETWEEN 1 AND 500),
    confidential boolean NOT NULL,
    person       bytea NOT NULL,               -- sealed: who it is, how they are reached, what they are to the holder
    rule_pack    text NOT NULL,                -- whose checklist it follows: us@1
    asked_by     bigint NOT NULL REFERENCES staff,
    opened_at    timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,         -- by when it has to be decided
    shred_at     timestamptz NOT NULL,         -- when its key is shredded, and with it the person and the papers
    shredded_at  timestamptz,
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'refused')),
    decided_by   bigint REFERENCES staff,
    decided_at   timestamptz,
    why_decided  text,
    CONSTRAINT representation_of_another CHECK (state <> 'accepted' OR decided_by <> asked_by),
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (route <> 'survivor' OR confidential)
);
CREATE INDEX representation_waiting ON representation (due_at) WHERE state = 'open';
CREATE INDEX representation_account ON representation (account_id);
CREATE INDEX representation_shredding ON representation (shred_at) WHERE shredded_at IS NULL;

CREATE TRIGGER representation_decided AFTER UPDATE OF state ON representation FOR EACH ROW
    WHEN (OLD.state <> 'open' AND NEW.state <> OLD.state)
    EXECUTE FUNCTION refuse_change('what was decided stays decided');
CREATE TRIGGER representation_kept BEFORE DELETE ON representation FOR EACH ROW
    EXECUTE FUNCTION refuse_change('a representation is never deleted: its key is shredded');

CREATE TABLE representation_paper (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    representation_id bigint NOT NULL REFERENCES representation,
    item              text NOT NULL,           -- what of the checklist it proves
    media_type        text NOT NULL CHECK (media_type IN ('application/pdf', 'image/jpeg', 'image/png', 'image/heic')),
    size              integer NOT NULL CHECK (size BETWEEN 1 AND 10485760),
    name              bytea,                   -- sealed, as the content; both go when the key is shredded
    digest            bytea,                   -- SHA-256 of the content
    content           bytea,
    uploaded_by       bigint NOT NULL REFERENCES staff,
    uploaded_at       timestamptz NOT NULL,
    CHECK ((name IS NULL) = (content IS NULL) AND (digest IS NULL) = (content IS NULL))
);
ALTER TABLE representation_paper ALTER COLUMN content SET STORAGE EXTERNAL;    -- what is sealed does not compress
CREATE UNIQUE INDEX representation_paper_once ON representation_paper (representation_id, item, digest);

-- What care writes down about an account or one of its cases. Append-only; erased by shredding the subject's key.
CREATE TABLE note (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES account,
    case_id      bigint REFERENCES cancellation,
    text         bytea NOT NULL,               -- sealed
    confidential boolean NOT NULL,             -- never told to whoever signs in as the account's holder
    written_by   bigint NOT NULL REFERENCES staff,
    written_at   timestamptz NOT NULL
);
CREATE INDEX note_account ON note (account_id, id);
CREATE INDEX note_case ON note (case_id, id) WHERE case_id IS NOT NULL;
CREATE TRIGGER note_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON note FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('a note is never changed: write another one');
