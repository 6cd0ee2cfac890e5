-- How a holder proves who they are. Whatever is secret is hashed, or sealed where it must be read again.

CREATE TABLE login (
    account_id       bigint PRIMARY KEY REFERENCES account,
    password_hash    text,                       -- Argon2id; null until enrolled
    password_set_at  timestamptz,
    password_alone   boolean NOT NULL DEFAULT false,  -- long enough to stand without a second factor
    passkey_handle   bytea NOT NULL UNIQUE,      -- WebAuthn's user handle: random, says nothing
    totp             bytea,                      -- sealed
    totp_set_at      timestamptz,                -- null until a first code proved that it works
    totp_step        bigint NOT NULL DEFAULT 0,  -- the last time step that was used: a code works once
    pin_hash         text,                       -- the account PIN for the phone; Argon2id
    pin_set_at       timestamptz,
    cancel_locked_at timestamptz,                -- the holder's own lock against cancelling
    recovered_at     timestamptz,                -- the last reset or enrolment by link: it never raises the level
    changed_at       timestamptz,                -- the last change of password, contact or second factor
    created_at       timestamptz NOT NULL
);

-- Wrong answers in a row, by what was asked. A name that nobody has counts as well, under a negative number made
-- from it: whether an account exists is not to be learned from how we count.
CREATE TABLE guess (
    account_id    bigint NOT NULL,
    factor        text NOT NULL CHECK (factor IN ('password', 'totp', 'pin', 'call_code')),
    failures      integer NOT NULL DEFAULT 0,
    blocked_until timestamptz,
    PRIMARY KEY (account_id, factor)
) WITH (fillfactor = 70);

-- Where the holder was reached before: told of everything for a while longer.
CREATE TABLE former_contact (
    account_id  bigint NOT NULL REFERENCES account,
    address     text NOT NULL,
    replaced_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, address)
);

CREATE TABLE passkey (
    id           bytea PRIMARY KEY,              -- the credential id
    account_id   bigint NOT NULL REFERENCES login,
    public_key   bytea NOT NULL,
    sign_count   bigint NOT NULL,
    name         text NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX passkey_account ON passkey (account_id);

CREATE TABLE recovery_code (
    account_id bigint NOT NULL REFERENCES login,
    digest     bytea NOT NULL,
    made_at    timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (account_id, digest)
);

CREATE TABLE session (
    digest     bytea PRIMARY KEY,                -- SHA-256 of the cookie's random value
    account_id bigint NOT NULL REFERENCES account,
    public_id  text NOT NULL UNIQUE,             -- names it in lists and forms
    level      smallint NOT NULL CHECK (level IN (0, 1, 2)),  -- 0: the password was right, a second factor is owed
    method     text NOT NULL,                    -- password, password+totp, password+recovery, passkey, openid
    created_at timestamptz NOT NULL,
    proved_at  timestamptz NOT NULL,             -- when the holder last proved who they are
    seen_at    timestamptz NOT NULL,
    ended_at   timestamptz,
    address    inet,
    device     text NOT NULL DEFAULT ''
);
CREATE INDEX session_account ON session (account_id) WHERE ended_at IS NULL;

-- Links sent to a contact of record. Single use; only the digest is kept.
CREATE TABLE secret_link (
    digest     bytea PRIMARY KEY,
    purpose    text NOT NULL CHECK (purpose IN
               ('enrol', 'reset', 'confirm_contact', 'confirm_phone', 'case_contact', 'veto', 'archive',
                'declaration')),
    account_id bigint REFERENCES account,
    subject    text NOT NULL DEFAULT '',         -- what it is about: a case number, a new address
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX secret_link_account ON secret_link (account_id) WHERE used_at IS NULL;

-- A challenge that must come back once: of a passkey's ceremony, of an OpenID Connect sign-in.
CREATE TABLE challenge (
    digest     bytea PRIMARY KEY,
    purpose    text NOT NULL,
    account_id bigint REFERENCES account,
    payload    bytea NOT NULL,                   -- sealed where it is secret
    expires_at timestamptz NOT NULL
);
CREATE INDEX challenge_expires ON challenge (expires_at);

-- How often something was tried within a window: sign-in by account, by address, by network.
CREATE TABLE throttle (
    bucket    text NOT NULL,
    opened_at timestamptz NOT NULL,
    count     integer NOT NULL,
    PRIMARY KEY (bucket)
) WITH (fillfactor = 50);

-- Mail about an account itself, not about a case. Owed to the mail system as `deliver`; the subject is `id`.
CREATE TABLE letter (
    id         bigint PRIMARY KEY,
    account_id bigint REFERENCES account,
    kind       text NOT NULL,
    recipient  text NOT NULL,
    locale     text NOT NULL,
    facts      jsonb NOT NULL,                   -- nothing secret
    secret     bytea,                            -- sealed: the link it carries; removed once sent
    created_at timestamptz NOT NULL
);
CREATE SEQUENCE letter_id START 4611686018427387904;  -- far above every case: both are subjects of obligations
CREATE INDEX letter_account ON letter (account_id);

-- By what a holder may be called at sign-in, besides the account number and the lines' numbers.
CREATE INDEX account_email ON account (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX account_phone ON account (phone) WHERE phone IS NOT NULL;
