-- Somebody calls, or writes, about an account. Nothing of it is shown before they have proved who they are.
CREATE TABLE call (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference  text NOT NULL,                   -- what the caller types to prove themselves to this very call
    staff_id   bigint REFERENCES staff,         -- who took it; null: the hotline's menu
    account_id bigint NOT NULL REFERENCES account,
    line_id    bigint REFERENCES line,          -- the line in question: it is never asked for its own proof
    opened_at  timestamptz NOT NULL,
    proved_at  timestamptz,
    proved_by  text CHECK (proved_by IN ('pin', 'mail', 'portal', 'callback', 'emergency')),
    level      smallint NOT NULL DEFAULT 0 CHECK (level IN (0, 1, 2)),
    failures   integer NOT NULL DEFAULT 0,
    ended_at   timestamptz,
    CHECK ((proved_at IS NULL) = (proved_by IS NULL)),
    CHECK ((proved_at IS NULL) = (level = 0))
);
CREATE INDEX call_account ON call (account_id, opened_at DESC);
CREATE UNIQUE INDEX call_reference ON call (reference) WHERE ended_at IS NULL;
CREATE INDEX call_open ON call (staff_id) WHERE ended_at IS NULL;

-- What the caller reads out: sent to a contact of record, or shown where they have signed in.
CREATE TABLE call_code (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    via        text NOT NULL CHECK (via IN ('mail', 'portal')),
    level      smallint NOT NULL CHECK (level IN (1, 2)),
    code       bytea NOT NULL,                  -- sealed
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX call_code_living ON call_code (account_id) WHERE used_at IS NULL;

-- A caller says their name in any order, and who types it leaves out the accents.
CREATE FUNCTION name_words(name text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN array_remove(regexp_split_to_array(
    regexp_replace(normalize(lower(name), NFKD), '[\u0300-\u036f]', '', 'g'), '[[:space:].,;''’·-]+'), '');
CREATE INDEX account_name ON account USING gin (name_words(holder_name)) WITH (gin_pending_list_limit = 512);
