-- Who may use the API, and what was answered to them.

CREATE TABLE api_key (
    id         text PRIMARY KEY,              -- the readable part of the key
    hash       bytea NOT NULL,                -- SHA-256 of the whole key, which is random: no salt needed
    name       text NOT NULL,
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);

CREATE TABLE idempotency (
    api_key_id text NOT NULL REFERENCES api_key,
    key        text NOT NULL,
    request    bytea NOT NULL,                -- SHA-256 of method, path and body
    status     smallint NOT NULL,
    answer     bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (api_key_id, key)
);
CREATE INDEX idempotency_age ON idempotency USING brin (created_at);
