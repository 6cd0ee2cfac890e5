-- Who works here: the carrier's own people at the desk. They prove two factors, always.
CREATE TABLE staff (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name           text NOT NULL CHECK (name ~ '^[a-z][a-z0-9._-]{1,39}$'),   -- as they sign in, and as the audit log has it
    display_name   text NOT NULL,
    role           text NOT NULL CHECK (role IN
                   ('agent', 'senior', 'finance', 'operations', 'auditor', 'administrator')),
    password_hash  text,                        -- Argon2id; null until they have begun
    totp           bytea,                       -- sealed
    totp_set_at    timestamptz,                 -- null until a first code proved that it works
    totp_step      bigint NOT NULL DEFAULT 0,   -- the last time step that was used: a code works once
    failures       integer NOT NULL DEFAULT 0,  -- wrong answers in a row
    blocked_until  timestamptz,
    passkey_handle bytea NOT NULL UNIQUE DEFAULT uuid_send(gen_random_uuid()),  -- WebAuthn's user handle: says nothing
    made_at        timestamptz NOT NULL,
    disabled_at    timestamptz
);
CREATE UNIQUE INDEX staff_name ON staff (name);

CREATE TABLE staff_session (
    digest     bytea PRIMARY KEY,               -- SHA-256 of the cookie's random value
    staff_id   bigint NOT NULL REFERENCES staff,
    public_id  text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    proved_at  timestamptz NOT NULL,            -- when they last proved who they are
    seen_at    timestamptz NOT NULL,            -- left alone for too long, it is locked until they prove it again
    ended_at   timestamptz,
    available_at timestamptz,                   -- since when they take calls from the hotline; null: they do not
    address    inet,
    device     text NOT NULL DEFAULT ''
);
CREATE INDEX staff_session_open ON staff_session (staff_id) WHERE ended_at IS NULL;

CREATE TABLE staff_passkey (
    id           bytea PRIMARY KEY,             -- the credential id
    staff_id     bigint NOT NULL REFERENCES staff,
    public_key   bytea NOT NULL,
    sign_count   bigint NOT NULL,
    name         text NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX staff_passkey_staff ON staff_passkey (staff_id);

-- How somebody begins, or begins again: a link that an administrator hands over. Only its digest is kept.
CREATE TABLE staff_link (
    digest     bytea PRIMARY KEY,
    staff_id   bigint NOT NULL REFERENCES staff,
    totp       bytea,                           -- sealed: the generator that it offers, theirs once they have used it
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

-- Who works on what: an item of a queue is in one person's hands at a time. What happened to it stands in the audit log.
CREATE TABLE queue_item (
    queue    text NOT NULL CHECK (queue IN
             ('callers', 'review', 'fallout', 'declarations', 'refunds', 'representatives', 'approvals')),
    item     text NOT NULL,                     -- as it is called: C-8K3M-V0QXX, an obligation's id
    staff_id bigint NOT NULL REFERENCES staff,
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (queue, item)
);
CREATE INDEX queue_item_staff ON queue_item (staff_id);
